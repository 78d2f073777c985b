/** `latest owed`, `tag 1.2 owed`, `latest and tags 1.2, 1 owed`; empty where nothing is. */
export function owedText(tags: readonly string[]): string {
  const further = tags.filter((tag) => tag !== 'latest');
  const words = [
    ...(tags.includes('latest') ? ['latest'] : []),
    ...(further.length === 0
      ? []
      : [`tag${further.length === 1 ? '' : 's'} ${further.join(', ')}`]),
  ];
  return words.length === 0 ? '' : `${words.join(' and ')} owed`;
}

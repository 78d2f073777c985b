import type { Found } from '#formats/settings/tableReader.js';

/** The further tags of an image of this version, each once: `{version}` and `{date}` are replaced. */
export function expandTags(
  tags: readonly Pick<Found<string>, 'value'>[],
  version: string,
  today: Date,
): readonly string[] {
  const date = today.toISOString().slice(0, 10).replaceAll('-', '');
  const expanded = tags.map(({ value }) =>
    value.replaceAll('{version}', version).replaceAll('{date}', date),
  );
  return [...new Set(expanded)];
}

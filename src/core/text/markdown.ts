/**
 * One line of text as code, for any place in Markdown, a cell of a table too. In code nothing is Markdown, HTML,
 * a link, a mention or a number of an issue; escapes could not keep GitHub from linking an address. A `|` is
 * between two pieces of code: GitHub's tables have no way to write `\|` in one.
 */
export function codeSpan(line: string): string {
  const pieces = line.split('|').map((piece) => (piece === '' ? '' : span(piece)));
  return line === '' ? '-' : pieces.join('&#124;');
}

function span(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1);
  // One space at each side is not shown where both are there; without, a backtick would be part of the fence.
  const isPadded = /^[` ]|[` ]$/.test(text) && text.trim() !== '';
  const pad = isPadded ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** Lines as a block of code, in a fence that no line can end. */
export function codeBlock(lines: readonly string[]): string {
  const fence = '`'.repeat(Math.max(3, ...lines.map((line) => longestRun(line) + 1)));
  return [`${fence}text`, ...lines, fence].join('\n');
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

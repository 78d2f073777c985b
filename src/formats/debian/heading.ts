import type { StringProblem } from './version.js';

/** The first line of a changelog block: `name (version) distribution …; key=value, …`. */
export interface Heading {
  readonly package: string;
  readonly version: string;
  readonly distributions: string;
  /** What follows the semicolon, such as `urgency=medium`. */
  readonly metadata: string;
}

export const headingExample = 'name (1.2.3-1) wikimedia; urgency=medium';

const headingPattern =
  /^([\p{L}\p{N}_][-+0-9a-z.]*) \(([^() \t]+)\)((?:\s+[-+0-9a-z.]+)+);(.*)$/isu;

/** The heading in a line, or undefined: what deb-changelog(5) and docker-pkg take for one. */
export function parseHeading(line: string): Heading | undefined {
  const match = headingPattern.exec(line);
  if (match === null) {
    return undefined;
  }
  const [, name = '', version = '', distributions = '', metadata = ''] = match;
  return { package: name, version, distributions: distributions.trim(), metadata };
}

/** What keeps a line from being a heading, for a line that parseHeading does not take. */
export function headingProblem(line: string): StringProblem {
  const at = (index: number, message: string, length = 1) => ({ index, length, message });
  if (line.startsWith('\ufeff')) {
    return at(0, 'starts with a byte order mark');
  }
  if (/^\s/.test(line)) {
    return at(0, 'is indented, and a heading is not');
  }
  const open = line.indexOf('(');
  if (open === -1) {
    return at(0, 'has no version in parentheses', Math.max(1, line.length));
  }
  const name = /^[\p{L}\p{N}_][-+0-9a-z.]*/iu.exec(line)?.[0].length ?? 0;
  if (name === 0) {
    return at(0, 'does not start with a name');
  }
  if (line.slice(name, open) !== ' ') {
    return line.slice(name, open).trim() === ''
      ? at(name, 'needs exactly one space between the name and "("', Math.max(1, open - name))
      : at(name, `has ${JSON.stringify(line.charAt(name))} in the name`);
  }
  const close = open + 1 + (/^[^() \t]*/.exec(line.slice(open + 1))?.[0].length ?? 0);
  if (close === open + 1) {
    return at(open, 'has no version directly after "("');
  }
  if (line[close] !== ')') {
    return at(close, 'has no ")" directly after the version');
  }
  const semicolon = line.indexOf(';', close);
  if (semicolon === -1) {
    return at(line.length, 'has no ";" after the distribution');
  }
  if (line.slice(close + 1, semicolon).trim() === '') {
    return at(close + 1, 'has no distribution between ")" and ";"');
  }
  return at(close + 1, 'has a distribution that is not a single word', semicolon - close - 1);
}

import { parseHeading } from '#formats/debian/heading.js';

/** A block to be written. */
export interface NewBlock {
  readonly package: string;
  readonly version: string;
  readonly distribution: string;
  readonly urgency: string;
  /** The lines between heading and trailer, without the blank ones around them. */
  readonly changes: readonly string[];
  /** `Name <address>`. */
  readonly author: string;
  /** As changelogDate gives it. */
  readonly date: string;
}

/**
 * A changelog with a block put before its newest one. Not a byte of the rest changes: blank lines
 * and comments before the first heading stay in front, as docker-pkg keeps them, and the new lines
 * end as the newest heading does.
 */
export function addBlock(text: string, block: NewBlock): string {
  const at = firstHeading(text);
  const older = text.slice(at);
  const lines = [
    `${block.package} (${block.version}) ${block.distribution}; urgency=${block.urgency}`,
    '',
    ...block.changes,
    '',
    ` -- ${block.author}  ${block.date}`,
    ...(older === '' ? [] : ['']),
  ];
  const newline = /^[^\n]*\r\n/.test(older) ? '\r\n' : '\n';
  return text.slice(0, at) + lines.map((line) => line + newline).join('') + older;
}

/** The changes of docker-pkg's updates: every line of a reason indented by three spaces. */
export function reasonLines(reason: string): string[] {
  const lines = reason.replace(/\s+$/, '').split(/\r\n|\n|\r/);
  return lines.map((line) => (line.trim() === '' ? '' : `   ${line.trimEnd()}`));
}

/** The offset of the first heading; the end of the text where there is none. */
function firstHeading(text: string): number {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    if (parseHeading(text.slice(start, end).replace(/\r$/, '')) !== undefined) {
      return start;
    }
    start = end + 1;
  }
  return text.length;
}

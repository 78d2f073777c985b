import { isUtf8 } from 'node:buffer';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import { type Door, longestText } from '#core/files/readInside.js';
import { type ChangelogBlock, readNewestBlock } from '#formats/debian/changelog.js';
import { parseHeading } from '#formats/debian/heading.js';
import { readFile, readText } from './readText.js';

/** The names in the headings of a changelog that cannot be read otherwise: what its image may be called. */
export function namesIn(file: string, door: Door): readonly string[] {
  const text = readFile(file, file, door).value?.toString('latin1') ?? '';
  const names = text.split(/\r?\n/).flatMap((line) => parseHeading(line)?.package ?? []);
  return [...new Set(names)];
}

/** Where nearly every newest block ends, and most changelogs of years do not. */
const headingStart = 4096;

/**
 * The newest block of a changelog file. Only the start of it is read where that holds the whole
 * block: what follows is history, which nothing is built from, and a changelog of years is the
 * largest file of an image.
 */
export function newestBlock(
  file: string,
  shown: string,
  door: Door,
): Outcome<ChangelogBlock | undefined> {
  const { value: start, diagnostics } = readFile(file, shown, door, undefined, headingStart);
  if (start === undefined) {
    return { value: undefined, diagnostics };
  }
  const trailer = start.indexOf('\n -- ');
  const end = trailer === -1 ? -1 : start.indexOf('\n', trailer + 1);
  if (end !== -1 && isUtf8(start.length < headingStart ? start : start.subarray(0, end + 1))) {
    const newest = readNewestBlock(shown, start.toString('utf8', 0, end + 1));
    if (newest.value !== undefined && newest.diagnostics.length === 0) {
      return newest;
    }
  }
  // Whatever is odd about it is judged, and shown, in the whole.
  const text = readText(file, shown, door, undefined, longestText);
  if (text.value === undefined) {
    return { value: undefined, diagnostics: text.diagnostics };
  }
  return readNewestBlock(shown, text.value);
}

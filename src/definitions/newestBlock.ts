import { isUtf8 } from 'node:buffer';
import { type ChangelogBlock, readNewestBlock } from '../debian/changelog.js';
import type { Outcome } from '../diagnostics/diagnostic.js';
import { asText, readFile } from './readText.js';

/**
 * The newest block of a changelog file. All of it must be UTF-8; only the newest block becomes text,
 * since a changelog of years is the largest file of an image, and a slice of a string keeps the
 * whole of it in memory.
 */
export function newestBlock(file: string, shown: string): Outcome<ChangelogBlock | undefined> {
  const { value: bytes, diagnostics } = readFile(file, shown);
  if (bytes === undefined) return { value: undefined, diagnostics };
  const trailer = bytes.indexOf('\n -- ');
  const end = trailer === -1 ? -1 : bytes.indexOf('\n', trailer + 1);
  if (end !== -1 && isUtf8(bytes)) {
    const newest = readNewestBlock(shown, bytes.toString('utf8', 0, end + 1));
    if (newest.value !== undefined && newest.diagnostics.length === 0) return newest;
  }
  // Whatever is odd about it is judged, and shown, in the whole.
  const text = asText(shown, bytes);
  if (text.value === undefined) return { value: undefined, diagnostics: text.diagnostics };
  return readNewestBlock(shown, text.value);
}

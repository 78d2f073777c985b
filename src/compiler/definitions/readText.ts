import { type Diagnostic, error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import { codeOf, whyNot } from '#core/files/paths.js';
import { type Door, longestDefinition, readInside } from '#core/files/readInside.js';
import { Refused } from '#core/files/refused.js';
import { decodeUtf8 } from '#core/files/utf8.js';

/**
 * A file that must be there: undefined, with the error `file-unreadable` or `not-utf8`, where it
 * cannot be read, or has more bytes than `longest`. `namedAt` is where another file names it.
 */
export function readText(
  file: string,
  shown: string,
  door: Door,
  namedAt?: Place,
  longest: number = longestDefinition,
): Outcome<string | undefined> {
  const { value, diagnostics } = readFile(file, shown, door, namedAt);
  if (value === undefined) {
    return { value, diagnostics };
  }
  return value.length > longest
    ? { value: undefined, diagnostics: [tooLarge(shown, longest)] }
    : asText(shown, value);
}

/** The bytes of a file that must be there, or the first `most`; valid until the next one is read. */
export function readFile(
  file: string,
  shown: string,
  door: Door,
  namedAt?: Place,
  most?: number,
): Outcome<Buffer | undefined> {
  try {
    return { value: readInside(file, door, most), diagnostics: [] };
  } catch (cause) {
    const { problem, hint } = explainUnreadable(cause, namedAt !== undefined);
    const what = namedAt === undefined ? 'the file' : `the file ${shown}`;
    return {
      value: undefined,
      diagnostics: [
        error('file-unreadable', `${what} ${problem}`, { place: namedAt ?? { file: shown }, hint }),
      ],
    };
  }
}

/** A file that was listed and does not exist is a broken link; one that is only named may be a typo. */
export function explainUnreadable(
  cause: unknown,
  isNamed: boolean,
): { readonly problem: string; readonly hint: string } {
  const code = codeOf(cause);
  if (code === 'ENOENT' && isNamed) {
    return { problem: 'does not exist', hint: 'create it, or correct its name' };
  }
  if (code === 'ENOENT') {
    return {
      problem: 'is a broken symbolic link',
      hint: 'make the link point to a file, or remove it',
    };
  }
  if (code === 'ELOOP') {
    return {
      problem: 'is a symbolic link that points back to itself',
      hint: 'make the link point to a file',
    };
  }
  if (cause instanceof Refused) {
    return { problem: cause.message, hint: 'replace it by a file of the repository' };
  }
  return { problem: whyNot(cause), hint: 'make it readable' };
}

function asText(shown: string, bytes: Uint8Array): Outcome<string | undefined> {
  const text = decodeUtf8(shown, bytes);
  return text.diagnostics.length > 0 ? { value: undefined, diagnostics: text.diagnostics } : text;
}

/** The error `file-unreadable` of a file with more bytes than `longest`. */
function tooLarge(shown: string, longest: number): Diagnostic {
  const message = `the file is too large: more than ${longest / 1024 / 1024} MiB`;
  return error('file-unreadable', message, { place: { file: shown } });
}

import { error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import { decodeUtf8 } from '#core/files/utf8.js';

/**
 * A file that must be there: undefined, with the error `file-unreadable` or `not-utf8`, where it
 * cannot be read. `namedAt` is where another file names it.
 */
export function readText(
  file: string,
  shown: string,
  namedAt?: Place,
): Outcome<string | undefined> {
  const { value, diagnostics } = readFile(file, shown, namedAt);
  return value === undefined ? { value, diagnostics } : asText(shown, value);
}

/** The bytes of a file that must be there, or the first `most`; valid until the next one is read. */
export function readFile(
  file: string,
  shown: string,
  namedAt?: Place,
  most?: number,
): Outcome<Buffer | undefined> {
  try {
    return { value: readBytes(file, most), diagnostics: [] };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const [message, hint] =
      code === 'ENOENT'
        ? namedAt === undefined
          ? ['is a symbolic link to nothing', 'make the link point at a file, or remove it']
          : ['does not exist', 'write it, or correct its name']
        : code === 'ELOOP'
          ? ['is a symbolic link that leads back to itself', 'make the link point at a file']
          : [whyNot(cause), 'make it readable'];
    const what = namedAt === undefined ? 'the file' : `the file ${shown}`;
    return {
      value: undefined,
      diagnostics: [
        error('file-unreadable', `${what} ${message}`, { place: namedAt ?? { file: shown }, hint }),
      ],
    };
  }
}

function asText(shown: string, bytes: Uint8Array): Outcome<string | undefined> {
  const text = decodeUtf8(shown, bytes);
  return text.diagnostics.length > 0 ? { value: undefined, diagnostics: text.diagnostics } : text;
}

import { isUtf8 } from 'node:buffer';
import { type Diagnostic, error, type Outcome } from '../diagnostics/diagnostic.js';

const newlineByte = 0x0a;

/**
 * The text of a file that must be UTF-8 (a byte order mark is kept). Where it is not, the error
 * `not-utf8` points at the first byte that cannot be decoded, and the value has U+FFFD there: good
 * enough for looking for further problems, never for building.
 */
export function decodeUtf8(file: string, bytes: Uint8Array): Outcome<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = buffer.toString('utf8');
  return isUtf8(buffer)
    ? { value, diagnostics: [] }
    : { value, diagnostics: [invalidByte(file, buffer)] };
}

function invalidByte(file: string, buffer: Buffer): Diagnostic {
  let line = 1;
  let start = 0;
  let end = endOfLine(buffer, start);
  // A newline is never part of a longer sequence, so the lines can be judged one by one.
  while (isUtf8(buffer.subarray(start, end)) && end < buffer.length) {
    line++;
    start = end + 1;
    end = endOfLine(buffer, start);
  }
  const lineText = buffer.toString('utf8', start, end);
  let column = 1;
  let at = start;
  for (const character of lineText) {
    const encoded = Buffer.from(character);
    if (!encoded.equals(buffer.subarray(at, Math.min(at + encoded.length, end)))) {
      break;
    }
    at += encoded.length;
    column += character.length;
  }
  const byte = (buffer[at] ?? 0).toString(16).padStart(2, '0');
  return error('not-utf8', `byte 0x${byte} (number ${at + 1} of the file) is not UTF-8`, {
    place: { file, line, column, length: 1, lineText },
    hint: `save the file as UTF-8, for example: iconv -f latin1 -t utf-8 ${file}`,
  });
}

function endOfLine(buffer: Buffer, start: number): number {
  const newline = buffer.indexOf(newlineByte, start);
  return newline === -1 ? buffer.length : newline;
}

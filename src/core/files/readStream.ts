import { createReadStream } from 'node:fs';

/** The bytes of a file that the user names, as they are read; iterating throws as `open` does, or when `signal` ends it. */
export function readStream(file: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return createReadStream(file, { highWaterMark: 1 << 18, signal });
}

import { createReadStream, statSync } from 'node:fs';
import { Refused } from './refused.js';

/**
 * The bytes of a file that the user names, as they are read; iterating throws as `open` does, or when `signal` ends it.
 * Throws for a named pipe: opening one waits for whoever writes, deaf to every signal. The pipes of a shell
 * (`/dev/fd/63`, `/dev/stdin`) are open already.
 */
export function readStream(file: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (!/^\/(?:dev\/(?:fd|std)|proc\/)/.test(file) && statSync(file).isFIFO()) {
    throw new Refused('is a named pipe');
  }
  return createReadStream(file, { highWaterMark: 1 << 18, signal });
}

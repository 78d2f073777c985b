import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { codeOf } from './paths.js';

/** Most files that we read fit into it. */
let room: Buffer | undefined;

/**
 * The bytes of a file, valid until the next call: for texts that are decoded, or looked through, at
 * once. Thousands of buffers of their own would cost more than the reading. No more than the first
 * `most` of them where that is given. Throws as `openSync` and `readSync` do, and with the code `EPIPE` for a pipe
 * that nobody writes to. Only for what the user names: what a tree names is read by `readInside`.
 */
export function readBytes(file: string, most = Infinity): Buffer {
  // To open a pipe waits for who writes to it, and nothing can end that: no signal is heard meanwhile.
  const isPipe = statSync(file).isFIFO();
  const open = openSync(file, isPipe ? constants.O_RDONLY | constants.O_NONBLOCK : 'r');
  try {
    return isPipe ? readPipe(open, most, isOpened(file)) : readOpen(open, most);
  } finally {
    closeSync(open);
  }
}

/** The same of an open file. */
export function readOpen(open: number, most = Infinity): Buffer {
  room ??= Buffer.allocUnsafeSlow(1 << 16);
  for (let used = 0; ; ) {
    if (used === room.length) {
      room = Buffer.concat([room], 2 * room.length);
    }
    const read = readSync(open, room, used, Math.min(room.length, most) - used, null);
    if (read === 0) {
      return room.subarray(0, used);
    }
    used += read;
  }
}

/** How long nobody may write to a pipe, in milliseconds. */
const longestWait = 5_000;
const pauseMs = 10;

/** Whether this is a pipe that has been opened to write already, as of `<(…)`: its end is its end, even if it was empty. */
function isOpened(file: string): boolean {
  return /^\/(?:dev\/(?:stdin$|fd\/)|proc\/(?:self|\d+)\/fd\/)/.test(file);
}

/** What is written to a pipe, until that ends. */
function readPipe(open: number, most: number, hasWriter: boolean): Buffer {
  const chunk = Buffer.allocUnsafe(1 << 16);
  const chunks: Buffer[] = [];
  let used = 0;
  let waited = 0;
  while (used < most) {
    const read = readNow(open, chunk.subarray(0, Math.min(chunk.length, most - used)));
    if (read === 0 && (used > 0 || hasWriter)) {
      break;
    }
    if (typeof read === 'number' && read > 0) {
      chunks.push(Buffer.from(chunk.subarray(0, read)));
      used += read;
      continue;
    }
    // Nobody has opened it to write, or who has writes nothing yet.
    waited = read === 0 ? waited + pauseMs : 0;
    if (waited > longestWait) {
      throw Object.assign(new Error('nobody writes to this pipe'), { code: 'EPIPE' });
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
  return Buffer.concat(chunks);
}

/** How many bytes there were; 0: nobody has it open to write. */
function readNow(open: number, into: Buffer): number | 'later' {
  try {
    return readSync(open, into, 0, into.length, null);
  } catch (cause) {
    if (codeOf(cause) === 'EAGAIN') {
      return 'later';
    }
    throw cause;
  }
}

/** The text of a file that the user names, or that is ours; throws as `readBytes` does. */
export function readText(file: string): string {
  return readBytes(file).toString('utf8');
}

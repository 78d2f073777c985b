import { closeSync, openSync, readSync } from 'node:fs';

/** Most files that we read fit into it. */
let room: Buffer | undefined;

/**
 * The bytes of a file, valid until the next call: for texts that are decoded, or looked through, at
 * once. Thousands of buffers of their own would cost more than the reading. No more than the first
 * `most` of them where that is given. Throws as `openSync` and `readSync` do. Only for what the user
 * names: what a tree names is read by `readInside`.
 */
export function readBytes(file: string, most = Infinity): Buffer {
  const open = openSync(file, 'r');
  try {
    return readOpen(open, most);
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

/** The text of a file that the user names, or that is ours; throws as `readBytes` does. */
export function readText(file: string): string {
  return readBytes(file).toString('utf8');
}

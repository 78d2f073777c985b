import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { UnreadableLayer } from './unreadable.js';

/**
 * The uncompressed bytes of what is gzip, zstd or neither, by its first bytes: media types are wrong in
 * the wild. Throws `UnreadableLayer` for what is broken, or compressed in another way; and what `source`
 * throws.
 */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < 6) {
      const { value, done } = await iterator.next();
      if (done === true) {
        break;
      }
      head = Buffer.concat([head, value]);
    }
    const rest = whole(head, iterator);
    const unpack = unpackerOf(head);
    if (unpack === undefined) {
      yield* rest;
      return;
    }
    // What ends early ends the whole of it; `pipeline` hands an error of the source on.
    yield* through(rest, unpack);
  } finally {
    await iterator.return?.();
  }
}

async function* whole(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    yield next.value;
  }
}

async function* through(
  source: AsyncIterable<Uint8Array>,
  unpack: Transform,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  let broken: unknown;
  input.once('error', (cause) => {
    broken = cause;
  });
  pipeline(input, unpack, () => {});
  try {
    for await (const chunk of unpack) {
      yield chunk;
    }
  } catch (cause) {
    if (broken === undefined && isZlibs(cause)) {
      throw new UnreadableLayer('its compression is broken');
    }
    throw broken ?? cause;
  }
}

function isZlibs(cause: unknown): boolean {
  return cause instanceof Error && /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(Reflect.get(cause, 'code') ?? '');
}

function unpackerOf(head: Buffer): Transform | undefined {
  const starts = (...bytes: number[]) => bytes.every((byte, at) => head[at] === byte);
  if (starts(0x1f, 0x8b)) {
    return zlib.createGunzip();
  }
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) {
    // Node 22.15 brought it; the types are those of the oldest Node that is supported.
    const make: unknown = Reflect.get(zlib, 'createZstdDecompress');
    if (typeof make !== 'function') {
      throw new UnreadableLayer('it is compressed with zstd, which needs Node.js 22.15 or newer');
    }
    return make() as Transform;
  }
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a) || starts(0x42, 0x5a, 0x68)) {
    throw new UnreadableLayer('it is compressed neither with gzip nor with zstd');
  }
  return undefined;
}

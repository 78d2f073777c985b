import { createHash } from 'node:crypto';
import type { Digest } from '#core/reference/brands.js';
import { MalformedAnswer } from './fault.js';

/** A layer as a manifest names it. */
export interface LayerBlob {
  readonly digest: Digest;
  /** Compressed, in bytes. */
  readonly size: number;
  /** Gets to know of all bytes that have come so far, from 0 again where it is asked for once more. */
  readonly onBytes?: (bytes: number) => void;
}

/** The bytes of a blob on their way: no more of them than was said, and of its digest. */
export class VerifiedBytes {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #blob: LayerBlob;
  #isVerified = false;

  constructor(source: AsyncIterable<Uint8Array>, blob: LayerBlob) {
    this.#source = source;
    this.#blob = blob;
  }

  /** Throws `MalformedAnswer` where they are too many, or at the end where they are not the blob. */
  async *read(): AsyncGenerator<Uint8Array> {
    const { digest, size, onBytes } = this.#blob;
    const hash = createHash('sha256');
    let count = 0;
    for await (const chunk of this.#source) {
      count += chunk.length;
      if (count > size) {
        throw new MalformedAnswer('a layer is larger than its manifest says');
      }
      hash.update(chunk);
      onBytes?.(count);
      yield chunk;
    }
    if (`sha256:${hash.digest('hex')}` !== digest) {
      throw new MalformedAnswer('the bytes of a layer do not make its digest');
    }
    this.#isVerified = true;
  }

  /** Throws `MalformedAnswer` unless all of them were read. */
  refuseUnread(): void {
    if (!this.#isVerified) {
      throw new MalformedAnswer('a layer has bytes after its end');
    }
  }
}

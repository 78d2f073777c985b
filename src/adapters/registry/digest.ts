import { createHash } from 'node:crypto';
import type { Digest } from '#core/reference/brands.js';

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** The text as a digest, or undefined when it is not `sha256:` and 64 lower-case hex digits. */
export function asDigest(text: unknown): Digest | undefined {
  if (typeof text !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(text)) {
    return undefined;
  }
  return text as Digest;
}

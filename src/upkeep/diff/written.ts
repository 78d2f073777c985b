import { isAbsolute } from 'node:path';
import { asDigest } from '#adapters/registry/digest.js';
import { tagProblem } from '#core/reference/legal.js';
import { parseReference } from '#core/reference/reference.js';

/** One of two images as a command line names it. */
export type Written =
  /** A tag of the image's repository, or a digest of it. */
  | { readonly kind: 'published'; readonly reference: string }
  /** The engine's; without a version that of the definition. */
  | { readonly kind: 'local'; readonly version?: string }
  /** As written. */
  | { readonly kind: 'file'; readonly path: string }
  /** An image of another repository. */
  | { readonly kind: 'elsewhere'; readonly repository: string; readonly reference: string };

/** What a word means, or why it means nothing, with what to write instead. */
export function readWritten(
  word: string,
): Written | { readonly kind: 'wrong'; readonly message: string; readonly hint: string } {
  if (word === 'local') {
    return { kind: 'local' };
  }
  if (isAbsolute(word) || /^\.\.?\//.test(word) || /\.(?:tar|tar\.gz|tgz)$/.test(word)) {
    return { kind: 'file', path: word };
  }
  if (asDigest(word) !== undefined) {
    return { kind: 'published', reference: word };
  }
  const local = /^local:(.+)$/.exec(word)?.[1];
  const problem = tagProblem(local ?? word);
  if (problem === undefined) {
    return local === undefined
      ? { kind: 'published', reference: word }
      : { kind: 'local', version: local };
  }
  const parsed = word.includes('/') ? parseReference(word) : undefined;
  const reference = parsed?.kind === 'reference' ? (parsed.digest ?? parsed.tag) : undefined;
  if (parsed?.kind === 'reference' && reference !== undefined) {
    const end = parsed.digest === undefined ? `:${reference}` : /(?::[^:/@]+)?@[^@]+$/;
    return {
      kind: 'elsewhere',
      repository: word.replace(end, ''),
      reference,
    };
  }
  return {
    kind: 'wrong',
    message: `"${word}" is not an image to compare with`,
    hint: 'write a published version, a digest, local, REPOSITORY:TAG, or a file of docker save: ./FILE',
  };
}

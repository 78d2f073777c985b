import type { Digest, Repository } from '#core/reference/brands.js';
import type { RawManifest } from './client.js';
import type { Registry } from './registry.js';

/** What came of moving a tag. */
export type TagMove =
  | {
      readonly kind: 'moved';
      readonly digest: Digest;
      /** What the tag was at; absent: there was none. */
      readonly before?: Digest;
    }
  /** The tag was there already: nothing was put. */
  | { readonly kind: 'already'; readonly digest: Digest }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly hint?: string;
      /** The registry does not let the tag, which is at another image, be moved: it never will. */
      readonly immutable?: true;
    };

/** A tag's manifest, or why there is none. */
export type TagReading =
  | { readonly kind: 'found'; readonly manifest: RawManifest }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string; readonly hint?: string };

export async function readTag(
  registry: Registry,
  repository: Repository,
  reference: string,
): Promise<TagReading> {
  const reply = await registry.manifest(repository, reference);
  if (reply.ok) {
    return { kind: 'found', manifest: reply.value };
  }
  if (reply.fault.kind === 'absent') {
    return { kind: 'absent' };
  }
  return { kind: 'unknown', ...registry.explain(reply.fault) };
}

/**
 * Puts the same manifest bytes under another tag (`latest`), and reads the tag back: only the
 * digest that is read says that it moved, whatever the PUT answered. A tag that has the digest
 * already is not put again.
 */
export async function putTag(
  registry: Registry,
  repository: Repository,
  tag: string,
  manifest: RawManifest,
): Promise<TagMove> {
  const before = await readTag(registry, repository, tag);
  if (before.kind === 'unknown') {
    return { ...before, kind: 'failed' };
  }
  if (before.kind === 'found' && before.manifest.digest === manifest.digest) {
    return { kind: 'already', digest: manifest.digest };
  }
  const put = await registry.putManifest(repository, tag, manifest);
  const after = await readTag(registry, repository, tag);
  if (after.kind === 'found' && after.manifest.digest === manifest.digest) {
    const was = before.kind === 'found' ? { before: before.manifest.digest } : {};
    return { kind: 'moved', digest: manifest.digest, ...was };
  }
  if (!put.ok) {
    const isFinal = put.fault.kind === 'immutable' && before.kind === 'found';
    const immutable = isFinal ? { immutable: true as const } : {};
    return { kind: 'failed', ...registry.explain(put.fault), ...immutable };
  }
  if (after.kind === 'unknown') {
    return { ...after, kind: 'failed' };
  }
  return {
    kind: 'failed',
    reason: `${registry.access.host} took ${repository}:${tag} as ${manifest.digest} and gives ${
      after.kind === 'found' ? after.manifest.digest : 'nothing'
    } back`,
    hint: 'look whether somebody else pushes to the same tag',
  };
}

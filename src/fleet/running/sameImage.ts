import { asDigest } from '#adapters/registry/digest.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import type { TagState } from './judge.js';
import type { RunningDigest } from './use.js';

/** More images in an index are not asked for. */
const mostPlatforms = 50;

/**
 * Whether a tag is at what runs: by the digest of its manifest or index, by those of the images in the index, and, where
 * a runtime may have said that, by those of configurations.
 */
export async function tagState(
  registry: Registry,
  repository: Repository,
  tag: string,
  { kind, digest }: RunningDigest,
): Promise<TagState> {
  const head = await registry.head(repository, tag);
  if (head?.digest === digest) {
    return { kind: 'same' };
  }
  if (head !== undefined && kind === 'manifest' && !isIndex.test(head.mediaType)) {
    return { kind: 'moved' };
  }
  const named = await registry.manifest(repository, tag);
  if (!named.ok) {
    return named.fault.kind === 'absent'
      ? { kind: 'absent' }
      : { kind: 'failed', reason: registry.explain(named.fault).reason };
  }
  const { content } = named.value;
  if (named.value.digest === digest || configOf(content) === digest) {
    return { kind: 'same' };
  }
  const images = (Array.isArray(content.manifests) ? content.manifests : [])
    .flatMap((entry): (Digest | undefined)[] => [asDigest(fieldOf(entry, 'digest'))])
    .filter((image) => image !== undefined)
    .slice(0, mostPlatforms);
  if (images.some((image) => image === digest)) {
    return { kind: 'same' };
  }
  for (const image of kind === 'any' ? images : []) {
    const manifest = await registry.manifest(repository, image);
    if (!manifest.ok) {
      return { kind: 'failed', reason: registry.explain(manifest.fault).reason };
    }
    if (configOf(manifest.value.content) === digest) {
      return { kind: 'same' };
    }
  }
  return { kind: 'moved' };
}

/** Media types of an index, and of Docker's list of manifests. */
export const isIndex =
  /^application\/vnd\.(?:oci\.image\.index|docker\.distribution\.manifest\.list)\./;

function configOf(content: { readonly config?: unknown }): Digest | undefined {
  return asDigest(fieldOf(content.config, 'digest'));
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

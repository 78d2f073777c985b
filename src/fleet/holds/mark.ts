import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { ImageConfig } from '#adapters/registry/imageConfig.js';
import { readTag } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import type { Digest, Repository } from '#core/reference/brands.js';

/**
 * Where `promote` marks what it moved `latest` to: while both tags are the same image, `latest` is held, on
 * every machine at once.
 */
export const heldTag = 'latest-held';

/** Whether a tag may be a version: it is not one of those that are moved. */
export function isVersionTag(tag: string): boolean {
  return tag !== 'latest' && tag !== heldTag;
}

const versionLabel = 'org.opencontainers.image.version';

/** The version that an image says it is of; undefined: it does not say. */
export function versionOf({ labels }: Pick<ImageConfig, 'labels'>): string | undefined {
  return labels.get(versionLabel) || undefined;
}

/** What `latest` is held at. */
export interface Held {
  readonly digest: Digest;
  /** As its label says; absent: it does not say, or cannot be read. */
  readonly version?: string;
}

/** The version that `latest` is held at, in a sentence. */
export function heldAt({ version, digest }: Held): string {
  return version ?? `an image without a version (${digest.slice(0, 19)}…)`;
}

/** What is said of a version whose `latest` is at another version without order. */
export function latestElsewhere(at: Held): string {
  return `latest is at ${heldAt(at)}, which is not this definition`;
}

/** Whether `latest` of a repository is held. */
export type MarkReading =
  | { readonly kind: 'held'; readonly digest: Digest }
  /** `mark`: what the mark is at all the same, from an earlier hold. */
  | { readonly kind: 'free'; readonly mark?: Digest }
  | { readonly kind: 'unknown'; readonly reason: string; readonly hint?: string };

/**
 * Whether `latest` is held. `glance` takes a bare 404 for an answer, which is one request where there is no
 * mark; whoever moves `latest` asks for it in full.
 */
export async function readMark(
  registry: Registry,
  repository: Repository,
  how: 'glance' | 'full',
): Promise<MarkReading> {
  const glance = await registry.glance(repository, heldTag);
  if (glance === 'none' && how === 'glance') {
    return { kind: 'free' };
  }
  const mark = await digestOf(registry, repository, heldTag, glance);
  if (mark.kind !== 'at') {
    return mark.kind === 'absent' ? { kind: 'free' } : mark;
  }
  const found = await registry.glance(repository, 'latest');
  const latest = await digestOf(registry, repository, 'latest', found);
  if (latest.kind === 'unknown') {
    return latest;
  }
  return latest.kind === 'at' && latest.digest === mark.digest
    ? { kind: 'held', digest: mark.digest }
    : { kind: 'free', mark: mark.digest };
}

async function digestOf(
  registry: Registry,
  repository: Repository,
  tag: string,
  glance: Awaited<ReturnType<Registry['glance']>>,
): Promise<
  | { readonly kind: 'at'; readonly digest: Digest }
  | { readonly kind: 'absent' }
  | Extract<MarkReading, { kind: 'unknown' }>
> {
  if (glance !== undefined && glance !== 'none') {
    return { kind: 'at', digest: glance.digest };
  }
  const read = await readTag(registry, repository, tag);
  return read.kind === 'found' ? { kind: 'at', digest: read.manifest.digest } : read;
}

/** What `latest` is held at, with its version where that can be read. */
export async function heldImage(
  registry: Registry,
  repository: Repository,
  digest: Digest,
  cache?: ConfigCache,
): Promise<Held> {
  const cached = cache?.get(digest);
  if (cached !== undefined) {
    return heldOf(digest, cached);
  }
  const state = await askState(registry, repository, digest, { cache });
  return state.kind === 'published' && state.config.known
    ? heldOf(digest, state.config.value)
    : { digest };
}

function heldOf(digest: Digest, config: ImageConfig): Held {
  const version = versionOf(config);
  return { digest, ...(version === undefined ? {} : { version }) };
}

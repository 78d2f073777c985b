import { addTo } from '#core/data/groups.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import type { ConfigCache } from './configCache.js';
import { type ImageConfig, imageConfig } from './imageConfig.js';
import { eachOf } from './pool.js';
import { type PhaseOptions, Registry, type RegistryAccess } from './registry.js';

/** What a registry knows of one image. The digest is read once: everyone uses this one. */
export type RegistryState =
  | {
      readonly kind: 'published';
      readonly digest: Digest;
      readonly mediaType: string;
      /** Its labels and layers; a reason where they could not be read. */
      readonly config:
        | { readonly known: true; readonly value: ImageConfig }
        | { readonly known: false; readonly reason: string };
    }
  | { readonly kind: 'absent' }
  /** No registry is configured for the image's tree: none was asked. */
  | { readonly kind: 'not-asked' }
  /** Shown, and never turned into a rebuild or a push. */
  | {
      readonly kind: 'unknown';
      readonly reason: string;
      readonly hint?: string;
      /** The registry has answered, and what it has is not what was asked for; absent: it could not be asked. */
      readonly answered?: true;
    };

export interface AskedImage {
  readonly reference: Reference;
  readonly repository: Repository;
  /** The tag. */
  readonly version: string;
  /** Absent where the tree has no registry. */
  readonly access: RegistryAccess | undefined;
}

export interface AskOptions extends PhaseOptions {
  /** Configurations that need not be asked for again. */
  readonly cache?: ConfigCache;
  /** The sizes of layers are wanted: what an older program kept without them is asked for again. */
  readonly sizes?: boolean;
}

/** Asking takes no longer than this, in milliseconds, unless the run waits as long as it is told. */
const longest = 300_000;

/**
 * Asks for every image, `scan_workers` at a time for each access (the same object for all images
 * of a tree), in one phase with a deadline of its own. Every image gets a state.
 */
export async function askStates(
  images: readonly AskedImage[],
  options: AskOptions = {},
): Promise<ReadonlyMap<Reference, RegistryState>> {
  const states = new Map<Reference, RegistryState>();
  const byAccess = new Map<RegistryAccess, AskedImage[]>();
  for (const image of images) {
    states.set(image.reference, { kind: 'not-asked' });
    if (image.access !== undefined) {
      addTo(byAccess, image.access, image);
    }
  }
  await Promise.all(
    [...byAccess].map(async ([access, group]) => {
      const waits = access.asking?.patience?.longestAskedMs ?? 0;
      const patience = { totalMs: Math.max(longest, waits), ...options.patience };
      const registry = new Registry(access, { ...options, patience });
      try {
        await eachOf(group, access.workers, async (image) => {
          const state = await askState(registry, image.repository, image.version, options);
          states.set(image.reference, state);
        });
      } finally {
        registry.close();
      }
    }),
  );
  options.cache?.save();
  return states;
}

/** The state of one tag. */
export async function askState(
  registry: Registry,
  repository: Repository,
  version: string,
  {
    cache,
    sizes = false,
  }: { readonly cache?: ConfigCache | undefined; readonly sizes?: boolean } = {},
): Promise<RegistryState> {
  const isEnough = (value: ImageConfig) => !sizes || value.sizes !== undefined;
  const head = cache?.isEmpty === false ? await registry.head(repository, version) : undefined;
  const cached = head && cache?.get(head.digest);
  if (head !== undefined && cached !== undefined && isEnough(cached)) {
    return { kind: 'published', ...head, config: { known: true, value: cached } };
  }
  const manifest = await registry.manifest(repository, version);
  if (!manifest.ok) {
    return manifest.fault.kind === 'absent'
      ? { kind: 'absent' }
      : { kind: 'unknown', ...registry.explain(manifest.fault) };
  }
  const { digest, mediaType } = manifest.value;
  const known = cache?.get(digest);
  if (known !== undefined && isEnough(known)) {
    return { kind: 'published', digest, mediaType, config: { known: true, value: known } };
  }
  const config = await imageConfig(registry, repository, manifest.value);
  if (config.ok) {
    cache?.set(digest, config.value);
  }
  return {
    kind: 'published',
    digest,
    mediaType,
    config: config.ok
      ? { known: true, value: config.value }
      : { known: false, reason: registry.explain(config.fault).reason },
  };
}

import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type AskedImage, askStates } from '#adapters/registry/state.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { TreeImage } from './names.js';

/** Whether a registry has a version of an image. */
export type Published =
  | { readonly kind: 'published'; readonly digest: Digest }
  | { readonly kind: 'absent' }
  /** No registry is configured. */
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'unknown'; readonly reason: string; readonly hint?: string };

export interface AskPublished {
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly cache: ConfigCache;
  readonly signal: AbortSignal;
}

/** Asks about one version of each of these images; gives the answers by repository. */
export async function askPublished(
  asked: readonly { readonly image: TreeImage; readonly version: string }[],
  { accesses, cache, signal }: AskPublished,
): Promise<ReadonlyMap<string, Published>> {
  const images = asked.map(
    ({ image: { repository, tree }, version }): AskedImage => ({
      reference: `${repository}:${version}` as Reference,
      repository,
      version,
      access: accesses.get(tree),
    }),
  );
  const states = await askStates(images, { cache, signal });
  return new Map(
    images.map(({ reference, repository }): [string, Published] => {
      const state = states.get(reference) ?? { kind: 'not-asked' };
      return [
        repository,
        state.kind === 'published' ? { kind: 'published', digest: state.digest } : state,
      ];
    }),
  );
}

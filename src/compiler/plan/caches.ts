import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { repositoryOf } from '#core/reference/reference.js';
import { cacheOf } from '../definitions/definition.js';
import { rebuildName } from '../definitions/rebuilds.js';
import { isPrivate } from '../privacy/privacy.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import { registryNamesOf } from '../resolve/registryNames.js';
import { type CacheKey, cacheRef } from '../workspace/cacheKey.js';
import { isLinked } from './namedContexts.js';
import type { PlannedTarget } from './plan.js';
import type { Repositories, TargetInput } from './targetInput.js';

/** Where the images of a graph are published: no cache may be there, for its tag may be a version. */
export function repositoriesOf(graph: Graph): Repositories {
  const names = registryNamesOf(graph);
  const all = graph.images.map(({ rendered }) => names.canonical(rendered.definition.repository));
  return { names, own: new Set(all) };
}

/**
 * Where the cache of a target is read and written, in the notation of bake. A parent that is built in the same plan is
 * built for this target too, so its cache is read as well. Private images are in no cache: whoever reads one has
 * what is in them. A cache that cannot be written costs no image. Error `cache-place` for one in a repository of the trees.
 */
export function cachesOf(
  input: TargetInput,
  image: ResolvedImage,
): Outcome<Pick<PlannedTarget, 'cacheFrom' | 'cacheTo'>> {
  const refs = new Set<string>();
  const own = refOf(input, image);
  // Builders that share an image between them would else replace each other's.
  const [platform] = input.options.platforms ?? [];
  const suffix = platform === undefined ? '' : `-${platform.replaceAll('/', '-')}`;
  if (own !== undefined) {
    refs.add(`${own.ref}${suffix}`).add(own.ref);
  }
  const seen = new Set([image]);
  for (const at of seen) {
    for (const edge of at.parents) {
      const parent = input.graph.byReference.get(edge.parent);
      if (parent === undefined || !isLinked(input, at, edge)) {
        continue;
      }
      seen.add(parent);
      const found = refOf(input, parent);
      if (found !== undefined) {
        refs.add(found.ref);
      }
    }
  }
  const isWritten = own !== undefined && input.options.writesCache?.(image) === true;
  return {
    value: {
      cacheFrom: [...refs].map((ref) => `type=registry,ref=${ref}`),
      cacheTo: isWritten
        ? [`type=registry,ref=${own.ref}${suffix},mode=${own.cache.mode},ignore-error=true`]
        : [],
    },
    diagnostics: own === undefined ? [] : placeProblems(input.repositories, own),
  };
}

interface Cache {
  readonly cache: CacheKey;
  readonly ref: string;
}

function refOf(
  { graph }: TargetInput,
  { reference, rendered: { definition } }: ResolvedImage,
): Cache | undefined {
  const cache = cacheOf(definition);
  return cache === undefined || isPrivate(graph, reference)
    ? undefined
    : { ref: cacheRef(cache, rebuildName(definition)), cache };
}

function placeProblems({ names, own }: Repositories, { cache, ref }: Cache): Diagnostic[] {
  const repository = repositoryOf(ref);
  if (!own.has(names.canonical(repository))) {
    return [];
  }
  const message = `the cache ${ref} would be in ${repository}, where images are published`;
  const hint = 'name another path of the registry, such as registry.example/cache';
  return [error('cache-place', message, { place: cache.place, hint })];
}

import type { Docker } from '#adapters/docker/docker.js';
import { lackedLocally, publishedPlatforms } from '#adapters/docker/imagePlatforms.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { ExternalReference, Graph } from '#compiler/resolve/graph.js';
import { addTo } from '#core/data/groups.js';
import { fileLine } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { normalPlatform, servingPlatforms } from '#formats/dockerfile/platform.js';
import type { Refusal } from '../refusal.js';

/** In milliseconds: a registry that takes longer is left to BuildKit. */
const longestAsked = 30_000;
const asksAtOnce = 4;

interface Use {
  readonly reference: Reference;
  readonly external: ExternalReference;
  readonly platforms: readonly string[];
}

/**
 * Images whose bases from outside of the trees are not for all of their platforms. Of an index BuildKit would say so once
 * it builds; any other image it takes for each platform, silently. What cannot be asked about is left to it.
 */
export async function lackingBases(
  docker: Docker,
  graph: Graph,
  building: ReadonlySet<Reference>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Reference, Refusal>> {
  const refused = new Map<Reference, Refusal>();
  const options = { signal, timeoutMs: longestAsked };
  await eachOf([...usesOf(graph, building)], asksAtOnce, async ([base, uses]) => {
    const offered = await publishedPlatforms(docker, base, options);
    const wanted = [...new Set(uses.flatMap(({ platforms }) => platforms))];
    const lacked =
      offered === undefined
        ? await lackedLocally(docker, base, wanted, options)
        : wanted.filter((platform) => {
            const serving = servingPlatforms(platform);
            return !offered.some((one) => serving.includes(normalPlatform(one)));
          });
    for (const { reference, external, platforms } of lacked === undefined ? [] : uses) {
      const missing = platforms.filter((platform) => lacked?.includes(platform));
      if (missing.length > 0 && !refused.has(reference)) {
        const has = offered === undefined ? '' : `, only for ${offered.join(', ')}`;
        const reason = `${fileLine(external.place)}: ${base} is not for ${missing.join(', ')}${has}`;
        const hint = 'build the image for fewer platforms, or on a base that has them';
        refused.set(reference, { during: 'base', reason, hint });
      }
    }
  });
  return refused;
}

/** By what is read for them, through mirrors too: the bases of images that name platforms. */
function usesOf(graph: Graph, building: ReadonlySet<Reference>): ReadonlyMap<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const { reference, rendered, externals } of graph.images) {
    const { pullThrough } = rendered.definition.tree.config;
    for (const external of building.has(reference) ? externals : []) {
      const { platforms, written, isStage } = external;
      if (platforms !== undefined) {
        const mirror = isStage === true ? undefined : pullThrough?.read(written);
        addTo(uses, mirror ?? written, { reference, external, platforms });
      }
    }
  }
  return uses;
}

import type { ConfigCache } from '#adapters/registry/configCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import { definitionDigestWith } from '#compiler/plan/definitionDigest.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { PlannedContext } from '#compiler/plan/plan.js';
import type { Edge, Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { ContextKey, Digest, Reference } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import { type Facts, type OlderVersion, originOf } from './facts.js';

interface OlderVersionsInput {
  readonly graph: Graph;
  /** With the digests of definitions. */
  readonly facts: ReadonlyMap<Reference, Facts>;
  readonly context: (image: ResolvedImage) => PlannedContext;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly cache: ConfigCache;
  readonly signal: AbortSignal;
}

/** So many earlier versions of each parent are tried, and so many combinations of them. */
const mostVersions = 3;
const mostTries = 64;

/** In milliseconds. */
const longest = 60_000;

/** What a parent may have been when an image was built: its reference, and the digest of its definition then. */
interface Earlier {
  readonly reference: Reference;
  readonly digest: string;
}

/**
 * The published images of which nothing but the versions of their parents changed, with those that they were built with.
 * That is certain: their labels are the digest of the definition as it is, with these versions in the place of the newer ones.
 */
export async function askOlderVersions({
  graph,
  facts,
  context,
  accesses,
  cache,
  signal,
}: OlderVersionsInput): Promise<ReadonlyMap<Reference, readonly OlderVersion[]>> {
  const drifted = graph.images.filter(
    ({ reference, rendered, parents }) =>
      parents.length > 0 &&
      rendered.definition.computed === undefined &&
      labelOf(facts.get(reference)) !== undefined &&
      originOf(
        labelsOf(facts.get(reference)),
        definitionLabel,
        facts.get(reference)?.definition,
      ) === 'drifted',
  );
  const proven = new Map<Reference, readonly OlderVersion[]>();
  if (drifted.length === 0) {
    return proven;
  }
  const wanted = new Set(drifted.flatMap(({ parents }) => parents.map(({ parent }) => parent)));
  const earlier = await earlierVersions(
    graph.images.filter(({ reference }) => wanted.has(reference)),
    { accesses, cache, signal },
  );
  for (const image of drifted) {
    const built = labelOf(facts.get(image.reference));
    const parents = [...new Set(image.parents.map(({ parent }) => parent))];
    const choices = parents.map((parent): readonly Earlier[] => {
      const known = facts.get(parent);
      const label = proven.has(parent) ? labelOf(known) : known?.definition;
      return [
        ...(label === undefined ? [] : [{ reference: parent, digest: label }]),
        ...(earlier.get(parent) ?? []),
      ];
    });
    for (const choice of combinations(choices)) {
      const chosen = new Map(parents.map((parent, at) => [parent, choice[at] as Earlier]));
      if (digestWith(image, context(image), chosen) === built) {
        proven.set(
          image.reference,
          [...chosen]
            .filter(([parent, { reference }]) => parent !== reference)
            .map(([parent, { reference }]) => ({ parent, builtOn: reference })),
        );
        break;
      }
    }
  }
  return proven;
}

function labelsOf(facts: Facts | undefined): ReadonlyMap<string, string> | undefined {
  const registry = facts?.registry;
  return registry?.kind === 'published' && registry.config.known
    ? registry.config.value.labels
    : undefined;
}

function labelOf(facts: Facts | undefined): string | undefined {
  return labelsOf(facts)?.get(definitionLabel) || undefined;
}

/** The newest versions that registries have below the ones of the trees; what cannot be asked has none. */
async function earlierVersions(
  images: readonly ResolvedImage[],
  { accesses, cache, signal }: Pick<OlderVersionsInput, 'accesses' | 'cache' | 'signal'>,
): Promise<ReadonlyMap<Reference, readonly Earlier[]>> {
  const found = new Map<Reference, readonly Earlier[]>();
  await Promise.all(
    [...accesses].map(async ([tree, access]) => {
      const own = images.filter(({ rendered }) => rendered.definition.tree === tree);
      if (own.length === 0) {
        return;
      }
      const registry = new Registry(access, { signal, patience: { totalMs: longest } });
      try {
        await eachOf(own, access.workers, async ({ reference, rendered }) => {
          const { repository, version } = rendered.definition;
          const tags = await registry.tags(repository);
          const below = (tags.ok ? tags.value : [])
            .filter((tag) => /^\d/.test(tag) && compareVersions(tag, version) < 0)
            .sort((a, b) => compareVersions(b, a))
            .slice(0, mostVersions);
          const all: Earlier[] = [];
          for (const tag of below) {
            const registryState = await askState(registry, repository, tag, { cache });
            const digest = labelOf({ registry: registryState });
            if (digest !== undefined) {
              all.push({ reference: `${repository}:${tag}` as Reference, digest });
            }
          }
          found.set(reference, all);
        });
      } finally {
        registry.close();
      }
    }),
  );
  cache.save();
  return found;
}

/** One of each list, as long as these are few. */
function combinations<Item>(lists: readonly (readonly Item[])[]): readonly (readonly Item[])[] {
  let all: readonly (readonly Item[])[] = [[]];
  for (const list of lists) {
    all = all.flatMap((one) => list.map((item) => [...one, item])).slice(0, mostTries);
  }
  return all;
}

/** The digest of a definition as it would be with other versions of its parents. */
function digestWith(
  image: ResolvedImage,
  context: Pick<PlannedContext, 'digest' | 'recipe'>,
  chosen: ReadonlyMap<Reference, Earlier>,
): Digest | undefined {
  const replace = (text: string): string => {
    let changed = text;
    for (const [parent, { reference }] of chosen) {
      changed = replaced(changed, image, parent, reference);
    }
    return changed;
  };
  const { rendered, parents } = image;
  const known = new Map([...chosen.values()].map(({ reference, digest }) => [reference, digest]));
  const edges = parents.map(
    (edge): Edge => ({
      kind: edge.kind,
      parent: chosen.get(edge.parent)?.reference ?? edge.parent,
      written: edge.written,
      key: replace(edge.key) as ContextKey,
      place: edge.place,
      declared: edge.declared,
    }),
  );
  const neutralDockerfile = replace(rendered.neutralDockerfile);
  const other = { ...image, rendered: { ...rendered, neutralDockerfile }, parents: edges };
  return definitionDigestWith(other, context, known);
}

/** A text with another version of a parent, under whatever name of its registry. */
function replaced(
  text: string,
  { rendered }: ResolvedImage,
  from: Reference,
  to: Reference,
): string {
  if (from === to) {
    return text;
  }
  const names = rendered.definition.tree.config.registryNames;
  const [froms, tos] = [names?.all(from) ?? [from], names?.all(to) ?? [to]];
  let changed = text;
  for (const [at, name] of froms.entries()) {
    const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    changed = changed.replace(new RegExp(`${escaped}(?![\\w.-])`, 'g'), () => tos[at] ?? to);
  }
  return changed;
}

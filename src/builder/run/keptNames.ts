import type { Docker, DockerOptions } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { familiarRepository, parseReference } from '#core/reference/reference.js';
import { lastingTags } from '#fleet/status/owed.js';
import type { Prepared } from '#fleet/status/prepare.js';
import type { Listener } from '../report/event.js';
import { hasTests } from '../verify/verify.js';
import { foreignNames, localNames, putLocalNames } from './localNames.js';

/** An image of the engine that a run leaves as it is, though it lacks names there. */
export interface KeptImage {
  readonly image: LocalImage;
  readonly names: readonly string[];
  /** Nobody knows whether it passed its test: it gets its names once it has. */
  readonly isUntested: boolean;
}

/**
 * The images that the engine has of their current definitions, and that lack one of their names: after an
 * edit was taken back, `latest` is on the other image, and a tag that was added later is on none.
 */
export function keptImages(
  graph: Graph,
  { decisions, definitions, local }: Pick<Prepared, 'decisions' | 'definitions' | 'local'>,
): ReadonlyMap<Reference, KeptImage> {
  const all = namesOfOne(graph);
  const kept = new Map<Reference, KeptImage>();
  for (const { reference, action, state } of decisions) {
    const image = local.get(reference);
    const definition = definitions.get(reference);
    const isThere = state === 'local' || state === 'published';
    if (
      !isThere ||
      (action !== 'skip' && action !== 'use') ||
      image === undefined ||
      definition === undefined ||
      image.labels.get(definitionLabel) !== definition
    ) {
      continue;
    }
    const names = (all.get(reference) ?? []).filter((name) => !image.tags.includes(name));
    if (names.length > 0) {
      const isUntested = state === 'local' && hasTests(graph, reference);
      kept.set(reference, { image, names, isUntested });
    }
  }
  return kept;
}

/** The local names of the images and, without a registry, their further tags; not what two of them are called. */
function namesOfOne(graph: Graph): ReadonlyMap<Reference, readonly string[]> {
  const local = localNames(graph);
  const owners = new Map<string, Reference[]>();
  for (const { reference, rendered } of graph.images) {
    const { definition } = rendered;
    const { repository, extraTags, dockerfile, tree } = definition;
    const isLocal = dockerfile.kind === 'plain' && tree.config.registry === '';
    const isLatest = extraTags.includes('latest');
    const further = lastingTags(definition).filter((tag) => tag !== 'latest' || isLatest);
    const tagged = isLocal ? further.map((tag) => `${repository}:${tag}`) : [];
    const names = [...(local.get(reference) ?? []), ...tagged].map(asDockerShows);
    for (const name of new Set(names)) {
      addTo(owners, name, reference);
    }
  }
  const found = new Map<Reference, string[]>();
  for (const [name, [owner, ...others]] of owners) {
    if (owner !== undefined && others.length === 0) {
      addTo(found, owner, name);
    }
  }
  return found;
}

function asDockerShows(name: string): string {
  const parsed = parseReference(name);
  return parsed.kind === 'reference' ? `${familiarRepository(parsed)}:${parsed.tag}` : name;
}

/** The same without the names that are somebody else's. Where the engine cannot be asked, none. */
export async function askKept(
  docker: Docker,
  graph: Graph,
  prepared: Pick<Prepared, 'decisions' | 'definitions' | 'local'>,
  options: DockerOptions,
): Promise<ReadonlyMap<Reference, KeptImage>> {
  const kept = keptImages(graph, prepared);
  const all = [...kept.values()].flatMap(({ names }) => names);
  const foreign = await foreignNames(docker, all, options);
  if (foreign.kind === 'failed') {
    return new Map();
  }
  return new Map(
    [...kept].flatMap(([reference, lacking]) => {
      const names = lacking.names.filter((name) => !foreign.value.has(name));
      return names.length === 0 ? [] : [[reference, { ...lacking, names }] as const];
    }),
  );
}

/** Gives kept images their names, and gives those that have to pass a test first. */
export async function nameKept(
  docker: Docker,
  kept: ReadonlyMap<Reference, KeptImage>,
  listen: Listener,
  options: DockerOptions,
): Promise<ReadonlyMap<Reference, KeptImage>> {
  const untested = new Map<Reference, KeptImage>();
  for (const [reference, lacking] of kept) {
    const { image, names, isUntested } = lacking;
    if (isUntested) {
      untested.set(reference, lacking);
      continue;
    }
    const { put, problem } = await putLocalNames(docker, image.id, names, options);
    for (const name of put) {
      listen({ kind: 'name-put', reference, name });
    }
    if (problem !== undefined && !options.signal?.aborted) {
      listen({ kind: 'warning', message: `${reference} lacks its local name: ${problem}` });
    }
  }
  return untested;
}

import type { Docker, DockerOptions, DockerOutcome } from '#adapters/docker/docker.js';
import { inspectImages, tagImage } from '#adapters/docker/images.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import {
  canonicalRepository,
  familiarRepository,
  type ImageReference,
  parseReference,
  repositoryOf,
} from '#core/reference/reference.js';

/**
 * The names under which people run what was built of plain Dockerfiles: `company/api:latest`, without
 * the registry, and those that the Dockerfiles of its children write without a version. Not a name of
 * one component that a Dockerfile pulls (`redis`): it would get ours in place of Docker Hub's.
 */
export function localNames({ images }: Graph): ReadonlyMap<Reference, readonly string[]> {
  const pulled = new Set<string>();
  const written = new Map<Reference, Set<string>>();
  for (const { parents, externals } of images) {
    for (const external of externals) {
      const reference = parseReference(external.written);
      if (reference.kind === 'reference') {
        pulled.add(canonicalRepository(reference));
      }
    }
    for (const edge of parents) {
      const reference = parseReference(edge.written);
      if (reference.kind === 'reference' && isLatest(reference)) {
        const names = written.get(edge.parent) ?? new Set();
        written.set(edge.parent, names.add(familiarRepository(reference)));
      }
    }
  }
  const found = new Map<Reference, readonly string[]>();
  for (const { reference, rendered } of images) {
    const { dockerfile, tree, extraTags } = rendered.definition;
    if (dockerfile.kind !== 'plain' || tree.stages !== undefined) {
      continue;
    }
    const { registry } = tree.config;
    const repository = repositoryOf(reference);
    const names = new Set([
      withoutRegistry(repository, registry),
      ...(written.get(reference) ?? []),
    ]);
    const usable = [...names].filter((each) => {
      const parsed = parseReference(each);
      return parsed.kind === 'reference' && !pulled.has(canonicalRepository(parsed));
    });
    // bake puts it itself.
    const isPut = extraTags.includes('latest') && registry === '';
    const tags = usable
      .filter((each) => !(isPut && each === repository))
      .map((each) => `${each}:latest`);
    if (tags.length > 0) {
      found.set(reference, tags);
    }
  }
  return found;
}

/** The prefix that Dockerfiles write by convention may have a registry of its own. */
function withoutRegistry(repository: string, registry: string): string {
  const rest =
    registry !== '' && repository.startsWith(`${registry}/`)
      ? repository.slice(registry.length + 1)
      : repository;
  const parsed = parseReference(rest);
  return parsed.kind === 'reference' && parsed.domain !== 'docker.io' ? parsed.path : rest;
}

function isLatest({ tag, digest }: ImageReference): boolean {
  return digest === undefined && (tag === undefined || tag === 'latest');
}

/** The names that were put, and why the next one could not be. */
interface Naming {
  readonly put: readonly string[];
  readonly problem?: string;
}

/**
 * Puts these names on an image of the engine. A name of one component that is somebody else's image
 * stays that.
 */
export async function putLocalNames(
  docker: Docker,
  id: Digest,
  names: readonly string[],
  options: DockerOptions = {},
): Promise<Naming> {
  const foreign = await foreignNames(docker, names, options);
  if (foreign.kind === 'failed') {
    return { put: [], problem: foreign.message };
  }
  const put: string[] = [];
  for (const name of names.filter((each) => !foreign.value.has(each))) {
    const tagged = await tagImage(docker, id, name, options);
    if (tagged.kind === 'failed') {
      return { put, problem: tagged.message };
    }
    put.push(name);
  }
  return { put };
}

/** Those of these names that have one component and are on somebody else's image. */
export async function foreignNames(
  docker: Docker,
  names: readonly string[],
  options: DockerOptions = {},
): Promise<DockerOutcome<ReadonlySet<string>>> {
  const short = names.filter((name) => !name.includes('/'));
  const there = await inspectImages(docker, short, options);
  if (there.kind === 'failed') {
    return there;
  }
  const foreign = [...there.value].filter(([, { labels }]) => !labels.has(definitionLabel));
  return { kind: 'done', value: new Set(foreign.map(([name]) => name)) };
}

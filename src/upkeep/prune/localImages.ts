import type { Docker, DockerOptions, DockerOutcome } from '#adapters/docker/docker.js';
import { completeDocker, failureOf, runDocker } from '#adapters/docker/docker.js';
import { inspectImages, listImages } from '#adapters/docker/images.js';
import { addTo } from '#core/data/groups.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { familiarRepository, parseReference } from '#core/reference/reference.js';
import { noNames, type RegistryNames } from '#core/reference/registryNames.js';
import type { Tagged } from './judge.js';
import { timeOf } from './registryTags.js';

/** A name on the engine: `name:tag`, or `name@sha256:…` where an image was pulled by digest. */
export interface LocalTag extends Tagged {
  readonly reference: string;
  readonly id: Digest;
  readonly sizeBytes: number;
}

/**
 * All names that the engine has for each of these repositories, under every name of their registries,
 * whoever built them. An image that
 * is known by digest alone has that digest for its tag; one with a tag is listed by its tags.
 */
export async function localTags(
  docker: Docker,
  repositories: ReadonlySet<Repository>,
  { names = noNames, ...options }: DockerOptions & { readonly names?: RegistryNames } = {},
): Promise<DockerOutcome<ReadonlyMap<Repository, readonly LocalTag[]>>> {
  const listed = await listImages(docker, {}, options);
  if (listed.kind === 'failed') {
    return listed;
  }
  const asShown = new Map(
    [...repositories].flatMap((repository) =>
      names.all(repository).map((name) => [shownName(name), repository] as const),
    ),
  );
  const ours = listed.value.flatMap(({ id, reference }) => {
    const parsed = parseReference(reference);
    if (parsed.kind === 'problem') {
      return [];
    }
    const repository = asShown.get(familiarRepository(parsed));
    return repository === undefined ? [] : [{ id, reference, repository, tag: parsed.tag }];
  });
  const tagged = new Set(
    ours.filter(({ tag }) => tag !== undefined).map(({ id, repository }) => `${repository} ${id}`),
  );
  const wanted = ours.filter(
    ({ id, repository, tag }) => tag !== undefined || !tagged.has(`${repository} ${id}`),
  );
  const used = await imagesInUse(docker, options);
  if (used.kind === 'failed') {
    return used;
  }
  const inspected = await inspectImages(
    docker,
    wanted.map(({ reference }) => reference),
    options,
  );
  if (inspected.kind === 'failed') {
    return inspected;
  }
  const found = new Map<Repository, LocalTag[]>();
  for (const { id, reference, repository, tag } of wanted) {
    const image = inspected.value.get(reference);
    // Gone since it was listed.
    if (image === undefined) {
      continue;
    }
    const created = timeOf(image.created);
    addTo(found, repository, {
      reference,
      id,
      identity: id,
      tag: tag ?? reference.slice(reference.indexOf('@') + 1),
      sizeBytes: image.sizeBytes,
      ...(created === undefined ? {} : { created }),
      inUse: used.value.has(image.id),
    });
  }
  return { kind: 'done', value: found };
}

/** A repository's name as docker lists it. */
function shownName(repository: string): string {
  const parsed = parseReference(repository);
  return parsed.kind === 'problem' ? repository : familiarRepository(parsed);
}

/** IDs of the images that containers, running or not, were made of. */
async function imagesInUse(
  docker: Docker,
  options: DockerOptions,
): Promise<DockerOutcome<ReadonlySet<string>>> {
  const listed = await runDocker(docker, ['ps', '--all', '--no-trunc', '--quiet'], options);
  if (listed.kind === 'failed') {
    return listed;
  }
  const containers = listed.value.split('\n').filter((line) => line !== '');
  if (containers.length === 0) {
    return { kind: 'done', value: new Set() };
  }
  // Status 1 with the rest of the answer where a container has gone since it was listed.
  const inspected = await completeDocker(
    docker,
    ['container', 'inspect', '--format', '{{.Image}}', ...containers],
    options,
  );
  if (inspected.kind !== 'exited') {
    return failureOf(inspected);
  }
  return { kind: 'done', value: new Set(inspected.stdout.split('\n').filter((id) => id !== '')) };
}

/** Images on the local engine, through the docker command line. */
import type { Digest } from '#core/reference/brands.js';
import { familiarRepository, parseReference } from '#core/reference/reference.js';
import { normalPlatform } from '#formats/dockerfile/platform.js';
import {
  completeDocker,
  type Docker,
  type DockerFailure,
  type DockerOptions,
  type DockerOutcome,
  failureOf,
  runDocker,
} from './docker.js';

export interface LocalImage {
  /** Docker's ID: the digest of the configuration, or of the manifest in a containerd store. */
  readonly id: Digest;
  readonly labels: ReadonlyMap<string, string>;
  /** Digests of the uncompressed layers, lowest first: a child's begin with its parent's. */
  readonly layers: readonly Digest[];
  /** `linux/amd64`, of the image that the engine shows of several; absent: docker does not say. */
  readonly platform?: string;
  readonly sizeBytes: number;
  /** RFC 3339. */
  readonly created: string;
  /** `name:tag`, as docker shows them. */
  readonly tags: readonly string[];
  /** `name@sha256:…`: what a registry knows it by, once pulled or pushed. */
  readonly registryDigests: readonly string[];
}

export interface ListedImage {
  readonly id: Digest;
  /** `name:tag`, or `name@sha256:…` for an image that was pulled by digest alone. */
  readonly reference: string;
  /** `name@sha256:…` where docker knows a manifest of that name; always in a containerd store. */
  readonly manifest?: string;
}

/** So many images in one `docker image inspect`: their names must fit on a command line. */
const batch = 500;

/** So few are asked for by name at once; most often all are there. */
const few = 16;

/**
 * The images of these references that the engine has. One call of docker where they are few and all there; else two for
 * a list, one more for every 500 found; 1,000 images take about 1.5 s.
 */
export async function inspectImages(
  docker: Docker,
  references: readonly string[],
  options: DockerOptions = {},
): Promise<DockerOutcome<ReadonlyMap<string, LocalImage>>> {
  if (references.length === 0) {
    return done(new Map());
  }
  if (references.length <= few) {
    const named = await completeDocker(docker, ['image', 'inspect', ...references], options);
    if (named.kind === 'exited' && named.status === 0) {
      // One for each name, in their order.
      const images = readImages(named.stdout);
      return done(new Map(references.flatMap((name, at) => pairOf(name, images[at]))));
    }
  }
  const listed = await listImages(docker, {}, options);
  if (listed.kind === 'failed') {
    return listed;
  }
  const ids = new Map<string, Digest>();
  for (const { id, reference, manifest } of listed.value) {
    ids.set(localKey(reference), id);
    if (manifest !== undefined) {
      ids.set(localKey(manifest), id);
    }
  }
  const wanted = new Map(
    references.flatMap((reference) => {
      const id = ids.get(localKey(reference));
      return id === undefined ? [] : [[reference, id] as const];
    }),
  );
  const images = await inspectIds(docker, [...new Set(wanted.values())], options);
  if (images.kind === 'failed') {
    return images;
  }
  const found = new Map<string, LocalImage>();
  for (const [reference, id] of wanted) {
    const image = images.value.get(id);
    if (image !== undefined) {
      found.set(reference, image);
    }
  }
  return done(found);
}

/** What the engine has; with `labels`, what bears them all (`name` or `name=value`). */
export async function listImages(
  docker: Docker,
  { labels = [] }: { readonly labels?: readonly string[] } = {},
  options: DockerOptions = {},
): Promise<DockerOutcome<readonly ListedImage[]>> {
  const format = '{{.ID}}\t{{.Repository}}\t{{.Tag}}\t{{.Digest}}';
  const listed = await runDocker(
    docker,
    [
      ...['image', 'ls', '--no-trunc', '--digests', '--format', format],
      ...labels.flatMap((label) => ['--filter', `label=${label}`]),
    ],
    options,
  );
  if (listed.kind === 'failed') {
    return listed;
  }
  const none = '<none>';
  return done(
    listed.value.split('\n').flatMap((line) => {
      const [id, repository, tag, digest] = line.split('\t');
      if (id === undefined || repository === undefined || repository === none) {
        return [];
      }
      const manifest =
        digest === undefined || digest === none ? undefined : `${repository}@${digest}`;
      const reference = tag === undefined || tag === none ? manifest : `${repository}:${tag}`;
      if (reference === undefined) {
        return [];
      }
      return [{ id: id as Digest, reference, ...(manifest === undefined ? {} : { manifest }) }];
    }),
  );
}

/** Gives an image, named or by ID, one more name. */
export async function tagImage(
  docker: Docker,
  source: string,
  target: string,
  options: DockerOptions = {},
): Promise<DockerOutcome<void>> {
  return nothing(await runDocker(docker, ['image', 'tag', source, target], options));
}

/**
 * Takes names away, and with the last name the image. Gives those that docker would not take, each
 * with the reason; a name that is not there is as good as removed.
 */
export async function removeImages(
  docker: Docker,
  references: readonly string[],
  options: DockerOptions = {},
): Promise<DockerOutcome<ReadonlyMap<string, string>>> {
  const kept = new Map<string, string>();
  for (let start = 0; start < references.length; start += batch) {
    const part = references.slice(start, start + batch);
    const all = await runDocker(docker, ['image', 'rm', ...part], options);
    if (all.kind === 'done') {
      continue;
    }
    if (all.reason !== 'refused') {
      return all;
    }
    // Which one it was, docker says in words only.
    for (const reference of part) {
      const one = await runDocker(docker, ['image', 'rm', reference], options);
      if (one.kind === 'done' || isMissing(one)) {
        continue;
      }
      if (one.reason !== 'refused') {
        return one;
      }
      kept.set(reference, one.message);
    }
  }
  return done(kept);
}

/** Fetches an image from its registry, with the credentials that docker itself has. */
export async function pullImage(
  docker: Docker,
  reference: string,
  options: DockerOptions = {},
): Promise<DockerOutcome<void>> {
  return nothing(await runDocker(docker, ['image', 'pull', '--quiet', reference], options));
}

/** IDs of the containers, running or not, that were made of exactly this image. */
export async function containersOf(
  docker: Docker,
  id: Digest,
  options: DockerOptions = {},
): Promise<DockerOutcome<readonly string[]>> {
  // The filter takes descendants of the image in too.
  const filter = ['--filter', `ancestor=${id}`, '--format', '{{.ID}}'];
  const listed = await runDocker(docker, ['ps', '--all', '--no-trunc', ...filter], options);
  if (listed.kind === 'failed') {
    return listed;
  }
  const containers = listed.value.split('\n').filter((line) => line !== '');
  if (containers.length === 0) {
    return done([]);
  }
  // One that has gone meanwhile makes docker fail, and is none of ours any more.
  const inspected = await completeDocker(
    docker,
    ['container', 'inspect', '--format', '{{.Id}}\t{{.Image}}', ...containers],
    options,
  );
  if (inspected.kind !== 'exited') {
    return failureOf(inspected);
  }
  return done(
    inspected.stdout.split('\n').flatMap((line) => {
      const [container, image] = line.split('\t');
      return container !== undefined && image === id ? [container] : [];
    }),
  );
}

/** Kills and removes containers with their anonymous volumes; ones that are gone do not matter. */
export async function removeContainers(
  docker: Docker,
  containers: readonly string[],
  options: DockerOptions = {},
): Promise<DockerOutcome<void>> {
  if (containers.length === 0) {
    return done(undefined);
  }
  const args = ['container', 'rm', '--force', '--volumes', ...containers];
  return nothing(await runDocker(docker, args, options));
}

async function inspectIds(
  docker: Docker,
  ids: readonly Digest[],
  options: DockerOptions,
): Promise<DockerOutcome<ReadonlyMap<Digest, LocalImage>>> {
  const found = new Map<Digest, LocalImage>();
  for (let start = 0; start < ids.length; start += batch) {
    const part = ids.slice(start, start + batch);
    const completion = await completeDocker(docker, ['image', 'inspect', ...part], options);
    // Status 1 with the rest of the answer where an image was removed since it was listed.
    const partly = completion.kind === 'exited' && isMissing(failureOf(completion));
    if (completion.kind !== 'exited' || (completion.status !== 0 && !partly)) {
      return failureOf(completion);
    }
    for (const image of readImages(completion.stdout)) {
      found.set(image.id, image);
    }
  }
  return done(found);
}

/** What `docker image inspect` prints, as far as we read it. */
interface Inspected {
  readonly Id: Digest;
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null } | null;
  readonly RootFS?: { readonly Layers?: readonly Digest[] | null } | null;
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
  readonly Size?: number;
  readonly Created?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
}

function readImages(json: string): LocalImage[] {
  const images: readonly Inspected[] = JSON.parse(json);
  return images.map((image) => ({
    id: image.Id,
    labels: new Map(Object.entries(image.Config?.Labels ?? {})),
    layers: image.RootFS?.Layers ?? [],
    ...platformOf(image),
    sizeBytes: image.Size ?? 0,
    created: image.Created ?? '',
    tags: image.RepoTags ?? [],
    registryDigests: image.RepoDigests ?? [],
  }));
}

function pairOf(name: string, image: LocalImage | undefined): [string, LocalImage][] {
  return image === undefined ? [] : [[name, image]];
}

function platformOf({ Os, Architecture, Variant }: Inspected): Pick<LocalImage, 'platform'> {
  const parts = [Os, Architecture, ...(Variant ? [Variant] : [])];
  return Os && Architecture ? { platform: normalPlatform(parts.join('/')) } : {};
}

/** One spelling for all names of one local image: a digest counts before a tag, as in docker. */
function localKey(reference: string): string {
  const parsed = parseReference(reference);
  if (parsed.kind === 'problem') {
    return reference;
  }
  const repository = familiarRepository(parsed);
  return parsed.digest === undefined
    ? `${repository}:${parsed.tag ?? 'latest'}`
    : `${repository}@${parsed.digest}`;
}

function isMissing(failure: DockerFailure): boolean {
  return failure.reason === 'refused' && /No such image|no such image/.test(failure.message);
}

function done<T>(value: T): DockerOutcome<T> {
  return { kind: 'done', value };
}

function nothing(outcome: DockerOutcome<string>): DockerOutcome<void> {
  return outcome.kind === 'done' ? done(undefined) : outcome;
}

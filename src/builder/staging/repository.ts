import { hash, randomBytes } from 'node:crypto';
import type { Docker, DockerFailure, DockerOutcome } from '#adapters/docker/docker.js';
import { inspectImages, type LocalImage, removeImages, tagImage } from '#adapters/docker/images.js';
import { isTransient } from '#adapters/registry/fault.js';
import { imageConfig } from '#adapters/registry/imageConfig.js';
import { joinImages } from '#adapters/registry/joinImages.js';
import { eachOf } from '#adapters/registry/pool.js';
import { readTag } from '#adapters/registry/publish.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { allows, isPrivate } from '#compiler/privacy/privacy.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import { parseReference } from '#core/reference/reference.js';
import type { Staged } from '../publish/push.js';
import type { StagingWish } from '../request.js';
import { type TransferOptions, transfer } from '../transfer.js';
import type {
  JoinWish,
  PartId,
  StagedFind,
  StagedLook,
  Staging,
  StagingResult,
} from './staging.js';

/**
 * What is wrong with the staging repository: it is none, or what is published could be taken for what waits, or the other
 * way round.
 */
export function stagingProblems(
  { repository, place }: StagingWish,
  graph: Graph,
  concerned: ReadonlySet<Reference>,
): readonly Diagnostic[] {
  const at = place === undefined ? {} : { place };
  const parsed = parseReference(repository);
  const isRepository =
    parsed.kind === 'reference' &&
    parsed.domain !== '' &&
    parsed.tag === undefined &&
    parsed.digest === undefined;
  if (!isRepository || !repository.includes('/')) {
    const message = `staging must be a registry and a path, not "${repository}"`;
    const hint =
      'write it as registry.example.org/staging: in lower case, without a tag, and no "/" at the end';
    return [error('staging', message, { ...at, hint })];
  }
  const names = registryNamesOf(graph);
  const own = spelling(names.canonical(repository));
  const within = graph.images.find(({ rendered: { definition } }) => {
    const { tree } = definition;
    const published = [definition.repository, pushedAs(definition.repository, tree.config)];
    return published.some((one) => isBelow(spelling(names.canonical(one)), own));
  });
  const secret = graph.images.find(
    ({ reference, rendered: { definition } }) =>
      concerned.has(reference) &&
      isPrivate(graph, reference) &&
      !allows(definition.tree, stagedRepository(repository, reference)),
  );
  if (secret !== undefined) {
    const message = `${secret.reference} is private, and the staging repository ${repository} is not in private_registries`;
    const hint =
      'name a repository of private_registries for staging, or build private images on one engine';
    return [error('private-registry', message, { ...at, hint })];
  }
  if (within === undefined) {
    return [];
  }
  const { repository: published } = within.rendered.definition;
  const message = `${published} is published in the staging repository ${repository}`;
  const hint = 'name a repository for staging that nothing is published in';
  return [error('staging', message, { ...at, hint })];
}

function pushedAs(
  repository: string,
  { registry, pushRegistry }: { readonly registry: string; readonly pushRegistry?: string },
): string {
  return pushRegistry === undefined ? repository : pushRegistry + repository.slice(registry.length);
}

/** One spelling for the names that a repository has without anybody saying so. */
function spelling(repository: string): string {
  const parsed = parseReference(repository);
  if (parsed.kind === 'problem') {
    return repository;
  }
  const host = parsed.domain
    .toLowerCase()
    .replace(/^(?:localhost|\[::1\])(?=:|$)/, '127.0.0.1')
    .replace(/:443$/, '');
  return `${host}/${parsed.path}`;
}

function isBelow(repository: string, parent: string): boolean {
  return repository === parent || repository.startsWith(`${parent}/`);
}

export interface StagingInput extends TransferOptions {
  /** `registry.example.org/staging`. */
  readonly repository: string;
  readonly access: RegistryAccess;
  /** In the tags, so that only who knows it finds them; absent: known to this run alone. */
  readonly run?: string;
  readonly signal: AbortSignal;
}

/** Where an image is in staging, by its tag. */
export interface StagedPlace {
  readonly repository: Repository;
  readonly tag: string;
}

/**
 * Pushes images of a run below the staging repository, each under a tag of this run alone: a registry whose tags cannot
 * be moved takes it too, and two runs are not in each other's way. Nothing there is ever deleted.
 */
export class StagingRepository implements Staging {
  readonly #input: StagingInput;
  readonly #run: string;
  readonly #staged = new Map<Reference, Staged>();
  /** What was looked at, by its digest. */
  readonly #seen = new Map<Digest, StagedLook>();
  /** The names of staging that engines have of this run. */
  readonly #names = new Map<Docker, Set<string>>();

  constructor(input: StagingInput) {
    this.#input = input;
    this.#run = input.run ?? randomBytes(6).toString('hex');
  }

  placeOf(reference: Reference): StagedPlace {
    const repository = stagedRepository(this.#input.repository, reference);
    // Images of two registries may have one path and one version.
    const of = hash('sha256', `${this.#run} ${reference}`).slice(0, 16);
    return { repository, tag: tagOf(reference, of) };
  }

  /** What is staged there under a digest. */
  stagedAs(reference: Reference, digest: Digest): Staged {
    const { access } = this.#input;
    return { access, digest, name: `${this.placeOf(reference).repository}@${digest}` };
  }

  get access(): RegistryAccess {
    return this.#input.access;
  }

  at(reference: Reference): Staged | undefined {
    return this.#staged.get(reference);
  }

  async push(from: Docker, reference: Reference, id?: Digest): Promise<StagingResult> {
    const { signal } = this.#input;
    const name = this.nameOf(reference, from);
    const tagged = id === undefined ? undefined : await tagImage(from, id, name, { signal });
    if (tagged?.kind === 'failed') {
      return failed(`it cannot be tagged for staging: ${tagged.message}`, tagged.transient);
    }
    const pushed = await this.#push(from, name);
    return typeof pushed === 'string'
      ? { kind: 'staged', ...this.#pushed(reference, pushed) }
      : pushed;
  }

  /** Gives the digest as which an engine has pushed what has this name. */
  async #push(from: Docker, name: string): Promise<Digest | StagingFailure> {
    const { access, signal } = this.#input;
    const pushed = await transfer(
      from,
      ['push', name],
      `docker pushes to ${access.host}`,
      this.#input,
      signal,
    );
    if (pushed.kind === 'failed') {
      return failed(`it cannot be pushed as ${name}: ${pushed.message}`, pushed.transient);
    }
    const said = /digest: (sha256:[0-9a-f]{64})/.exec(pushed.value)?.[1];
    if (said === undefined) {
      return failed(`docker does not say as what it has pushed ${name}`, false);
    }
    return said as Digest;
  }

  partName(reference: Reference, part: PartId, on?: Docker): string {
    const { repository, tag } = this.#placeOfPart(reference, part);
    const name = `${repository}:${tag}`;
    if (on !== undefined) {
      this.#named(on, name);
    }
    return name;
  }

  async pushPart(from: Docker, reference: Reference, part: PartId): Promise<StagingResult> {
    const pushed = await this.#push(from, this.partName(reference, part, from));
    return typeof pushed === 'string'
      ? { kind: 'staged', ...this.stagedAs(reference, pushed) }
      : pushed;
  }

  async findPart(reference: Reference, part: PartId): Promise<StagingResult> {
    return this.#ask(async (registry) => {
      const found = await this.#digestAt(registry, this.#placeOfPart(reference, part));
      if (typeof found === 'string') {
        return { kind: 'staged', ...this.stagedAs(reference, found) };
      }
      const { host } = this.#input.access;
      return found.kind === 'absent'
        ? failed(`${host} does not have what was pushed to staging`, true)
        : found;
    });
  }

  async join(reference: Reference, call: number, wish: JoinWish): Promise<StagingResult> {
    const { repository } = this.placeOf(reference);
    // Not the tag of another try: a registry may let none be moved.
    const tag = tagOf(reference, `${this.#run}-${call}`);
    return this.#ask(async (registry) => {
      const joined = await joinImages(registry, { ...wish, repository, tag });
      if (!joined.ok) {
        const { reason } = registry.explain(joined.fault);
        return failed(
          `its platforms cannot be joined in staging: ${reason}`,
          isTransient(joined.fault),
        );
      }
      return { kind: 'staged', ...this.#pushed(reference, joined.value) };
    });
  }

  #placeOfPart(reference: Reference, { call, at }: PartId): StagedPlace {
    const { repository } = this.placeOf(reference);
    return { repository, tag: tagOf(reference, `${this.#run}-${call}-${at + 1}`) };
  }

  async #ask<T>(use: (registry: Registry) => Promise<T>): Promise<T> {
    const { access, signal } = this.#input;
    const registry = new Registry(access, { signal });
    try {
      return await use(registry);
    } finally {
      registry.close();
    }
  }

  nameOf(reference: Reference, on?: Docker): string {
    const { repository, tag } = this.placeOf(reference);
    const name = `${repository}:${tag}`;
    if (on !== undefined) {
      this.#named(on, name);
    }
    return name;
  }

  async find(references: readonly Reference[]): Promise<ReadonlyMap<Reference, StagedFind>> {
    return this.#ask(async (registry) => {
      const { workers } = this.#input.access;
      const found = await eachOf(references, workers, async (reference) => {
        const result = await this.#find(registry, reference);
        return [reference, result] as const;
      });
      return new Map(found);
    });
  }

  async #find(registry: Registry, reference: Reference): Promise<StagedFind> {
    const found = await this.#digestAt(registry, this.placeOf(reference));
    return typeof found === 'string'
      ? { kind: 'staged', ...this.#pushed(reference, found) }
      : found;
  }

  /** Why nothing can be read there, asked for one image; undefined: it can. */
  async unreadable(reference: Reference): Promise<string | undefined> {
    const { repository, tag } = this.placeOf(reference);
    const read = await this.#ask((registry) => readTag(registry, repository, tag));
    return read.kind === 'unknown' ? read.reason : undefined;
  }

  async #digestAt(
    registry: Registry,
    { repository, tag }: StagedPlace,
  ): Promise<Digest | StagingFailure | { readonly kind: 'absent' }> {
    const read = await readTag(registry, repository, tag);
    switch (read.kind) {
      case 'found':
        return read.manifest.digest;
      case 'absent':
        return { kind: 'absent' };
      case 'unknown':
        return failed(`it cannot be found in staging: ${read.reason}`, true);
    }
  }

  #pushed(reference: Reference, digest: Digest): Staged {
    const staged = this.stagedAs(reference, digest);
    this.#staged.set(reference, staged);
    return staged;
  }

  async look(references: readonly Reference[]): Promise<ReadonlyMap<Reference, StagedLook>> {
    return this.#ask(async (registry) => {
      const { workers } = this.#input.access;
      const found = await eachOf(references, workers, async (reference) => {
        const staged = this.#staged.get(reference);
        const seen = staged && this.#seen.get(staged.digest);
        const look = seen ?? (await this.#look(registry, reference, staged));
        return [reference, look] as const;
      });
      return new Map(found);
    });
  }

  async #look(
    registry: Registry,
    reference: Reference,
    staged: Staged | undefined,
  ): Promise<StagedLook> {
    if (staged === undefined) {
      return failed(`${reference} is not in staging`, false);
    }
    const { repository } = this.placeOf(reference);
    const manifest = await registry.manifest(repository, staged.digest);
    const config = manifest.ok ? await imageConfig(registry, repository, manifest.value) : manifest;
    if (!config.ok) {
      const { reason } = registry.explain(config.fault);
      return failed(`it cannot be read in staging: ${reason}`, isTransient(config.fault));
    }
    const { labels, layers, platform, created = '', sizes = [] } = config.value;
    const look: StagedLook = {
      kind: 'found',
      image: {
        id: staged.digest,
        labels,
        layers,
        ...(platform === undefined ? {} : { platform }),
        sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
        created,
        tags: [],
        registryDigests: [staged.name],
      },
    };
    this.#seen.set(staged.digest, look);
    return look;
  }

  async pull(
    to: Docker,
    reference: Reference,
    platform?: string,
  ): Promise<DockerOutcome<LocalImage>> {
    const { access, signal } = this.#input;
    const staged = this.#staged.get(reference);
    if (staged === undefined) {
      return notThere(`${reference} is not in staging`);
    }
    this.#named(to, staged.name);
    const of = platform === undefined ? [] : ['--platform', platform];
    const args = ['pull', '--quiet', ...of, staged.name] as const;
    const because = `docker pulls from ${access.host}`;
    const pulled = await transfer(to, args, because, this.#input, signal);
    if (pulled.kind === 'failed') {
      return pulled;
    }
    const tagged = await tagImage(to, staged.name, reference, { signal });
    const found =
      tagged.kind === 'failed' ? tagged : await inspectImages(to, [reference], { signal });
    if (found.kind === 'failed') {
      return found;
    }
    const image = found.value.get(reference);
    return image === undefined
      ? notThere(`${reference} was pulled, and the engine does not have it`)
      : { kind: 'done', value: image };
  }

  /**
   * Takes the names of staging away from the engines once the run is over: with them, `prune` would free nothing. The
   * images keep their own. An engine that does not answer keeps them, until `prune`.
   */
  async tidy(): Promise<void> {
    const timeoutMs = this.#input.signal.aborted ? tidyMs.interrupted : tidyMs.ended;
    await Promise.all(
      [...this.#names].map(([engine, names]) => removeImages(engine, [...names], { timeoutMs })),
    );
    this.#names.clear();
  }

  #named(engine: Docker, name: string): void {
    const names = this.#names.get(engine) ?? new Set();
    this.#names.set(engine, names.add(name));
  }
}

/** How long an engine may take to lose names, in milliseconds. */
const tidyMs = { ended: 60_000, interrupted: 5_000 };

/** Below the staging repository, by the whole path: images of two registries may have the same. */
export function stagedRepository(staging: string, reference: Reference): Repository {
  const parsed = parseReference(reference);
  const path = parsed.kind === 'reference' ? parsed.path : reference;
  return `${staging.replace(/\/$/, '')}/${path}` as Repository;
}

/** The most characters of a tag. */
const longestTag = 128;

function tagOf(reference: Reference, run: string): string {
  const version = reference.slice(reference.lastIndexOf(':') + 1);
  return `${version.slice(0, longestTag - run.length - 1)}-${run}`;
}

function notThere(message: string): DockerFailure {
  return { kind: 'failed', reason: 'refused', message, transient: false };
}

type StagingFailure = Extract<StagingResult, { kind: 'failed' }>;

function failed(reason: string, transient: boolean): StagingFailure {
  return { kind: 'failed', reason, transient };
}

import { type Docker, type DockerOutcome, runDocker } from '#adapters/docker/docker.js';
import { tagImage } from '#adapters/docker/images.js';
import { isRateLimit } from '#adapters/docker/transient.js';
import { copyImage } from '#adapters/registry/copy.js';
import { readTag } from '#adapters/registry/publish.js';
import type { Registry, RegistryAccess } from '#adapters/registry/registry.js';
import { storedSize } from '#adapters/registry/storedSize.js';
import { untold } from '#adapters/registry/waits.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import type { Login } from './login.js';
import { keepFirst, watchTag } from './watchTag.js';

/** An image that is ready to be published. */
export interface Pushable {
  readonly reference: Reference;
  readonly repository: Repository;
  readonly version: string;
  /** The reference that docker pushes (`push_registry`); absent: its own. */
  readonly pushAs?: string;
  /** The local image's ID: the digest of its configuration, or of its manifest (containerd, and copies). */
  readonly id: string;
}

/** An image that another repository has already, from where it is copied. */
export interface Staged {
  /** How that repository is reached. */
  readonly access: RegistryAccess;
  /** Of the image, or of the index of several. */
  readonly digest: Digest;
  /** `registry/repository@sha256:…` */
  readonly name: string;
}

/** How an image gets into its repository. */
export type PushWay =
  | {
      /** From this engine, by docker. */
      readonly kind: 'docker';
      readonly docker: Docker;
      /** The login with credentials that have not died; asked for before each try. */
      readonly login: () => Promise<Login>;
    }
  /** By digest from another repository; no engine takes part. */
  | { readonly kind: 'copy'; readonly from: Staged };

export type PushResult =
  | PushedImage<'pushed'>
  /** The registry has this very image already: an interrupted run had pushed it. */
  | PushedImage<'already'>
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** The last lines of what `after_publish` wrote, where that failed. */
      readonly tail?: readonly string[];
      /** Docker has pushed it, but the registry does not show it: perhaps it does later. */
      readonly pushed?: true;
      /** What docker pushed in its place: the name was moved in the very moment. */
      readonly other?: Digest;
    };

interface PushedImage<Kind extends string> {
  readonly kind: Kind;
  readonly digest: Digest;
  /** What the registry stores of it, in bytes; absent: its manifest does not say. */
  readonly size?: number;
}

export interface PushOptions {
  readonly overwrite: boolean;
  /** docker signs what it pushes (DOCKER_CONTENT_TRUST). */
  readonly signs: boolean;
  /** How often a push is tried again after a transient fault. */
  readonly retries: number;
  /** Of one try: docker itself waits for ever for a registry that takes a request and is silent. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Takes out of a text what the registry may repeat of the login. */
  readonly redact: (text: string) => string;
  /** What it means that another image is there, which is not replaced. A clause. */
  readonly rival: (digest: Digest) => string;
  /** Waits between two tries; gives how long, in milliseconds. */
  readonly pause: (attempt: number, reason: string) => Promise<number>;
}

/**
 * Pushes one version tag, never over another image of that version, and reads it back: only the
 * digest that the registry gives says that it is published.
 */
export async function pushImage(
  way: PushWay,
  registry: Registry,
  image: Pushable,
  options: PushOptions,
): Promise<PushResult> {
  // What this push itself put there by mistake, which alone it may replace.
  let own: Digest | undefined;
  // Docker does not say how long a registry asks to be left alone.
  let left = options.timeoutMs;
  let limits = 0;
  for (let attempt = 1; ; attempt++) {
    // Asked anew before every try: an answer may have been lost on the way back.
    const settled = await settledBefore(registry, image, options, own);
    // What is there already may be unsigned: the push is what signs it.
    if (settled !== undefined && !(settled.kind === 'already' && options.signs)) {
      return settled;
    }
    const put = await ready(way, registry, image, options);
    if (typeof put === 'string') {
      return failed(put);
    }
    const started = performance.now();
    // Another machine may publish the version while the layers go up.
    const { repository, version } = image;
    const isOwn = (digest: Digest, content: Readonly<Record<string, unknown>>): boolean =>
      digest === own || isImage(image, digest, content);
    const watch = options.overwrite ? undefined : watchTag(registry, repository, version, isOwn);
    const said = await put(
      watch === undefined ? options.signal : AbortSignal.any([options.signal, watch.signal]),
    );
    watch?.end();
    if (watch?.rival !== undefined && said.kind === 'failed' && !options.signal.aborted) {
      // It was given up for an image that came first; the answer is that image's.
      await keepFirst(registry, repository, version, watch.rival, isOwn, options.signal);
      const met = await settledBefore(registry, image, options, own);
      return met ?? failed('another image of this version was there for a moment');
    }
    const pushed = said.kind === 'done' ? said : { ...said, message: options.redact(said.message) };
    if (pushed.kind === 'done') {
      const read = await readBack(registry, image, pushed.value);
      if (read.kind === 'failed' && read.other !== undefined && attempt <= mistakes) {
        own = read.other;
        continue;
      }
      return read;
    }
    // What is copied is asked for with fresh credentials already.
    const isDockers = way.kind === 'docker';
    const outlived =
      isDockers && performance.now() - started > patientMs && isDenial(pushed.message);
    const isLimited = isRateLimit(pushed.message);
    const mayRepeat = (pushed.transient || outlived) && attempt - limits <= options.retries;
    if (!(isLimited ? left > 0 : mayRepeat)) {
      return failed(reasonOf(pushed, options));
    }
    const waited = await options.pause(attempt, pushed.message);
    if (isLimited) {
      limits++;
      left -= waited;
    }
    if (options.signal.aborted) {
      return failed('cancelled');
    }
  }
}

/** Makes ready one try, and gives it; a text says why there can be none. */
async function ready(
  way: PushWay,
  registry: Registry,
  image: Pushable,
  options: PushOptions,
): Promise<string | ((signal: AbortSignal) => Promise<Put>)> {
  if (way.kind === 'copy') {
    return (signal) => copied(way.from, registry, image, options, signal);
  }
  const name = image.pushAs ?? image.reference;
  // docker pushes what has the name now: a test, or another build, may have moved it.
  const named = await tagImage(way.docker, image.id, name, { signal: options.signal });
  if (named.kind === 'failed') {
    return `cannot tag the image: ${named.message}`;
  }
  const { env } = await way.login();
  return async (signal) => {
    const { host, asking } = registry.access;
    const wait = (asking?.waits ?? untold).begin(`docker push to ${host}`);
    wait.because(`docker pushes to ${host}`);
    const { timeoutMs } = options;
    const said = await runDocker(way.docker, ['push', name], { env, signal, timeoutMs });
    wait.end(said.kind === 'done');
    if (said.kind === 'failed') {
      return said;
    }
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(said.value)?.[1];
    return { kind: 'done', value: digest };
  };
}

/** The digest as which it was put, where that is known. */
type Put = DockerOutcome<string | undefined>;

async function copied(
  { access: source, digest, name }: Staged,
  { access }: Registry,
  { repository, version }: Pushable,
  { timeoutMs }: PushOptions,
  signal: AbortSignal,
): Promise<Put> {
  const copy = await copyImage({
    from: { access: source, repository: name.slice(0, name.indexOf('@')) as Repository, digest },
    to: { access, repository, tag: version },
    patience: { totalMs: timeoutMs },
    signal,
  });
  if (copy.kind === 'copied') {
    return { kind: 'done', value: copy.digest };
  }
  const { reason, transient } = copy;
  return {
    kind: 'failed',
    reason: 'refused',
    message: `cannot copy the image: ${reason}`,
    transient,
  };
}

/** A push that was refused after so long, in milliseconds, may have outlived its credentials. */
const patientMs = 2_000;

/** Whether docker says that the registry refuses the login. */
function isDenial(message: string): boolean {
  return /\b40[13]\b|unauthorized|authentication required|authorization|denied/i.test(message);
}

/** How the registry's present image of this version ends the push, if it does. */
async function settledBefore(
  registry: Registry,
  image: Pushable,
  { overwrite, rival }: PushOptions,
  own: Digest | undefined,
): Promise<PushResult | undefined> {
  const before = await readTag(registry, image.repository, image.version);
  if (before.kind === 'unknown') {
    return failed(before.reason);
  }
  if (before.kind === 'absent') {
    return undefined;
  }
  const { digest, content } = before.manifest;
  if (isImage(image, digest, content)) {
    return { kind: 'already', digest, ...sizeOf(content) };
  }
  return overwrite || digest === own ? undefined : failed(rival(digest));
}

/** How often a name may be moved between tagging and pushing before the push fails. */
const mistakes = 3;

async function readBack(
  registry: Registry,
  image: Pushable,
  said: string | undefined,
): Promise<PushResult> {
  const after = await readTag(registry, image.repository, image.version);
  if (after.kind === 'unknown') {
    return astray(`pushed, but it cannot be read back: ${after.reason}`);
  }
  if (after.kind === 'absent') {
    return astray('pushed, but the registry does not have it');
  }
  const { digest, content } = after.manifest;
  if (said !== undefined && said !== digest) {
    return astray(`pushed as ${said}, but the registry gives ${digest}`);
  }
  if (!isImage(image, digest, content)) {
    return {
      ...astray(`what was pushed as ${digest} is not the image that was built: ${image.id}`),
      ...(said === digest ? { other: digest } : {}),
    };
  }
  return { kind: 'pushed', digest, ...sizeOf(content) };
}

function sizeOf(content: Readonly<Record<string, unknown>>): Pick<PushedImage<''>, 'size'> {
  const size = storedSize(content);
  return size === undefined ? {} : { size };
}

/** Whether a manifest is the engine's image: by its configuration, or by itself (containerd, copies). */
function isImage(
  { id }: Pushable,
  digest: Digest,
  content: Readonly<Record<string, unknown>>,
): boolean {
  return digest === id || configDigest(content) === id;
}

function configDigest(content: Readonly<Record<string, unknown>>): string | undefined {
  const { config } = content;
  if (typeof config !== 'object' || config === null || !('digest' in config)) {
    return undefined;
  }
  return typeof config.digest === 'string' ? config.digest : undefined;
}

function reasonOf(
  failure: Exclude<DockerOutcome<string>, { kind: 'done' }>,
  { timeoutMs }: PushOptions,
): string {
  if (failure.reason === 'timed-out') {
    return `the push did not end within ${timeoutMs / 1000} s`;
  }
  return failure.message === '' ? failure.reason : failure.message;
}

function astray(reason: string): Extract<PushResult, { kind: 'failed' }> {
  return { kind: 'failed', reason, pushed: true };
}

function failed(reason: string): PushResult {
  return { kind: 'failed', reason };
}

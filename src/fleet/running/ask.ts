import type { FindHistory } from '#adapters/git/history.js';
import type { ConfigCache } from '#adapters/registry/configCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Registry } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Repository } from '#core/reference/brands.js';
import { versionOf as labelledVersion } from '../holds/mark.js';
import type { OpenedRegistries } from '../openedRegistries.js';
import type { TreeImage, TreeNames } from '../references/names.js';
import { Bases, layeredImage } from './bases.js';
import type { RunningImage } from './images.js';
import {
  judgeOther,
  judgeOwn,
  type OtherFacts,
  type OwnFacts,
  type Retired,
  type TagState,
  type Verdict,
} from './judge.js';
import { findRetired } from './retired.js';
import { tagState } from './sameImage.js';
import { Tags } from './tags.js';
import type { RunningDigest } from './use.js';
import { isVersionOf, versionsIn } from './versions.js';

/** So many images are asked about at the same time. */
const atOnce = 8;
/** So many versions are compared with what runs under a tag that moves. */
const mostVersions = 30;

export interface RunningRequest {
  readonly names: TreeNames;
  readonly trees: readonly Tree[];
  /** A directory of a definition whose name cannot be read, as a person would write it; absent: there is none. */
  readonly unreadable?: string;
  readonly registries: OpenedRegistries;
  readonly cache: ConfigCache;
  readonly histories: FindHistory;
  /** Hears of what is done, and how far it is. */
  readonly progress: (what: string, done: number, of: number) => void;
  readonly signal: AbortSignal;
}

/** Asks registries about what runs, and judges it. Images whose registries nobody named are judged without a question. */
export async function judgeRunning(
  images: readonly RunningImage[],
  request: RunningRequest,
): Promise<ReadonlyMap<RunningImage, Verdict>> {
  const { registries, cache, progress } = request;
  const tags = new Tags(registries);
  const bases = new Bases({
    images: request.names.images,
    registries,
    tags,
    cache,
    onAsked: (done, of) => progress('layers of published images', done, of),
  });
  const retired = retiredOf(images, request);
  let done = 0;
  const judged = await eachOf(images, atOnce, async (image) => {
    const verdict = request.signal.aborted
      ? ({ kind: 'unknown', reason: 'stopped' } as const)
      : await judgeOne(image, { request, tags, bases, retired });
    progress('images that run', ++done, images.length);
    return [image, verdict] as const;
  });
  cache.save();
  return new Map(judged);
}

function retiredOf(
  images: readonly RunningImage[],
  { names, trees, histories }: RunningRequest,
): ReadonlyMap<string, Retired> {
  const wanted = images.flatMap(({ about }) => (about.kind === 'asked' ? [about.repository] : []));
  return findRetired(new Set(wanted), trees, histories, (name) => names.canonical(name));
}

interface Around {
  readonly request: RunningRequest;
  readonly tags: Tags;
  readonly bases: Bases;
  readonly retired: ReadonlyMap<string, Retired>;
}

async function judgeOne(image: RunningImage, around: Around): Promise<Verdict> {
  const { about, tag } = image;
  const known = tag === undefined ? {} : { version: tag };
  switch (about.kind) {
    case 'own':
      return judgeOwn(image, about.image, await ownFacts(image, about.image, around));
    case 'asked':
      return judgeOther(image, await otherFacts(image, about.repository, around));
    case 'illegal':
      return { kind: 'unknown', reason: about.reason };
    case 'foreign':
      return about.resembles === undefined
        ? { kind: 'foreign', ...known }
        : {
            kind: 'foreign',
            reason: `${about.host} has an image of the name of ${about.resembles.repository}`,
            ...known,
          };
  }
}

async function ownFacts(
  { tag, running }: RunningImage,
  image: TreeImage,
  { request, tags: allTags }: Around,
): Promise<OwnFacts> {
  const tags = await allTags.of(image);
  const registry = request.registries.of(image.tree);
  if (registry === undefined || 'reason' in tags) {
    return { tags };
  }
  const { repository } = image;
  const at = await stateOf(registry, repository, tag, running);
  if (running === undefined || (tag !== undefined && isVersionOf(image, tag))) {
    return { tags, ...(at === undefined ? {} : { at }) };
  }
  const version = await versionOf(registry, image, tags, running, request.cache);
  return {
    tags,
    ...(at === undefined ? {} : { at }),
    ...(version === undefined ? {} : { version }),
  };
}

async function stateOf(
  registry: Registry,
  repository: Repository,
  tag: string | undefined,
  running: RunningDigest | undefined,
): Promise<TagState | undefined> {
  if (tag === undefined) {
    return undefined;
  }
  if (running !== undefined) {
    return await tagState(registry, repository, tag, running);
  }
  const named = await registry.manifest(repository, tag);
  if (named.ok) {
    return { kind: 'no-digest' };
  }
  return named.fault.kind === 'absent'
    ? { kind: 'absent' }
    : { kind: 'failed', reason: registry.explain(named.fault).reason };
}

/** Which version a digest is of: as its label says, or by the tags that are at it. */
async function versionOf(
  registry: Registry,
  image: TreeImage,
  tags: readonly string[],
  running: RunningDigest,
  cache: ConfigCache,
): Promise<OwnFacts['version']> {
  const { repository } = image;
  if (running.kind === 'manifest') {
    const state = await askState(registry, repository, running.digest, { cache });
    if (state.kind === 'unknown') {
      return { reason: state.reason };
    }
    const labelled =
      state.kind === 'published' && state.config.known
        ? labelledVersion(state.config.value)
        : undefined;
    if (labelled !== undefined && tags.includes(labelled) && isVersionOf(image, labelled)) {
      return labelled;
    }
  }
  for (const version of versionsIn(image, tags).slice(0, mostVersions)) {
    const state = await tagState(registry, repository, version, running);
    if (state.kind === 'same') {
      return version;
    }
    if (state.kind === 'failed') {
      return { reason: state.reason };
    }
  }
  return undefined;
}

async function otherFacts(
  { tag, running }: RunningImage,
  repository: Repository,
  { request, bases, retired }: Around,
): Promise<OtherFacts> {
  const known = retired.get(repository);
  if (known !== undefined) {
    return { retired: known, base: { kind: 'none' } };
  }
  const registry = request.registries.at(repository);
  if (registry === undefined) {
    return { base: { kind: 'unknown', reason: 'its registry cannot be asked' } };
  }
  const at = await stateOf(registry, repository, tag, running);
  const state = at === undefined ? {} : { at };
  if (at?.kind === 'failed') {
    return { ...state, base: { kind: 'unknown', reason: at.reason, hasFailed: true } };
  }
  const what =
    running?.kind === 'manifest' ? running.digest : at?.kind === 'same' ? tag : undefined;
  const reference = what ?? (running === undefined ? tag : undefined);
  const found =
    reference === undefined
      ? 'absent'
      : await layeredImage(registry, repository, reference, request.cache);
  if (found === 'absent') {
    return { ...state, base: { kind: 'unknown', reason: 'the registry does not have it' } };
  }
  if ('reason' in found) {
    return { ...state, base: { kind: 'unknown', reason: found.reason, hasFailed: true } };
  }
  const { unreadable } = request;
  return {
    ...state,
    ...(unreadable === undefined ? {} : { unreadable }),
    base: await bases.of(found),
  };
}

import type { TreeImage } from '../references/names.js';
import type { RunningImage } from './images.js';
import { type Behind, behindOf, isVersionOf } from './versions.js';

/** How what runs stands, the worst first. */
export const verdicts = [
  /** No tree defines it any more. */
  'retired',
  /** A newer version is published. */
  'redeploy',
  /** It is not of the trees, and is built on a version of one of their images that is not the newest. */
  'rebuild',
  /** Its tag is at another image since it was started. */
  'restart',
  'unknown',
  'current',
  /** It is not of the trees, nor built on one of their images; or nobody looked. */
  'foreign',
] as const;

type VerdictKind = (typeof verdicts)[number];

export interface Verdict {
  readonly kind: VerdictKind;
  /** A clause; absent where nothing is to be said. */
  readonly reason?: string;
  /** Which version runs; of an image that is not of the trees its tag. */
  readonly version?: string;
  readonly behind?: Behind;
  /** What an image from elsewhere is built on. */
  readonly base?: { readonly image: TreeImage; readonly version: string };
  readonly retired?: Retired;
  /** It is unknown because a registry gave no answer. */
  readonly hasFailed?: true;
}

/** Where a definition was. */
export interface Retired {
  /** As a person would open it, when it was there. */
  readonly file: string;
  /** The commit that removed it; absent: it was removed since the last one. */
  readonly commit?: string;
  /** Of the commit: seconds since 1970. */
  readonly time?: number;
}

/** What a registry says of the tag that a workload names. */
export type TagState =
  /** It is at what runs. */
  | { readonly kind: 'same' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'absent' }
  /** Nobody says what runs. */
  | { readonly kind: 'no-digest' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface OwnFacts {
  /** All tags of its repository, or why they are not known. */
  readonly tags: readonly string[] | { readonly reason: string };
  /** Of the tag that the reference has; absent: it has none. */
  readonly at?: TagState;
  /** Of what runs, where the tag does not say it; absent: no published version is that. */
  readonly version?: string | { readonly reason: string };
}

/** How an image of the trees stands. */
export function judgeOwn(
  { tag, isPinned, running }: Pick<RunningImage, 'tag' | 'isPinned' | 'running'>,
  image: TreeImage,
  facts: OwnFacts,
): Verdict {
  const isVersion = tag !== undefined && isVersionOf(image, tag);
  const found = isVersion ? tag : facts.version;
  const version = typeof found === 'string' ? found : undefined;
  const known = version === undefined ? {} : { version };
  const unknown = (reason: string): Verdict => ({ kind: 'unknown', reason, ...known });
  const failed = (reason: string): Verdict => ({ ...unknown(reason), hasFailed: true });
  const { tags, at } = facts;
  if ('reason' in tags) {
    return failed(tags.reason);
  }
  const behind = version === undefined ? undefined : behindOf(image, version, tags);
  const redeploy = (why: string, to: Behind): Verdict => ({
    kind: 'redeploy',
    reason: `${why}${to.newest} is published`,
    ...known,
    behind: to,
  });
  if (at?.kind === 'failed') {
    return failed(at.reason);
  }
  if (typeof found === 'object') {
    return failed(found.reason);
  }
  const isGone = tag !== undefined && at?.kind === 'absent';
  if (isVersion || isPinned) {
    if (behind !== undefined) {
      return redeploy(isGone ? `${tag} is not published any more, ` : '', behind);
    }
    if (version === undefined) {
      return unknown('no published version is what runs');
    }
    if (isGone) {
      return unknown(`the registry does not have ${tag}`);
    }
    if (at?.kind === 'moved') {
      // A digest that is written out is pulled again by a restart.
      return isPinned
        ? { kind: 'redeploy', reason: `${tag} was published again with another digest`, ...known }
        : { kind: 'restart', reason: `${tag} was published again`, ...known };
    }
    return { kind: 'current', ...known };
  }
  if (isGone) {
    return behind === undefined
      ? unknown(`the registry does not have ${tag}`)
      : redeploy(`${tag} is not published any more, `, behind);
  }
  if (at?.kind === 'moved') {
    const rest = behind === undefined ? {} : { behind };
    return { kind: 'restart', reason: `${tag} is at another image now`, ...known, ...rest };
  }
  if (running === undefined) {
    return unknown(`nobody says which ${tag} runs`);
  }
  if (behind !== undefined) {
    return redeploy(`${tag} is at ${version}, and `, behind);
  }
  return version === undefined
    ? unknown(`${tag} is not at a published version`)
    : { kind: 'current', ...known };
}

export interface OtherFacts {
  readonly at?: TagState;
  readonly retired?: Retired;
  /** A definition of which not even the name can be read: it may be of this image. Absent: there is none. */
  readonly unreadable?: string;
  readonly base:
    | {
        readonly kind: 'on';
        readonly image: TreeImage;
        readonly version: string;
        readonly behind?: Behind;
      }
    /** Its layers begin with those of no published version. */
    | { readonly kind: 'none' }
    | { readonly kind: 'unknown'; readonly reason: string; readonly hasFailed?: true };
}

/** How an image stands that no tree defines, and whose registry was asked. */
export function judgeOther(
  { tag, isPinned }: Pick<RunningImage, 'tag' | 'isPinned'>,
  { at, retired, base, unreadable }: OtherFacts,
): Verdict {
  const known = tag === undefined ? {} : { version: tag };
  if (retired !== undefined) {
    const when =
      retired.commit === undefined ? 'since the last commit' : `by ${retired.commit.slice(0, 12)}`;
    const reason = `${retired.file} was removed ${when}`;
    return { kind: 'retired', reason, ...known, retired };
  }
  if (at?.kind === 'moved' && !isPinned) {
    return { kind: 'restart', reason: `${tag} is at another image now`, ...known };
  }
  if (base.kind === 'unknown') {
    const { reason, hasFailed } = base;
    return { kind: 'unknown', reason, ...known, ...(hasFailed ? { hasFailed } : {}) };
  }
  if (base.kind === 'none' && unreadable !== undefined) {
    const reason = `it may be defined by ${unreadable}, whose name cannot be read`;
    return { kind: 'unknown', reason, ...known };
  }
  if (base.kind === 'none') {
    return { kind: 'foreign', reason: 'it is not built on any of these images', ...known };
  }
  const { image, version, behind } = base;
  const on = { base: { image, version }, ...known };
  const name = nameOf(image);
  return behind === undefined
    ? { kind: 'current', reason: `built on ${name} ${version}`, ...on }
    : {
        kind: 'rebuild',
        reason: `built on ${name} ${version}, and ${behind.newest} is published`,
        ...on,
        behind,
      };
}

function nameOf({ repository, tree }: TreeImage): string {
  const { registry } = tree.config;
  return repository.startsWith(`${registry}/`) ? repository.slice(registry.length + 1) : repository;
}

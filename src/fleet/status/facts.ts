import type { RegistryState } from '#adapters/registry/state.js';
import { isComparable } from '#compiler/plan/definitionDigest.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Held } from '../holds/mark.js';

/** A parent that an image was built with in an earlier version. */
export interface OlderVersion {
  readonly parent: Reference;
  readonly builtOn: Reference;
}

/** What is known of one image before anything is decided. */
export interface Facts {
  readonly registry: RegistryState;
  /** The image of this reference on the engine; absent where there is none, or none is asked. */
  readonly local?: LocalFacts;
  /**
   * The digest of the definition as it is now (`definitionDigests`); absent where it, or what it is
   * built on, is broken.
   */
  readonly definition?: Digest;
  /**
   * The parents that it was built with in earlier versions, where nothing else changed since; absent: more did, or
   * nothing, or nobody has looked.
   */
  readonly olderVersions?: readonly OlderVersion[];
  /** The tags that its published version lacks; absent: none, or nobody has looked. */
  readonly owed?: Owed;
  /** What its `latest` is held at; absent: it is not, or nobody has looked. */
  readonly held?: Held;
  /**
   * What says that a version must have been in the registry, which says that it is not; a clause. Absent:
   * nothing does, or nobody has looked.
   */
  readonly lost?: string;
  /** The versions that its repository has before this one; absent: nobody has looked. */
  readonly earlier?: Earlier;
}

/** Versions of a repository that come before another; `newest` is absent where versions have no order. */
export type Earlier =
  | { readonly kind: 'none' }
  | { readonly kind: 'some'; readonly newest?: string };

/** Tags that the current version of an image lacks in its registry. */
export interface Owed {
  /** `latest` first; each is absent, or at a lower version that this program published. */
  readonly tags: readonly string[];
  /** Why a tag could not be read, so that it may be owed as well. */
  readonly unread?: string;
  /** The image of another version without order that `latest` is at, and that was not built before it. */
  readonly latestAt?: Held;
}

/** The part of an engine's image that decisions are made of. */
export interface LocalFacts {
  readonly id: Digest;
  readonly labels: ReadonlyMap<string, string>;
  /** Digests of the uncompressed layers, lowest first. */
  readonly layers: readonly Digest[];
  /** `linux/amd64`; absent: not known. */
  readonly platform?: string;
  /** It has a test, and nothing says that it passed it on this machine; absent: it has none, or has passed. */
  readonly isUntested?: true;
  /** `name@sha256:…`, once pulled or pushed. */
  readonly registryDigests: readonly string[];
}

/** What was built from which definition, as far as its label tells. */
export type Origin =
  /** Built from the definition as it is now. */
  | 'ours'
  /** Built from another definition of the same version. */
  | 'drifted'
  /** Its label is of another recipe than the definition's digest: nobody knows whether it changed. */
  | 'incomparable'
  /** Nobody knows: the definition as it is now has no digest. */
  | 'unknown'
  /** Without the label, or not readable: another tool's work, and not taken for ours. */
  | 'other';

export function originOf(
  labels: ReadonlyMap<string, string> | undefined,
  label: string,
  definition: Digest | undefined,
): Origin {
  const built = labels?.get(label);
  if (definition === undefined) {
    return 'unknown';
  }
  if (built === undefined || built === '') {
    return 'other';
  }
  if (built === definition) {
    return 'ours';
  }
  return isComparable(built, definition) ? 'drifted' : 'incomparable';
}

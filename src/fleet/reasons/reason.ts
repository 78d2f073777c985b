import type { Digest, Reference } from '#core/reference/brands.js';
import type { HoldDocument } from '../holds/document.js';

/**
 * Why an image is in its state, and why a build does with it what it does: a closed set. A reason by a
 * parent has the parent's reference, so that whoever has all reasons can follow them to the root.
 * `sentenceOf` says each to a person; doc/why.md has all kinds.
 */
export type Reason =
  /** The registry does not have it. `earlier`: whether it has other versions. */
  | {
      readonly kind: 'not-published';
      readonly version: string;
      readonly earlier: 'none' | 'unknown';
    }
  /** The registry has earlier versions: `from` is the newest, absent where versions have no order. */
  | { readonly kind: 'new-version'; readonly from?: string; readonly to: string }
  /** No registry is asked, and the engine does not have it. */
  | { readonly kind: 'not-built' }
  /** `--no-pull`: the engine does not have it. */
  | { readonly kind: 'not-local' }
  /** Its definition changed without a new version. Both are definition digests. */
  | {
      readonly kind: 'drifted';
      readonly where: 'registry' | 'engine';
      readonly built: string;
      readonly definition: string;
    }
  /** It is built and published again under its version. */
  | { readonly kind: 'overwritten' }
  /** Its parent is built in the same run, by the parent's own reasons. */
  | { readonly kind: 'parent-rebuilt'; readonly parent: Reference }
  /** Its parent is not what it was built on, by the parent's own reasons. */
  | { readonly kind: 'parent-changed'; readonly parent: Reference }
  /** Seen on what is kept: its layers, or its label, are of an earlier image of its parent. */
  | {
      readonly kind: 'older-parent';
      readonly parent: Reference;
      /** What it was built on, by its label; absent: an image that had the same reference. */
      readonly builtOn?: string;
    }
  /**
   * Seen on what is kept: a base outside of the trees is another image now. Only known where it was asked.
   * `parent`: that image starts from the base, and this one is built on it.
   */
  | {
      readonly kind: 'base-moved';
      readonly base: string;
      readonly to: Digest;
      readonly parent?: Reference;
    }
  /** The same, where nobody could say whether it is another image. */
  | {
      readonly kind: 'base-unknown';
      readonly base: string;
      readonly problem: string;
      readonly parent?: Reference;
    }
  /** What the engine has of it does not count. */
  | {
      readonly kind: 'local-unusable';
      readonly because: 'changed' | 'other-recipe' | 'other-tool' | 'unknown' | 'other-base';
      /** The base that it is not built on. */
      readonly base?: string;
    }
  /** It is built, and only tested and published; `untested`: only tested. */
  | { readonly kind: 'pending'; readonly untested?: true }
  /** The engine has it, and nothing publishes it. */
  | { readonly kind: 'local'; readonly unpublished?: string }
  /** It was not asked for, and this child needs it. */
  | { readonly kind: 'needed'; readonly child: Reference }
  /** It was not asked for, and nothing that is built needs it. */
  | { readonly kind: 'not-needed' }
  /** Tags that the published version lacks. */
  | { readonly kind: 'owed'; readonly tags: readonly string[] }
  | { readonly kind: 'owed-unknown'; readonly problem: string }
  /** A `[[hold]]` of the workspace file; `parent`: the hold is of that image. */
  | { readonly kind: 'held'; readonly hold: HoldDocument; readonly parent?: Reference }
  /** `promote` or `rollback` put `latest` where it is. */
  | { readonly kind: 'latest-held'; readonly digest: Digest; readonly version?: string }
  /** `latest` is at another version without order, which was not built before this one. */
  | { readonly kind: 'latest-elsewhere'; readonly digest: Digest; readonly version?: string }
  /** The registry must have had it; `trace` says so. */
  | { readonly kind: 'lost'; readonly trace: string }
  /** The registry could not be asked. */
  | { readonly kind: 'unknown'; readonly problem: string }
  /** In the last run that a report was given of. */
  | {
      readonly kind: 'failed-last-time';
      /** When that run ended, RFC 3339. */
      readonly ended: string;
      readonly during?: string;
      readonly problem: string;
    }
  | { readonly kind: 'broken'; readonly problem: string }
  /** `chain`: from its parent to `by`. */
  | {
      readonly kind: 'blocked';
      readonly by: Reference;
      readonly because: 'unknown' | 'lost' | 'broken' | 'held';
      readonly chain: readonly Reference[];
    }
  /** It is published, and stays. */
  | {
      readonly kind: 'kept';
      readonly changed: 'no' | 'unknown';
      /** Why it is not known whether it changed. */
      readonly because?: 'broken' | 'broken-parent' | 'other-recipe' | 'other-tool' | 'unreadable';
      /** Why its labels cannot be read. */
      readonly problem?: string;
    }
  /** The search for images leaves its directory out. */
  | { readonly kind: 'excluded'; readonly path: string; readonly pattern: string };

/** A reason as documents have it. */
export type ReasonDocument = Reason & { readonly text: string };

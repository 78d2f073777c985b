import type { Digest, Reference } from '#core/reference/brands.js';
import type { Span } from './spans.js';

/**
 * What happens during `build`, as the stages tell it. They print nothing: the terminal's live view,
 * the lines in a pipe, the log files and the report all listen to these.
 */
export type BuildEvent =
  /** What is going to happen; the first event. */
  | {
      readonly kind: 'planned';
      readonly toBuild: readonly Reference[];
      /** Already there and not published: only tested and published. */
      readonly toFinish: readonly Reference[];
      /** Of these, those that are only tested. */
      readonly toTest?: readonly Reference[];
      /** Those of `toFinish` that jobs of a matrix have tested, so that they are only published; absent: none. */
      readonly toPublish?: readonly Reference[];
      /** Those of `toFinish` that a job of a matrix tests and puts into staging; absent: none. */
      readonly toStage?: readonly Reference[];
    }
  | { readonly kind: 'base-refreshed'; readonly reference: string }
  | {
      readonly kind: 'call-started';
      readonly call: number;
      readonly images: readonly Reference[];
      /** The one of several builders that runs it; absent: there is one. */
      readonly builder?: string;
    }
  | { readonly kind: 'image-started'; readonly reference: Reference }
  /** A step of the Dockerfile: `[2/5] RUN apt-get update`. */
  | { readonly kind: 'step-started'; readonly reference: Reference; readonly step: string }
  | {
      readonly kind: 'step-ended';
      readonly reference: Reference;
      readonly step: string;
      readonly cached: boolean;
    }
  /** Output of a step or of a test, as it came. */
  | { readonly kind: 'output'; readonly reference: Reference; readonly text: string }
  | {
      readonly kind: 'image-built';
      readonly reference: Reference;
      /** How long steps of its own ran; what it waited for its parents is not in it. */
      readonly milliseconds: number;
      /** When they ran: in order, without overlaps. */
      readonly spans: readonly Span[];
      readonly steps: number;
      readonly cachedSteps: number;
      /** The one of several builders that built it; absent: there is one, or several built it. */
      readonly builder?: string;
      /** Of an image for several platforms that several builders built: which built what. */
      readonly parts?: readonly BuiltPart[];
    }
  | {
      readonly kind: 'image-retried';
      readonly reference: Reference;
      readonly reason: string;
      readonly attempt: number;
    }
  | {
      readonly kind: 'image-failed';
      readonly reference: Reference;
      readonly during: 'definition' | 'base' | 'build' | 'verify' | 'stage' | 'publish';
      readonly reason: string;
      /** The last lines of the step that failed. */
      readonly tail: readonly string[];
      /** The instruction that failed, or what is broken, where it is known: `FILE:LINE`, or `FILE`. */
      readonly place?: string;
      /** The one of several builders that tried it last; absent: there is one, or none tried it. */
      readonly builder?: string;
    }
  | { readonly kind: 'image-skipped'; readonly reference: Reference; readonly reason: string }
  | { readonly kind: 'verify-started'; readonly reference: Reference }
  | {
      readonly kind: 'verified';
      readonly reference: Reference;
      readonly milliseconds: number;
      /** False where the image has no test, or none that can be run. */
      readonly tested: boolean;
      /** Why its test was not run, as a clause; absent: it was, or there is none. */
      readonly untested?: string;
      /** Of several platforms, those on which its test has passed; absent: the engine's own. */
      readonly testedOn?: readonly string[];
      /** Those that the engine cannot run; absent: none. */
      readonly untestedOn?: readonly string[];
    }
  | { readonly kind: 'publish-started'; readonly reference: Reference }
  | {
      readonly kind: 'published';
      readonly reference: Reference;
      readonly digest: Digest;
      /** What the registry stores of it, in bytes; absent: its manifest does not say. */
      readonly size?: number;
      readonly milliseconds: number;
    }
  /** It is in the staging repository: put by a job of a matrix once it passed, or by a builder where no engine can test it. */
  | {
      readonly kind: 'staged';
      readonly reference: Reference;
      readonly digest: Digest;
      /** What the registry stores of it, in bytes; absent: its manifest does not say. */
      readonly size?: number;
      readonly milliseconds: number;
    }
  /** It passed, and is not published all the same. */
  | {
      readonly kind: 'withheld';
      readonly reference: Reference;
      readonly reason: string;
      /** It waits for approval: what differs from the version before, a line each. */
      readonly awaits?: readonly string[];
    }
  /** It is built, it passed, and is published where it is to be: nothing more happens to it. */
  | { readonly kind: 'image-finished'; readonly reference: Reference }
  | {
      readonly kind: 'latest-moved';
      readonly repository: string;
      readonly digest: Digest;
      readonly version: string;
      /** What it was at; null: there was none. `promote --run` takes it back to that. */
      readonly before: FormerLatest | null;
    }
  /** `promote` put `latest` where it is, so it is not moved to this version. */
  | {
      readonly kind: 'latest-held';
      readonly repository: string;
      /** The version that it is at. */
      readonly at: string;
      readonly version: string;
    }
  /** `latest` is at another version without order, which was not built before: it is not moved to this one. */
  | {
      readonly kind: 'latest-elsewhere';
      readonly repository: string;
      /** The version that it is at. */
      readonly at: string;
      readonly version: string;
    }
  /** A further tag was put on a version that an earlier run had published. */
  | {
      readonly kind: 'tag-moved';
      readonly repository: string;
      readonly tag: string;
      readonly digest: Digest;
    }
  /** A name of the engine was put on an image that a run leaves as it is. */
  | { readonly kind: 'name-put'; readonly reference: Reference; readonly name: string }
  /** One of several builders cannot be used any more: what it was building goes to the others. */
  | { readonly kind: 'builder-lost'; readonly builder: string; readonly reason: string }
  | { readonly kind: 'warning'; readonly message: string };

/** What one of several builders built of an image. */
export interface BuiltPart {
  readonly builder: string;
  readonly platforms: readonly string[];
}

/** What `latest` was at before a run moved it. */
export interface FormerLatest {
  readonly digest: Digest;
  /** As its label says; absent: it does not say. */
  readonly version?: string;
  /** What the registry stores of it, in bytes; absent: its manifest was not read, or does not say. */
  readonly size?: number;
}

/** Gets every event in the order in which things happened. */
export type Listener = (event: BuildEvent) => void;

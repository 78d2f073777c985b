import type { Digest, Reference } from '#core/reference/brands.js';
import { type HoldDocument, holdDocument } from '#fleet/holds/document.js';
import type { Held } from '#fleet/holds/mark.js';
import type { ReasonDocument } from '#fleet/reasons/reason.js';
import { reasonDocument } from '#fleet/reasons/sentence.js';
import type { Decision } from '#fleet/status/decide.js';
import type { BuildEvent, BuiltPart, Listener } from './event.js';
import type { Span } from './spans.js';

/** How an image's part of the run ended. */
type Ending =
  /** Nothing was to do: it is published, or outside the selection. */
  | 'untouched'
  | 'built'
  /** Built or found locally, tested and published. */
  | 'published'
  | 'failed'
  | 'skipped'
  /** The run was interrupted before it. */
  | 'unfinished';

/** What the report says of one image. Times are in milliseconds. */
export interface ImageRecord {
  readonly reference: Reference;
  /** The state before the run: `published`, `local`, `absent`, `lost`, `unknown`, `drifted`. */
  readonly state: string;
  /** It is only for the registries of private images. */
  readonly private?: true;
  /** Why it was built, or why not, in a few words. */
  readonly why: string;
  /** The same as data: why it was in its state, and why the run did that with it. */
  readonly reasons?: readonly ReasonDocument[];
  /** Who answers for it, as its files say. */
  readonly owner?: string;
  /** Tags that the published version lacked. */
  readonly owed?: readonly string[];
  /** What its `latest` was held at. */
  readonly held?: Held;
  /** The hold that kept the run from doing more with it. */
  readonly hold?: HoldDocument;
  /** What it was built on: the digest for a published parent, the image ID for a local one. */
  readonly parents: readonly { readonly reference: string; readonly digest?: string }[];
  ending: Ending;
  /** When the run first did something with it, in milliseconds since 1970. */
  startedAt?: number;
  /** When nothing more was to be done with it, in milliseconds since 1970. */
  endedAt?: number;
  /** Why it failed, was skipped, or was built and not published. */
  reason?: string;
  /** It waits for approval: what differs from the version before, a line each. */
  awaits?: readonly string[];
  during?: 'definition' | 'base' | 'build' | 'verify' | 'stage' | 'publish';
  /** The instruction that failed, or what is broken: `FILE:LINE`, or `FILE`. */
  place?: string;
  /** The last lines of what failed. */
  tail?: readonly string[];
  attempts: number;
  /** How long steps of its own ran. */
  buildMs?: number;
  /** When they ran: in order, without overlaps. */
  buildSpans?: readonly Span[];
  /** When its test began, in milliseconds since 1970. */
  verifyStartedAt?: number;
  verifyMs?: number;
  /** When its push began, in milliseconds since 1970. */
  publishStartedAt?: number;
  publishMs?: number;
  steps?: number;
  cachedSteps?: number;
  /** The one of several builders that built it, or tried it last. */
  builder?: string;
  /** Of an image for several platforms that several builders built: which built what. */
  parts?: readonly BuiltPart[];
  tested?: boolean;
  /** Why its test was not run; absent: it was, or there is none. */
  untested?: string;
  /** Of several platforms, those on which its test has passed. */
  testedOn?: readonly string[];
  /** Those that the engine cannot run: its test did not run there. */
  untestedOn?: readonly string[];
  digest?: Digest;
  /** The digest that it has in the staging repository: a job of a matrix put it there, or no engine answered to test it. */
  staged?: Digest;
  /** What the registry stores of it, in bytes: compressed. */
  size?: number;
  /** The image's log file. */
  log?: string;
}

/** A `latest` that the run moved. */
export type LatestRecord = Omit<Extract<BuildEvent, { kind: 'latest-moved' }>, 'kind'>;

export type KnownBefore = Pick<
  ImageRecord,
  | 'reference'
  | 'state'
  | 'private'
  | 'why'
  | 'reasons'
  | 'owner'
  | 'owed'
  | 'parents'
  | 'held'
  | 'hold'
>;

/** What is known of an image before the run begins. */
export function knownBefore(decision: Decision, owner?: string): KnownBefore {
  const { reference, state, why, reasons, owed, held, hold, parents } = decision;
  return {
    reference,
    state,
    ...(decision.private === undefined ? {} : { private: true }),
    why,
    ...(reasons === undefined ? {} : { reasons: reasons.map(reasonDocument) }),
    ...(owner === undefined ? {} : { owner }),
    ...(owed === undefined ? {} : { owed }),
    ...(held === undefined ? {} : { held }),
    ...(hold === undefined ? {} : { hold: holdDocument(hold) }),
    parents: parents.map((use) => ({
      reference: use.parent,
      ...(use.kind === 'pinned' ? { digest: use.digest } : {}),
      ...(use.kind === 'local' ? { digest: use.id } : {}),
    })),
  };
}

/** Folds the events of a run into one record an image. */
export class Recorder {
  readonly records = new Map<Reference, ImageRecord>();
  readonly latest: LatestRecord[] = [];
  /** The names of the engine that were put on images which were left as they are. */
  readonly names: string[] = [];

  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(images: readonly KnownBefore[], now: () => number) {
    this.#now = now;
    for (const image of images) {
      this.records.set(image.reference, { ...image, ending: 'untouched', attempts: 0 });
    }
  }

  readonly listen: Listener = (event) => {
    if (event.kind === 'latest-moved') {
      const { kind: _, ...moved } = event;
      this.latest.push(moved);
    }
    if (event.kind === 'name-put') {
      this.names.push(event.name);
    }
    if (event.kind === 'planned') {
      for (const reference of [...event.toBuild, ...event.toFinish]) {
        const record = this.records.get(reference);
        if (record !== undefined) {
          record.ending = 'unfinished';
        }
      }
    }
    if (!('reference' in event)) {
      return;
    }
    const record = this.records.get(event.reference as Reference);
    if (record !== undefined) {
      note(record, event, this.#now());
    }
  };
}

function note(record: ImageRecord, event: BuildEvent, now: number): void {
  switch (event.kind) {
    case 'image-started':
      record.attempts++;
      record.startedAt ??= now;
      return;
    case 'verify-started':
      record.startedAt ??= now;
      record.verifyStartedAt = now;
      return;
    case 'publish-started':
      record.startedAt ??= now;
      record.publishStartedAt = now;
      return;
    case 'image-finished':
      record.endedAt = now;
      return;
    case 'image-built':
      record.ending = 'built';
      record.buildMs = event.milliseconds;
      record.buildSpans = event.spans;
      record.steps = event.steps;
      record.cachedSteps = event.cachedSteps;
      if (event.builder !== undefined) {
        record.builder = event.builder;
      }
      if (event.parts !== undefined) {
        record.parts = event.parts;
      }
      return;
    case 'verified':
      // What is only tested to be named is left as it is.
      record.ending = record.ending === 'untouched' ? 'untouched' : 'built';
      record.verifyMs = event.milliseconds;
      record.tested = event.tested;
      if (event.untested !== undefined) {
        record.untested = event.untested;
      }
      if (event.testedOn !== undefined) {
        record.testedOn = event.testedOn;
      }
      if (event.untestedOn !== undefined) {
        record.untestedOn = event.untestedOn;
      }
      return;
    case 'published':
      record.ending = 'published';
      record.digest = event.digest;
      record.publishMs = event.milliseconds;
      record.endedAt = now;
      if (event.size !== undefined) {
        record.size = event.size;
      }
      return;
    case 'staged':
      record.staged = event.digest;
      record.publishMs = event.milliseconds;
      record.endedAt = now;
      if (event.size !== undefined) {
        record.size = event.size;
      }
      return;
    case 'withheld':
      record.reason = event.reason;
      if (event.awaits !== undefined) {
        record.awaits = event.awaits;
      }
      return;
    case 'image-failed':
      record.ending = 'failed';
      // Of what was never begun there is no time.
      if (record.startedAt !== undefined) {
        record.endedAt = now;
      }
      record.reason = event.reason;
      record.during = event.during;
      record.tail = event.tail;
      if (event.builder !== undefined) {
        record.builder = event.builder;
      }
      if (event.place !== undefined) {
        record.place = event.place;
      }
      return;
    case 'image-skipped':
      record.ending = 'skipped';
      record.reason = event.reason;
      return;
    default:
  }
}

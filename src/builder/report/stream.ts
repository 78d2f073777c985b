import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { jsonLine } from '#core/text/jsonLine.js';
import { reasonDocument } from '#fleet/reasons/sentence.js';
import type { Decision } from '#fleet/status/decide.js';
import type { RootfsEvent } from '../rootfs.js';
import type { BuildEvent } from './event.js';
import type { ImageRecord } from './record.js';

/** What comes last: how the run ended. */
export interface StreamResult {
  /** The exit status of the program. */
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly milliseconds: number;
  readonly counts: StreamCounts;
}

/** How many images ended how. */
export type StreamCounts = Readonly<
  Record<
    | ImageRecord['ending']
    /** Not begun, since nobody knows their state. */
    | 'stopped'
    /** Broken, and without a reference that could be told. */
    | 'unnamed',
    number
  >
>;

/**
 * What `build --json` writes: a JSON object a line, each with its time, as things happen. The last one
 * is the result; a stream without it is of a run that was killed. doc/events.schema.json is its schema:
 * kinds and fields are added, never changed or removed, without a new `schema` number.
 */
export class EventStream {
  readonly #write: (text: string) => void;
  readonly #now: () => Date;
  readonly #withOutput: boolean;

  /** `withOutput`: also what the commands of Dockerfiles and the tests print, piece by piece. */
  constructor(write: (text: string) => void, now: () => Date, withOutput: boolean) {
    this.#write = write;
    this.#now = now;
    this.#withOutput = withOutput;
  }

  begin(version: string): void {
    this.#line({ kind: 'begin', schema: 1, version });
  }

  /** As they are reported on stderr. */
  readonly diagnostics = (found: readonly Diagnostic[]): void => {
    for (const { severity, code, message, place, hint } of found) {
      this.#line({
        kind: 'diagnostic',
        severity,
        code,
        message,
        ...(place === undefined ? {} : { place: placeOf(place) }),
        ...(hint === undefined ? {} : { hint }),
      });
    }
  };

  decided(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      const { reference, state, action, why, hint, reasons, owed } = decision;
      const more = {
        ...(decision.private === undefined ? {} : { private: true }),
        ...(hint === undefined ? {} : { hint }),
        ...(reasons === undefined ? {} : { reasons: reasons.map(reasonDocument) }),
        ...(owed === undefined ? {} : { owed }),
      };
      this.#line({ kind: 'image-decided', reference, state, action, why, ...more });
    }
  }

  readonly listen = (event: BuildEvent | RootfsEvent): void => {
    const isOutput = event.kind === 'output' || event.kind === 'rootfs-output';
    if (!isOutput || this.#withOutput) {
      this.#line(event);
    }
  };

  end(result: StreamResult): void {
    this.#line({ kind: 'result', ...result });
  }

  #line({ kind, ...rest }: { readonly kind: string } & Readonly<Record<string, unknown>>): void {
    this.#write(jsonLine({ kind, time: this.#now().toISOString(), ...rest }));
  }
}

function placeOf({ file, line, column }: NonNullable<Diagnostic['place']>) {
  return {
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

/** The counts of a run; `records` is empty where it ended before anything was decided. */
export function streamCounts(
  records: Iterable<ImageRecord>,
  stopped: number,
  unnamed: number,
): StreamCounts {
  const counts = {
    published: 0,
    built: 0,
    untouched: 0,
    unfinished: 0,
    skipped: 0,
    failed: 0,
    stopped,
    unnamed,
  };
  for (const { ending } of records) {
    counts[ending]++;
  }
  return counts;
}

import type { BakeResult } from '#adapters/docker/bake.js';
import type { LocalImage } from '#adapters/docker/images.js';
import { deniedSource } from '#adapters/docker/sourcePolicy.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Reference } from '#core/reference/brands.js';
import { isBuiltOn, type Layered } from '#fleet/status/builtOn.js';
import type { CallResult, Failure } from './call.js';
import type { CallFrame, PlannedCall } from './callPlan.js';

/** What is known of images from before a call. */
export interface Known {
  readonly frame: CallFrame;
  /** The engine's images before the run, by their IDs. */
  readonly before: ReadonlyMap<string, { readonly id: string }>;
  /** Images that were built in this run, as the engine has them. */
  readonly built: ReadonlyMap<Reference, LocalImage>;
  /** What stands for the parents that are not built in this run, published or local. */
  readonly standing: ReadonlyMap<Reference, Layered>;
}

/** What a call has left on the engine: its images count, not what bake says of them. */
export interface Made {
  readonly done: ReadonlyMap<Reference, LocalImage>;
  /** Built, but not on the parent that is under the name. */
  readonly astray: readonly Reference[];
}

/** Judges the engine's images after a call that was to make `fresh`, parents first. */
export function imagesMade(
  known: Known,
  fresh: readonly Reference[],
  found: ReadonlyMap<string, LocalImage>,
  result: BakeResult['kind'],
): Made {
  const done = new Map<Reference, LocalImage>();
  const astray: Reference[] = [];
  // What the same call made: not a published image of a parent that is built again.
  const made = new Map<Reference, LocalImage>();
  for (const reference of fresh) {
    const image = found.get(reference);
    if (image === undefined || !isOurs(known, reference, image)) {
      continue;
    }
    made.set(reference, image);
    // What was there before the call is not a proof that the call made it.
    if (image.id === known.before.get(reference)?.id && result !== 'done') {
      continue;
    }
    if (
      !astray.includes(baseOf(known, reference)) &&
      standsOnParent(known, reference, image, made)
    ) {
      done.set(reference, image);
    } else {
      astray.push(reference);
    }
  }
  return { done, astray };
}

/** Whether an image that is there while its call continues was made by it, and on its parent. */
export function isMade(known: Known, reference: Reference, image: LocalImage): boolean {
  return (
    image.id !== known.before.get(reference)?.id &&
    isOurs(known, reference, image) &&
    standsOnParent(known, reference, image)
  );
}

function isOurs({ frame }: Known, reference: Reference, image: LocalImage): boolean {
  const definition = image.labels.get(definitionLabel);
  return definition !== undefined && definition === frame.definitions.get(reference);
}

function baseOf({ frame }: Known, reference: Reference): Reference {
  return (frame.graph.byReference.get(reference)?.base ?? '') as Reference;
}

function standsOnParent(
  known: Known,
  reference: Reference,
  image: LocalImage,
  made: ReadonlyMap<Reference, LocalImage> = new Map(),
): boolean {
  const base = baseOf(known, reference);
  const parent = known.built.get(base) ?? made.get(base) ?? known.standing.get(base);
  return parent === undefined || isBuiltOn(image, parent);
}

export interface Conclusion {
  readonly result: CallResult;
  /** Faults that may pass: so many times the run waits longer before its next call. */
  readonly faults: number;
  /** What the whole run has to end for. */
  readonly stop?: string;
  /** What no image can be blamed for. */
  readonly warning?: string;
}

/**
 * What a call's ending means for its images. `done` are those that are there; `mayRepeat` says
 * whether a call that failed as a whole may be tried once more.
 */
export function concludeCall(
  { targetOf, sourcePolicies }: Pick<PlannedCall, 'targetOf' | 'sourcePolicies'>,
  result: BakeResult,
  done: ReadonlySet<Reference>,
  mayRepeat: boolean,
): Conclusion {
  switch (result.kind) {
    case 'done':
      return { result: { kind: 'ended', done, failed: new Map() }, faults: 0 };
    case 'cancelled':
      return { result: { kind: 'stopped', done }, faults: 0 };
    case 'no-such-job':
      return {
        result: { kind: 'too-large', done },
        faults: 0,
        warning: `the engine cannot take ${targetOf.size} targets in one call: the rest is built in smaller calls (--wave-size N sets their size)`,
      };
    case 'engine-lost':
    case 'not-started':
      return { result: { kind: 'stopped', done }, faults: 0, stop: result.message };
    case 'failed':
      break;
  }
  const failed = failures(targetOf, sourcePolicies, result);
  if (failed.size > 0) {
    const faults = [...failed.values()].filter(({ transient }) => transient).length;
    return { result: { kind: 'ended', done, failed }, faults };
  }
  if (result.transient !== undefined && mayRepeat) {
    const warning = `bake ended with: ${result.message}; trying again`;
    return { result: { kind: 'stopped', done }, faults: 1, warning };
  }
  return { result: { kind: 'ended', done, failed }, faults: 0, warning: result.message };
}

/** Whether a call failed where nothing could be written any more: on the disk of its builder, as a rule. */
export function saysFullDisk(result: BakeResult): boolean {
  const full = /\bno space left on device\b/i;
  return (
    result.kind === 'failed' &&
    [{ message: result.message, tail: [] }, ...result.culprits].some(
      ({ message, tail }) => full.test(message) || tail.some((line) => full.test(line)),
    )
  );
}

function failures(
  targetOf: PlannedCall['targetOf'],
  policy: PlannedCall['sourcePolicies'],
  { culprits }: Extract<BakeResult, { kind: 'failed' }>,
): ReadonlyMap<Reference, Failure> {
  const failed = new Map<Reference, Failure>();
  for (const { target, instruction, message, transient, tail, line } of culprits) {
    const reference = targetOf.get(target);
    if (reference === undefined) {
      continue;
    }
    const source = deniedSource(message);
    const denied = source === undefined ? undefined : policy?.denied(source);
    failed.set(reference, {
      reason: denied?.reason ?? reasonOf(message, instruction),
      transient: denied === undefined && transient !== undefined,
      tail: denied === undefined ? tail : [`hint: ${denied.hint}`],
      ...(line === undefined ? {} : { line }),
    });
  }
  return failed;
}

/** BuildKit repeats the instruction as a process, and names its own bookkeeping: neither helps. */
function reasonOf(message: string, instruction: string | undefined): string {
  const status = /^process ".*" did not complete successfully: exit code: (\d+)$/s.exec(message);
  if (status !== null && instruction !== undefined) {
    return `${instruction} (exit code ${status[1]})`;
  }
  const what = message
    .replace(/^failed to (?:calculate|compute) (?:checksum of ref|cache key): (?:\S+: )?/, '')
    .replace(/^failed to calculate checksum of ref \S+: /, '');
  return instruction === undefined ? what : `${instruction}: ${what}`;
}

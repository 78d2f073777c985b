import type { BakeResult } from '#adapters/docker/bake.js';
import { daemonAnswers } from '#adapters/docker/detect.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { Reference } from '#core/reference/brands.js';
import type { Staging } from '../staging/staging.js';
import type { Builder } from './builders.js';
import type { CallResult, Failure } from './call.js';
import type { PlannedCall } from './callPlan.js';

/** What became of the images of a call that others need. */
interface StagedCall {
  readonly done: Map<Reference, LocalImage>;
  /** What cannot be pushed. */
  readonly unstaged: Map<Reference, Failure>;
  /** Why the engine that has them cannot be used any more. */
  readonly lost?: string;
}

/**
 * Pushes what a call has made to where the other builders find it; without staging all of it is done, and so is
 * what a builder has pushed itself.
 */
export async function stageMade(
  staging: Staging | undefined,
  builder: Builder,
  made: ReadonlyMap<Reference, LocalImage>,
  signal: AbortSignal,
): Promise<StagedCall> {
  const done = new Map(made);
  const unstaged = new Map<Reference, Failure>();
  if (staging === undefined || builder.pushes === true) {
    return { done, unstaged };
  }
  for (const [reference, { id }] of made) {
    const pushed = await staging.push(builder.home, reference, id);
    if (pushed.kind === 'staged') {
      continue;
    }
    done.delete(reference);
    if (!(await daemonAnswers(builder.home, signal))) {
      return { done, unstaged, lost: pushed.reason };
    }
    unstaged.set(reference, { ...pushed, tail: [] });
  }
  return { done, unstaged };
}

/** Gets what a builder has pushed itself to the engine that tests it. Gives what cannot be had. */
export async function fetchPushed(
  staging: Staging,
  { home }: Builder,
  { targetOf }: PlannedCall,
  result: BakeResult,
): Promise<Map<Reference, Failure>> {
  const failed = new Map<Reference, Failure>();
  for (const [target, { digest }] of result.kind === 'done' ? result.images : []) {
    const reference = targetOf.get(target);
    if (reference === undefined || digest === undefined) {
      continue;
    }
    staging.pushed(reference, digest);
    const pulled = await staging.pull(home, reference);
    if (pulled.kind === 'failed') {
      const reason = `it cannot be pulled to be tested: ${pulled.message}`;
      failed.set(reference, { reason, transient: pulled.transient, tail: [] });
    }
  }
  return failed;
}

/** What bake is passed on: where the builder pushes itself, as what it pushes each image. */
export function argumentsOf(
  staging: Staging | undefined,
  { pushes, bakeArgs }: Builder,
  { targetOf }: PlannedCall,
): readonly string[] {
  if (pushes !== true || staging === undefined) {
    return bakeArgs;
  }
  const sets = [...targetOf].flatMap(([target, reference]) => [
    ...['--set', `${target}.output=type=image,push=true`],
    ...['--set', `${target}.tags=${staging.nameOf(reference)}`],
  ]);
  return [...sets, ...bakeArgs];
}

/** How a call ended of which some images could not be pushed to where the other builders find them. */
export function withUnstaged(
  result: CallResult,
  unstaged: ReadonlyMap<Reference, Failure>,
): CallResult {
  if (unstaged.size === 0) {
    return result;
  }
  const done = new Set([...result.done].filter((reference) => !unstaged.has(reference)));
  return result.kind === 'ended'
    ? { ...result, done, failed: new Map([...result.failed, ...unstaged]) }
    : { ...result, done };
}

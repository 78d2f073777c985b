import { daemonAnswers } from '#adapters/docker/detect.js';
import type { DockerOutcome } from '#adapters/docker/docker.js';
import { inspectImages, type LocalImage } from '#adapters/docker/images.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import type { StagedLook, Staging } from '../staging/staging.js';
import type { Builder } from './builders.js';
import type { CallResult, Failure } from './call.js';
import type { NamesOf, PlannedCall } from './callPlan.js';

/** What became of the images of a call that others need. */
interface StagedCall {
  readonly done: Map<Reference, LocalImage>;
  /** What cannot be pushed. */
  readonly unstaged: Map<Reference, Failure>;
  /** Why the engine that has them cannot be used any more. */
  readonly lost?: string;
}

/** So many images of a call travel at once. */
const atOnce = 4;

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
  const { home } = builder;
  if (staging === undefined || builder.pushes === true || home === undefined) {
    return { done, unstaged };
  }
  await eachOf([...made.keys()], atOnce, async (reference) => {
    const pushed = await staging.push(home, reference);
    if (pushed.kind === 'failed') {
      done.delete(reference);
      unstaged.set(reference, { ...pushed, tail: [] });
    }
  });
  const [fault] = unstaged.values();
  return fault === undefined || (await daemonAnswers(home, signal))
    ? { done, unstaged }
    : { done, unstaged: new Map(), lost: fault.reason };
}

/** What docker says of an index that has not the engine's own platform. */
const noPlatform = /\bno match(?:ing manifest)? for\b/;

/** Gets what a builder has pushed itself to the engine that tests it, if there is one. Gives what cannot be had. */
export async function fetchPushed(
  staging: Staging,
  { home }: Builder,
  pushed: readonly Reference[],
  { byReference }: Graph,
): Promise<Map<Reference, Failure>> {
  const failed = new Map<Reference, Failure>();
  const found = await staging.find(pushed);
  await eachOf([...found], atOnce, async ([reference, result]) => {
    if (result.kind === 'absent') {
      const reason = 'the staging repository does not have what was pushed there';
      failed.set(reference, { reason, transient: true, tail: [] });
      return;
    }
    const isThere = result.kind === 'staged' && home === undefined;
    const looked = isThere ? (await staging.look([reference])).get(reference) : result;
    if (looked?.kind === 'failed') {
      failed.set(reference, { ...looked, tail: [] });
    }
    if (looked?.kind !== 'staged' || home === undefined) {
      return;
    }
    const own = await staging.pull(home, reference);
    // Of an index without the engine's own platform another one is as good.
    const [other] = byReference.get(reference)?.platforms ?? [];
    const mayHave = own.kind === 'failed' && other !== undefined && noPlatform.test(own.message);
    const pulled = mayHave ? await staging.pull(home, reference, other) : own;
    if (pulled.kind === 'failed') {
      const reason = `it cannot be pulled to be tested: ${pulled.message}`;
      failed.set(reference, { reason, transient: pulled.transient, tail: [] });
    }
  });
  return failed;
}

/** What there is of these images on the engine that gets what a builder makes; without one, in staging. */
export async function imagesOf(
  { home }: Builder,
  staging: Staging | undefined,
  references: readonly Reference[],
): Promise<DockerOutcome<ReadonlyMap<string, LocalImage>>> {
  if (home !== undefined) {
    return inspectImages(home, references);
  }
  const staged = references.filter((reference) => staging?.at(reference) !== undefined);
  const looks = (await staging?.look(staged)) ?? new Map<Reference, StagedLook>();
  const found = [...looks].flatMap(([reference, look]) =>
    look.kind === 'found' ? [[reference, look.image] as const] : [],
  );
  return { kind: 'done', value: new Map(found) };
}

/** The names that a call gives its images: with staging that one too, and only that where a builder pushes itself. */
export function namesIn(staging: Staging | undefined, { pushes, home }: Builder): NamesOf {
  if (staging === undefined) {
    return (_, own) => own;
  }
  return (reference, own) =>
    pushes === true ? [staging.nameOf(reference)] : [...own, staging.nameOf(reference, home)];
}

/** What bake is passed on: where the builder pushes itself, that it does. */
export function argumentsOf(
  staging: Staging | undefined,
  { pushes, bakeArgs }: Builder,
  { targetOf }: PlannedCall,
): readonly string[] {
  if (pushes !== true || staging === undefined) {
    return bakeArgs;
  }
  const sets = [...targetOf.keys()].flatMap((target) => [
    '--set',
    // A worker of containerd would keep the name, and with it the image, for ever.
    `${target}.output=type=image,push=true,store=false`,
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

/** How a call ended, with something more behind the reason of each failure. */
export function withReasons(result: CallResult, more: string): CallResult {
  return result.kind === 'ended'
    ? {
        ...result,
        failed: new Map(
          [...result.failed].map(([reference, failure]) => [
            reference,
            { ...failure, reason: failure.reason + more },
          ]),
        ),
      }
    : result;
}

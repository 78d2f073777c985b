import { type BakeResult, bake } from '#adapters/docker/bake.js';
import { engineAnswers } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import { annotationsOf } from '#compiler/definitions/definition.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { normalPlatform } from '#formats/dockerfile/platform.js';
import type { Part } from '../platforms/placing.js';
import type { Staged } from '../publish/push.js';
import type { BuiltPart, Listener } from '../report/event.js';
import type { PartId, StagedLook, Staging, StagingResult } from '../staging/staging.js';
import type { EnginesFor } from '../verify/verify.js';
import { type Builder, type Made, onEngine } from './builders.js';
import type { Call, Failure } from './call.js';
import {
  type CallFrame,
  type CallPlan,
  type NamesOf,
  type PlannedCall,
  planCall,
} from './callPlan.js';
import { type ImageProgress, imageEvents, joinedProgress, progressOf } from './progress.js';
import { argumentsOf } from './staged.js';

/** A part of an image, as the builder is asked for it. */
export interface PlannedPart {
  readonly part: Part;
  readonly id: PartId;
  readonly builder: Builder;
  /** With the builder of this part. */
  readonly planned: PlannedCall;
}

/** What became of an image that several builders built: all of it is there, or nothing. */
export type PartsEnding =
  | {
      readonly kind: 'made';
      /** As it is published, on the engine of one of the builders. */
      readonly made: Made & { readonly staged: Staged };
      readonly progress: ImageProgress;
      readonly parts: readonly BuiltPart[];
    }
  /** The one that was first to end without its part, and what it said. */
  | { readonly kind: 'ended'; readonly of: PlannedPart; readonly result: BakeResult }
  /** It was built, and cannot be put together. */
  | { readonly kind: 'unstaged'; readonly failure: Failure }
  | { readonly kind: 'lost'; readonly builder: number; readonly reason: string };

export interface PartsTools {
  readonly staging: Staging;
  readonly readPaths: readonly string[];
  readonly forwardsAgent: boolean;
  readonly listen: Listener;
  /** Takes what a call said of one of its builders. */
  readonly judged: (call: Call, result: BakeResult) => BakeResult;
  readonly stop: AbortSignal;
  /** The label of each image, by which it is known as ours. */
  readonly definitions: ReadonlyMap<Reference, Digest>;
  /** The builders that are left. */
  readonly left: () => readonly Builder[];
}

/** The names that a part gets: those of staging alone, since an engine keeps one image under the image's own. */
function namesOfPart(staging: Staging, id: PartId, { pushes, home }: Builder): NamesOf {
  return (reference) => [staging.partName(reference, id, pushes === true ? undefined : home)];
}

/** Plans a call for each of the builders of its image. */
export function planParts(
  frame: CallFrame,
  call: Call,
  parts: readonly Part[],
  staging: Staging,
  builderOf: (call: Call) => Builder,
): readonly { readonly plan: CallPlan; readonly part: Omit<PlannedPart, 'planned'> }[] {
  return parts.map((part, at) => {
    const own = { ...call, builder: part.builder };
    const builder = builderOf(own);
    const id = { call: call.id, at };
    const plan = planCall(frame, own, namesOfPart(staging, id, builder), part.platforms);
    return { plan, part: { part, id, builder } };
  });
}

/**
 * Builds all parts of an image at the same time, and puts one index over them in staging. What ends without its part ends the
 * others.
 */
export async function buildParts(
  image: ResolvedImage,
  planned: readonly PlannedPart[],
  tools: PartsTools,
): Promise<PartsEnding> {
  const { reference } = image;
  const ending = new AbortController();
  const end = () => ending.abort();
  if (tools.stop.aborted) {
    end();
  }
  tools.stop.addEventListener('abort', end, { once: true });
  let first: PartEnding | undefined;
  const listen = once(tools.listen);
  const all = await Promise.all(
    planned.map(async (one) => {
      const built = await buildPart(reference, one, { ...tools, listen, stop: ending.signal });
      if (built.kind !== 'built') {
        first ??= built;
        end();
        return [];
      }
      return [built];
    }),
  );
  tools.stop.removeEventListener('abort', end);
  return first ?? join(image, planned, all.flat(), tools);
}

interface PartBuilt {
  readonly kind: 'built';
  readonly digest: Digest;
  readonly platforms: readonly string[];
  readonly progress: ImageProgress;
}

type PartEnding = Exclude<PartsEnding, { kind: 'made' }>;

async function buildPart(
  reference: Reference,
  one: PlannedPart,
  { staging, readPaths, forwardsAgent, listen, judged, stop }: PartsTools,
): Promise<PartBuilt | PartEnding> {
  const { part, id, builder, planned } = one;
  const { targetOf, call } = planned;
  const args = argumentsOf(staging, builder, planned);
  const result = judged(
    call,
    await bake(
      builder.docker,
      builder.engine,
      { ...planned.bake, readPaths, forwardsAgent, args },
      { signal: stop, onEvent: imageEvents(targetOf, call.again, listen, () => {}) },
    ),
  );
  if (result.kind !== 'done') {
    return { kind: 'ended', of: one, result };
  }
  const staged = await inStaging(staging, reference, id, builder);
  if (staged.kind === 'failed') {
    return (await engineAnswers(builder.docker, stop))
      ? { kind: 'unstaged', failure: { ...staged, tail: [] } }
      : { kind: 'lost', builder: part.builder, reason: staged.reason };
  }
  const [target] = targetOf.keys();
  if (target === undefined) {
    throw new Error(`nothing is planned of ${reference}`);
  }
  const progress = progressOf(result.tracker, target);
  return { kind: 'built', digest: staged.digest, platforms: part.platforms, progress };
}

function inStaging(
  staging: Staging,
  reference: Reference,
  id: PartId,
  { pushes, home }: Builder,
): Promise<StagingResult> {
  return pushes === true || home === undefined
    ? staging.findPart(reference, id)
    : staging.pushPart(home, reference, id);
}

/** That an image is begun is told once, whoever begins. */
function once(listen: Listener): Listener {
  let isTold = false;
  return (event) => {
    if (event.kind === 'image-started') {
      if (isTold) {
        return;
      }
      isTold = true;
    }
    listen(event);
  };
}

/** Puts one index over the parts of an image, as which it is published, and gets it to one of its engines. */
async function join(
  { reference, platforms, rendered: { definition } }: ResolvedImage,
  planned: readonly PlannedPart[],
  parts: readonly PartBuilt[],
  { staging, definitions, left }: PartsTools,
): Promise<PartsEnding> {
  const [call] = planned.map(({ id }) => id.call);
  const annotations = [...annotationsOf(definition)].map(
    ([key, { value }]) => [key, value] as const,
  );
  const staged = await staging.join(reference, call ?? 0, {
    parts,
    platforms,
    annotations: new Map(annotations),
    label: { key: definitionLabel, value: definitions.get(reference) ?? '' },
  });
  if (staged.kind === 'failed') {
    return { kind: 'unstaged', failure: { ...staged, tail: [] } };
  }
  const made = planned.map((one) => ({ builder: one.builder, platforms: one.part.platforms }));
  const { builder, part } = mainPart(planned);
  const joined = await joinedOn(builder, staging, reference, part.platforms[0]);
  if (joined.kind === 'failed') {
    return { kind: 'unstaged', failure: { ...joined, tail: [] } };
  }
  const engines =
    builder.home === undefined
      ? {}
      : { enginesFor: enginesForPlatforms(reference, made, staging, left) };
  return {
    kind: 'made',
    made: { ...onEngine(builder), image: joined.image, staged, ...engines },
    progress: joinedProgress(parts.map(({ progress }) => progress)),
    parts: made.map((one) => ({ ...one, builder: one.builder.name })),
  };
}

/** An image that is joined in staging, as the engine of one of its builders has it once it was pulled; without one, as it is there. */
async function joinedOn(
  { home }: Builder,
  staging: Staging,
  reference: Reference,
  platform: string | undefined,
): Promise<StagedLook> {
  if (home === undefined) {
    const look = (await staging.look([reference])).get(reference);
    return look ?? { kind: 'failed', reason: 'it is not in staging', transient: false };
  }
  const pulled = await staging.pull(home, reference, platform);
  return pulled.kind === 'done'
    ? { kind: 'found', image: pulled.value }
    : {
        kind: 'failed',
        reason: `it cannot be pulled to be tested: ${pulled.message}`,
        transient: pulled.transient,
      };
}

/** Of the engines that have parts, the one whose own platform is among them, else the first. */
function mainPart(planned: readonly PlannedPart[]): PlannedPart {
  const isOwn = ({ builder, part }: PlannedPart): boolean =>
    builder.engine.machine !== undefined &&
    part.platforms.map(normalPlatform).includes(normalPlatform(builder.engine.machine));
  const [first] = planned;
  const found = planned.find(isOwn) ?? first;
  if (found === undefined) {
    throw new Error('an image without parts');
  }
  return found;
}

/**
 * The engines on which an image is tested for a platform: that of the builder which built it, then those of other builders
 * that say that they run it.
 */
export function enginesForPlatforms(
  reference: Reference,
  made: readonly { readonly builder: Builder; readonly platforms: readonly string[] }[],
  staging: Staging,
  left: () => readonly Builder[],
): EnginesFor {
  return async function* engines(platform) {
    const homes = new Set<Docker>();
    for (const { builder, platforms } of made) {
      if (platforms.includes(platform) && builder.home !== undefined) {
        homes.add(builder.home);
      }
    }
    const name = normalPlatform(platform);
    for (const { docker, home, engine } of left()) {
      if (
        home !== undefined &&
        docker === home &&
        engine.platforms.map(normalPlatform).includes(name)
      ) {
        homes.add(home);
      }
    }
    for (const docker of homes) {
      const pulled = await staging.pull(docker, reference, platform);
      yield pulled.kind === 'failed' ? pulled : { kind: 'engine', docker, id: pulled.value.id };
    }
  };
}

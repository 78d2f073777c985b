import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readText } from '#core/files/readBytes.js';
import { makeMarked, removeOwn, removeStale } from '#core/files/temporary.js';
import type { Digest, TargetName } from '#core/reference/brands.js';
import { runProgram } from '../process/process.js';
import { type Culprit, culprits, finalError } from './culprit.js';
import type { EngineFacts } from './detect.js';
import { engineAnswers } from './detect.js';
import { type Docker, isEngineLost, whyGone } from './docker.js';
import { type ProgressEvent, readProgress } from './rawjson.js';
import { argumentsFor } from './settings.js';
import { watchSilence } from './silence.js';
import { handOver } from './sourcePolicy.js';
import type { BuildStep } from './step.js';
import { type StepTracker, trackSteps } from './steps.js';
import { type BakeTarget, lineage } from './targets.js';
import { transientReason } from './transient.js';

/** One call of `docker buildx bake`. */
export interface BakeCall {
  /** The bake file as JSON; passed on stdin, so that it may be of any size and needs no file. */
  readonly plan: string;
  /** All targets of that plan, parents before children. */
  readonly targets: readonly BakeTarget[];
  /** The ones to ask for: a linked parent that is not among them is built but never tagged. */
  readonly requested: readonly TargetName[];
  /** Folders outside the working directory that the plan reads, after resolving symlinks. */
  readonly readPaths?: readonly string[];
  /** Whether it may forward the agent of SSH_AUTH_SOCK. */
  readonly forwardsAgent?: boolean;
  /** The call is ended when nothing is heard for so long (./silence.ts); absent: never. */
  readonly silenceMs?: number;
  /** What the build may take (./sourcePolicy.ts); absent: anything that the user's own policy allows. */
  readonly sourcePolicy?: string;
  /** Further arguments of bake, such as `--load` or what a user passes on. */
  readonly args?: readonly string[];
}

export interface BakeOptions {
  readonly signal?: AbortSignal;
  /** Every event of the stream as it comes; the tracker has taken it already. */
  readonly onEvent?: (event: ProgressEvent, tracker: StepTracker) => void;
}

export type BakeResult =
  | {
      readonly kind: 'done';
      readonly images: ReadonlyMap<TargetName, BuiltImage>;
      readonly tracker: StepTracker;
    }
  /** `culprits` is empty where nothing tells whose fault it is; then `transient` is the call's. */
  | {
      readonly kind: 'failed';
      readonly culprits: readonly Culprit[];
      readonly message: string;
      readonly transient?: string;
      readonly tracker: StepTracker;
    }
  | { readonly kind: 'cancelled'; readonly tracker: StepTracker }
  /** More targets than the daemon has streams for (doc/dev/bake.md, Scale): repeat with fewer. */
  | { readonly kind: 'no-such-job'; readonly message: string; readonly tracker: StepTracker }
  /** The daemon or builder went away. */
  | { readonly kind: 'engine-lost'; readonly message: string; readonly tracker: StepTracker }
  | { readonly kind: 'not-started'; readonly message: string; readonly tracker: StepTracker };

/** What bake's metadata file says of an image; all absent for what was built and not exported. */
interface BuiltImage {
  /** The image's ID in a classic image store. */
  readonly configDigest?: Digest;
  /** Of the manifest; the image's ID where images are kept by containerd. */
  readonly digest?: Digest;
}

const temporaryKind = 'call';

/** Removes what calls on this host left in the temporary directory when they were killed. */
export function removeStaleCalls(): void {
  removeStale(temporaryKind);
}

/** Runs one bake call. Whatever happens to it is a value; a cancelled one leaves nothing running. */
export async function bake(
  docker: Docker,
  engine: EngineFacts,
  call: BakeCall,
  options: BakeOptions = {},
): Promise<BakeResult> {
  const { signal, onEvent } = options;
  const family = lineage(call.targets);
  const tracker = trackSteps(family);
  const text: string[] = [];
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  if (signal?.aborted === true || docker.gone?.aborted === true) {
    onAbort();
  }
  signal?.addEventListener('abort', onAbort, { once: true });
  docker.gone?.addEventListener('abort', onAbort, { once: true });
  let stalled: readonly BuildStep[] | undefined;
  const { silenceMs } = call;
  const silence =
    silenceMs === undefined
      ? undefined
      : watchSilence(tracker, silenceMs, (running) => {
          stalled = running;
          stop.abort();
        });
  const reader = readProgress((event) => {
    silence?.heard();
    if (event.kind === 'text') {
      text.push(event.line);
    } else {
      tracker.take(event);
    }
    onEvent?.(event, tracker);
  });
  const folder = makeMarked(temporaryKind);
  const metadata = join(folder, 'metadata.json');
  try {
    const completion = await runProgram({
      program: docker.program,
      args: bakeArguments(docker, engine, call, metadata),
      cwd: docker.cwd,
      env: {
        ...docker.env,
        // Seven git commands per target otherwise, and kilobytes of provenance per image.
        BUILDX_GIT_INFO: '0',
        BUILDX_METADATA_PROVENANCE: 'disabled',
        BUILDX_METADATA_WARNINGS: '0',
        // On a containerd store each build of the same would be another index. Whoever asks gets it.
        BUILDX_NO_DEFAULT_ATTESTATIONS: docker.env.BUILDX_NO_DEFAULT_ATTESTATIONS || '1',
        // buildx leaves directories there when it is killed.
        TMPDIR: folder,
        ...(call.sourcePolicy === undefined ? {} : handOver(call.sourcePolicy, folder)),
      },
      input: call.plan,
      onStderr: (chunk) => reader.write(chunk),
      signal: stop.signal,
    });
    reader.end();
    if (completion.kind === 'not-started') {
      return { kind: 'not-started', message: completion.message, tracker };
    }
    if (completion.kind === 'exited' && completion.status === 0) {
      return { kind: 'done', images: readMetadata(metadata), tracker };
    }
    if (completion.kind === 'cancelled') {
      const why = whyGone(docker, signal);
      if (why !== undefined) {
        return { kind: 'engine-lost', message: why, tracker };
      }
      return stalled === undefined || signal?.aborted === true
        ? { kind: 'cancelled', tracker }
        : silent(tracker, stalled, silenceMs ?? 0);
    }
  } finally {
    silence?.end();
    signal?.removeEventListener('abort', onAbort);
    docker.gone?.removeEventListener('abort', onAbort);
    removeOwn(folder);
  }

  const message = finalError(text)?.message ?? text.at(-1) ?? 'bake ended without a word';
  const said = callErrors(text);
  if (isNoSuchJob(said)) {
    return { kind: 'no-such-job', message, tracker };
  }
  if (isEngineLost(said)) {
    return { kind: 'engine-lost', message, tracker };
  }
  const bridge = lostBridge(said);
  if (bridge !== undefined) {
    const lost = `the engine has lost its bridge ${bridge}, which another program removed: restart the Docker daemon`;
    return { kind: 'engine-lost', message: lost, tracker };
  }
  const guilty = culprits(tracker, text, family);
  if (!(await engineOutlived(docker, guilty, signal))) {
    return signal?.aborted === true
      ? { kind: 'cancelled', tracker }
      : { kind: 'engine-lost', message, tracker };
  }
  const transient = transientReason(said);
  return {
    kind: 'failed',
    culprits: guilty,
    message,
    ...(transient === undefined ? {} : { transient }),
    tracker,
  };
}

/**
 * Whether the engine is still there after a call that failed: one that goes ends its steps on the
 * way, which looks as if they had failed by themselves. A daemon that shuts down may still answer in
 * the first moments; it is asked again where a step was ended by a signal, or none is at fault.
 */
async function engineOutlived(
  docker: Docker,
  guilty: readonly Culprit[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!(await engineAnswers(docker, signal))) {
    return false;
  }
  if (!guilty.every(({ message }) => /exit code: (?:129|130|137|143)$/.test(message))) {
    return true;
  }
  await wait(1_000, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  return engineAnswers(docker, signal);
}

/** Whoever waits is at fault: as a rule for its registry. */
function silent(tracker: StepTracker, steps: readonly BuildStep[], silenceMs: number): BakeResult {
  const message = `there was no output for ${silenceMs / 1000} s`;
  const transient = 'there was no output';
  const found = new Map<TargetName, Culprit>();
  for (const step of steps) {
    for (const { name } of tracker.owners(step)) {
      found.set(name, {
        target: name,
        message,
        instruction: step.instruction,
        tail: step.tail,
        transient,
      });
    }
  }
  return { kind: 'failed', culprits: [...found.values()], message, transient, tracker };
}

function bakeArguments(
  docker: Docker,
  engine: EngineFacts,
  call: BakeCall,
  metadata: string,
): string[] {
  const rights = [
    ...(call.readPaths ?? []).map((path) => `fs.read=${path}`),
    ...(call.forwardsAgent === true ? ['ssh'] : []),
  ];
  return [
    ...['buildx', 'bake', '--file', '-', '--progress', 'rawjson', '--metadata-file', metadata],
    ...(docker.builder === undefined ? [] : ['--builder', docker.builder]),
    ...(engine.supportsAllow ? rights : []).map((right) => `--allow=${right}`),
    ...argumentsFor(
      call.args ?? [],
      call.targets.map(({ name }) => name),
    ),
    ...call.requested,
  ];
}

/** What buildx says of the call itself: not of a command, whose text may hold anything. */
function callErrors(text: readonly string[]): string {
  return text
    .filter((line) => line.startsWith('ERROR: '))
    .map((line) => line.replace(/process ".*" did not complete/s, 'process did not complete'))
    .join('\n');
}

/** The daemon's words when bake wants more of its streams than it has. */
function isNoSuchJob(said: string): boolean {
  return /\bno such job \w+$/m.test(said);
}

/** The bridge that the daemon's containers are to be on, where nothing of that name exists any more (docker 28.5). */
function lostBridge(said: string): string | undefined {
  return /process did not complete successfully: .*\badding interface \S+ to bridge (\S+) failed: (?:Device does not exist|.*no such network interface)$/m.exec(
    said,
  )?.[1];
}

function readMetadata(file: string): ReadonlyMap<TargetName, BuiltImage> {
  const images = new Map<TargetName, BuiltImage>();
  // A bake that had nothing to build writes none.
  if (!existsSync(file)) {
    return images;
  }
  const metadata: unknown = JSON.parse(readText(file));
  if (!isRecord(metadata)) {
    return images;
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (!isRecord(value)) {
      continue;
    }
    const configDigest = digest(value['containerimage.config.digest']);
    const manifest = digest(value['containerimage.digest']);
    images.set(name as TargetName, {
      ...(configDigest === undefined ? {} : { configDigest }),
      ...(manifest === undefined ? {} : { digest: manifest }),
    });
  }
  return images;
}

function digest(value: unknown): Digest | undefined {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)
    ? (value as Digest)
    : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

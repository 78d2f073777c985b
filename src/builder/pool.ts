import {
  askClient,
  type ClientAnswers,
  daemonAnswers,
  detectEngine,
  type EngineFacts,
} from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import { type EngineIdentity, engineIdentity } from '#adapters/docker/identity.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { abilitiesOf } from './abilities.js';
import { limitsDecision } from './containerLimits.js';
import { detectNamed, dockerOfBuilder, isAbsent } from './namedBuilder.js';

export interface OpenEngine {
  readonly docker: Docker;
  readonly engine: EngineFacts;
  /** The builders that the calls go to, where the user names several, or there is no engine; absent: this engine alone. */
  readonly pool?: readonly PoolBuilder[];
  /** Why no engine answers: what `pool` makes stays in staging, neither tested nor published. Absent: one does. */
  readonly withoutEngine?: Diagnostic;
}

/** One of several builders. */
export interface PoolBuilder {
  readonly name: string;
  readonly docker: Docker;
  readonly engine: EngineFacts;
  /** The engine that gets its images: its own, or this machine's; absent: none answers. */
  readonly home?: Docker;
  /** Of the daemon of `home`; absent: it does not say. */
  readonly identity?: EngineIdentity;
}

export type EngineOpening =
  | ({ readonly kind: 'opened' } & OpenEngine)
  | { readonly kind: 'unusable'; readonly diagnostic: Diagnostic }
  | { readonly kind: 'cancelled' };

export interface EngineWish {
  /** Docker contexts and buildx builders; several share the calls. */
  readonly builders: readonly string[];
  readonly containerLimits: boolean;
  /** Plans for the builder that `container_limits` need, and does not make it. */
  readonly dryRun: boolean;
}

/**
 * Several builders as one: each docker context with images of its own, each buildx builder with this machine's engine
 * (else the first context's) for them. The first context, else this machine's engine, is the one that is asked what is there.
 * Where no engine answers, buildx builders build all the same.
 */
export async function openPool(
  plain: Docker,
  { builders, containerLimits }: EngineWish,
  trees: Iterable<Tree>,
  signal: AbortSignal,
): Promise<EngineOpening> {
  const pool: PoolBuilder[] = [];
  const client = askClient(plain, signal);
  const named = await Promise.all(builders.map((name) => dockerOfBuilder(plain, name, signal)));
  const beside = await engineBeside(plain, named, client, signal);
  if (beside.kind === 'cancelled' || beside.kind === 'unusable') {
    return beside;
  }
  const home = beside.kind === 'engine' ? beside.docker : undefined;
  const asked = builders.map((name, at) =>
    askBuilder(name, named[at] ?? plain, { beside: home, client }, signal),
  );
  for (const { detection, isContext, ...one } of await Promise.all(asked)) {
    if (detection.kind !== 'found') {
      return detection;
    }
    const same = pool.find(
      ({ name, docker, home, identity }) =>
        name === one.name ||
        (isContext &&
          docker === home &&
          identity !== undefined &&
          identity.id === one.identity?.id),
    );
    if (same !== undefined) {
      const message =
        same.name === one.name
          ? `the builder ${one.name} is named twice`
          : `the builders ${same.name} and ${one.name} are the same engine`;
      const hint = 'name each engine once';
      return { kind: 'unusable', diagnostic: error('builders', message, { hint }) };
    }
    pool.push({ ...one, engine: detection.engine });
  }
  const limits = containerLimits ? limitsDecision(trees, builders.join(', ')) : undefined;
  const isAble = pool.every(({ engine }) => abilitiesOf(engine).resources);
  if (limits?.kind === 'refused' && !isAble) {
    return { kind: 'unusable', diagnostic: limits.problem };
  }
  const [anyOne] = pool;
  if (anyOne === undefined) {
    throw new Error('no builder is named');
  }
  if (beside.kind === 'none') {
    const { withoutEngine } = beside;
    const docker: Docker = { ...plain, daemon: false };
    return { kind: 'opened', docker, engine: anyOne.engine, pool, withoutEngine };
  }
  const first = pool.find(({ docker }) => docker.builder === undefined);
  return first === undefined
    ? { kind: 'opened', docker: plain, engine: beside.engine ?? anyOne.engine, pool }
    : { kind: 'opened', docker: first.docker, engine: first.engine, pool };
}

/** What a builder is; `beside`: the engine that gets its images, unless it is one itself. */
async function askBuilder(
  name: string,
  own: Docker,
  { beside, client }: { readonly beside: Docker | undefined; readonly client: Client },
  signal: AbortSignal,
) {
  const isContext = own.builder === undefined;
  const docker: Docker = isContext
    ? own
    : { ...(beside ?? { ...own, daemon: false }), builder: name };
  const home = isContext ? docker : beside;
  const [detection, identity] = await Promise.all([
    detectNamed(docker, name, signal, client),
    home && engineIdentity(home, signal),
  ]);
  return {
    name,
    docker,
    isContext,
    ...(home === undefined ? {} : { home }),
    detection,
    ...(identity === undefined ? {} : { identity }),
  };
}

/** What buildx says of itself, asked once. */
type Client = Promise<ClientAnswers>;

type Beside =
  | {
      readonly kind: 'engine';
      readonly docker: Docker;
      /** What it can do, where that was asked. */
      readonly engine?: EngineFacts;
    }
  /** None answers, and none of the builders is one. */
  | { readonly kind: 'none'; readonly withoutEngine: Diagnostic }
  | Exclude<EngineOpening, { kind: 'opened' }>;

/** The engine that gets what buildx builders make: this machine's, and where that does not answer, the first context's. */
async function engineBeside(
  plain: Docker,
  named: readonly Docker[],
  client: Client,
  signal: AbortSignal,
): Promise<Beside> {
  const context = named.find(({ builder }) => builder === undefined);
  if (context === undefined) {
    const own = await detectEngine(plain, signal, client);
    return isAbsent(own)
      ? { kind: 'none', withoutEngine: own.diagnostic }
      : own.kind === 'found'
        ? { kind: 'engine', docker: plain, engine: own.engine }
        : own;
  }
  const isNeeded = named.some(({ builder }) => builder !== undefined);
  const docker = isNeeded && !(await daemonAnswers(plain, signal)) ? context : plain;
  return { kind: 'engine', docker };
}

import { detectEngine, type EngineFacts } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import { type EngineIdentity, engineIdentity } from '#adapters/docker/identity.js';
import { abilitiesOf, type EngineAbilities } from '../abilities.js';
import { dockerOfBuilder } from '../namedBuilder.js';
import { type Check, lacking, missing, ok } from './check.js';
import type { Needs } from './needs.js';

/** How long docker may take in all, for each builder: they are asked side by side. In milliseconds. */
const patience = 10_000;

export interface ExaminedEngine {
  /** As the user calls it; absent: the engine in use. */
  readonly name?: string;
  readonly checks: readonly Check[];
  readonly facts?: EngineFacts;
  readonly abilities?: EngineAbilities;
  /** Of the daemon that is asked about images. */
  readonly identity?: EngineIdentity;
  /** Whether that daemon is the one that builds. */
  readonly isContext: boolean;
}

/** docker, buildx, each builder, and what these can do; only `docker` where that cannot be asked. */
export async function examineEngines(
  docker: Docker,
  builders: readonly string[],
  needs: Needs,
  signal: AbortSignal,
): Promise<readonly ExaminedEngine[]> {
  if (builders.length === 0) {
    return [await examineEngine(docker, undefined, needs, patience, signal)];
  }
  // What several can do depends on the image: `platformChecks`.
  const own = builders.length > 1 ? { ...needs, severalPlatforms: [] } : needs;
  const found = await Promise.all(
    builders.map((name) => examineEngine(docker, name, own, patience * builders.length, signal)),
  );
  return found.length === 1
    ? found
    : found.map((one, at) => ofSeveral(one, found.slice(0, at), needs));
}

/** Its checks have its name, and it may be no other builder's engine. */
function ofSeveral(
  engine: ExaminedEngine,
  before: readonly ExaminedEngine[],
  { engine: trees }: Needs,
): ExaminedEngine {
  const { name = '', identity, isContext } = engine;
  const same = before.find(
    (one) =>
      one.name === name ||
      (isContext && one.isContext && identity !== undefined && one.identity?.id === identity.id),
  );
  const twice =
    same === undefined
      ? []
      : [missing('engine', `the same as that of ${same.name}`, { hint: onceHint, trees })];
  return {
    ...engine,
    checks: [...twice, ...engine.checks].map((check) => ({
      ...check,
      name: `${name}: ${check.name}`,
    })),
  };
}

const onceHint = 'name each engine once';

async function examineEngine(
  docker: Docker,
  builder: string | undefined,
  needs: Needs,
  limitMs: number,
  signal: AbortSignal,
): Promise<ExaminedEngine> {
  const limit = new AbortController();
  const end = () => limit.abort();
  const timer = setTimeout(end, limitMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    if (builder === undefined) {
      return await examineWithin(docker, needs, limitMs, limit.signal);
    }
    const own = await dockerOfBuilder(docker, builder, limit.signal);
    return { ...(await examineWithin(own, needs, limitMs, limit.signal)), name: builder };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

async function examineWithin(
  docker: Docker,
  needs: Needs,
  limitMs: number,
  signal: AbortSignal,
): Promise<ExaminedEngine> {
  const trees = needs.engine;
  const isContext = docker.builder === undefined;
  const detection = await detectEngine(docker, signal);
  switch (detection.kind) {
    case 'cancelled': {
      const hint = 'look at the daemon, or at DOCKER_HOST';
      const detail = `no answer within ${limitMs / 1000} s`;
      return { isContext, checks: [missing('docker', detail, { hint, trees })] };
    }
    case 'unusable': {
      const { message, hint } = detection.diagnostic;
      if (detection.reason === 'daemon-down' && !isContext && docker.daemon !== false) {
        return withoutDaemon(docker, message, needs, limitMs, signal);
      }
      const [part = 'docker'] = /^(?:buildx|builder)/.exec(detection.reason) ?? [];
      return { isContext, checks: [missing(part, message, { hint, trees })] };
    }
    case 'found': {
      const { engine } = detection;
      const identity = await engineIdentity(docker, signal);
      const abilities = abilitiesOf(engine);
      return {
        checks: [...versionChecks(engine, trees), ...abilityChecks(abilities, needs)],
        facts: engine,
        abilities,
        isContext,
        ...(identity === undefined ? {} : { identity }),
      };
    }
  }
}

/** A buildx builder elsewhere builds all the same, and what it builds is not tested. */
async function withoutDaemon(
  docker: Docker,
  message: string,
  needs: Needs,
  limitMs: number,
  signal: AbortSignal,
): Promise<ExaminedEngine> {
  const hint = `start the daemon: without an engine, what ${docker.builder} builds stays in staging, neither tested nor published`;
  const down = missing('docker', message, { hint, trees: needs.engine });
  const examined = await examineWithin({ ...docker, daemon: false }, needs, limitMs, signal);
  return { ...examined, checks: [down, ...examined.checks] };
}

function versionChecks(engine: EngineFacts, trees: readonly string[]): readonly Check[] {
  const { name, driver } = engine.builder;
  return [
    ...(engine.dockerVersion === undefined ? [] : [ok('docker', engine.dockerVersion, trees)]),
    ok('buildx', engine.buildxVersion, trees),
    ok('builder', `${name}, driver ${driver}`, trees),
  ];
}

const fuller =
  'use an engine with the containerd image store ("features": {"containerd-snapshotter": true} in its daemon.json)';

function abilityChecks(abilities: EngineAbilities, needs: Needs): readonly Check[] {
  const { imageStore, platforms, targetsInACall } = abilities;
  const able = (
    name: string,
    isAble: boolean,
    trees: readonly string[] = [],
    hint: string = fuller,
  ): Check => (isAble ? ok(name, 'yes', trees) : lacking(name, 'no', { hint, trees }));
  return [
    ok('image store', imageStore),
    ok('platforms', platforms.length === 0 ? 'not reported' : platforms.join(', ')),
    able('several platforms', abilities.severalPlatforms, needs.severalPlatforms),
    able('attestations', abilities.attestations),
    able(
      'cache export',
      abilities.cacheExport,
      [],
      `${fuller}, or --builder with a docker-container builder`,
    ),
    limitsCheck(abilities, needs),
    able('bake --allow', abilities.allow),
    able('bake --execution', abilities.execution),
    policyCheck(abilities, needs),
    ok('targets in a call', targetsInACall === undefined ? 'any number' : `${targetsInACall}`),
  ];
}

/** Whether the registries of a policy bind what is built there. */
function policyCheck({ sourcePolicy }: EngineAbilities, { policy }: Needs): Check {
  if (sourcePolicy === false) {
    const hint = 'use Docker 24 or newer, for the registries of the policy';
    return lacking('source policy', 'no', { hint, trees: policy });
  }
  return ok('source policy', sourcePolicy === true ? 'yes' : 'a build tries it', policy);
}

/** Without `resources`, `build` makes a builder that has the limits. */
function limitsCheck({ resources }: EngineAbilities, { limits }: Needs): Check {
  if (resources) {
    return ok('resources', 'yes', limits);
  }
  return limits.length === 0
    ? lacking('resources', 'no', { hint: '', trees: limits })
    : ok('resources', 'no: build makes a docker-container builder for container_limits', limits);
}

/** The real Docker engines that the tests in test/engine run against. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { must, run } from '../process.js';
import {
  createDockerd,
  type Dockerd,
  environment,
  freezeDockerd,
  killDockerd,
  removeDockerd,
  startDockerd,
  stopDockerd,
} from './dockerd.js';
import { withLock } from './lock.js';
import { type EngineKind, engineKinds, installPackages, packagesMissing } from './packages.js';
import { createRun, removeDeadRuns, removeRun, runVariable } from './run.js';

export type { EngineKind } from './packages.js';

export interface Engine {
  readonly kind: EngineKind;
  /** `docker 28.5.2, buildx 0.29.1`: for the names of tests. */
  readonly name: string;
  readonly dockerVersion: string;
  readonly buildxVersion: string;
  /** The whole environment for processes that use this engine. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs docker against it, which must succeed; gives stdout without the last newline. */
  docker(...args: string[]): Promise<string>;
}

/** An engine that one test has to itself, to be killed and started again. */
export interface PrivateEngine extends Engine {
  /** SIGKILL to dockerd alone. */
  kill(): Promise<void>;
  /** Stops dockerd as a debugger does: it answers nothing, and refuses nothing. Or lets it continue. */
  freeze(isFrozen: boolean): void;
  /** Stops it as a shutdown of the machine does. */
  stop(): Promise<void>;
  /** Starts it again with the images and caches that it had. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * The engine of this kind, one per run of the tests, started when first asked for. `current` is
 * the Docker that this machine has where it is new enough. Throws where there is none.
 */
export async function engine(kind: EngineKind = 'current'): Promise<Engine> {
  if (kind === 'current') {
    const present = await presentEngine();
    if (present !== undefined) {
      return present;
    }
  }
  const missing = packagesMissing();
  if (missing !== undefined) {
    throw new Error(missingText(missing));
  }
  const folder = await ownRun();
  const dockerd = { folder: join(folder, 'engines', kind), kind, args: storeArgs(kind) };
  await withLock(join(folder, 'lock'), async () => {
    if (existsSync(join(dockerd.folder, 'up'))) {
      return;
    }
    await createDockerd(dockerd);
    writeFileSync(join(dockerd.folder, 'up'), '');
  });
  return describe(kind, environment(dockerd));
}

/**
 * Every engine that can be had here: both kinds as root on Debian, elsewhere the Docker that is
 * there. Tests of behaviour that may differ run on each, with its name in theirs.
 */
export async function engines(): Promise<Engine[]> {
  // Of a store that was asked for, the other kind has nothing to say.
  const isOne = packagesMissing() !== undefined || process.env[storeVariable] !== undefined;
  const kinds = isOne ? (['current'] as const) : engineKinds;
  return await Promise.all(kinds.map((kind) => engine(kind)));
}

/** Why no engine can be started here for a single test; undefined where one can. */
export function privateEngineMissing(): string | undefined {
  const missing = packagesMissing();
  return missing === undefined
    ? undefined
    : `engines are started as root on Debian, and ${missing}`;
}

/** Starts an engine for one test alone; `args` are further arguments of dockerd. */
export async function privateEngine(
  kind: EngineKind = 'current',
  args: readonly string[] = storeArgs(kind),
): Promise<PrivateEngine> {
  const missing = packagesMissing();
  if (missing !== undefined) {
    throw new Error(missingText(missing));
  }
  const run = await ownRun();
  const name = `${kind}-${process.pid}-${++privateEngines}`;
  const dockerd: Dockerd = { folder: join(run, 'engines', name), kind, args };
  await createDockerd(dockerd);
  return {
    ...(await describe(kind, environment(dockerd))),
    kill: () => killDockerd(dockerd.folder),
    freeze: (isFrozen) => freezeDockerd(dockerd.folder, isFrozen),
    stop: () => stopDockerd(dockerd.folder),
    start: async () => {
      await stopDockerd(dockerd.folder);
      await startDockerd(dockerd);
    },
    remove: () => removeDockerd(dockerd.folder),
  };
}

let privateEngines = 0;

/** What makes dockerd keep images as Docker 29 does. */
const containerdStore: readonly string[] = ['--feature=containerd-snapshotter=true'];

/** With `containerd` in it, engines of which a test asks nothing more have that store. */
const storeVariable = 'GENERATE_BAKE_TEST_STORE';

/** What dockerd gets besides, by that variable. */
export function storeArgs(kind: EngineKind): readonly string[] {
  return process.env[storeVariable] === 'containerd' && kind === 'current' ? containerdStore : [];
}

/** Describes an engine that a process of this environment reaches. */
export async function describe(kind: EngineKind, env: NodeJS.ProcessEnv): Promise<Engine> {
  const [server, plugin] = await Promise.all([
    must('docker', ['version', '--format', '{{.Server.Version}}'], { env }),
    must('docker', ['buildx', 'version'], { env }),
  ]);
  const dockerVersion = versionIn(server);
  const buildxVersion = versionIn(plugin);
  return {
    kind,
    name: `docker ${dockerVersion}, buildx ${buildxVersion}`,
    dockerVersion,
    buildxVersion,
    env,
    docker: async (...args) => (await must('docker', args, { env })).replace(/\n$/, ''),
  };
}

/** Installs what is needed and returns the reason why no engine can be had, if there is one. */
export async function prepareEngines(): Promise<string | undefined> {
  const missing = packagesMissing();
  if (missing === undefined) {
    await installPackages();
    await removeDeadRuns();
    return undefined;
  }
  return (await presentEngine()) === undefined ? missingText(missing) : undefined;
}

/** The Docker that is already there, where it answers, has buildx, and is not an older than trixie's. */
async function presentEngine(): Promise<Engine | undefined> {
  try {
    const [server, plugin] = await Promise.all([
      run('docker', ['version', '--format', '{{.Server.Version}}']),
      run('docker', ['buildx', 'version']),
    ]);
    if (server.status !== 0 || plugin.status !== 0) {
      return undefined;
    }
    if (!atLeast(versionIn(server.stdout), 26, 1)) {
      return undefined;
    }
    if (!atLeast(versionIn(plugin.stdout), 0, 13)) {
      return undefined;
    }
    return await describe('current', process.env);
  } catch {
    return undefined;
  }
}

/** The folder of this run of the tests; of this process, where a test file is run by itself. */
async function ownRun(): Promise<string> {
  const given = process.env[runVariable];
  if (given !== undefined && existsSync(given)) {
    return given;
  }
  await prepareEngines();
  const folder = createRun();
  process.env[runVariable] = folder;
  after(() => removeRun(folder));
  return folder;
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first > major || (first === major && second >= minor);
}

function versionIn(text: string): string {
  return /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? 'unknown';
}

function missingText(reason: string): string {
  return [
    'no Docker engine for the tests: none with buildx (docker 26.1 and buildx 0.13 or newer)',
    `answers here, and none can be set up because ${reason}; as root on Debian the tests install`,
    'and start one of their own, elsewhere start Docker first; `npm run test:unit` needs none',
  ].join('\n');
}

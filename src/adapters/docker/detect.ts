import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { machineIn, runsNatively } from '#formats/dockerfile/platform.js';
import type { Completion } from '../process/process.js';
import { completeDocker, type Docker, isEngineLost, lastMessage, runDocker } from './docker.js';

/** What `docker` at this moment is able to do. */
export interface EngineFacts {
  /** Of the daemon: `28.5.2`; absent: there is none (`Docker.daemon`). */
  readonly dockerVersion?: string;
  readonly buildxVersion: string;
  readonly builder: {
    readonly name: string;
    /** `docker`, `docker-container`, `remote`, `kubernetes`, or what a newer buildx may bring. */
    readonly driver: string;
  };
  /** Whether images built are seen by the daemon without `--load`: the docker driver. */
  readonly sharesImages: boolean;
  /** Where the daemon keeps images; `containerd` brings several platforms and attestations; `none`: there is no daemon. */
  readonly imageStore: 'classic' | 'containerd' | 'none';
  /** Whether `bake` knows `--allow`; one that does, demands it (doc/dev/bake.md, Files). */
  readonly supportsAllow: boolean;
  /** Whether `bake` knows `--execution`, by which a failure does not stop the others of a call. */
  readonly supportsExecution: boolean;
  /** What the builder's nodes run, emulated or not: `linux/amd64`; empty where it does not say. */
  readonly platforms: readonly string[];
  /** Those that it is to build before others: what its machines run themselves, or what the user chose for them. */
  readonly natives: readonly string[];
  /** Of these, what it builds where nothing is said: its first machine's; absent: it does not say. */
  readonly machine?: string;
}

/** `code` of the diagnostic: `engine-docker-missing` and so on, one per reason. */
export type EngineDetection =
  | { readonly kind: 'found'; readonly engine: EngineFacts }
  | { readonly kind: 'unusable'; readonly reason: EngineFault; readonly diagnostic: Diagnostic }
  | { readonly kind: 'cancelled' };

type EngineFault =
  | 'docker-missing'
  | 'daemon-down'
  | 'not-permitted'
  | 'docker-too-old'
  | 'buildx-missing'
  | 'buildx-too-old'
  | 'builder-missing'
  | 'builder-down';

/** The oldest whose BuildKit knows named contexts, and the oldest whose buildx knows rawjson. */
const oldestDocker = [23, 0] as const;
const oldestBuildx = [0, 13] as const;

/** What the buildx of this machine says of itself: the same for every engine and every builder. */
export interface ClientAnswers {
  readonly plugin: Completion;
  readonly help: Completion;
}

type Asking = (...args: string[]) => Promise<Completion>;

function asking(docker: Docker, signal: AbortSignal | undefined): Asking {
  // A daemon behind a broken connection must not hold the answer up for ever.
  const options = { timeoutMs: 30_000, ...(signal === undefined ? {} : { signal }) };
  return (...args) => completeDocker(docker, args, options);
}

/** Asked once where several builders are: a third of a second for each is a large part of a small call. */
export async function askClient(docker: Docker, signal?: AbortSignal): Promise<ClientAnswers> {
  const ask = asking(docker, signal);
  const [plugin, help] = await Promise.all([
    ask('buildx', 'version'),
    ask('buildx', 'bake', '--help'),
  ]);
  return { plugin, help };
}

/** Asks docker and buildx about themselves, in a fraction of a second; without a daemon, buildx alone. */
export async function detectEngine(
  docker: Docker,
  signal?: AbortSignal,
  client = askClient(docker, signal),
): Promise<EngineDetection> {
  const ask = asking(docker, signal);
  const askDaemon = (...args: string[]) => (docker.daemon === false ? undefined : ask(...args));
  const [version, { plugin, help }, builder, info] = await Promise.all([
    askDaemon('version', '--format', '{{.Server.Version}}'),
    client,
    ask('buildx', 'inspect', ...(docker.builder === undefined ? [] : [docker.builder])),
    askDaemon('info', '--format', '{{json .DriverStatus}}'),
  ]);
  if (signal?.aborted === true) {
    return { kind: 'cancelled' };
  }

  const dockerVersion = version && versionIn(output(version));
  const daemonFault = version && faultOfDaemon(docker, version, dockerVersion);
  if (daemonFault !== undefined) {
    return daemonFault;
  }
  const buildxVersion = versionIn(output(plugin));
  if (buildxVersion === undefined) {
    return buildxMissing();
  }
  if (!atLeast(buildxVersion, oldestBuildx)) {
    return unusable(
      'buildx-too-old',
      `buildx ${buildxVersion} is too old: 0.13 or newer is needed`,
      'upgrade it: Debian trixie has docker-buildx 0.13.1',
    );
  }
  const facts = readBuilder(output(builder));
  if (facts === undefined) {
    return builderMissing(docker, builder);
  }
  if (facts.error !== undefined) {
    return unusable(
      'builder-down',
      `the builder ${facts.name} does not answer: ${facts.error}`,
      `see "docker buildx inspect --bootstrap ${facts.name}"`,
    );
  }
  return {
    kind: 'found',
    engine: {
      ...(dockerVersion === undefined ? {} : { dockerVersion }),
      buildxVersion,
      builder: { name: facts.name, driver: facts.driver },
      sharesImages: facts.driver === 'docker',
      imageStore: info === undefined ? 'none' : storeIn(output(info)),
      supportsAllow: /^\s*--allow\b/m.test(output(help)),
      supportsExecution: /^\s*--execution\b/m.test(output(help)),
      ...readPlatforms(output(builder)),
    },
  };
}

function storeIn(driverStatus: string): 'classic' | 'containerd' {
  return /io\.containerd\.snapshotter/.test(driverStatus) ? 'containerd' : 'classic';
}

/** Whether the daemon answers now. */
export async function daemonAnswers(docker: Docker, signal?: AbortSignal): Promise<boolean> {
  const answer = await runDocker(docker, ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: 10_000,
    ...(signal === undefined ? {} : { signal }),
  });
  return answer.kind === 'done' && versionIn(answer.value) !== undefined;
}

/** Whether the engine answers now, and the builder that was asked for. */
export async function engineAnswers(docker: Docker, signal?: AbortSignal): Promise<boolean> {
  if (docker.daemon !== false && !(await daemonAnswers(docker, signal))) {
    return false;
  }
  if (docker.builder === undefined) {
    return true;
  }
  const options = { timeoutMs: 30_000, ...(signal === undefined ? {} : { signal }) };
  const asked = await runDocker(docker, ['buildx', 'inspect', docker.builder], options);
  const nodes =
    asked.kind === 'done' ? [...asked.value.matchAll(/^Status:[ \t]*(.*?)[ \t]*$/gm)] : [];
  // Of several nodes one may never have been started.
  return nodes.some(([, status]) => status === 'running');
}

/**
 * The docker context that a builder is: buildx makes one with the driver docker for each, and calls it by its name.
 * Undefined for every other builder, and for one that cannot be asked.
 */
export async function contextOf(
  docker: Docker & { readonly builder: string },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const options = { timeoutMs: 30_000, ...(signal === undefined ? {} : { signal }) };
  const asked = await completeDocker(docker, ['buildx', 'inspect', docker.builder], options);
  const facts = readBuilder(output(asked));
  // Of a context whose daemon does not answer, buildx says no driver.
  return facts?.driver === 'docker' || facts?.driver === '' ? facts.name : undefined;
}

function faultOfDaemon(
  docker: Docker,
  asked: Completion,
  version: string | undefined,
): EngineDetection | undefined {
  if (asked.kind === 'not-started') {
    return unusable(
      'docker-missing',
      `docker cannot be used: ${asked.message}`,
      'install Docker: on Debian the packages docker.io, docker-cli and docker-buildx',
    );
  }
  const stderr = asked.stderr;
  if (/permission denied/i.test(stderr)) {
    return unusable(
      'not-permitted',
      'the Docker daemon refuses this user: permission denied on its socket',
      'run as root or as a member of the group docker, or set DOCKER_HOST',
    );
  }
  if (asked.kind !== 'exited' || asked.status !== 0 || version === undefined) {
    const said = asked.kind === 'timed-out' ? 'it took more than 30 s' : lastMessage(stderr);
    return unusable(
      'daemon-down',
      isEngineLost(stderr)
        ? lastMessage(stderr).replace(/\.? Is the .*$/, '')
        : `the Docker daemon does not answer: ${said}`,
      startHint(docker),
    );
  }
  if (!atLeast(version, oldestDocker)) {
    return unusable(
      'docker-too-old',
      `the Docker daemon ${version} is too old: 23.0 or newer is needed`,
      'upgrade it: Debian trixie has docker.io 26.1',
    );
  }
  return undefined;
}

function startHint({ env: { DOCKER_HOST: host, DOCKER_CONTEXT: context } }: Docker): string {
  // DOCKER_HOST goes before DOCKER_CONTEXT.
  const chosen = host ? `DOCKER_HOST is ${host}` : context ? `DOCKER_CONTEXT is ${context}` : '';
  return chosen === ''
    ? 'start it ("systemctl start docker"), or point DOCKER_HOST or "docker context" to one that runs'
    : `${chosen}: start the daemon there, correct it, or unset it for this machine's own`;
}

function buildxMissing(): EngineDetection {
  return unusable(
    'buildx-missing',
    'docker has no buildx',
    'install the buildx plugin: on Debian the package docker-buildx',
  );
}

function builderMissing(docker: Docker, asked: Completion): EngineDetection {
  const said = asked.kind === 'exited' ? lastMessage(asked.stderr) : '';
  const name = docker.builder ?? docker.env.BUILDX_BUILDER;
  return unusable(
    'builder-missing',
    name === undefined ? `buildx has no usable builder: ${said}` : `no builder ${name}: ${said}`,
    '"docker buildx ls" lists the builders, "docker buildx create" makes one',
  );
}

/** The head of `buildx inspect`: `Name: …`, `Driver: …`, and an `Error:` where it cannot be used. */
export function readBuilder(
  text: string,
): { readonly name: string; readonly driver: string; readonly error?: string } | undefined {
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(text)?.[1];
  const name = field('Name');
  const driver = field('Driver');
  const fault = field('Error');
  if (name === undefined || driver === undefined) {
    return undefined;
  }
  return { name, driver, ...(fault === undefined ? {} : { error: fault }) };
}

/**
 * What `buildx inspect` says of each node, where an asterisk is on what the user chose (`buildx create --platform`): that
 * node is for these, whatever else it could do.
 */
export function readPlatforms(
  text: string,
): Pick<EngineFacts, 'platforms' | 'natives' | 'machine'> {
  const nodes = [...text.matchAll(/^Platforms:[ \t]*(.*)$/gm)].map(([, listed = '']) => {
    const written = listed.split(',').map((platform) => platform.trim());
    const all = written.filter((platform) => platform !== '');
    const chosen = all.filter((platform) => platform.endsWith('*')).map(withoutMark);
    const found = all.filter((platform) => !platform.endsWith('*'));
    const machine = machineIn(found.length > 0 ? found : chosen);
    const own = found.filter(
      (platform) => machine !== undefined && runsNatively(machine, platform),
    );
    return { all: all.map(withoutMark), natives: chosen.length > 0 ? chosen : own, machine };
  });
  const machine = nodes[0]?.machine;
  return {
    platforms: [...new Set(nodes.flatMap(({ all }) => all))],
    natives: [...new Set(nodes.flatMap(({ natives }) => natives))],
    ...(machine === undefined ? {} : { machine }),
  };
}

function withoutMark(platform: string): string {
  return platform.replace(/\*$/, '');
}

function unusable(reason: EngineFault, message: string, hint: string): EngineDetection {
  return { kind: 'unusable', reason, diagnostic: error(`engine-${reason}`, message, { hint }) };
}

function output(completion: Completion): string {
  return completion.kind === 'not-started' ? '' : completion.stdout;
}

function versionIn(text: string): string | undefined {
  return /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0];
}

/** Whether a version such as `28.5.2` is this one or newer. */
export function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first > major || (first === major && second >= minor);
}

/** One dockerd with a socket, data and network of its own, described by the folder it lives in. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';
import { run } from '../process.js';
import { makeBridge, removeBridge } from './network.js';
import { end, isAlive, processMark } from './owner.js';
import { type EngineKind, engineRoot } from './packages.js';

export interface Dockerd {
  readonly folder: string;
  readonly kind: EngineKind;
  /** Further arguments of dockerd, such as `--feature=containerd-snapshotter=true`. */
  readonly args: readonly string[];
}

/** Prepares the folder and starts the daemon; returns once it answers. */
export async function createDockerd(dockerd: Dockerd): Promise<void> {
  const { folder, kind } = dockerd;
  mkdirSync(join(folder, 'config'), { recursive: true });
  const bridge = await makeBridge();
  writeFileSync(join(folder, 'bridge'), JSON.stringify(bridge));
  writeFileSync(
    join(folder, 'config/config.json'),
    JSON.stringify({
      cliPluginsExtraDirs: [join(engineRoot(kind), 'usr/libexec/docker/cli-plugins')],
    }),
  );
  // Not the machine's own daemon.json; and no garbage collection, which starts by free space.
  writeFileSync(
    join(folder, 'daemon.json'),
    JSON.stringify({ builder: { gc: { enabled: false } } }),
  );
  await startDockerd(dockerd);
}

/** Starts the daemon of a folder made by `createDockerd`, with what its data holds. */
export async function startDockerd({ folder, kind, args }: Dockerd): Promise<void> {
  const bridge: { name: string; mtu: string } = JSON.parse(
    readFileSync(join(folder, 'bridge'), 'utf8'),
  );
  const log = openSync(join(folder, 'log'), 'a');
  rmSync(join(folder, 'docker.pid'), { force: true });
  const child = spawn(
    join(engineRoot(kind), 'usr/sbin/dockerd'),
    [
      ...['--host', `unix://${socket(folder)}`, '--group', 'root'],
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--pidfile', join(folder, 'docker.pid'), '--config-file', join(folder, 'daemon.json')],
      ...['--bridge', bridge.name, '--mtu', bridge.mtu],
      ...['--iptables=false', '--ip6tables=false', '--ip-forward=false'],
      ...['--init-path', '/usr/bin/tini-static', ...args],
    ],
    { detached: true, stdio: ['ignore', log, log], env: { ...process.env, PATH: path(kind) } },
  );
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`cannot start dockerd of ${engineRoot(kind)}`);
  }
  const mark = processMark(pid);
  if (mark !== undefined) {
    writeWhole(join(folder, 'mark'), mark);
  }
  child.unref();
  const until = Date.now() + 60_000;
  while (!(await answers(folder))) {
    if (mark === undefined || !isAlive(mark) || Date.now() > until) {
      const tail = readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(-20).join('\n');
      throw new Error(`dockerd does not come up, its log ends with\n${tail}`);
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** Kills the daemon alone, as the kernel does when memory runs out; its containers stay. */
export async function killDockerd(folder: string): Promise<void> {
  const mark = readMark(folder);
  if (mark !== undefined) {
    await end(mark, 0);
  }
}

/** SIGSTOP or SIGCONT to the daemon alone. */
export function freezeDockerd(folder: string, isFrozen: boolean): void {
  const [pid] = readMark(folder)?.split(' ') ?? [];
  process.kill(Number(pid), isFrozen ? 'SIGSTOP' : 'SIGCONT');
}

/** Stops the daemon and everything it started; its data stays. */
export async function stopDockerd(folder: string): Promise<void> {
  const mark = readMark(folder);
  if (mark !== undefined) {
    await end(mark);
  }
  rmSync(join(folder, 'mark'), { force: true });
  // What a killed daemon has left: its containerd, shims and containers, known by the folder.
  for (const left of leftovers(folder)) {
    await end(left, 3_000);
  }
}

/** Stops the daemon and removes all that it ever made. */
export async function removeDockerd(folder: string): Promise<void> {
  await stopDockerd(folder);
  if (existsSync(join(folder, 'bridge'))) {
    const bridge: { name: string } = JSON.parse(readFileSync(join(folder, 'bridge'), 'utf8'));
    await removeBridge(bridge.name);
  }
  await unmountBelow(folder);
  rmSync(folder, { recursive: true, force: true });
}

/** The environment of a process that uses this daemon, free of what points to any other. */
export function environment({ folder, kind }: Dockerd): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(DOCKER_|BUILDX_|BUILDKIT_|COMPOSE_)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: path(kind),
    DOCKER_HOST: `unix://${socket(folder)}`,
    DOCKER_CONFIG: join(folder, 'config'),
  };
}

function socket(folder: string): string {
  return join(folder, 'docker.sock');
}

function path(kind: EngineKind): string {
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const usual = (process.env.PATH ?? '').split(delimiter).filter((each) => each !== '');
  return [...new Set([...programs(kind), ...usual, ...system])].join(delimiter);
}

/** The folders of a docker's programs. */
export function programs(kind: EngineKind): string[] {
  return ['usr/sbin', 'usr/bin'].map((folder) => join(engineRoot(kind), folder));
}

function answers(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request(
      { socketPath: socket(folder), path: '/_ping', timeout: 2_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}

function readMark(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'mark'), 'utf8');
  } catch {
    return undefined;
  }
}

/** The daemon's helpers, known by the folder on their command line, and what its containers run. */
function leftovers(folder: string): string[] {
  const ours = readlinkSync('/proc/self/ns/mnt');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        if (/(^|\/)(containerd\S*|docker-proxy)$/.test(words[0] ?? '')) {
          return words.some((word) => word.startsWith(`${folder}/`));
        }
        return (
          readlinkSync(`/proc/${pid}/ns/mnt`) !== ours &&
          readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`=${folder}/data/`)
        );
      } catch {
        return false;
      }
    })
    .flatMap((pid) => processMark(Number(pid)) ?? []);
}

async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .sort()
    .reverse();
  for (const point of points) {
    await run('umount', ['-l', point]);
  }
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

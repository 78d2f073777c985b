/** A real registry (Debian's docker-registry, the distribution) on loopback, for one test. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { atExit, must } from '../process.js';
import { end, isAlive, processMark } from './owner.js';
import { installRegistry, packagesMissing, registryProgram } from './packages.js';
import { noteProcess, runVariable } from './run.js';

/**
 * Installs what a registry is started with where that can be done, and returns why none can be
 * started on this machine; undefined where one can.
 */
export async function prepareRegistry(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const hasHtpasswd = folders.some((folder) => existsSync(join(folder, 'htpasswd')));
  if (registryProgram() !== undefined && hasHtpasswd) {
    return undefined;
  }
  const why = packagesMissing();
  if (why !== undefined) {
    return `docker-registry and htpasswd (apache2-utils) are not both installed, and ${why}, so they cannot be`;
  }
  await installRegistry();
  return undefined;
}

export interface RegistryOptions {
  /** User names and passwords (htpasswd, bcrypt of cost 5); without any, everybody may push. */
  readonly users?: Readonly<Record<string, string>>;
  /** In place of users: bearer tokens of this service (../tokenService.ts). */
  readonly tokens?: TokenAuthority;
}

export interface TokenAuthority {
  /** Where tokens are to be had. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The file of the certificate that tokens are signed with. */
  readonly certificate: string;
}

interface LoggedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number;
}

export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly logFile: string;
  /** What it has answered so far, oldest first. */
  requests(): LoggedRequest[];
  stop(): Promise<void>;
  /** Starts it again on the same port with what it holds. */
  restart(): Promise<void>;
}

/** As it is before a test sets TMPDIR to a directory that is removed before registries end. */
const temporary = tmpdir();

export async function registry(options: RegistryOptions = {}): Promise<Registry> {
  // Where a test file is run by itself.
  const missing = await prepareRegistry();
  if (missing !== undefined) {
    throw new Error(missing);
  }
  const program = registryProgram();
  if (program === undefined) {
    throw new Error('no docker-registry (Debian package of that name) for the tests');
  }
  const folder = mkdtempSync(join(temporary, 'gbtest-registry-'));
  mkdirSync(join(folder, 'data'));
  const logFile = join(folder, 'log');
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const users = Object.entries(options.users ?? {});
  if (users.length > 0) {
    writeFileSync(join(folder, 'htpasswd'), await htpasswd(users));
  }
  const auth =
    options.tokens !== undefined
      ? { token: { ...options.tokens, rootcertbundle: options.tokens.certificate } }
      : users.length > 0
        ? { htpasswd: { realm: 'tests', path: join(folder, 'htpasswd') } }
        : undefined;
  writeFileSync(join(folder, 'config.yml'), configuration(folder, host, auth));

  let mark: string | undefined;
  const stop = async () => {
    if (mark !== undefined) {
      await end(mark, 3_000);
    }
    mark = undefined;
    refuseDeletions(logFile);
  };
  const start = async () => {
    const log = openSync(logFile, 'a');
    const child = spawn(program, ['serve', join(folder, 'config.yml')], {
      stdio: ['ignore', log, log],
    });
    child.unref();
    if (child.pid === undefined) {
      throw new Error(`cannot start ${program}`);
    }
    mark = processMark(child.pid);
    const run = process.env[runVariable];
    if (run !== undefined) {
      noteProcess(run, child.pid);
    }
    await answering(host, () => child.exitCode !== null, logFile);
  };
  await start();
  atExit(() => {
    try {
      refuseDeletions(logFile);
    } catch (cause) {
      console.error(cause);
      process.exitCode = 1;
    }
    if (mark !== undefined && isAlive(mark)) {
      process.kill(Number(mark.split(' ')[0]), 'SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    host,
    logFile,
    requests: () => requestsIn(readFileSync(logFile, 'utf8')),
    stop,
    restart: async () => {
      await stop();
      await start();
    },
  };
}

function configuration(folder: string, host: string, auth: object | undefined): string {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      delete: { enabled: true },
    },
    http: { addr: host },
    ...(auth === undefined ? {} : { auth }),
  });
}

async function htpasswd(users: readonly (readonly [string, string])[]): Promise<string> {
  let text = '';
  for (const [user, password] of users) {
    text += await must('htpasswd', ['-niBC', '5', user], { input: password });
  }
  return text;
}

/** Throws where generate-bake deleted anything but an upload that it had begun: it never does. */
function refuseDeletions(logFile: string): void {
  const deletions = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => /"DELETE (?!\S+\/blobs\/uploads\/)[^"]*".*"generate-bake"/.test(line));
  if (deletions.length > 0) {
    throw new Error(`generate-bake deleted something in a registry:\n${deletions.join('\n')}`);
  }
}

/** The lines of the access log (combined log format) among the program's other messages. */
function requestsIn(log: string): LoggedRequest[] {
  const line = /^\S+ - \S* ?\[[^\]]*\] "(?<method>[A-Z]+) (?<path>\S+) [^"]*" (?<status>\d{3}) /gm;
  return [...log.matchAll(line)].map(({ groups = {} }) => ({
    method: groups.method ?? '',
    path: groups.path ?? '',
    status: Number(groups.status),
  }));
}

async function answering(host: string, ended: () => boolean, logFile: string): Promise<void> {
  const until = Date.now() + 20_000;
  for (;;) {
    try {
      await fetch(`http://${host}/v2/`);
      return;
    } catch {
      if (ended() || Date.now() > until) {
        throw new Error(`the registry does not come up\n${readFileSync(logFile, 'utf8')}`);
      }
      await new Promise((wake) => setTimeout(wake, 30));
    }
  }
}

/**
 * Below the range from which Linux takes the ports of outgoing connections (32768 and up): one of
 * those could have the port while a registry restarts.
 */
function freePort(): Promise<number> {
  const port = 10_240 + Math.floor(Math.random() * (32_768 - 10_240));
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (cause: NodeJS.ErrnoException) =>
      cause.code === 'EADDRINUSE' ? resolve(freePort()) : reject(cause),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}

import type { Completion } from '../process/process.js';
import { readBuilder } from './detect.js';
import { completeDocker, type Docker, failureOf } from './docker.js';

/** What a program says of itself, or why it cannot be asked, in one line. */
export type Asked =
  | { readonly kind: 'known'; readonly text: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface DockerVersions {
  readonly client: Asked;
  readonly server: Asked;
  readonly buildx: Asked;
  /** The builder that would be used: its name and, in brackets, its driver. */
  readonly builder: Asked;
}

/** Versions of docker, its engine and buildx; each for itself, and none longer than ten seconds. */
export async function dockerVersions(
  docker: Docker,
  signal?: AbortSignal,
): Promise<DockerVersions> {
  const options = { timeoutMs: 10_000, ...(signal === undefined ? {} : { signal }) };
  const ask = (...args: string[]) => completeDocker(docker, args, options);
  const named = docker.builder === undefined ? [] : [docker.builder];
  const [client, server, buildx, builder] = await Promise.all([
    ask('version', '--format', '{{.Client.Version}}'),
    ask('version', '--format', '{{.Server.Version}}'),
    ask('buildx', 'version'),
    ask('buildx', 'inspect', ...named),
  ]);
  return {
    // docker ends with 1 where no engine answers, and says its own version all the same.
    client: versionOf(client, 'any'),
    server: versionOf(server, 'success'),
    buildx: versionOf(buildx, 'success'),
    builder: builderOf(builder),
  };
}

/** The first version in what it printed; docker prints `<nil>` or nothing where there is none. */
function versionOf(asked: Completion, status: 'any' | 'success'): Asked {
  const text = asked.kind === 'not-started' ? '' : asked.stdout;
  const isTaken = status === 'any' || (asked.kind === 'exited' && asked.status === 0);
  const found = isTaken ? /\d+\.\d+\S*/.exec(text)?.[0] : undefined;
  return found === undefined ? unknown(asked) : { kind: 'known', text: found };
}

function builderOf(asked: Completion): Asked {
  const builder =
    asked.kind === 'exited' && asked.status === 0 ? readBuilder(asked.stdout) : undefined;
  if (builder === undefined) {
    return unknown(asked);
  }
  const { name, driver, error } = builder;
  // Without an engine, buildx knows no driver.
  const what = driver === '' ? name : `${name} (${driver})`;
  return error === undefined
    ? { kind: 'known', text: what }
    : { kind: 'unknown', reason: `${what}: ${error}` };
}

function unknown(asked: Completion): Asked {
  const { message } = failureOf(asked);
  return { kind: 'unknown', reason: message === '' ? 'it says nothing' : message };
}

/** The docker command line as this run of generate-bake uses it. */
import { type Completion, type Environment, runProgram } from '../process/process.js';
import { transientReason } from './transient.js';

export interface Docker {
  /** `docker`, looked up in the PATH of `env`. */
  readonly program: string;
  readonly env: Environment;
  readonly cwd: string;
  /** The buildx builder that was asked for; absent: the one that buildx has selected. */
  readonly builder?: string;
  /** No daemon answers, and none is asked: the builder, which is elsewhere, is all there is. Absent: there is one. */
  readonly daemon?: false;
  /**
   * Aborted, with the reason as a text, once nobody expects an answer of it any more: what it runs ends, and so does
   * whatever it is asked later, as if there were no daemon.
   */
  readonly gone?: AbortSignal;
}

export interface DockerFailure {
  readonly kind: 'failed';
  readonly reason: 'not-started' | 'engine-lost' | 'cancelled' | 'timed-out' | 'refused';
  /** What docker said last, on one line. */
  readonly message: string;
  /** Worth trying again: the network or a registry was at fault. */
  readonly transient: boolean;
}

export type DockerOutcome<T> = { readonly kind: 'done'; readonly value: T } | DockerFailure;

export interface DockerOptions {
  readonly input?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Variables on top of the environment: a tree's own DOCKER_CONFIG for its pushes. */
  readonly env?: Environment;
}

/** Runs docker with these arguments; gives stdout. */
export async function runDocker(
  docker: Docker,
  args: readonly string[],
  options: DockerOptions = {},
): Promise<DockerOutcome<string>> {
  const completion = await completeDocker(docker, args, options);
  if (completion.kind === 'exited' && completion.status === 0) {
    return { kind: 'done', value: completion.stdout };
  }
  const why = completion.kind === 'cancelled' ? whyGone(docker, options.signal) : undefined;
  return why === undefined ? failureOf(completion) : failure('engine-lost', why);
}

/** Why what was cancelled was so though the user did not end it; undefined: the user did. */
export function whyGone({ gone }: Docker, signal: AbortSignal | undefined): string | undefined {
  return gone?.aborted === true && signal?.aborted !== true ? String(gone.reason) : undefined;
}

/** A signal that is aborted with either of two, while `use` runs. */
export async function withEither<T>(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
  use: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (one === undefined || other === undefined) {
    return use(one ?? other);
  }
  // AbortSignal.any would stay at signals that live for the whole run.
  const either = new AbortController();
  const abort = () => either.abort();
  if (one.aborted || other.aborted) {
    abort();
  }
  one.addEventListener('abort', abort, { once: true });
  other.addEventListener('abort', abort, { once: true });
  try {
    return await use(either.signal);
  } finally {
    one.removeEventListener('abort', abort);
    other.removeEventListener('abort', abort);
  }
}

/** Runs docker with these arguments, whatever becomes of it. */
export function completeDocker(
  docker: Docker,
  args: readonly string[],
  { input, signal, timeoutMs, env = {} }: DockerOptions = {},
): Promise<Completion> {
  return withEither(signal, docker.gone, (either) =>
    runProgram({
      program: docker.program,
      args,
      cwd: docker.cwd,
      env: { ...docker.env, ...env },
      ...(input === undefined ? {} : { input }),
      ...(either === undefined ? {} : { signal: either }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }),
  );
}

export function failureOf(completion: Completion): DockerFailure {
  if (completion.kind === 'not-started') {
    return failure('not-started', completion.message);
  }
  const { kind, stderr } = completion;
  if (kind === 'cancelled') {
    return failure('cancelled', 'cancelled');
  }
  if (kind === 'timed-out') {
    return failure('timed-out', 'docker took too long', true);
  }
  const message = lastMessage(stderr);
  if (isEngineLost(stderr)) {
    return failure('engine-lost', message);
  }
  if (kind === 'killed') {
    return failure('refused', message || `docker was ended by ${completion.signal}`);
  }
  return failure(
    'refused',
    message || `docker ended with status ${completion.status}`,
    transientReason(stderr) !== undefined,
  );
}

function failure(
  reason: DockerFailure['reason'],
  message: string,
  transient = false,
): DockerFailure {
  return { kind: 'failed', reason, message, transient };
}

/**
 * Whether docker or buildx says that there is no daemon at the other end (any more). Seen with a
 * daemon killed, stopped and absent: docker 26.1 and 28.5, buildx 0.13 and 0.29.
 */
export function isEngineLost(text: string): boolean {
  return (
    /Cannot connect to the Docker daemon|[Ii]s the docker daemon running\?/.test(text) ||
    /error during connect:|failed to connect to the docker API/i.test(text) ||
    /\bUnavailable(?: desc = |: )(?:error reading from server|connection error|closing transport|transport)/.test(
      text,
    )
  );
}

/** The last message of docker's stderr without its usual lead; empty where there is none. */
export function lastMessage(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Run|See) 'docker .*--help'/.test(line));
  return (lines.at(-1) ?? '').replace(
    /^(?:docker: )?(?:ERROR: |Error: )?(?:Error response from daemon: )?/,
    '',
  );
}

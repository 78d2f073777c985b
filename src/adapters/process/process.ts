/** The only module that starts programs while building (through execa). */
import { existsSync } from 'node:fs';
import { execa } from 'execa';

/** The whole environment of a program; what is undefined is left out. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Invocation {
  readonly program: string;
  /** Never repeated in a result or message: arguments may hold what nobody else should read. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd?: string;
  /** Stdin; without it the program reads nothing, and never the terminal. */
  readonly input?: string | Uint8Array;
  /** Stops the program: SIGTERM to its whole process group, SIGKILL after `graceMs`. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** 10 s when absent. */
  readonly graceMs?: number;
  /** Given as it comes, and then missing in the result. */
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
  /**
   * Reads stdout as it comes, in place of `onStdout`, and is waited for. A stdout that is closed before its end, by
   * this or by a program that ends, may end it with an error, which it has to catch.
   */
  readonly readStdout?: (stdout: AsyncIterable<Uint8Array>) => Promise<void>;
  /** Ends what the program leaves running in its process group (a test's background jobs). */
  readonly sweep?: boolean;
  /** The user that it runs as, without further groups; for root alone. Absent: this process's. */
  readonly user?: User;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

export type Completion =
  | Ended<{ readonly kind: 'exited'; readonly status: number }>
  /** Ended by a signal that did not come from here. */
  | Ended<{ readonly kind: 'killed'; readonly signal: string }>
  /** Ended because `signal` was aborted. */
  | Ended<{ readonly kind: 'cancelled' }>
  | Ended<{ readonly kind: 'timed-out' }>
  | {
      readonly kind: 'not-started';
      readonly reason: 'not-found' | 'not-executable' | 'no-directory' | 'other';
      readonly message: string;
    };

type Ended<T> = T & {
  readonly stdout: string;
  readonly stderr: string;
  /** It has left a process outside its group that holds its output open, and still runs. */
  readonly outlived?: true;
};

/** How long output may be held open by others once the program itself has ended. */
const outputGraceMs = 2_000;

/**
 * Runs a program to its end in a process group of its own. Ctrl-C on a terminal does not reach it:
 * whoever calls decides, through `signal`. Never throws for what a program does.
 */
export async function runProgram(invocation: Invocation): Promise<Completion> {
  const { program, cwd, signal, timeoutMs, graceMs = 10_000 } = invocation;
  if (cwd !== undefined && !existsSync(cwd)) {
    return { kind: 'not-started', reason: 'no-directory', message: `no directory ${cwd}` };
  }
  if (signal?.aborted === true) {
    return { kind: 'cancelled', stdout: '', stderr: '' };
  }

  const child = execa(program, invocation.args, {
    env: defined(invocation.env),
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    ...invocation.user,
    ...(invocation.input === undefined
      ? { stdin: 'ignore' as const }
      : { input: invocation.input }),
    detached: true,
    reject: false,
    stripFinalNewline: false,
    buffer: {
      stdout: invocation.onStdout === undefined && invocation.readStdout === undefined,
      stderr: invocation.onStderr === undefined,
    },
  });
  const reading = child.stdout === null ? undefined : invocation.readStdout?.(child.stdout);
  stream(child.stdout, invocation.onStdout);
  stream(child.stderr, invocation.onStderr);
  const { pid } = child;

  let stopped: 'cancelled' | 'timed-out' | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (why: 'cancelled' | 'timed-out') => {
    if (stopped !== undefined || pid === undefined) {
      return;
    }
    stopped = why;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  };
  const onAbort = () => stop('cancelled');
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => stop('timed-out'), timeoutMs);
  // Before the pipes close: what is left in the group would hold them open.
  child.once('exit', () => {
    if (pid !== undefined && (stopped !== undefined || invocation.sweep === true)) {
      signalGroup(pid, 'SIGKILL');
    }
  });
  let outlived = false;
  // What is still read is not cut off: it ends with what the program wrote.
  if (reading === undefined) {
    cutAfterExit(child, () => {
      outlived = true;
    });
  }
  if (pid !== undefined) {
    running.add(pid);
  }
  try {
    const result = await child;
    await reading;
    const said = {
      stdout: result.stdout ?? '',
      stderr: result.stderr ?? '',
      ...(outlived ? { outlived } : {}),
    };
    if (result.exitCode === 0) {
      return { kind: 'exited', status: 0, ...said };
    }
    if (stopped !== undefined) {
      return { kind: stopped, ...said };
    }
    if (result.exitCode !== undefined) {
      return { kind: 'exited', status: result.exitCode, ...said };
    }
    if (result.signal !== undefined) {
      return { kind: 'killed', signal: result.signal, ...said };
    }
    return notStarted(program, result.code);
  } finally {
    if (pid !== undefined) {
      running.delete(pid);
    }
    clearTimeout(timer);
    clearTimeout(killTimer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * A process that has left the group (`setsid`) may hold the pipes open for ever: no time limit and
 * no Ctrl-C would reach it. What the program itself wrote is read before they are cut.
 */
function cutAfterExit(
  child: Pick<ReturnType<typeof execa>, 'once' | 'stdout' | 'stderr'>,
  onCut: () => void,
): void {
  let timer: NodeJS.Timeout | undefined;
  const cut = () => {
    onCut();
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  child.once('exit', () => {
    timer = setTimeout(() => setImmediate(cut), outputGraceMs);
  });
  child.once('close', () => clearTimeout(timer));
}

const running = new Set<number>();
process.on('exit', () => {
  for (const pid of running) {
    signalGroup(pid, 'SIGTERM');
  }
});

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function stream(
  source: NodeJS.ReadableStream | null | undefined,
  listener: ((text: string) => void) | undefined,
): void {
  if (listener === undefined) {
    return;
  }
  source?.setEncoding('utf8');
  source?.on('data', listener);
}

function notStarted(program: string, code: string | undefined): Completion {
  if (code === 'ENOENT') {
    return { kind: 'not-started', reason: 'not-found', message: `no program ${program}` };
  }
  if (code === 'EACCES') {
    return {
      kind: 'not-started',
      reason: 'not-executable',
      message: `${program} is not executable`,
    };
  }
  const why = code === undefined ? '' : ` (${code})`;
  return { kind: 'not-started', reason: 'other', message: `${program} cannot be started${why}` };
}

function defined(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) {
      kept[name] = value;
    }
  }
  return kept;
}

import { spawn } from 'node:child_process';

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; null where a signal ended the process. */
  readonly status: number | null;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
  /** Where stdout and stderr go instead of the result. */
  readonly stdio?: 'inherit';
}

/** Runs a program to its end, whatever its status. Throws only where it cannot be started. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env, input, stdio }: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const output = stdio ?? 'pipe';
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      stdio: [input === undefined ? 'ignore' : 'pipe', output, output],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        status,
      });
    });
    // A program may end without reading its input.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Runs a program that must succeed; gives its stdout. */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const done = await run(command, args, options);
  if (done.status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} ended with status ${done.status}\n${done.stdout}${done.stderr}`,
    );
  }
  return done.stdout;
}

const tasks: (() => void)[] = [];

/** Does something, synchronously, when this process ends. */
export function atExit(task: () => void): void {
  if (tasks.length === 0) {
    process.once('exit', () => {
      for (const each of tasks) {
        each();
      }
    });
  }
  tasks.push(task);
}

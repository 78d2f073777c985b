import { type Completion, type Environment, runProgram } from '../process/process.js';
import { WorkFiles } from './workFiles.js';

/** The programs of this machine's apt; absolute. */
export interface AptPrograms {
  readonly get: string;
  readonly cache: string;
  readonly config: string;
  /** `2.6.1 (amd64)`. */
  readonly version: string;
}

/** How long a question may take, in milliseconds. */
const questionMs = 2 * 60_000;

/** Runs apt in directories of its own, as a user who is never root. */
export class AptRunner {
  readonly programs: AptPrograms;
  readonly work = new WorkFiles();
  readonly #env: Environment;
  readonly #signal: AbortSignal;

  constructor(programs: AptPrograms, env: Environment, signal: AbortSignal) {
    this.programs = programs;
    this.#env = env;
    this.#signal = signal;
  }

  /** @param config the file that is its whole configuration */
  run(
    program: Exclude<keyof AptPrograms, 'version'>,
    args: readonly string[],
    config: string,
    timeoutMs: number = questionMs,
  ): Promise<Completion> {
    const { http_proxy, https_proxy, no_proxy } = this.#env;
    const { user, temporary } = this.work;
    return runProgram({
      program: this.programs[program],
      args,
      // As apt finds `dpkg`, `gpgv` and the like; nothing else of the environment is passed on.
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C',
        HOME: '/nonexistent',
        TMPDIR: temporary,
        APT_CONFIG: config,
        ...{ http_proxy, https_proxy, no_proxy },
      },
      cwd: '/',
      signal: this.#signal,
      timeoutMs,
      graceMs: 2_000,
      sweep: true,
      ...(user === undefined ? {} : { user }),
    });
  }
}

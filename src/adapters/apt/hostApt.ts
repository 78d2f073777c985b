import { programAt } from '#core/files/programAt.js';
import { type Completion, type Environment, runProgram } from '../process/process.js';
import { type AptProgram, type AptRunner, aptEnvironment, questionMs } from './runApt.js';
import { WorkFiles } from './workFiles.js';

const programs: readonly AptProgram[] = ['apt-get', 'apt-cache', 'apt-config'];

/** This machine's apt; a clause where it has none. */
export async function hostApt(
  env: Environment,
  signal: AbortSignal,
): Promise<AptRunner | { readonly reason: string } | { readonly kind: 'cancelled' }> {
  const path = env.PATH ?? '';
  const found = new Map<AptProgram, string>();
  for (const name of programs) {
    const program = programAt(name, path, '/');
    if (program === undefined) {
      return { reason: 'this machine has no apt' };
    }
    found.set(name, program);
  }
  const pathOf = (name: AptProgram) => found.get(name) ?? name;
  const asked = await runProgram({
    program: pathOf('apt-get'),
    args: ['--version'],
    env: { PATH: path, LC_ALL: 'C', APT_CONFIG: '/dev/null' },
    signal,
    timeoutMs: 10_000,
  });
  if (asked.kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  const version = asked.kind === 'exited' ? /^apt (.+)$/m.exec(asked.stdout)?.[1] : undefined;
  return version === undefined
    ? { reason: 'apt of this machine does not say its version' }
    : new HostApt(pathOf, version, env, signal);
}

class HostApt implements AptRunner {
  readonly version: string;
  readonly work = new WorkFiles();
  readonly #pathOf: (program: AptProgram) => string;
  readonly #env: Environment;
  readonly #signal: AbortSignal;

  constructor(
    pathOf: (program: AptProgram) => string,
    version: string,
    env: Environment,
    signal: AbortSignal,
  ) {
    this.#pathOf = pathOf;
    this.version = version;
    this.#env = env;
    this.#signal = signal;
  }

  async of(): Promise<AptRunner> {
    return this;
  }

  run(
    program: AptProgram,
    args: readonly string[],
    config: string,
    timeoutMs: number = questionMs,
  ): Promise<Completion> {
    const { http_proxy, https_proxy, no_proxy } = this.#env;
    const { user } = this.work;
    return runProgram({
      program: this.#pathOf(program),
      args,
      env: {
        // As apt finds `dpkg`, `gpgv` and the like.
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        ...aptEnvironment(this.work, config),
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

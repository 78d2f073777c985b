import { daemonAnswers } from '../docker/detect.js';
import { completeDocker, type Docker, runDocker } from '../docker/docker.js';
import type { Completion } from '../process/process.js';
import {
  type AptProgram,
  type AptRunner,
  aptEnvironment,
  proxyVariables,
  questionMs,
} from './runApt.js';
import { WorkFiles } from './workFiles.js';

/** How long pulling an image may take, in milliseconds. */
const pullMs = 10 * 60_000;

/** The apt of images, in containers of them, for a machine that has none; undefined where no engine answers. */
export async function containerApt(
  docker: Docker,
  signal: AbortSignal,
): Promise<AptRunner | undefined> {
  return (await daemonAnswers(docker, signal))
    ? new ContainerApt({ docker, signal, work: new WorkFiles() }, undefined)
    : undefined;
}

interface Shared {
  readonly docker: Docker;
  readonly signal: AbortSignal;
  readonly work: WorkFiles;
}

/**
 * Each call is a container that is removed when it ends: as the user who owns the directories of the question, without any
 * right, on a filesystem that cannot be written, and with these directories as its only mount. The image's own
 * configuration of apt is not read there either.
 */
class ContainerApt implements AptRunner {
  // Which apt an image has is only known once it runs: what it said is kept apart from what others say.
  readonly version = 'of an image';
  readonly #shared: Shared;
  readonly #image: string | undefined;

  constructor(shared: Shared, image: string | undefined) {
    this.#shared = shared;
    this.#image = image;
  }

  get work(): WorkFiles {
    return this.#shared.work;
  }

  async of(image: string | undefined): Promise<AptRunner | { readonly reason: string }> {
    const { docker, signal } = this.#shared;
    if (image === undefined) {
      return { reason: 'this machine has no apt, and the image is in no engine and no registry' };
    }
    const known = await runDocker(docker, ['image', 'inspect', '--format', '{{.Id}}', image], {
      signal,
    });
    if (known.kind !== 'done') {
      const pulled = await runDocker(docker, ['pull', '--quiet', image], {
        signal,
        timeoutMs: pullMs,
      });
      if (pulled.kind !== 'done') {
        const why = pulled.message;
        return { reason: `this machine has no apt, and the image cannot be pulled: ${why}` };
      }
    }
    return new ContainerApt(this.#shared, image);
  }

  run(
    program: AptProgram,
    args: readonly string[],
    config: string,
    timeoutMs: number = questionMs,
  ): Promise<Completion> {
    const { docker, signal, work } = this.#shared;
    const { uid, gid } = work.user ?? {
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
    };
    const own = Object.entries(aptEnvironment(work, config));
    return completeDocker(
      docker,
      [
        ...['run', '--rm', '--init', '--pull', 'never', '--user', `${uid}:${gid}`],
        ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only'],
        ...['--mount', `type=bind,src=${work.path},dst=${work.path}`, '--workdir', '/'],
        // Values of proxies may be secret: docker takes these from its own environment.
        ...proxyVariables.flatMap((name) => (docker.env[name] ? ['--env', name] : [])),
        ...own.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...['--entrypoint', program, this.#image ?? '', ...args],
      ],
      { signal, timeoutMs },
    );
  }
}

import { randomBytes } from 'node:crypto';
// biome-ignore-start lint/style/noRestrictedImports: makes a program in a temporary directory of its own, for the container.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeDocker, type Docker, runDocker } from '#adapters/docker/docker.js';
import { normalPlatform, parsePlatform } from '#formats/dockerfile/platform.js';
import { exitingProgram } from './exitingProgram.js';

/** `unknown`: there is no program to try it with. */
export type Runs = 'yes' | 'no' | 'unknown';

/** The docker that runs and makes containers of one platform where nothing else is said. */
export function dockerFor(docker: Docker, platform: string): Docker {
  return { ...docker, env: { ...docker.env, DOCKER_DEFAULT_PLATFORM: platform } };
}

/**
 * Which platforms engines run, natively or emulated (binfmt_misc). What they say of that is their builder's, and may be
 * old, so a container of an image is made and runs a program of a few instructions: once for each platform.
 */
export class RunnablePlatforms {
  readonly #signal: AbortSignal;
  readonly #engines = new WeakMap<Docker, Map<string, Promise<Runs>>>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** `reference`: an image that is there for the platform. */
  runs(docker: Docker, platform: string, reference: string): Promise<Runs> {
    const known = this.#engines.get(docker) ?? new Map<string, Promise<Runs>>();
    this.#engines.set(docker, known);
    const name = normalPlatform(platform);
    let runs = known.get(name);
    if (runs === undefined) {
      runs = this.#try(dockerFor(docker, name), name, reference);
      known.set(name, runs);
      // An image of which no container can be made says nothing of others.
      void runs.then((answer) => answer === 'unknown' && known.delete(name));
    }
    return runs;
  }

  async #try(docker: Docker, platform: string, reference: string): Promise<Runs> {
    const bytes = exitingProgram(parsePlatform(platform)?.architecture ?? '');
    if (bytes === undefined) {
      return 'unknown';
    }
    const options = { signal: this.#signal };
    const container = `generate-bake-test-${randomBytes(6).toString('hex')}`;
    const directory = mkdtempSync(join(tmpdir(), 'generate-bake-test-'));
    const name = 'generate-bake-runs';
    try {
      const file = join(directory, name);
      writeFileSync(file, bytes);
      chmodSync(file, 0o755);
      const create = ['create', '--name', container, '--network', 'none'];
      const prepare = [
        [...create, '--entrypoint', `/${name}`, reference],
        ['cp', '--quiet', file, `${container}:/${name}`],
      ];
      for (const args of prepare) {
        if ((await runDocker(docker, args, options)).kind === 'failed') {
          return 'unknown';
        }
      }
      const started = await runDocker(docker, ['start', '--attach', container], options);
      if (this.#signal.aborted) {
        return 'unknown';
      }
      return started.kind === 'done' ? 'yes' : 'no';
    } finally {
      await completeDocker(docker, ['rm', '--force', '--volumes', container]);
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

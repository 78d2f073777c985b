import type { Docker } from '#adapters/docker/docker.js';
import type { Io } from './terminal/io.js';

/** The docker command line as this process would find it, with the builder that it names. */
export function dockerOf({ env, cwd }: Io, builder = env.BUILDX_BUILDER): Docker {
  return { program: 'docker', env, cwd, ...(builder ? { builder } : {}) };
}

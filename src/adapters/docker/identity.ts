import { type Docker, runDocker } from './docker.js';

export interface EngineIdentity {
  /** The same for everyone who uses this daemon, however it is reached. */
  readonly id: string;
  /** Where it keeps images and cache, as the daemon's own host names it. */
  readonly folder: string;
}

/** Which daemon it is. Undefined where it does not say. */
export async function engineIdentity(
  docker: Docker,
  signal: AbortSignal,
): Promise<EngineIdentity | undefined> {
  const info = await runDocker(docker, ['info', '--format', '{{.ID}}\t{{.DockerRootDir}}'], {
    signal,
  });
  if (info.kind === 'failed') {
    return undefined;
  }
  const [id = '', folder = ''] = info.value.trim().split('\t');
  return { id, folder };
}

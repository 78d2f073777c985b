import { setTimeout as sleep } from 'node:timers/promises';
import { type Docker, type DockerOutcome, runDocker } from '#adapters/docker/docker.js';
import type { BuildRequest } from './request.js';

/** How often a transfer is tried, how long each try may take, and who gets to know that it is waited for. */
export type TransferOptions = Pick<BuildRequest, 'retries' | 'transferTimeoutMs' | 'waits'>;

/** `docker pull` or `docker push`, tried again after a fault that may pass. `because`: what a person reads meanwhile. */
export async function transfer(
  docker: Docker,
  args: readonly ['pull' | 'push', ...string[]],
  because: string,
  { retries, transferTimeoutMs, waits }: TransferOptions,
  signal: AbortSignal,
): Promise<DockerOutcome<string>> {
  for (let attempt = 1; ; attempt++) {
    const wait = waits.begin(`docker ${args[0]}`);
    wait.because(because);
    const done = await runDocker(docker, args, { signal, timeoutMs: transferTimeoutMs });
    wait.end(done.kind === 'done');
    if (done.kind === 'done' || !done.transient || attempt > retries || signal.aborted) {
      return done;
    }
    await sleep(1_000 * 2 ** attempt, undefined, { signal }).catch(() => {});
  }
}

import { type Docker, runDocker } from '#adapters/docker/docker.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { repositoryOf } from '#core/reference/reference.js';
import type { Listener } from '../report/event.js';
import type { BuildOptions } from '../request.js';
import { pauseFor } from './backOff.js';

/** The `base_images` of the trees that no tree defines itself, each once. */
export function basesOf(graph: Graph, trees: Iterable<Tree>): readonly string[] {
  const own = new Set(graph.images.map((image) => image.rendered.definition.repository as string));
  const bases = [...trees].flatMap((tree) => tree.config.baseImages);
  return [...new Set(bases)].filter((base) => !own.has(repositoryOf(base)));
}

/**
 * Pulls the base images, so that nothing is built on a stale one (doc/dev/docker-pkg.md, build). One
 * that cannot be pulled stops the run: what stands under its name locally may be old.
 */
export async function refreshBases(
  docker: Docker,
  bases: readonly string[],
  { retries, transferTimeoutMs }: Pick<BuildOptions, 'retries' | 'transferTimeoutMs'>,
  listen: Listener,
  signal: AbortSignal,
): Promise<Diagnostic | undefined> {
  for (const reference of bases) {
    for (let attempt = 1; ; attempt++) {
      const pulled = await runDocker(docker, ['pull', '--quiet', reference], {
        signal,
        timeoutMs: transferTimeoutMs,
      });
      if (signal.aborted) {
        return undefined;
      }
      if (pulled.kind === 'done') {
        listen({ kind: 'base-refreshed', reference });
        break;
      }
      if (!pulled.transient || attempt > retries) {
        const why =
          pulled.reason === 'timed-out'
            ? `it did not come within ${transferTimeoutMs / 1000} s`
            : pulled.message;
        return error('base-image', `the base image ${reference} cannot be refreshed: ${why}`, {
          hint: 'see that its registry can be reached, or build on the local one with --no-pull',
        });
      }
      await pauseFor(1_000 * 2 ** attempt, signal);
    }
  }
  return undefined;
}

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
 * that cannot be pulled stops the run: the local image of that name may be old.
 */
export async function refreshBases(
  docker: Docker,
  bases: readonly string[],
  options: Pick<BuildOptions, 'retries' | 'transferTimeoutMs'>,
  listen: Listener,
  signal: AbortSignal,
): Promise<Diagnostic | undefined> {
  for (const reference of bases) {
    const why = await pullBase(docker, reference, options, signal);
    if (signal.aborted) {
      return undefined;
    }
    if (why !== undefined) {
      return error('base-image', `cannot refresh the base image ${reference}: ${why}`, {
        hint: 'check that its registry can be reached, or use the local image with --no-pull',
      });
    }
    listen({ kind: 'base-refreshed', reference });
  }
  return undefined;
}

/** Why a base cannot be pulled, after all retries; undefined where it was pulled, or cancelled. */
async function pullBase(
  docker: Docker,
  reference: string,
  { retries, transferTimeoutMs }: Pick<BuildOptions, 'retries' | 'transferTimeoutMs'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const pulled = await runDocker(docker, ['pull', '--quiet', reference], {
      signal,
      timeoutMs: transferTimeoutMs,
    });
    if (pulled.kind === 'done' || signal.aborted) {
      return undefined;
    }
    if (!pulled.transient || attempt > retries) {
      return pulled.reason === 'timed-out'
        ? `it took longer than ${transferTimeoutMs / 1000} s`
        : pulled.message;
    }
    await pauseFor(1_000 * 2 ** attempt, signal);
  }
}

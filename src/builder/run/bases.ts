import type { Docker, DockerFailure } from '#adapters/docker/docker.js';
import type { ExternalReference, Graph } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { contextKey, parseReference, repositoryOf } from '#core/reference/reference.js';
import type { Refusal } from '../refusal.js';
import type { Listener } from '../report/event.js';
import type { BuildOptions } from '../request.js';
import { type TransferOptions, transfer } from '../transfer.js';

/**
 * The `base_images` of the trees that no tree defines itself, each once and as it is read (`pull_through`),
 * with the images of `building` that name it in their Dockerfiles: no other base is needed.
 */
export function basesOf(
  graph: Graph,
  building: ReadonlySet<Reference>,
): ReadonlyMap<string, readonly Reference[]> {
  const names = registryNamesOf(graph);
  const own = new Set(
    graph.images.map(({ rendered }) => names.canonical(rendered.definition.repository)),
  );
  const users = new Map<string, Reference[]>();
  for (const { reference, rendered, externals } of graph.images) {
    if (!building.has(reference)) {
      continue;
    }
    const named = new Map<string, ExternalReference>();
    for (const external of externals) {
      named.set(names.canonical(external.key), external);
      named.set(external.key, external);
    }
    const { baseImages, pullThrough } = rendered.definition.tree.config;
    for (const base of new Set(baseImages)) {
      const key = keyOf(base);
      // Under another name of its registry it is the Dockerfile's that is built on.
      const external = named.get(key) ?? named.get(names.canonical(key));
      if (external === undefined || own.has(names.canonical(repositoryOf(base)))) {
        continue;
      }
      const used = external.key === key ? base : external.written;
      const isMirrored = external.isStage !== true;
      addTo(users, (isMirrored && pullThrough?.read(used)) || used, reference);
    }
  }
  return users;
}

/** As a Dockerfile's references are compared; the base itself where it is no reference. */
function keyOf(base: string): string {
  const parsed = parseReference(base);
  return parsed.kind === 'reference' ? contextKey(parsed) : base;
}

export type Refreshing =
  /** The images whose bases could not be had: the local image of that name may be old. */
  | { readonly kind: 'done'; readonly refused: ReadonlyMap<Reference, Refusal> }
  | { readonly kind: 'engine-lost'; readonly message: string };

/** Pulls base images, so that nothing is built on a stale one (doc/dev/docker-pkg.md, build). */
export async function refreshBases(
  docker: Docker,
  bases: ReadonlyMap<string, readonly Reference[]>,
  options: TransferOptions,
  listen: Listener,
  signal: AbortSignal,
): Promise<Refreshing> {
  const refused = new Map<Reference, Refusal>();
  for (const [base, users] of bases) {
    const failure = await pullBase(docker, base, options, signal);
    if (signal.aborted) {
      break;
    }
    if (failure === undefined) {
      listen({ kind: 'base-refreshed', reference: base });
      continue;
    }
    if (failure.reason === 'engine-lost' || failure.reason === 'not-started') {
      return { kind: 'engine-lost', message: failure.message };
    }
    const reason = `cannot refresh the base image ${base}: ${whyNotPulled(failure, options)}`;
    const hint = 'check that its registry can be reached, or use the local image with --no-pull';
    for (const user of users) {
      refused.set(user, { during: 'base', reason, hint });
    }
  }
  return { kind: 'done', refused };
}

function whyNotPulled(
  { reason, message }: DockerFailure,
  { transferTimeoutMs }: Pick<BuildOptions, 'transferTimeoutMs'>,
): string {
  return reason === 'timed-out' ? `it took longer than ${transferTimeoutMs / 1000} s` : message;
}

/** Why a base cannot be pulled, after all retries; undefined where it was pulled, or cancelled. */
async function pullBase(
  docker: Docker,
  reference: string,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<DockerFailure | undefined> {
  const because = `docker pulls ${reference}`;
  const pulled = await transfer(docker, ['pull', '--quiet', reference], because, options, signal);
  return pulled.kind === 'done' || signal.aborted ? undefined : pulled;
}

import { setMaxListeners } from 'node:events';
import type { Docker, DockerFailure } from '#adapters/docker/docker.js';
import { inspectImages } from '#adapters/docker/images.js';
import type { OutsideImage } from '#compiler/plan/options.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import { type Prepared, toBuild } from '#fleet/status/prepare.js';
import type { OpenedBuild } from '../opened.js';
import type { PoolBuilder } from '../pool.js';
import type { BuildLogin } from '../publish/login.js';
import type { Refusal } from '../refusal.js';
import type { Staging } from '../staging/staging.js';
import type { Builder } from './builders.js';

/** At least one. */
type Builders = readonly [Builder, ...Builder[]];

/** The builders of the run: those that the user names, or the one engine. */
export async function buildersOf(
  { request, opened, identity }: OpenedBuild,
  prepared: Prepared,
  { env }: BuildLogin,
  withLogins: Docker,
): Promise<{ kind: 'opened'; builders: Builders } | DockerFailure> {
  const { engine, pool } = opened;
  const { bakeArgs, signal } = request;
  const only: Builder = {
    name: engine.builder.name,
    docker: withLogins,
    engine,
    home: withLogins,
    bakeArgs: engine.sharesImages ? bakeArgs : ['--load', ...bakeArgs],
    before: prepared.local,
    ...(identity === undefined ? {} : { folder: identity.folder }),
  };
  if (pool === undefined) {
    return { kind: 'opened', builders: [only] };
  }
  const building = toBuild(prepared.decisions).map(({ reference }) => reference);
  const opening = await openBuilders({ pool, env, bakeArgs, building, signal });
  if (opening.kind === 'failed') {
    return opening;
  }
  const [first = only, ...others] = opening.builders;
  return { kind: 'opened', builders: [first, ...others] };
}

interface BuildersInput {
  readonly pool: readonly PoolBuilder[];
  /** What docker is run with on top of its environment: the logins. */
  readonly env: Docker['env'];
  /** Passed on to bake. */
  readonly bakeArgs: readonly string[];
  /** The images that are built. */
  readonly building: readonly Reference[];
  readonly signal: AbortSignal;
}

/** The builders of a run, with the images that their engines have of what is built. */
async function openBuilders({
  pool,
  env,
  bakeArgs,
  building,
  signal,
}: BuildersInput): Promise<
  { readonly kind: 'opened'; readonly builders: readonly Builder[] } | DockerFailure
> {
  const builders: Builder[] = [];
  const mortal = (one: Docker, gone?: AbortSignal): Docker => ({
    ...one,
    env: { ...one.env, ...env },
    ...(gone === undefined ? {} : { gone }),
  });
  // Every command that runs there listens to it.
  const ends = pool.map(() => new AbortController());
  for (const { signal: gone } of ends) {
    setMaxListeners(0, gone);
  }
  // One engine is one value, by which it is known as lost. That of a buildx builder is not lost with the builder.
  const homes = new Map(
    pool.flatMap(({ docker, home }, at) =>
      docker === home ? [[home, mortal(home, ends[at]?.signal)] as const] : [],
    ),
  );
  const homeOf = (engine: Docker): Docker => {
    const home = homes.get(engine) ?? mortal(engine);
    homes.set(engine, home);
    return home;
  };
  // Each engine is asked once, all at the same time.
  const asked = new Map<Docker, ReturnType<typeof inspectImages>>();
  const imagesOn = (home: Docker): ReturnType<typeof inspectImages> => {
    const images = asked.get(home) ?? inspectImages(home, building, { signal });
    asked.set(home, images);
    return images;
  };
  const members = pool.map(({ home: engine, ...one }) => {
    const home = engine && homeOf(engine);
    return { ...one, home, images: home && imagesOn(home) };
  });
  await Promise.all(asked.values());
  for (const [at, { name, docker, engine, home, images, identity }] of members.entries()) {
    const end = ends[at] ?? new AbortController();
    const found = await images;
    if (found?.kind === 'failed') {
      return found;
    }
    builders.push({
      name,
      docker: mortal(docker, end.signal),
      engine,
      ...(home === undefined ? {} : { home }),
      bakeArgs,
      ...(engine.sharesImages ? {} : ({ pushes: true } as const)),
      before: found?.value ?? new Map(),
      ...(identity === undefined ? {} : { folder: identity.folder }),
      abandon: (reason) => end.abort(reason),
    });
  }
  return { kind: 'opened', builders };
}

/**
 * Pushes to staging what is local to one engine, and needed by others: parents that are not published and not built.
 * Gives the images that cannot be built where that fails.
 */
export async function stageLocals(
  staging: Staging,
  from: Docker,
  graph: Graph,
  outside: Map<Reference, OutsideImage>,
): Promise<ReadonlyMap<Reference, Refusal>> {
  const refused = new Map<Reference, Refusal>();
  const locals = [...outside.values()].filter(({ digest }) => digest === undefined);
  for (const { reference, id } of locals) {
    const pushed = id === undefined ? undefined : await staging.push(from, reference, id);
    if (pushed?.kind === 'staged') {
      outside.set(reference, { reference, digest: pushed.digest, at: pushed.name });
      continue;
    }
    const why = pushed === undefined ? 'it is not known' : pushed.reason;
    for (const { reference: child, parents } of graph.images) {
      if (parents.some(({ parent }) => parent === reference)) {
        const reason = `the other builders cannot have its parent ${reference}: ${why}`;
        refused.set(child, { during: 'base', reason, hint: 'check the staging repository' });
      }
    }
  }
  return refused;
}

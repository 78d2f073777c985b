import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { Journal } from '#builder/publish/journal.js';
import { latestModeOf } from '#compiler/definitions/definition.js';
import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { heldBy } from '#compiler/select/heldBy.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { addTo } from '#core/data/groups.js';
import type { Repository } from '#core/reference/brands.js';
import { heldAt } from '#fleet/holds/mark.js';
import { carryOut, preparePromotion } from './promote.js';
import type { MovedLatest } from './readReport.js';

export interface TakeBackRequest {
  readonly graph: Graph;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** What the run moved. */
  readonly moved: readonly MovedLatest[];
  readonly dryRun: boolean;
  readonly stateDirectory: string;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What became of one `latest` that a run had moved. */
export type TakenBack = { readonly moved: MovedLatest } & (
  | { readonly kind: 'back' | 'already'; readonly to: string }
  /** It stays where it is. */
  | { readonly kind: 'left'; readonly reason: string }
);

/**
 * Takes the `latest` of a whole run back to what it was before, and holds each there; in the order of the
 * report. One that somebody moved since, or that has a fault, stays where it is.
 */
export async function takeBack(request: TakeBackRequest): Promise<readonly TakenBack[]> {
  const { moved, signal } = request;
  const targets = targetsOf(request);
  const results = new Map<MovedLatest, TakenBack>();
  const groups = new Map<RegistryAccess, (readonly [MovedLatest, Target])[]>();
  for (const one of moved) {
    const target = targets(one);
    if ('reason' in target) {
      results.set(one, { moved: one, kind: 'left', reason: target.reason });
    } else {
      addTo(groups, target.access, [one, target] as const);
    }
  }
  await Promise.all(
    [...groups].map(async ([access, group]) => {
      const registry = new Registry(access, { signal });
      try {
        await eachOf(group, access.workers, async ([one, target]) => {
          results.set(one, await takeOneBack(request, registry, one, target));
        });
      } finally {
        registry.close();
      }
    }),
  );
  return moved.flatMap((one) => results.get(one) ?? []);
}

interface Target {
  readonly repository: Repository;
  readonly access: RegistryAccess;
  /** A hold of the workspace file keeps `latest` as well. */
  readonly isHeldOtherwise: boolean;
}

/** Finds the image of a repository: sound or broken, under any name of its registry. */
function targetsOf({
  graph,
  accesses,
  now,
}: TakeBackRequest): (moved: MovedLatest) => Target | { readonly reason: string } {
  const names = registryNamesOf(graph);
  const images = new Map(
    inOrder(graph).flatMap(({ sound, broken }) => {
      const image = sound?.rendered.definition ?? broken?.image;
      return image?.repository === undefined
        ? []
        : [
            [
              names.canonical(image.repository),
              { ...image, repository: image.repository },
            ] as const,
          ];
    }),
  );
  return ({ repository, before }) => {
    const image = images.get(names.canonical(repository));
    if (image === undefined) {
      return { reason: 'no image of the trees has this repository' };
    }
    if (before === null) {
      return { reason: 'there was no latest before, and nothing in a registry is removed' };
    }
    const access = accesses.get(image.tree);
    if (access === undefined) {
      return { reason: `the tree ${image.tree.name} has no registry` };
    }
    if (latestModeOf(image) === 'never') {
      return { reason: 'latest = "never"' };
    }
    const isHeldOtherwise = heldBy(image, 'latest', { now }) !== undefined;
    return { repository: image.repository, access: access.push ?? access, isHeldOtherwise };
  };
}

async function takeOneBack(
  { dryRun, stateDirectory, signal }: TakeBackRequest,
  registry: Registry,
  moved: MovedLatest,
  { repository, access, isHeldOtherwise }: Target,
): Promise<TakenBack> {
  const left = (reason: string): TakenBack => ({ moved, kind: 'left', reason });
  if (moved.before === null || signal.aborted) {
    return left('cancelled');
  }
  const to = heldAt(moved.before);
  const promotion = await preparePromotion(registry, repository, moved.before.digest);
  switch (promotion.kind) {
    case 'absent':
      return left(`${to} is not in the registry any more`);
    case 'unknown':
      return left(promotion.reason);
    case 'ready':
      if (promotion.former?.digest !== moved.digest) {
        const now = promotion.former?.digest ?? 'nothing';
        return left(`it was moved since the run: it is ${now}`);
      }
      break;
    case 'already':
  }
  const kind = promotion.kind === 'ready' ? 'back' : 'already';
  if (dryRun) {
    return { moved, kind, to };
  }
  if (signal.aborted) {
    return left('cancelled');
  }
  const { manifest } = promotion;
  const options = { mark: 'hold', isHeldOtherwise } as const;
  const done = await carryOut(registry, { repository, manifest }, options);
  if (done.kind === 'failed') {
    return left(done.reason);
  }
  new Journal(stateDirectory, access.host).settle(repository);
  return { moved, kind, to };
}

import type { ConfigCache } from '#adapters/registry/configCache.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askStates } from '#adapters/registry/state.js';
import { Journal } from '#builder/publish/journal.js';
import { latestModeOf } from '#compiler/definitions/definition.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { heldBy } from '#compiler/select/heldBy.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { tagProblem } from '#core/reference/legal.js';
import { didYouMean } from '#core/text/suggest.js';
import { heldTag } from '#fleet/holds/mark.js';
import { compareVersions } from '#formats/debian/version.js';
import { findRepository, type NamedRepository } from '../update/names.js';
import { type BuiltOn, builtOn, descendants } from './builtOn.js';
import { type CarriedOut, carryOut, type Promotion, preparePromotion } from './promote.js';
import { type VersionBelow, versionBelow } from './versionBelow.js';

export interface PromotionRequest {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** The image's name. */
  readonly name: string;
  /** Absent, for a rollback: the newest published one below what `latest` is at. */
  readonly version?: string;
  /** Whether only versions below what `latest` is at are meant. */
  readonly isRollback: boolean;
  readonly dryRun: boolean;
  /** The moment that holds of the workspace file are looked at. */
  readonly now: Date;
  readonly stateDirectory: string;
  readonly cache: ConfigCache;
  readonly signal: AbortSignal;
}

/** A promotion before `latest` is moved: from what to what, and who holds what is taken back. */
export interface Move {
  readonly image: NamedRepository;
  /** Its definition is broken: that hinders no rollback. */
  readonly isBroken: boolean;
  readonly promotion: ReadyPromotion;
  /** Whether `latest` is held there: the version is not the one of the definition. */
  readonly isHold: boolean;
  /** Published images that hold the image that `latest` named. */
  readonly builtOn: readonly BuiltOn[];
  /** How many images could not be asked what they are built on. */
  readonly unread: number;
}

export type PromotionEnding =
  | { readonly kind: 'moved'; readonly move: Move }
  | { readonly kind: 'dry-run' }
  /** Whoever was asked did not want it. */
  | { readonly kind: 'declined' }
  /** `latest` names the version already. */
  | {
      readonly kind: 'already';
      readonly image: NamedRepository;
      readonly version: string;
      readonly digest: Digest;
      readonly isHold: boolean;
    }
  | { readonly kind: 'wrong' | 'unusable'; readonly problem: Diagnostic }
  | { readonly kind: 'cancelled' };

type ReadyPromotion = Extract<Promotion, { kind: 'ready' }>;

/**
 * Moves `latest` of one image to a published version. `announce` is called before anything is
 * changed, and says whether it is to be. Errors: no such image or version, no registry, a registry that does not answer
 * or takes no mark.
 */
export async function runPromotion(
  request: PromotionRequest,
  announce: (move: Move) => Promise<boolean>,
): Promise<PromotionEnding> {
  const target = targetOf(request);
  if (target.kind === 'wrong') {
    return target;
  }
  const registry = new Registry(target.access, { signal: request.signal });
  try {
    const { repository } = target.image;
    const found: VersionBelow =
      request.isRollback || request.version === undefined
        ? await versionBelow(registry, repository, request.version)
        : { kind: 'found', version: request.version };
    switch (found.kind) {
      case 'found':
        return await promoteTo(request, { registry, target, version: found.version }, announce);
      case 'none':
        return { kind: 'wrong', problem: registryProblem(found.code, found) };
      case 'unknown':
        return request.signal.aborted
          ? { kind: 'cancelled' }
          : { kind: 'unusable', problem: registryProblem('registry', found) };
    }
  } finally {
    registry.close();
  }
}

async function promoteTo(
  request: PromotionRequest,
  {
    registry,
    target,
    version,
  }: { readonly registry: Registry; readonly target: LatestMove; readonly version: string },
  announce: (move: Move) => Promise<boolean>,
): Promise<PromotionEnding> {
  const { image, isBroken } = target;
  const { dryRun, signal } = request;
  const { repository } = image;
  // Anything but what the trees say would look owed to the next build.
  const isHold = image.version !== version;
  const isHeldOtherwise = heldBy(image, 'latest', { now: request.now }) !== undefined;
  const marking = { mark: isHold ? 'hold' : 'release', isHeldOtherwise } as const;
  const promotion = await preparePromotion(registry, repository, version);
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  switch (promotion.kind) {
    case 'ready':
      break;
    case 'already':
      if (!dryRun) {
        settle(request, target);
        const { manifest } = promotion;
        const marked = await carryOut(registry, { repository, manifest }, marking);
        if (marked.kind === 'failed') {
          return { kind: 'unusable', problem: notMoved(image, marked) };
        }
      }
      return { kind: 'already', image, version, digest: promotion.digest, isHold };
    case 'absent':
      return {
        kind: 'wrong',
        problem: notPublished(repository, version, promotion, hasOrder(request, repository)),
      };
    case 'unknown':
      return { kind: 'unusable', problem: registryProblem('registry', promotion) };
  }
  const on = await holdersOf(request, promotion, image);
  const move = { image, isBroken, promotion, isHold, ...on };
  const isWanted = await announce(move);
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  if (dryRun) {
    return { kind: 'dry-run' };
  }
  if (!isWanted) {
    return { kind: 'declined' };
  }
  const put = await carryOut(registry, promotion, marking);
  if (put.kind === 'failed') {
    return signal.aborted
      ? { kind: 'cancelled' }
      : { kind: 'unusable', problem: notMoved(image, put) };
  }
  settle(request, target);
  return { kind: 'moved', move };
}

function notMoved(
  { name, repository }: NamedRepository,
  { reason, hint, unmarked }: Extract<CarriedOut, { kind: 'failed' }>,
): Diagnostic {
  const instead = `hold it in the workspace file first: generate-bake hold ${name} --stops latest --reason TEXT`;
  const advice = unmarked === true ? instead : hint;
  return registryProblem('promote-failed', {
    reason: `${repository}:latest was not moved: ${reason}`,
    ...(advice === undefined ? {} : { hint: advice }),
  });
}

interface LatestMove {
  readonly kind: 'target';
  readonly image: NamedRepository;
  readonly isBroken: boolean;
  readonly access: RegistryAccess;
}

function targetOf({
  graph,
  selected,
  accesses,
  name,
  version,
}: PromotionRequest): LatestMove | { readonly kind: 'wrong'; readonly problem: Diagnostic } {
  const named = findRepository(graph, name, selected);
  if (named.kind === 'wrong') {
    return named;
  }
  const illegal = version === undefined ? undefined : tagProblem(version);
  if (illegal !== undefined) {
    const problem = error('promote-version', illegal.message, { hint: illegal.hint });
    return { kind: 'wrong', problem };
  }
  if (version === 'latest' || version === heldTag) {
    const message = `${version} is not a version: it is moved`;
    const hint = `name the version that latest is to be, such as ${named.image.version ?? '1.2.3'}`;
    return { kind: 'wrong', problem: error('promote-version', message, { hint }) };
  }
  const { image, isBroken } = named;
  const { tree } = image;
  const access = accesses.get(tree);
  if (access === undefined) {
    const message = `the tree ${tree.name} has no registry, so none of its images is published`;
    const hint = 'set registry in its configuration';
    return { kind: 'wrong', problem: error('no-registry', message, { hint }) };
  }
  if (latestModeOf(image) === 'never') {
    const message = `latest of ${image.name} is never moved: latest = "never"`;
    const hint = 'remove that key, or write "manual"';
    return { kind: 'wrong', problem: error('promote-never', message, { hint }) };
  }
  return { kind: 'target', image, isBroken, access: access.push ?? access };
}

/** A move that an interrupted build still owes must not undo this one. */
function settle({ stateDirectory }: PromotionRequest, { image, access }: LatestMove): void {
  new Journal(stateDirectory, access.host).settle(image.repository);
}

function registryProblem(
  code: DiagnosticCode,
  { reason, hint }: { readonly reason: string; readonly hint?: string },
): Diagnostic {
  return error(code, reason, hint === undefined ? {} : { hint });
}

/** Whether the versions of an image have an order: computed ones have none. */
function hasOrder({ graph }: PromotionRequest, repository: string): boolean {
  return !graph.images.some(
    ({ rendered: { definition } }) =>
      definition.repository === repository && definition.computed !== undefined,
  );
}

function notPublished(
  repository: string,
  version: string,
  { published }: Extract<Promotion, { kind: 'absent' }>,
  isOrdered: boolean,
): Diagnostic {
  if (published.length === 0) {
    return error('promote-absent', `no version of ${repository} has been published yet`);
  }
  const sorted = isOrdered ? [...published].sort((a, b) => compareVersions(b, a)) : published;
  const newest = sorted.slice(0, 5);
  const near = didYouMean(version, published);
  const some = `published are ${newest.join(', ')}${published.length > newest.length ? ', …' : ''}`;
  const hint = near === undefined ? some : `${near} ${some}`;
  return error('promote-absent', `${repository}:${version} is not published`, { hint });
}

/** The published images that hold the one that is taken back. */
async function holdersOf(
  { graph, accesses, cache, signal }: PromotionRequest,
  { former }: ReadyPromotion,
  { reference: root }: NamedRepository,
): Promise<Pick<Move, 'builtOn' | 'unread'>> {
  // Nothing can name an image without a version.
  if (former === undefined || root === undefined) {
    return { builtOn: [], unread: 0 };
  }
  const below = descendants(graph, root);
  const states = await askStates(
    below.map(({ reference, rendered: { definition } }) => ({
      reference,
      repository: definition.repository,
      version: definition.version,
      access: accesses.get(definition.tree),
    })),
    { signal, cache },
  );
  const candidates = below.flatMap((each) => {
    const state = states.get(each.reference);
    return state === undefined ? [] : [{ image: each, state }];
  });
  return {
    builtOn: builtOn(former, candidates, graph, root),
    unread: candidates.filter(({ state }) => state.kind === 'unknown').length,
  };
}

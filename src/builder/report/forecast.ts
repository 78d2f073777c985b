import { type ImageDefinition, latestModeOf } from '#compiler/definitions/definition.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Reference } from '#core/reference/brands.js';
import type { OpenRegistries } from '#fleet/registries.js';
import type { Decision } from '#fleet/status/decide.js';
import { needsNothing } from '#fleet/status/overview.js';
import { isLatestHeld, shown } from '#fleet/status/summary.js';
import { noEngine } from '../noEngine.js';
import type { BuildRequest } from '../request.js';
import { unpublishedFor, whyUnpublished } from '../unpublished.js';

/** What a build would do, if nothing fails. Every decision is in one place. */
export interface Forecast {
  /** To be built, parents first, by why they would not be published. */
  readonly built: readonly ForecastGroup[];
  /** No engine answers, so that nothing of it would be tested; absent: one does. */
  readonly untested?: true;
  /** Built already: only to be tested and published. */
  readonly finished: readonly Decision[];
  /** To how many of what is published `latest` would be moved. */
  readonly latest: number;
  /** Those whose `latest` a hold keeps from being moved. */
  readonly latestHeld: readonly Decision[];
  /** Published ones that lack tags. */
  readonly tagged: readonly Decision[];
  /** What would be built, and cannot be, or may not be. */
  readonly stopped: readonly Decision[];
  /** What is left as it is, though there is something to say of it. */
  readonly kept: readonly Decision[];
  /** What needs nothing. */
  readonly settled: readonly Decision[];
  /** Of these, and of what is left as it is, how many are built and not published, by why that is so. */
  readonly unpublished: ReadonlyMap<string, number>;
}

interface ForecastGroup {
  /** Absent: they are published once they have passed. */
  readonly unpublished?: string;
  /** There is no registry to publish to. */
  readonly isLocal: boolean;
  readonly decisions: readonly Decision[];
}

export interface ForecastInput {
  readonly request: Pick<BuildRequest, 'graph' | 'publish' | 'latest' | 'selected'>;
  readonly registries: OpenRegistries;
  /** The trees that would be published if an engine answered; absent: one does. */
  readonly awaitsEngine?: ReadonlySet<Tree>;
}

/**
 * What a build would do. Pure.
 *
 * @param unplanned images that would be built and cannot be planned: they are reported otherwise
 */
export function forecast(
  { request, registries, awaitsEngine }: ForecastInput,
  decisions: readonly Decision[],
  unplanned: ReadonlySet<Reference> = new Set(),
): Forecast {
  const { graph, publish, latest, selected } = request;
  const unshared = withheld(graph);
  const groups = new Map<string, ForecastGroup & { readonly decisions: Decision[] }>();
  const definitionOf = (reference: Reference): ImageDefinition | undefined =>
    graph.byReference.get(reference)?.rendered.definition;
  const movesLatest = ({ reference, hold, held }: Decision): boolean => {
    const definition = definitionOf(reference);
    const isFree = held === undefined && hold?.stop !== 'latest';
    return latest !== 'never' && definition !== undefined && isFree
      ? latestModeOf(definition) === 'auto'
      : false;
  };
  const published: Decision[] = [];
  const finished: Decision[] = [];
  const tagged: Decision[] = [];
  const stopped: Decision[] = [];
  const kept: Decision[] = [];
  const settled: Decision[] = [];
  for (const decision of shown(decisions, selected)) {
    const { reference, action, heldBack, owed = [] } = decision;
    switch (action) {
      case 'build': {
        const tree = definitionOf(reference)?.tree;
        if (unplanned.has(reference) || tree === undefined) {
          break;
        }
        const isLocal = !registries.accesses.has(tree);
        const isAwaiting = awaitsEngine?.has(tree) === true;
        const why = isAwaiting
          ? noEngine
          : isLocal
            ? undefined
            : whyUnpublished(tree, publish, registries);
        const others = isLocal ? undefined : (unshared.get(reference) ?? heldBack);
        const reasons = [why, others].filter((one) => one !== undefined);
        const unpublished = reasons.length === 0 ? undefined : reasons.join('; ');
        const key = JSON.stringify([isLocal, unpublished]);
        const group = groups.get(key) ?? {
          ...(unpublished === undefined ? {} : { unpublished }),
          isLocal,
          decisions: [],
        };
        group.decisions.push(decision);
        groups.set(key, group);
        if (unpublished === undefined && !isLocal) {
          published.push(decision);
        }
        break;
      }
      case 'finish':
        finished.push(decision);
        break;
      case 'stop':
      case 'fail':
      case 'held':
      case 'blocked':
        stopped.push(decision);
        break;
      case 'use':
      case 'skip':
        if (owed.length > 0) {
          tagged.push(decision);
        } else if (needsNothing(decision)) {
          settled.push(decision);
        } else {
          kept.push(decision);
        }
    }
  }
  return {
    built: [...groups.values()],
    ...(awaitsEngine === undefined ? {} : { untested: true as const }),
    finished,
    latest: [...published, ...finished.filter(({ isOnlyTested }) => !isOnlyTested)].filter(
      movesLatest,
    ).length,
    // What is left as it is has the hold among its reasons.
    latestHeld: shown(decisions, selected).filter(
      (decision) => isLatestHeld(decision) && !kept.includes(decision),
    ),
    tagged,
    stopped,
    kept,
    settled,
    unpublished: unpublishedFor(
      { request, registries },
      [...settled, ...kept]
        .filter(({ state }) => state === 'local')
        .map(({ reference }) => reference),
    ),
  };
}

import { addressOf } from '#adapters/registry/address.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type AskOptions, askStates } from '#adapters/registry/state.js';
import { type Graph, inOrder, type ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { parseReference } from '#core/reference/reference.js';
import type { Reason } from '../reasons/reason.js';
import type { Decision } from '../status/decide.js';
import type { Facts } from '../status/facts.js';

interface BasesInput {
  readonly graph: Graph;
  readonly facts: ReadonlyMap<Reference, Facts>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly ask: AskOptions;
}

/**
 * The decisions, with the bases from outside of the trees that moved since what is published was built:
 * the layers of what is kept do not begin with theirs any more. Asks for each base once, and only for those in
 * a registry of the trees; a base by digest cannot move.
 */
export async function withMovedBases(
  decisions: readonly Decision[],
  { graph, facts, accesses, ask }: BasesInput,
): Promise<readonly Decision[]> {
  const bases = new Map<Reference, AskedBase>();
  const own = new Set(inOrder(graph).map(({ reference }) => reference));
  for (const { reference, state } of decisions) {
    const image = graph.byReference.get(reference);
    const root = image && rootBase(graph, image);
    // Of a broken image of the trees nobody knows what it starts from.
    const isOutside = root !== undefined && !own.has(root as Reference);
    const base = isOutside ? askedBase(root, accesses) : undefined;
    // One that drifted may have got another base.
    if (base !== undefined && state === 'published') {
      bases.set(reference, base);
    }
  }
  const states = await askStates([...bases.values()], ask);
  return decisions.map((decision) => {
    const base = bases.get(decision.reference);
    const now = base && states.get(base.reference);
    const built = facts.get(decision.reference)?.registry;
    const isKnown =
      now?.kind === 'published' &&
      now.config.known &&
      built?.kind === 'published' &&
      built.config.known;
    if (base === undefined || !isKnown) {
      return decision;
    }
    const { layers } = built.config.value;
    const isOnIt = now.config.value.layers.every((layer, at) => layers[at] === layer);
    const moved: Reason = { kind: 'base-moved', base: base.reference, to: now.digest };
    return isOnIt ? decision : { ...decision, reasons: [...(decision.reasons ?? []), moved] };
  });
}

/** What the final stage of an image starts from in the end, as far as images of the trees are sound. */
function rootBase(graph: Graph, image: ResolvedImage): string {
  let at: ResolvedImage | undefined = image;
  let { base } = image;
  while (at !== undefined) {
    ({ base } = at);
    at = graph.byReference.get(base as Reference);
  }
  return base;
}

interface AskedBase {
  readonly reference: Reference;
  readonly repository: Repository;
  readonly version: string;
  readonly access: RegistryAccess;
}

function askedBase(
  base: string,
  accesses: ReadonlyMap<Tree, RegistryAccess>,
): AskedBase | undefined {
  const parsed = parseReference(base);
  if (base === 'scratch' || parsed.kind === 'problem' || parsed.digest !== undefined) {
    return undefined;
  }
  const { domain, path, tag: version = 'latest' } = parsed;
  const repository = `${domain}/${path}` as Repository;
  const host = addressOf(repository)?.host;
  const access = [...accesses.values()].find((each) => each.host === host);
  return access && { reference: base as Reference, repository, version, access };
}

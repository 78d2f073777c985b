import { addressOf } from '#adapters/registry/address.js';
import { platformLayers } from '#adapters/registry/platformLayers.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { type AskOptions, askStates, type RegistryState } from '#adapters/registry/state.js';
import { type Graph, inOrder, type ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
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
 * the layers of what is kept do not begin with theirs any more; or that nobody could say this of. Asks for each base
 * once, and only for those in a registry of the trees; a base by digest cannot move.
 */
export async function withMovedBases(
  decisions: readonly Decision[],
  { graph, facts, accesses, ask }: BasesInput,
): Promise<readonly Decision[]> {
  const bases = new Map<Reference, { readonly asked: AskedBase; readonly start: ResolvedImage }>();
  const own = new Set(inOrder(graph).map(({ reference }) => reference));
  for (const { reference, state } of decisions) {
    const image = graph.byReference.get(reference);
    const start = image && startOf(graph, image);
    // Of a broken image of the trees nobody knows what it starts from.
    const isOutside = start !== undefined && !own.has(start.base as Reference);
    const asked = isOutside ? askedBase(start.base, accesses) : undefined;
    // One that drifted may have got another base.
    if (start !== undefined && asked !== undefined && state === 'published') {
      bases.set(reference, { asked, start });
    }
  }
  const each = new Map([...bases.values()].map(({ asked }) => [asked.reference, asked]));
  const states = await askStates([...each.values()], ask);
  const known = await layersOfBases([...each.values()], states, ask);
  return decisions.map((decision) => {
    const base = bases.get(decision.reference);
    const now = base && states.get(base.asked.reference);
    const layers = layersOf(facts.get(decision.reference)?.registry);
    // What the labels of an image cannot say of it is said already.
    if (base === undefined || now === undefined || layers === undefined) {
      return decision;
    }
    const { start } = base;
    const parent = start.reference === decision.reference ? {} : { parent: start.reference };
    const where = { base: base.asked.reference, ...parent };
    const reasons = decision.reasons ?? [];
    const newLayers = known.get(base.asked.reference);
    if (now.kind !== 'published' || newLayers === undefined || 'problem' in newLayers) {
      const problem = newLayers && 'problem' in newLayers ? newLayers.problem : problemOf(now);
      const unknown: Reason = { kind: 'base-unknown', ...where, problem };
      return { ...decision, reasons: [...reasons, unknown] };
    }
    if (isOn(layers, newLayers)) {
      return decision;
    }
    const moved: Reason = { kind: 'base-moved', ...where, to: now.digest };
    // Where its parent is on the new base already, only the image itself is left behind.
    const parents = layersOf(facts.get(start.reference)?.registry);
    const isBehind = parents === undefined || !isOn(parents, newLayers);
    const behind = isBehind ? start : graph.byReference.get(decision.reference);
    const hint = decision.hint ?? (behind && updateHint(behind));
    return { ...decision, reasons: [...reasons, moved], ...(hint === undefined ? {} : { hint }) };
  });
}

function layersOf(state: RegistryState | undefined): readonly Digest[] | undefined {
  return state?.kind === 'published' && state.config.known ? state.config.value.layers : undefined;
}

type Layers = readonly Digest[];

/** Whether an image begins with the layers of its base, for one of its platforms. */
function isOn(layers: Layers, base: readonly Layers[]): boolean {
  return base.some((of) => of.every((layer, at) => layers[at] === layer));
}

/** What each base is made of, for each of its platforms: which one an image was built on, no label says. */
async function layersOfBases(
  bases: readonly AskedBase[],
  states: ReadonlyMap<Reference, RegistryState>,
  ask: AskOptions,
): Promise<ReadonlyMap<Reference, readonly Layers[] | { readonly problem: string }>> {
  const known = new Map<Reference, readonly Layers[] | { readonly problem: string }>();
  for (const { reference, repository, access } of bases) {
    const state = states.get(reference);
    const first = layersOf(state);
    if (state?.kind !== 'published' || first === undefined) {
      continue;
    }
    if (!isIndex.test(state.mediaType)) {
      known.set(reference, [first]);
      continue;
    }
    const registry = new Registry(access, ask);
    try {
      const all = await platformLayers(registry, repository, state.digest);
      const problem = all.ok ? '' : registry.explain(all.fault).reason;
      known.set(reference, all.ok ? all.value : { problem });
    } finally {
      registry.close();
    }
  }
  return known;
}

const isIndex = /^application\/vnd\.(?:oci\.image\.index|docker\.distribution\.manifest\.list)\./;

function problemOf(state: RegistryState): string {
  switch (state.kind) {
    case 'published':
      return state.config.known ? 'it has no layers' : state.config.reason;
    case 'unknown':
      return state.reason;
    case 'absent':
      return 'the registry does not have it';
    case 'not-asked':
      return 'no registry was asked';
  }
}

/** Undefined where versions are computed: a new one comes with another definition alone. */
function updateHint({ rendered: { definition } }: ResolvedImage): string | undefined {
  return definition.computed === undefined
    ? `give a new version, which is built on the new base: generate-bake update ${definition.name}`
    : undefined;
}

/** The image of the trees that the final stage of an image starts from in the end, as far as they are sound. */
function startOf(graph: Graph, image: ResolvedImage): ResolvedImage {
  let at = image;
  for (
    let below = graph.byReference.get(at.base as Reference);
    below !== undefined;
    below = graph.byReference.get(at.base as Reference)
  ) {
    at = below;
  }
  return at;
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

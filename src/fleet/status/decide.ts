import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Facts } from './facts.js';
import { type Finding, findingOf } from './find.js';
import type { DecideOptions, StateName } from './states.js';

export type Action =
  /** Goes into a bake call. */
  | 'build'
  /** Is on the engine, of this definition, and not published: only tested and published. */
  | 'finish'
  /** Was not asked for, is there, and something that is built or finished stands on it. */
  | 'use'
  /** Nothing is to do: it is there, or nothing that is asked for needs it. */
  | 'skip'
  /** Would be built, or finished, if its state and its parents' were known. */
  | 'stop';

/** What stands for a parent of an image that is built. */
type ParentUse =
  /** It is built in the same run. */
  | { readonly kind: 'link'; readonly parent: Reference }
  /** The digest that was read from the registry, once. */
  | { readonly kind: 'pinned'; readonly parent: Reference; readonly digest: Digest }
  /** The engine's image of that name. */
  | { readonly kind: 'local'; readonly parent: Reference; readonly id: Digest };

export interface Decision {
  readonly reference: Reference;
  readonly state: StateName;
  readonly action: Action;
  /** A clause without a full stop: why it is built, stopped or left alone. */
  readonly why: string;
  /** What to do about the state, where something is to do. */
  readonly hint?: string;
  /** Of the published manifest. */
  readonly digest?: Digest;
  /** Of an image that is built: each parent once, in Dockerfile order. */
  readonly parents: readonly ParentUse[];
}

/** The images whose facts `decide` needs: the selected ones and all their ancestors. */
export function concerned(graph: Graph, selected: ReadonlySet<Reference>): Set<Reference> {
  const all = new Set(selected);
  for (const image of graph.images.toReversed()) {
    if (!all.has(image.reference)) {
      continue;
    }
    for (const edge of image.parents) {
      all.add(edge.parent);
    }
  }
  return all;
}

/**
 * What `build` does with each of the concerned images, parents first (doc/states.md has the rules).
 * Pure. Images without facts are left out.
 */
export function decide(
  graph: Graph,
  facts: ReadonlyMap<Reference, Facts>,
  options: DecideOptions,
): readonly Decision[] {
  const findings = new Map<Reference, Finding>();
  const images: ResolvedImage[] = [];
  for (const image of graph.images) {
    const known = facts.get(image.reference);
    if (known === undefined) {
      continue;
    }
    images.push(image);
    findings.set(image.reference, findingOf({ facts, findings, options }, image, known));
  }
  const needs = needsOf(images, findings, options);
  return images.flatMap((image) => {
    const finding = findings.get(image.reference);
    const known = facts.get(image.reference);
    if (finding === undefined || known === undefined) {
      return [];
    }
    return [decisionOf(image, finding, known, needs.get(image.reference), { findings, options })];
  });
}

/** Why an image is needed: it is selected, or this child is built (or finished) and needs it. */
type Need = 'selected' | Reference;

function needsOf(
  images: readonly ResolvedImage[],
  findings: ReadonlyMap<Reference, Finding>,
  { selected, publishing }: DecideOptions,
): ReadonlyMap<Reference, Need> {
  const needs = new Map<Reference, Need>();
  for (const image of images.toReversed()) {
    if (selected.has(image.reference)) {
      needs.set(image.reference, 'selected');
    }
    if (!needs.has(image.reference)) {
      continue;
    }
    const outcome = findings.get(image.reference)?.outcome;
    // A child that is only published needs its parents published before it.
    const worked =
      outcome?.kind === 'to-build' ||
      (outcome?.kind === 'local' && !outcome.published && publishes(image, publishing));
    if (!worked) {
      continue;
    }
    for (const { parent } of image.parents) {
      if (!needs.has(parent)) {
        needs.set(parent, image.reference);
      }
    }
  }
  return needs;
}

function publishes(image: ResolvedImage, publishing: ReadonlySet<Tree>): boolean {
  return publishing.has(image.rendered.definition.tree);
}

interface Context {
  readonly findings: ReadonlyMap<Reference, Finding>;
  readonly options: DecideOptions;
}

function decisionOf(
  image: ResolvedImage,
  finding: Finding,
  { registry }: Facts,
  need: Need | undefined,
  { findings, options }: Context,
): Decision {
  const { state, outcome, note, hint } = finding;
  const about = {
    reference: image.reference,
    state,
    ...(hint === undefined ? {} : { hint }),
    ...(registry.kind === 'published' ? { digest: registry.digest } : {}),
  };
  const settled = { ...about, parents: [] };
  if (need === undefined) {
    return { ...settled, action: 'skip', why: note ?? 'nothing that is built needs it' };
  }
  switch (outcome.kind) {
    case 'to-build': {
      const why = need === 'selected' ? outcome.why : `${outcome.why}; ${need} needs it`;
      return { ...about, action: 'build', why, parents: parentsOf(image, findings) };
    }
    case 'blocked': {
      const culprit = outcome.culprit === image.reference ? '' : `${outcome.culprit}: `;
      const reason = findings.get(outcome.culprit)?.note ?? 'its state is not known';
      return { ...settled, action: 'stop', why: `${culprit}${reason}` };
    }
    case 'published':
      return need === 'selected'
        ? { ...settled, action: 'skip', why: note ?? 'it is published' }
        : { ...settled, action: 'use', why: note ?? `${need} is built on it` };
    case 'local':
      if (!outcome.published && publishes(image, options.publishing)) {
        return { ...settled, action: 'finish', why: 'it is built, and not yet published' };
      }
      return need === 'selected'
        ? { ...settled, action: 'skip', why: 'it is built' }
        : { ...settled, action: 'use', why: `${need} is built on it` };
  }
}

function parentsOf(
  image: ResolvedImage,
  findings: ReadonlyMap<Reference, Finding>,
): readonly ParentUse[] {
  const parents = new Map<Reference, ParentUse>();
  for (const { parent } of image.parents) {
    const outcome = findings.get(parent)?.outcome;
    switch (outcome?.kind) {
      case 'to-build':
        parents.set(parent, { kind: 'link', parent });
        break;
      case 'published':
        parents.set(parent, { kind: 'pinned', parent, digest: outcome.digest });
        break;
      case 'local':
        parents.set(parent, { kind: 'local', parent, id: outcome.id });
        break;
      default:
        throw new Error(`${image.reference} is to be built on ${parent}, which is not known`);
    }
  }
  return [...parents.values()];
}

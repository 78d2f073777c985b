import { type Graph, type GraphNode, inOrder } from '#compiler/resolve/graph.js';
import { holdText } from '#compiler/select/heldBy.js';
import type { Holder } from '#compiler/select/holder.js';
import { reasonOf } from '#compiler/tellBroken.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { HoldInForce } from '../holds/holdInForce.js';
import { type Held, latestElsewhere } from '../holds/mark.js';
import type { Reason } from '../reasons/reason.js';
import type { Facts } from './facts.js';
import { type Blocked, brokenFinding, type Finding, findingOf } from './find.js';
import { type HeldBack, heldBack, type WhatThereIs, whileHeld } from './held.js';
import type { BuildCause, DecideOptions, StateName } from './states.js';

export type Action =
  /** Goes into a bake call. */
  | 'build'
  /** Is on the engine, of this definition, and not published, or not known to have passed its test: only that is done. */
  | 'finish'
  /** Was not asked for, is there, and something that is built or finished stands on it. */
  | 'use'
  /** Nothing is to do: it is there, or nothing that is asked for needs it. */
  | 'skip'
  /** Would be built, or finished, if its state and its parents' were known, and none of them lost. */
  | 'stop'
  /** Would be built, or is broken, and a hold of the workspace file stops that. */
  | 'held'
  /** Would be built, and its definition is broken. */
  | 'fail'
  /** Would be built, and needs an image that is broken, or held, and not there. */
  | 'blocked';

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
  /** It is only for the registries of private images. */
  readonly private?: true;
  readonly action: Action;
  /** A clause without a full stop: why it is built, stopped or left alone. */
  readonly why: string;
  /** Of an image that is left as it is: what there is to say beside its state; `why` begins with this. */
  readonly remark?: string;
  /** What to do about the state, where something is to do. */
  readonly hint?: string;
  /** Of the published manifest. */
  readonly digest?: Digest;
  /** Tags that the published version lacks, and that `build` puts. */
  readonly owed?: readonly string[];
  /** The version without order that its `latest` is at, which is ahead of this one: no run moves it. */
  readonly latestAt?: Held;
  /** What its `latest` is held at: no run moves it. */
  readonly held?: Held;
  /** The hold that keeps this run from doing more with it: its own, or that of what it is built on. */
  readonly hold?: HoldInForce;
  /** Why it is not published although it is built, or is to be: a hold, or a registry that cannot be asked. */
  readonly heldBack?: string;
  /** Of an image that is finished: it is only tested. */
  readonly isOnlyTested?: true;
  /** It is held back since a registry cannot be asked (--no-pull). */
  readonly isUnasked?: true;
  /** What is wrong with its definition, where it is broken. */
  readonly broken?: string;
  /** Of an image that is stopped since the registry lost it, or what it needs: which one. */
  readonly lost?: Reference;
  /** Of a blocked image: from its parent to the one that is broken. */
  readonly chain?: readonly Reference[];
  /** Of an image that is built: each parent once, in Dockerfile order. */
  readonly parents: readonly ParentUse[];
  /** Of an image that is built. */
  readonly cause?: BuildCause;
  /** False where it was not asked for, and nothing that is built needs it; absent: it is needed. */
  readonly isNeeded?: false;
  /** Of an image that was not asked for: the child that needs it. */
  readonly neededBy?: Reference;
  /** What keeps it from being built; the culprit may be the image itself. */
  readonly blocked?: Blocked;
  /** Of an image that is held back: the parent that is held back too, where its own hold is not the reason. */
  readonly heldBackBy?: Reference;
  /** The same as data, the most important first; absent: nobody has asked for them (`withReasons`). */
  readonly reasons?: readonly Reason[];
}

/** The images whose facts `decide` needs: the selected ones and all their ancestors. */
export function concerned(graph: Graph, selected: ReadonlySet<Reference>): Set<Reference> {
  const all = new Set(selected);
  for (const { reference, parents, sound } of inOrder(graph).toReversed()) {
    // What a broken image would be built on is nobody's need.
    if (!all.has(reference) || sound === undefined) {
      continue;
    }
    for (const edge of parents) {
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
  const images: GraphNode[] = [];
  const frame = { facts, findings, options };
  const { holdOf, stages = false } = options;
  const unshared = stages ? new Map<Reference, string>() : withheld(graph);
  const privates = graph.privates ?? new Set();
  for (const image of inOrder(graph)) {
    const { reference, sound } = image;
    const known = facts.get(reference);
    if (known === undefined) {
      continue;
    }
    images.push(image);
    const finding =
      sound === undefined ? brokenFinding(frame, reference, known) : findingOf(frame, sound, known);
    findings.set(
      reference,
      holdOf === undefined ? finding : whileHeld(finding, image, thereIs(known, options), holdOf),
    );
  }
  const back: ReadonlyMap<Reference, HeldBack> = stages
    ? new Map()
    : heldBack(images, findings, {
        others: unshared,
        holdOf: holdOf ?? (() => undefined),
        unaskedOf: (image) => unaskedRegistry(image, facts, options),
        isAwaiting: options.isAwaiting ?? (() => false),
        isThere: ({ reference }) =>
          !options.overwritePublished && facts.get(reference)?.registry.kind === 'published',
      });
  const publishing = (image: GraphNode): boolean =>
    publishes(image, options.publishing, unshared) && !back.has(image.reference);
  const needs = needsOf(images, findings, { selected: options.selected, publishing });
  return images.flatMap((image) => {
    const finding = findings.get(image.reference);
    const known = facts.get(image.reference);
    if (finding === undefined || known === undefined) {
      return [];
    }
    return [
      decisionOf(image, finding, known, needs.get(image.reference), {
        findings,
        publishing,
        unshared,
        back,
        ...(holdOf && { holdOf }),
        privates,
        pull: options.pull,
      }),
    ];
  });
}

/** Why nobody knows whether the registry that a run publishes to has an image that is used without it. */
function unaskedRegistry(
  { reference, sound }: GraphNode,
  facts: ReadonlyMap<Reference, Facts>,
  { pull, publishing }: DecideOptions,
): string | undefined {
  const registry = facts.get(reference)?.registry;
  const isPublished = sound !== undefined && publishing.has(sound.rendered.definition.tree);
  return !pull && isPublished && registry?.kind === 'unknown'
    ? `the registry cannot be asked: ${registry.reason}`
    : undefined;
}

/** Why an image is needed: it is selected, or this child is built (or finished) and needs it. */
type Need = 'selected' | Reference;

function needsOf(
  images: readonly GraphNode[],
  findings: ReadonlyMap<Reference, Finding>,
  { selected, publishing }: Pick<DecideOptions, 'selected'> & Pick<Context, 'publishing'>,
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
      (outcome?.kind === 'local' && !outcome.published && publishing(image));
    if (!worked) {
      continue;
    }
    for (const { parent } of image.sound?.parents ?? []) {
      if (!needs.has(parent)) {
        needs.set(parent, image.reference);
      }
    }
  }
  return needs;
}

function publishes(
  { sound }: GraphNode,
  publishing: ReadonlySet<Tree>,
  unshared: ReadonlyMap<Reference, string>,
): boolean {
  return (
    sound !== undefined &&
    publishing.has(sound.rendered.definition.tree) &&
    !unshared.has(sound.reference)
  );
}

interface Context {
  readonly findings: ReadonlyMap<Reference, Finding>;
  /** Whether the run publishes an image once it has passed. */
  readonly publishing: (image: GraphNode) => boolean;
  /** Why images are never published. */
  readonly unshared: ReadonlyMap<Reference, string>;
  /** Those that a hold keeps from being published. */
  readonly back: ReadonlyMap<Reference, HeldBack>;
  readonly holdOf?: Holder;
  readonly privates: ReadonlySet<Reference>;
  readonly pull: boolean;
}

function thereIs({ registry, local }: Facts, options: DecideOptions): WhatThereIs {
  return {
    isPulled: options.pull,
    ...(registry.kind === 'published' ? { published: registry.digest } : {}),
    ...(local !== undefined && options.seesLocalImages ? { localId: local.id } : {}),
  };
}

function decisionOf(
  image: GraphNode,
  finding: Finding,
  { registry, owed, held, local }: Facts,
  need: Need | undefined,
  { findings, publishing, unshared, back, privates, holdOf, pull }: Context,
): Decision {
  const { state, outcome, note, hint } = finding;
  const isNew =
    need !== undefined &&
    publishing(image) &&
    (outcome.kind === 'to-build' || (outcome.kind === 'local' && !outcome.published));
  const movesLatest = isNew || owed?.tags.includes('latest') === true;
  const latestHold = movesLatest ? holdOf?.(image, 'latest') : undefined;
  const tags = (owed?.tags ?? []).filter((tag) => tag !== 'latest' || latestHold === undefined);
  const heldNote = note ?? (latestHold && `latest is ${holdText(latestHold)}`);
  const kept = back.get(image.reference);
  const unpublishable = unshared.get(image.reference);
  const inForce =
    finding.hold ?? kept?.hold ?? (latestHold && { stop: 'latest' as const, hold: latestHold });
  const about = {
    reference: image.reference,
    state,
    ...(privates.has(image.reference) ? { private: true as const } : {}),
    ...(hint === undefined ? {} : { hint }),
    ...(registry.kind === 'published' ? { digest: registry.digest } : {}),
    ...(held === undefined ? {} : { held }),
    ...(inForce === undefined ? {} : { hold: inForce }),
    ...(image.broken === undefined ? {} : { broken: reasonOf(image.broken.image) }),
    ...(need === undefined ? { isNeeded: false as const } : {}),
    ...(need === undefined || need === 'selected' ? {} : { neededBy: need }),
    ...(kept?.parent === undefined ? {} : { heldBackBy: kept.parent }),
    ...(kept === undefined || need === undefined ? {} : { heldBack: kept.reason }),
    ...(kept?.isUnasked && need !== undefined ? { isUnasked: true as const } : {}),
    ...(need !== undefined && outcome.kind === 'blocked' ? { blocked: outcome } : {}),
  };
  const latestAt = registry.kind === 'published' ? owed?.latestAt : undefined;
  const noted = heldNote ?? owed?.unread ?? (latestAt && latestElsewhere(latestAt));
  const remark = noted ?? (outcome.kind === 'local' ? unpublishable : undefined);
  const settled = {
    ...about,
    ...(remark === undefined ? {} : { remark }),
    ...(tags.length === 0 ? {} : { owed: tags }),
    ...(latestAt === undefined ? {} : { latestAt }),
    ...(hint === undefined && latestAt !== undefined ? { hint: latestHint } : {}),
    parents: [],
  };
  if (need === undefined) {
    return { ...settled, action: 'skip', why: note ?? 'nothing that is built needs it' };
  }
  switch (outcome.kind) {
    case 'to-build': {
      const why = need === 'selected' ? outcome.why : `${outcome.why}; ${need} needs it`;
      const parents = parentsOf(image, findings);
      return { ...about, action: 'build', why, cause: outcome.cause, parents };
    }
    case 'blocked': {
      if (outcome.by === 'held') {
        return { ...settled, ...heldBelow(image.reference, outcome, findings) };
      }
      if (outcome.by === 'broken') {
        return { ...settled, ...brokenBy(image.reference, outcome) };
      }
      return { ...settled, ...stoppedBy(image.reference, outcome, findings) };
    }
    case 'published':
      return need === 'selected'
        ? { ...settled, action: 'skip', why: noted ?? 'it is published' }
        : { ...settled, action: 'use', why: heldNote ?? `${need} is built on it` };
    case 'local':
      if (!outcome.published && publishing(image)) {
        return { ...settled, action: 'finish', why: 'it is built, and not yet published' };
      }
      // With --no-pull, what nobody asked for is used as it is.
      if (local?.isUntested && !outcome.published && (pull || need === 'selected')) {
        const why = 'it is built, and its test has not passed yet';
        return { ...settled, action: 'finish', why, isOnlyTested: true };
      }
      return need === 'selected'
        ? { ...settled, action: 'skip', why: whyDone(image, note, unshared, kept) }
        : { ...settled, action: 'use', why: `${need} is built on it` };
  }
}

const latestHint = '`generate-bake promote NAME VERSION` moves latest to it';

function whyDone(
  { reference, broken }: GraphNode,
  note: string | undefined,
  unshared: Context['unshared'],
  kept: HeldBack | undefined,
): string {
  const done = note ?? (broken === undefined ? 'it is built' : '');
  const reason = broken === undefined ? (unshared.get(reference) ?? kept?.reason) : undefined;
  return reason === undefined ? done : `${done}; not published: ${reason}`;
}

function heldBelow(
  reference: Reference,
  { culprit, through }: Extract<Finding['outcome'], { kind: 'blocked' }>,
  findings: ReadonlyMap<Reference, Finding>,
): Pick<Decision, 'action' | 'why' | 'chain' | 'hold'> {
  const { note = 'held', hold } = findings.get(culprit) ?? {};
  if (culprit === reference) {
    return { action: 'held', why: note };
  }
  const way = through.length === 0 ? '' : ` (through ${through.join(', ')})`;
  const why = `blocked by ${culprit}${way}, which is ${note}`;
  return { action: 'blocked', why, chain: [...through, culprit], ...(hold && { hold }) };
}

function brokenBy(
  reference: Reference,
  { culprit, through }: Extract<Finding['outcome'], { kind: 'blocked' }>,
): Pick<Decision, 'action' | 'why' | 'chain'> {
  if (culprit === reference) {
    return { action: 'fail', why: 'its definition is broken' };
  }
  const way = through.length === 0 ? '' : ` (through ${through.join(', ')})`;
  const why = `blocked by ${culprit}, which is broken${way}`;
  return { action: 'blocked', why, chain: [...through, culprit] };
}

function stoppedBy(
  reference: Reference,
  { by, culprit }: Extract<Finding['outcome'], { kind: 'blocked' }>,
  findings: Context['findings'],
): Pick<Decision, 'action' | 'why' | 'lost'> {
  const reason = findings.get(culprit)?.note ?? 'its state is not known';
  if (by === 'lost') {
    const why = culprit === reference ? reason : `${culprit} is lost: ${reason}`;
    return { action: 'stop', why, lost: culprit };
  }
  return { action: 'stop', why: culprit === reference ? reason : `${culprit}: ${reason}` };
}

function parentsOf(
  image: GraphNode,
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

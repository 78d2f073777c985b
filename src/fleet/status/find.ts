import { isPinned } from '#compiler/plan/definitionDigest.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { HoldInForce } from '../holds/holdInForce.js';
import { isBuiltOn } from './builtOn.js';
import { type Facts, type LocalFacts, type Origin, originOf } from './facts.js';
import type { BuildCause, DecideOptions, StateName } from './states.js';

/** What is true of an image whoever needs it. */
export interface Finding {
  readonly state: StateName;
  /** What there is to say beside the state. */
  readonly note?: string;
  readonly hint?: string;
  readonly outcome: Conclusion;
  /** What keeps it from being built. */
  readonly hold?: HoldInForce;
}

export type Conclusion =
  /** Children are built on this digest. */
  | { readonly kind: 'published'; readonly digest: Digest }
  /** Children are built on the engine's image; `published`: a registry has the version too. */
  | { readonly kind: 'local'; readonly id: Digest; readonly published: boolean }
  | { readonly kind: 'to-build'; readonly why: string; readonly cause: BuildCause }
  /** It cannot be built, or nobody knows whether it is to be. */
  | Blocked;

export interface Blocked {
  readonly kind: 'blocked';
  /**
   * The registry could not be asked for the culprit, or has lost it, its definition is broken, or a hold is
   * on it.
   */
  readonly by: 'unknown' | 'lost' | 'broken' | 'held';
  readonly culprit: Reference;
  /** The images between this one and the culprit, the nearest first. */
  readonly through: readonly Reference[];
}

export interface Surroundings {
  readonly facts: ReadonlyMap<Reference, Facts>;
  /** Of the images before this one, its parents among them. */
  readonly findings: ReadonlyMap<Reference, Finding>;
  readonly options: DecideOptions;
}

const unknowable = 'its definition is broken: whether it changed cannot be known';

/** What is true of an image whose definition is broken: what there is of it is used as it is. */
export function brokenFinding(
  { options }: Pick<Surroundings, 'options'>,
  reference: Reference,
  { registry, local: engine }: Facts,
): Finding {
  const local = options.seesLocalImages ? engine : undefined;
  const broken = { kind: 'blocked', by: 'broken', culprit: reference, through: [] } as const;
  const published = registry.kind === 'published';
  if (!options.pull && local !== undefined) {
    const state = published ? 'published' : 'local';
    return { state, note: unknowable, outcome: { kind: 'local', id: local.id, published } };
  }
  switch (registry.kind) {
    case 'published': {
      const { digest } = registry;
      const outcome = options.pull ? ({ kind: 'published', digest } as const) : broken;
      return { state: 'published', note: unknowable, outcome };
    }
    case 'unknown':
      return {
        state: 'unknown',
        note: registry.reason,
        ...(registry.hint === undefined ? {} : { hint: registry.hint }),
        outcome: options.pull ? unknownOf(reference) : broken,
      };
    case 'absent':
    case 'not-asked':
      return { state: local === undefined ? 'absent' : 'local', outcome: broken };
  }
}

/** The images that children of broken ones are built on, by the broken reference: a digest or an ID. */
export function standIns(
  { broken }: Graph,
  facts: ReadonlyMap<Reference, Facts>,
  options: DecideOptions,
): ReadonlyMap<Reference, Digest> {
  const pins = new Map<Reference, Digest>();
  for (const { image } of broken) {
    const known = image.reference === undefined ? undefined : facts.get(image.reference);
    if (image.reference === undefined || known === undefined) {
      continue;
    }
    const { outcome } = brokenFinding({ options }, image.reference, known);
    if (outcome.kind === 'published') {
      pins.set(image.reference, outcome.digest);
    } else if (outcome.kind === 'local') {
      pins.set(image.reference, outcome.id);
    }
  }
  return pins;
}

function unknownOf(culprit: Reference): Blocked {
  return { kind: 'blocked', by: 'unknown', culprit, through: [] };
}

export function findingOf(frame: Surroundings, image: ResolvedImage, facts: Facts): Finding {
  const local = frame.options.seesLocalImages ? facts.local : undefined;
  if (!frame.options.pull) {
    return byEngine(frame, image, facts, local);
  }
  const { registry } = facts;
  switch (registry.kind) {
    case 'published':
      return published(frame, image, facts, registry.digest);
    case 'unknown':
      return {
        state: 'unknown',
        note: registry.reason,
        ...(registry.hint === undefined ? {} : { hint: registry.hint }),
        outcome: unknownOf(image.reference),
      };
    case 'absent':
    case 'not-asked':
      return unpublished(frame, image, facts, local);
  }
}

const changed = 'changed since it was published';

function driftHint({ rendered }: ResolvedImage): string {
  const { name } = rendered.definition;
  return `bump its version with generate-bake update ${name}, or revert the change`;
}

/** Of an image of which nothing else changed. */
function olderNote(versions: NonNullable<Facts['olderVersions']>): string | undefined {
  const [first, ...others] = versions;
  if (first === undefined) {
    return undefined;
  }
  const { parent, builtOn } = first;
  const newer = parent.slice(parent.lastIndexOf(':') + 1);
  const more = others.length === 0 ? '' : ` (and ${others.length} more like it)`;
  return `built with ${builtOn}, of which ${newer} is newer${more}; nothing else changed`;
}

const onBroken = 'what it is built on is broken: whether it changed cannot be known';

const incomparable =
  'not comparable: its definition digest is of another recipe, so whether it changed is not known';

function published(
  frame: Surroundings,
  image: ResolvedImage,
  facts: Facts,
  digest: Digest,
): Finding {
  const { options } = frame;
  const origin = publishedOrigin(facts);
  if (origin === 'incomparable') {
    const isOnBroken = facts.definition !== undefined && isPinned(facts.definition);
    const note = isOnBroken ? onBroken : incomparable;
    return { state: 'published', note, outcome: { kind: 'published', digest } };
  }
  if (origin === 'drifted' && facts.olderVersions !== undefined) {
    const note = olderNote(facts.olderVersions);
    const outcome = { kind: 'published', digest } as const;
    return { state: 'published', ...(note === undefined ? {} : { note }), outcome };
  }
  if (origin === 'drifted') {
    const again = options.overwritePublished && options.selected.has(image.reference);
    return {
      state: 'drifted',
      note: changed,
      // What is overwritten needs no new version.
      ...(again ? {} : { hint: driftHint(image) }),
      outcome: again
        ? toBuild(frame, image, 'it has drifted, and --overwrite-published is given', {
            kind: 'overwrite',
          })
        : { kind: 'published', digest },
    };
  }
  if (facts.definition === undefined) {
    return { state: 'published', note: onBroken, outcome: { kind: 'published', digest } };
  }
  const config = facts.registry.kind === 'published' ? facts.registry.config : undefined;
  const blind =
    config?.known === false
      ? { note: `it is published; from which definition is not known: ${config.reason}` }
      : {};
  return { state: 'published', ...blind, outcome: { kind: 'published', digest } };
}

function unpublished(
  frame: Surroundings,
  image: ResolvedImage,
  facts: Facts,
  local: LocalFacts | undefined,
): Finding {
  const lost = lostFinding(frame, image, facts, local);
  if (lost !== undefined) {
    return lost;
  }
  if (local === undefined) {
    const why = facts.registry.kind === 'absent' ? 'not in the registry' : 'not built yet';
    return { state: 'absent', outcome: toBuild(frame, image, why, { kind: 'absent' }) };
  }
  const origin = localOrigin(facts, local);
  const state = origin === 'drifted' ? 'drifted' : 'local';
  const blocked = blockedParent(frame, image);
  if (blocked !== undefined) {
    return { state, outcome: blocked };
  }
  const outcome = notOurs(origin) ?? outdated(frame, image, local);
  return { state, outcome: outcome ?? { kind: 'local', id: local.id, published: false } };
}

const lostHint =
  'check that this is the right registry and that it is complete; build --rebuild-lost builds it again';

/**
 * Of an image that the registry must have had. One that the engine has is only lost where the run would
 * publish it. With --rebuild-lost it is found as if the registry never had it, and said to be lost.
 */
function lostFinding(
  frame: Surroundings,
  image: ResolvedImage,
  facts: Facts,
  local: LocalFacts | undefined,
): Finding | undefined {
  const { lost, ...others } = facts;
  const { options } = frame;
  const { tree } = image.rendered.definition;
  if (lost === undefined || (local !== undefined && !options.publishing.has(tree))) {
    return undefined;
  }
  if (!options.rebuildLost) {
    const culprit = image.reference;
    const outcome = { kind: 'blocked', by: 'lost', culprit, through: [] } as const;
    return { state: 'lost', note: lost, hint: lostHint, outcome };
  }
  const again = options.pull
    ? unpublished(frame, image, others, local)
    : byEngine(frame, image, others, local);
  if (again.outcome.kind !== 'to-build') {
    return { ...again, state: 'lost' };
  }
  const cause = { kind: 'lost', trace: lost } as const;
  return {
    ...again,
    state: 'lost',
    outcome: { kind: 'to-build', why: `it is lost: ${lost}`, cause },
  };
}

/** `--no-pull`: as in docker-pkg, what the engine has counts, and the registry does not. */
function byEngine(
  frame: Surroundings,
  image: ResolvedImage,
  facts: Facts,
  local: LocalFacts | undefined,
): Finding {
  const { registry } = facts;
  const lost = lostFinding(frame, image, facts, local);
  if (lost !== undefined) {
    return lost;
  }
  const about = stateByEngine(image, facts, local);
  if (local === undefined) {
    const why = 'the engine does not have it (--no-pull)';
    return { ...about, outcome: toBuild(frame, image, why, { kind: 'not-local' }) };
  }
  const isPublished = registry.kind === 'published';
  const outcome = { kind: 'local', id: local.id, published: isPublished } as const;
  const pulled =
    isPublished && local.registryDigests.some((known) => known.endsWith(`@${registry.digest}`));
  // What nobody asked to have built is used as it is, however it came to be.
  if (pulled || !frame.options.selected.has(image.reference)) {
    return { ...about, outcome };
  }
  const again = notOurs(localOrigin(facts, local)) ?? outdated(frame, image, local);
  return { ...about, outcome: again ?? outcome };
}

function stateByEngine(
  image: ResolvedImage,
  facts: Facts,
  local: LocalFacts | undefined,
): Pick<Finding, 'state' | 'note' | 'hint'> {
  if (facts.registry.kind === 'published') {
    if (publishedOrigin(facts) !== 'drifted' || facts.olderVersions !== undefined) {
      return { state: 'published' };
    }
    return { state: 'drifted', note: changed, hint: driftHint(image) };
  }
  if (local !== undefined) {
    return { state: localOrigin(facts, local) === 'drifted' ? 'drifted' : 'local' };
  }
  return facts.registry.kind === 'unknown'
    ? { state: 'unknown', note: facts.registry.reason }
    : { state: 'absent' };
}

type ToBuild = Extract<Conclusion, { kind: 'to-build' }>;

/** Why a local image does not count as built, by where it comes from; undefined: it does. */
function notOurs(origin: Origin): ToBuild | undefined {
  return origin === 'ours'
    ? undefined
    : { kind: 'to-build', why: notOursWhy[origin], cause: { kind: 'local-unusable', origin } };
}

const notOursWhy: Readonly<Record<Exclude<Origin, 'ours'>, string>> = {
  drifted: 'changed since it was built',
  incomparable: 'the local image has a definition digest of another recipe',
  other: 'the local image was built by another tool',
  unknown: 'whether it changed since it was built cannot be known',
};

function publishedOrigin({ registry, definition }: Facts): Origin {
  const labels =
    registry.kind === 'published' && registry.config.known
      ? registry.config.value.labels
      : undefined;
  return originOf(labels, definitionLabel, definition);
}

function localOrigin(facts: Facts, local: LocalFacts): Origin {
  return originOf(local.labels, definitionLabel, facts.definition);
}

function toBuild(
  frame: Surroundings,
  image: ResolvedImage,
  why: string,
  cause: BuildCause,
): Conclusion {
  return blockedParent(frame, image) ?? { kind: 'to-build', why, cause };
}

function blockedParent(frame: Surroundings, image: ResolvedImage): Conclusion | undefined {
  for (const edge of image.parents) {
    const outcome = frame.findings.get(edge.parent)?.outcome;
    if (outcome?.kind === 'blocked') {
      const isParent = outcome.culprit === edge.parent;
      return isParent ? outcome : { ...outcome, through: [edge.parent, ...outcome.through] };
    }
  }
  return undefined;
}

/** Why a local image of this definition is not what a build would make now, if it is not. */
function outdated(
  frame: Surroundings,
  image: ResolvedImage,
  local: LocalFacts,
): ToBuild | undefined {
  const parent = parentToBuild(frame, image);
  if (parent !== undefined || standsOnBase(frame, image, local)) {
    return parent;
  }
  const { base } = image;
  const why = `the local image is built on another ${base}`;
  return { kind: 'to-build', why, cause: { kind: 'other-base', base } };
}

/** With `--no-pull`, only a parent that is selected itself: any other is used as it is. */
function parentToBuild(
  { findings, options }: Surroundings,
  image: ResolvedImage,
): ToBuild | undefined {
  const edge = image.parents.find(
    ({ parent }) =>
      findings.get(parent)?.outcome.kind === 'to-build' &&
      (options.pull || options.selected.has(parent)),
  );
  if (edge === undefined) {
    return undefined;
  }
  const { parent } = edge;
  return {
    kind: 'to-build',
    why: `its parent ${parent} is to be built`,
    cause: { kind: 'parent', parent },
  };
}

/** Whether its layers begin with those of what stands for the image that its final stage starts from. */
function standsOnBase(frame: Surroundings, image: ResolvedImage, local: LocalFacts): boolean {
  const base = image.base as Reference;
  const { registry, local: engine } = frame.facts.get(base) ?? {};
  const published =
    registry?.kind === 'published' && registry.config.known ? registry.config.value : undefined;
  const isLocal = frame.findings.get(base)?.outcome.kind === 'local';
  const below = isLocal ? engine : published;
  return below === undefined || isBuiltOn(local, below);
}

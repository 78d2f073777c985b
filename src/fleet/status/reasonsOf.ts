import { isPinned } from '#compiler/plan/definitionDigest.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { type Graph, type GraphNode, inOrder } from '#compiler/resolve/graph.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Reference } from '#core/reference/brands.js';
import { holdDocument } from '../holds/document.js';
import type { Reason } from '../reasons/reason.js';
import type { Decision } from './decide.js';
import { type Facts, originOf } from './facts.js';
import { olderParents } from './olderParents.js';

/** What is known of one image and those around it. */
interface Known {
  readonly decision: Decision;
  readonly facts: Facts;
  readonly node: GraphNode;
  readonly decisions: ReadonlyMap<Reference, Decision>;
  readonly allFacts: ReadonlyMap<Reference, Facts>;
  /** Why images are never published. */
  readonly unshared: ReadonlyMap<Reference, string>;
}

/** The decisions with their reasons, of what was found out for them. Pure. */
export function withReasons(
  graph: Graph,
  facts: ReadonlyMap<Reference, Facts>,
  decisions: readonly Decision[],
): readonly Decision[] {
  const nodes = new Map(inOrder(graph).map((node) => [node.reference, node]));
  const known = new Map(decisions.map((decision) => [decision.reference, decision]));
  const unshared = withheld(graph);
  return decisions.map((decision) => {
    const node = nodes.get(decision.reference);
    const own = facts.get(decision.reference);
    if (node === undefined || own === undefined) {
      return decision;
    }
    const around = { decisions: known, allFacts: facts, unshared };
    return { ...decision, reasons: reasonsOf({ decision, facts: own, node, ...around }) };
  });
}

function reasonsOf(known: Known): readonly Reason[] {
  const { decision, facts } = known;
  const { neededBy, held, owed, latestAt } = decision;
  const unread = facts.owed?.unread;
  return [
    ...mainReasons(known),
    ...holdReasons(known),
    ...(neededBy === undefined ? [] : [{ kind: 'needed' as const, child: neededBy }]),
    ...(owed === undefined ? [] : [{ kind: 'owed' as const, tags: owed }]),
    ...(unread === undefined ? [] : [{ kind: 'owed-unknown' as const, problem: unread }]),
    ...(latestAt === undefined ? [] : [{ kind: 'latest-elsewhere' as const, ...latestAt }]),
    ...(held === undefined ? [] : [{ kind: 'latest-held' as const, ...held }]),
  ];
}

function mainReasons(known: Known): readonly Reason[] {
  const { decision, facts } = known;
  const { action, broken, lost, reference } = decision;
  switch (action) {
    case 'build':
      return buildReasons(known);
    case 'finish':
      return [{ kind: 'pending', ...(decision.isOnlyTested ? { untested: true } : {}) }];
    case 'fail':
      return [{ kind: 'broken', problem: broken ?? '' }];
    case 'stop':
      if (lost === reference) {
        return [{ kind: 'lost', trace: facts.lost ?? decision.why }];
      }
      return blockedReasons(known, decision.why);
    case 'held':
    case 'blocked':
      return blockedReasons(known, decision.why);
    case 'use':
    case 'skip':
      return standingReasons(known);
  }
}

/** Of an image that is not built although it should be: what it is, and what is in the way. */
function blockedReasons({ decision, facts, node }: Known, why: string): readonly Reason[] {
  const { blocked, reference, broken } = decision;
  if (blocked === undefined) {
    return [];
  }
  const { by: because, culprit: by, through } = blocked;
  const absent = facts.registry.kind === 'absent' ? absentReasons(node, facts) : [];
  if (by !== reference) {
    const chain = [...through, by];
    return [{ kind: 'blocked', by, because, chain }, ...absent];
  }
  const isBroken = broken === undefined ? [] : [{ kind: 'broken' as const, problem: broken }];
  return because === 'unknown' ? [{ kind: 'unknown', problem: why }] : [...isBroken, ...absent];
}

function buildReasons({ decision, facts, node }: Known): readonly Reason[] {
  const rebuilt = decision.parents.flatMap(({ kind, parent }) =>
    kind === 'link' ? [{ kind: 'parent-rebuilt' as const, parent }] : [],
  );
  const { cause } = decision;
  switch (cause?.kind) {
    case undefined:
    case 'parent':
      return rebuilt;
    case 'absent':
      return [...absentReasons(node, facts), ...rebuilt];
    case 'not-local':
      return [{ kind: 'not-local' }, ...rebuilt];
    case 'overwrite':
      return [...driftReasons(facts), { kind: 'overwritten' }, ...rebuilt];
    case 'lost':
      return [{ kind: 'lost', trace: cause.trace }, ...rebuilt];
    case 'other-base':
      return [{ kind: 'local-unusable', because: 'other-base', base: cause.base }, ...rebuilt];
    case 'local-unusable': {
      const unusable = { kind: 'local-unusable', because: becauseOf[cause.origin] } as const;
      return [unusable, ...absentReasons(node, facts), ...rebuilt];
    }
  }
}

const becauseOf = {
  drifted: 'changed',
  incomparable: 'other-recipe',
  other: 'other-tool',
  unknown: 'unknown',
} as const;

function absentReasons({ sound, broken }: GraphNode, facts: Facts): readonly Reason[] {
  const version = sound?.rendered.definition.version ?? broken?.image.version;
  if (facts.registry.kind !== 'absent' || version === undefined) {
    return facts.registry.kind === 'not-asked' ? [{ kind: 'not-built' }] : [];
  }
  const { earlier } = facts;
  if (earlier?.kind === 'some') {
    const { newest: from } = earlier;
    return [{ kind: 'new-version', ...(from === undefined ? {} : { from }), to: version }];
  }
  return [{ kind: 'not-published', version, earlier: earlier?.kind ?? 'unknown' }];
}

/** Of an image that stays as it is. */
function standingReasons(known: Known): readonly Reason[] {
  const { decision, facts } = known;
  const idle = decision.isNeeded === false ? [{ kind: 'not-needed' as const }] : [];
  switch (decision.state) {
    case 'drifted':
      return [...driftReasons(facts), ...parentReasons(known), ...olderParents(known)];
    case 'published':
      return [keptReason(known), ...olderVersions(known)];
    case 'local': {
      const unpublished = decision.heldBack ?? known.unshared.get(decision.reference);
      return [{ kind: 'local', ...(unpublished === undefined ? {} : { unpublished }) }, ...idle];
    }
    case 'lost':
      return [{ kind: 'lost', trace: facts.lost ?? decision.why }];
    case 'unknown':
      return facts.registry.kind === 'unknown'
        ? [{ kind: 'unknown', problem: facts.registry.reason }]
        : [];
    case 'absent':
      return [...absentReasons(known.node, facts), ...idle];
  }
}

function driftReasons(facts: Facts): readonly Reason[] {
  const { registry, local } = facts;
  const isPublished = registry.kind === 'published';
  const labels = isPublished
    ? registry.config.known
      ? registry.config.value.labels
      : undefined
    : local?.labels;
  const where = isPublished ? 'registry' : 'engine';
  const built = labels?.get(definitionLabel) ?? '';
  return [{ kind: 'drifted', where, built, definition: facts.definition ?? '' }];
}

/** The parents by which a definition changed: those that are built, and those that are not published as they are. */
function parentReasons({ node, decisions }: Known): readonly Reason[] {
  const parents = [...new Set(node.parents.map(({ parent }) => parent))];
  return parents.flatMap((parent): Reason[] => {
    const above = decisions.get(parent);
    if (above?.action === 'build') {
      return [{ kind: 'parent-rebuilt', parent }];
    }
    const isChanged = above?.state === 'drifted' || above?.state === 'absent';
    return isChanged ? [{ kind: 'parent-changed', parent }] : [];
  });
}

function keptReason({ facts, node }: Known): Reason {
  const { registry, definition } = facts;
  const unknown = (because: Extract<Reason, { kind: 'kept' }>['because']): Reason => ({
    kind: 'kept',
    changed: 'unknown',
    ...(because === undefined ? {} : { because }),
  });
  if (node.broken !== undefined) {
    return unknown('broken');
  }
  if (definition === undefined) {
    return unknown('broken-parent');
  }
  if (registry.kind !== 'published') {
    return unknown('unreadable');
  }
  if (!registry.config.known) {
    const { reason: problem } = registry.config;
    return { kind: 'kept', changed: 'unknown', because: 'unreadable', problem };
  }
  switch (originOf(registry.config.value.labels, definitionLabel, definition)) {
    case 'ours':
      return { kind: 'kept', changed: 'no' };
    case 'other':
      return unknown('other-tool');
    case 'incomparable':
      return unknown(isPinned(definition) ? 'broken-parent' : 'other-recipe');
    case 'drifted':
      // Only its parents have newer versions, which further reasons say.
      return facts.olderVersions === undefined
        ? unknown(undefined)
        : { kind: 'kept', changed: 'no' };
    case 'unknown':
      return unknown(undefined);
  }
}

/** What it was built with, by its own label where that tells all; else as far as its layers tell. */
function olderVersions(known: Known): readonly Reason[] {
  return (
    known.facts.olderVersions?.map(({ parent, builtOn }) => ({
      kind: 'older-parent' as const,
      parent,
      builtOn,
    })) ?? olderParents(known)
  );
}

function holdReasons({ decision }: Known): readonly Reason[] {
  const { hold, heldBackBy, blocked, reference } = decision;
  if (hold === undefined) {
    return [];
  }
  // Of what is blocked by a held image, that is said already.
  const isOthers = blocked !== undefined && blocked.culprit !== reference;
  const parent = isOthers ? blocked.culprit : heldBackBy;
  return [{ kind: 'held', hold: holdDocument(hold), ...(parent === undefined ? {} : { parent }) }];
}

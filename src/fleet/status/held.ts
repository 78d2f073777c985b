import type { GraphNode } from '#compiler/resolve/graph.js';
import { holdText } from '#compiler/select/heldBy.js';
import type { Holder } from '#compiler/select/holder.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { HoldInForce } from '../holds/holdInForce.js';
import type { Conclusion, Finding } from './find.js';

/**
 * The finding of an image that a hold may keep from being built: what there is of it serves as it is;
 * where there is nothing, what is built on it is blocked. A definition that is broken does not matter then.
 */
export function whileHeld(
  finding: Finding,
  image: GraphNode,
  { isPulled, localId, published }: WhatThereIs,
  holdOf: Holder,
): Finding {
  const { outcome } = finding;
  const isConcerned =
    outcome.kind === 'to-build' || (outcome.kind === 'blocked' && outcome.by !== 'unknown');
  const hold = isConcerned ? holdOf(image, 'build') : undefined;
  if (hold === undefined) {
    return finding;
  }
  const held: Conclusion =
    isPulled && published !== undefined
      ? { kind: 'published', digest: published }
      : !isPulled && localId !== undefined
        ? { kind: 'local', id: localId, published: published !== undefined }
        : { kind: 'blocked', by: 'held', culprit: image.reference, through: [] };
  const broken = image.broken === undefined ? '' : '; its definition is broken';
  const note = `${holdText(hold)}${broken}`;
  return { ...finding, note, outcome: held, hold: { stop: 'build', hold } };
}

export interface WhatThereIs {
  /** Whether what is published counts, and not what the engine has. */
  readonly isPulled: boolean;
  readonly localId?: Extract<Conclusion, { kind: 'local' }>['id'];
  readonly published?: Extract<Conclusion, { kind: 'published' }>['digest'];
}

/** What keeps images from being published, beside what is done with their parents. */
export interface BackHolders {
  /** Images that are never published, by the reason. */
  readonly others: ReadonlyMap<Reference, string>;
  readonly holdOf: Holder;
  /** Why nobody knows whether the registry has an image (--no-pull); undefined: it was asked. */
  readonly unaskedOf: (image: GraphNode) => string | undefined;
  /** Whether the gate of an earlier run left it for somebody to approve. */
  readonly isAwaiting: (reference: Reference, id: Digest) => boolean;
  /** Whether the registry has an image already, and the run does not overwrite it. */
  readonly isThere: (image: GraphNode) => boolean;
}

/**
 * The images that would be published if no hold were in force and their registry could be asked, by why they
 * are not: their own hold, their registry, or an image that they are built on and that is not published either.
 */
export function heldBack(
  images: readonly GraphNode[],
  findings: ReadonlyMap<Reference, Finding>,
  { others, holdOf, unaskedOf, isAwaiting, isThere }: BackHolders,
): ReadonlyMap<Reference, HeldBack> {
  const back = new Map<Reference, HeldBack>();
  for (const image of images) {
    const { reference, parents } = image;
    const outcome = findings.get(reference)?.outcome;
    const isNew = outcome?.kind === 'to-build' || (outcome?.kind === 'local' && !outcome.published);
    if (!isNew || others.has(reference)) {
      continue;
    }
    const hold = holdOf(image, 'publish');
    const unasked = unaskedOf(image);
    const above = isThere(image) ? undefined : parents.find(({ parent }) => back.has(parent));
    const from = above && back.get(above.parent);
    const awaits =
      outcome.kind === 'local' && isAwaiting(reference, outcome.id) ? awaitingText : undefined;
    const reasons = [hold && holdText(hold), unasked, awaits].filter((one) => one !== undefined);
    const isUnasked = unasked !== undefined || from?.isUnasked === true;
    const marks = isUnasked ? { isUnasked: true as const } : {};
    if (reasons.length > 0) {
      const own = hold && { hold: { stop: 'publish' as const, hold } };
      back.set(reference, { reason: reasons.join('; '), ...own, ...marks });
    } else if (above !== undefined) {
      const reason = `it is built on ${above.parent}, which is held back`;
      const held = from?.hold === undefined ? {} : { hold: from.hold };
      back.set(reference, { reason, parent: above.parent, ...held, ...marks });
    }
  }
  return back;
}

const awaitingText = 'it awaits approval (build --approve)';

export interface HeldBack {
  /** Why it is not published, as a clause. */
  readonly reason: string;
  readonly hold?: HoldInForce;
  /** The image that it is built on, where that is the reason. */
  readonly parent?: Reference;
  /** The registry of it, or of what it is built on, could not be asked. */
  readonly isUnasked?: true;
}

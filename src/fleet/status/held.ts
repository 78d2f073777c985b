import type { GraphNode } from '#compiler/resolve/graph.js';
import { holdText } from '#compiler/select/heldBy.js';
import type { Holder } from '#compiler/select/holder.js';
import type { Reference } from '#core/reference/brands.js';
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

/**
 * The images that would be published if no hold were in force, by why they are not: their own hold, or
 * that of an image that they are built on and that is not published either.
 *
 * @param others images that are never published, by the reason
 */
export function heldBack(
  images: readonly GraphNode[],
  findings: ReadonlyMap<Reference, Finding>,
  others: ReadonlyMap<Reference, string>,
  holdOf: Holder,
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
    const above = parents.find(({ parent }) => back.has(parent));
    if (hold !== undefined) {
      back.set(reference, { reason: holdText(hold), hold: { stop: 'publish', hold } });
    } else if (above !== undefined) {
      const { hold: from } = back.get(above.parent) ?? {};
      const reason = `it is built on ${above.parent}, which is held back`;
      const parent = above.parent;
      back.set(reference, { reason, parent, ...(from === undefined ? {} : { hold: from }) });
    }
  }
  return back;
}

export interface HeldBack {
  /** Why it is not published, as a clause. */
  readonly reason: string;
  readonly hold?: HoldInForce;
  /** The image that it is built on, where that is the reason. */
  readonly parent?: Reference;
}

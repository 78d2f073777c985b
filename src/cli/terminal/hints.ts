import { addTo } from '#core/data/groups.js';
import type { Decision } from '#fleet/status/decide.js';

/**
 * Each hint once, with the images that it is for. What drifted with its parent needs none: a new version of that
 * is one of it too.
 */
export function hintLines(decisions: readonly Decision[]): readonly string[] {
  const images = new Map<string, string[]>();
  const drifted = new Set(
    decisions.filter(({ state }) => state === 'drifted').map(({ reference }) => reference),
  );
  for (const { hint, reference, state, reasons = [] } of decisions) {
    const isDragged = reasons.some(
      (reason) => reason.kind === 'parent-changed' && drifted.has(reason.parent),
    );
    if (hint !== undefined && !(state === 'drifted' && isDragged)) {
      addTo(images, hint, reference);
    }
  }
  return [...images].map(([hint, [first = '', ...more]]) =>
    more.length === 0 ? `${first}: ${hint}` : `${first} and ${more.length} more: ${hint}`,
  );
}

/** Why images are not published although they are built, each reason with their number. */
export function unpublishedLines(unpublished: ReadonlyMap<string, number>): readonly string[] {
  return [...unpublished].map(
    ([why, number]) => `not published: ${why} (${number} image${number === 1 ? '' : 's'})`,
  );
}

/** Whether the state of an image, or whether it can be published, depends on a registry that cannot be asked. */
export function isUnusable({ action, lost, isUnasked }: Decision): boolean {
  return (action === 'stop' && lost === undefined) || isUnasked === true;
}

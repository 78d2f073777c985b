import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Prepared } from '#fleet/status/prepare.js';
import type { PublishedRecord } from '#fleet/status/publishedRecord.js';
import type { BuildRequest } from '../request.js';

/** Whether an image of the engine is the one that a run left for somebody to approve. */
export function awaitingIn(
  awaiting: Pick<PublishedRecord, 'get'>,
): (reference: Reference, id: Digest) => boolean {
  return (reference, id) => awaiting.get(reference)?.digest === id;
}

/**
 * Approvals that are of nothing: whoever approves has looked at one image, and it must be that which is published. Error
 * `approve` for each.
 */
export function approvalProblems(
  { approved, awaiting }: Pick<BuildRequest, 'approved' | 'awaiting'>,
  { decisions, local }: Pick<Prepared, 'decisions' | 'local'>,
): readonly Diagnostic[] {
  return [...approved].flatMap((reference) => {
    const decision = decisions.find((one) => one.reference === reference);
    const noted = awaiting.get(reference)?.digest;
    const id = local.get(reference)?.id;
    if (decision?.state === 'published' || noted === undefined) {
      const message = `${reference} does not await approval`;
      const hint = 'generate-bake status shows what does';
      return [error('approve', message, { hint })];
    }
    if (id !== noted || decision?.action !== 'finish') {
      const message = `${reference} is not the image any more that awaited approval (${noted.slice(0, 19)}…)`;
      const hint = 'build it again with --gate, and look at what differs';
      return [error('approve', message, { hint })];
    }
    return [];
  });
}

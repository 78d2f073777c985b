import type { Graph } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { PublishedRecord } from '#fleet/status/publishedRecord.js';
import { hasTests } from './verify/verify.js';

/**
 * Whether an image has a test and is not the one that passed it: what failed its test, or was built by a run
 * that was ended before it, does not count as done. Without the record, an image is tested once more.
 */
export function untestedBy(
  tested: Pick<PublishedRecord, 'get'>,
  graph: Graph,
): (reference: Reference, id: Digest) => boolean {
  return (reference, id) =>
    graph.byReference.has(reference) &&
    tested.get(reference)?.digest !== id &&
    hasTests(graph, reference);
}

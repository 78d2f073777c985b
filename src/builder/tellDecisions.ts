import type { Graph } from '#compiler/resolve/graph.js';
import { fileLine } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { heldAt } from '#fleet/holds/mark.js';
import type { Decision } from '#fleet/status/decide.js';
import type { Listener } from './report/event.js';

/** Tells what is not built, and why, and what the tags of other images stand on, before anything runs. */
export function tellDecisions(
  graph: Graph,
  decisions: readonly Decision[],
  listen: Listener,
): void {
  for (const { reference, action, why, broken, lost } of decisions) {
    if (action === 'fail') {
      const reason = broken ?? why;
      const place = brokenAt(graph, reference);
      const where = place === undefined ? {} : { place };
      listen({ kind: 'image-failed', reference, during: 'definition', reason, tail: [], ...where });
    } else if (action === 'blocked' || action === 'held' || lost !== undefined) {
      const reason = lost === reference ? `lost: ${why}` : why;
      listen({ kind: 'image-skipped', reference, reason });
    }
  }
  for (const { reference, action, held, latestAt, digest } of decisions) {
    const definition = graph.byReference.get(reference)?.rendered.definition;
    const isLeft = action === 'skip' || action === 'use';
    if (isLeft && latestAt !== undefined && definition) {
      const { repository, version } = definition;
      listen({ kind: 'latest-elsewhere', repository, at: heldAt(latestAt), version });
    }
    // Of what is published in this run the end of the run says it.
    if (
      isLeft &&
      held !== undefined &&
      digest !== undefined &&
      held.digest !== digest &&
      definition
    ) {
      const { repository, version } = definition;
      listen({ kind: 'latest-held', repository, at: heldAt(held), version });
    }
  }
}

/** Where the first error of a broken image is: `FILE:LINE`, or the file alone. */
function brokenAt({ broken }: Graph, reference: Reference): string | undefined {
  const node = broken.find(({ image }) => image.reference === reference);
  const place = node?.image.diagnostics.find(({ severity }) => severity === 'error')?.place;
  return place && fileLine(place);
}

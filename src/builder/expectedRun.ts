import type { Decision } from '#fleet/status/decide.js';
import { typicalOf } from './durations/durations.js';
import type { ExpectedRun } from './durations/remaining.js';
import type { OpenedRun } from './opened.js';
import { pushesAtOnce } from './run/finish.js';
import { jobsOfEach } from './run/jobs.js';

/** What earlier runs say about one that builds this. */
export function expectedRun(
  { request, registries, opened }: OpenedRun,
  decisions: readonly Decision[],
): ExpectedRun {
  const { graph, durations, verifyJobs } = request;
  const trees = new Set(graph.images.map((image) => image.rendered.definition.tree));
  const pool = opened?.pool;
  const builders = pool?.length ?? 1;
  const jobs = builders * jobsOfEach(request.jobs, trees, pool);
  const images = decisions.flatMap(({ reference, action, parents, heldBack }) => {
    const image = graph.byReference.get(reference);
    if (image === undefined || (action !== 'build' && action !== 'finish')) {
      return [];
    }
    const isPublished =
      heldBack === undefined && registries.publishing.has(image.rendered.definition.tree);
    const { publish, ...typical } = typicalOf(durations, reference) ?? {};
    const expected = { ...typical, ...(isPublished && publish !== undefined ? { publish } : {}) };
    return [
      {
        reference,
        parents: parents.flatMap((use) => (use.kind === 'link' ? [use.parent] : [])),
        expected: Object.keys(expected).length === 0 ? undefined : expected,
        isBuilt: action === 'finish',
      },
    ];
  });
  return {
    images,
    places: {
      build: jobs === 0 ? Number.POSITIVE_INFINITY : jobs,
      test: verifyJobs,
      publish: pushesAtOnce,
    },
  };
}

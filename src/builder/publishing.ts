import { resolve } from 'node:path';
import { isPrivate } from '#compiler/privacy/privacy.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { holder } from '#compiler/select/holder.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Prepared } from '#fleet/status/prepare.js';
import { plainDocker } from './engine.js';
import type { OpenedRun } from './opened.js';
import type { Debt } from './publish/endOfRun.js';
import { Publisher } from './publish/publisher.js';
import type { Listener } from './report/event.js';

/** What puts images of the run under their names. */
export function publisherOf(build: OpenedRun, listen: Listener): Publisher {
  const { request, opened } = build;
  const {
    graph,
    latest,
    overwritePublished,
    retries,
    transferTimeoutMs,
    stateDirectory,
    reportFile,
  } = request;
  const holdOf = holder(graph, request.host.now());
  return new Publisher({
    docker: opened?.docker ?? plainDocker(request.host),
    keepsLatest: ({ reference }) => {
      const sound = graph.byReference.get(reference);
      return sound !== undefined && holdOf({ reference, sound }, 'latest') !== undefined;
    },
    access: publishingOf(build),
    owners: new Map(
      graph.images.map(({ rendered: { definition } }) => [definition.repository, definition]),
    ),
    stateDirectory,
    ...(reportFile === undefined ? {} : { reportFile: resolve(request.host.cwd, reportFile) }),
    cache: request.cache,
    record: request.record,
    names: registryNamesOf(graph),
    privates: new Set(
      graph.images.flatMap(({ reference, rendered: { definition } }) =>
        isPrivate(graph, reference) ? [definition.repository] : [],
      ),
    ),
    overwrite: overwritePublished,
    latest,
    retries,
    transferTimeoutMs,
    listen,
    signal: request.signal,
  });
}

/** How the registries are reached that the run publishes to. */
export function publishingOf({ registries: { accesses, publishing } }: OpenedRun) {
  return new Map(
    [...accesses].flatMap(([tree, access]) =>
      publishing.has(tree) ? [[tree, access.push ?? access]] : [],
    ),
  );
}

/** What the run publishes nothing of, of the trees that it publishes. */
export function neverPublished({ request: { graph }, registries }: OpenedRun) {
  return [...withheld(graph)].filter(([reference]) => {
    const tree = graph.byReference.get(reference)?.rendered.definition.tree;
    return tree !== undefined && registries.publishing.has(tree);
  });
}

/** The tags that published images lack, of the trees that this run publishes. */
export function debtsOf(
  { request, registries }: OpenedRun,
  { decisions }: Prepared,
): readonly Debt[] {
  return decisions.flatMap(({ reference, owed = [] }) => {
    const definition = request.graph.byReference.get(reference)?.rendered.definition;
    return owed.length === 0 ||
      definition === undefined ||
      !registries.publishing.has(definition.tree)
      ? []
      : [{ definition, tags: owed }];
  });
}

/** Building where no engine answers: buildx builders elsewhere push what they make to staging, and that is all. */
import { withheld } from '#compiler/version/withheld.js';
import { type Diagnostic, error, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { noEngine, notPublished } from './noEngine.js';
import type { OpenedBuild } from './opened.js';
import type { ImageRecord } from './report/record.js';
import type { BuildRequest } from './request.js';

/** What is asked of a build that nothing but an engine can do; empty: it can be built without. */
export function engineNeeds(
  { staging, job, gate, pull }: Pick<BuildRequest, 'staging' | 'job' | 'gate' | 'pull'>,
  { message }: Diagnostic,
): readonly Diagnostic[] {
  const needs: readonly (readonly [isAsked: boolean, what: string, hint: string])[] = [
    [
      staging === undefined,
      'a build without a staging repository',
      'start an engine, or pass --staging REPOSITORY to build without tests and without publishing',
    ],
    [job !== undefined, 'a job of a matrix', 'start an engine: the job tests what it builds'],
    [gate, '--gate', 'start an engine, or leave out --gate: nothing is published without one'],
    [!pull, '--no-pull', 'start an engine, or leave out --no-pull: the local images are on it'],
  ];
  return needs.flatMap(([isAsked, what, hint]) =>
    isAsked ? [error('engine-daemon-down', `${what} needs an engine: ${message}`, { hint })] : [],
  );
}

/** Said before anything is built: a run of an hour that publishes nothing must not be a surprise. */
export function untestedWarning({ message, hint }: Diagnostic): Diagnostic {
  return warning(
    'engine-daemon-down',
    `what is built is neither tested nor published: ${message}`,
    {
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

/** Images that would be published if an engine had tested them, each with the reason. */
export function awaitingEngine(
  { request: { graph }, awaitsEngine = new Set() }: Pick<OpenedBuild, 'request' | 'awaitsEngine'>,
  references: readonly Reference[],
): readonly (readonly [Reference, string])[] {
  const never = withheld(graph);
  return references.flatMap((reference) => {
    const tree = graph.byReference.get(reference)?.rendered.definition.tree;
    return tree !== undefined && awaitsEngine.has(tree)
      ? [[reference, never.get(reference) ?? noEngine] as const]
      : [];
  });
}

/** What the images of a run without an engine lack, for which another run needs one. */
export type LeftForEngine = 'nothing' | 'tests' | 'publishing';

/** How many of them lack it, and what. What is never published does not lack that. */
export function leftForEngine(
  records: readonly Pick<ImageRecord, 'ending' | 'untested' | 'reason'>[],
): { readonly count: number; readonly what: LeftForEngine } {
  const built = records.filter(({ ending }) => ending === 'built');
  const waiting = built.filter(({ reason }) => reason === notPublished(noEngine));
  const count = built.filter(
    (record) => record.untested !== undefined || waiting.includes(record),
  ).length;
  const what = waiting.length > 0 ? 'publishing' : count > 0 ? 'tests' : 'nothing';
  return { count, what };
}

/** What stands for the id of an engine in the locks: one build at a time on a builder, through one repository. */
export function builderLocks(
  { pool = [] }: OpenedBuild['opened'],
  { staging }: Pick<BuildRequest, 'staging'>,
): readonly { readonly id: string; readonly what: string }[] {
  return pool.map(({ name }) => ({
    id: `${staging?.repository}\n${name}`,
    what: `the builder ${name}`,
  }));
}

import type { EngineFacts } from '#adapters/docker/detect.js';
import { isMeant, settingsIn } from '#adapters/docker/settings.js';
import { nameTargets } from '#compiler/plan/nameTargets.js';
import { isPrivate } from '#compiler/privacy/privacy.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import { didYouMean } from '#core/text/suggest.js';

/** Refuses `--set` of `cache-to` for private images that the run may build: whoever reads a cache has them. */
export function cachedPrivates(
  args: readonly string[],
  graph: Graph,
  building: ReadonlySet<Reference>,
): Diagnostic[] {
  const caches = settingsIn(args).filter(({ setting }) => setting.key === 'cache-to');
  if (caches.length === 0 || graph.privates === undefined) {
    return [];
  }
  const names = nameTargets(graph);
  const cached = [...building].flatMap((reference) => {
    const name = names.get(reference);
    const isCached = name !== undefined && caches.some(({ setting }) => isMeant(setting, [name]));
    const isBuilt = graph.byReference.has(reference);
    return isCached && isBuilt && isPrivate(graph, reference) ? [name] : [];
  });
  if (cached.length === 0) {
    return [];
  }
  const message = `--set of cache-to: private images are never in a cache: ${some(cached, 3)}`;
  const hint =
    'set cache-to for the targets of other images, or build private ones in a run of their own';
  return [error('usage', message, { hint })];
}

/** What of the arguments for bake fits neither these trees nor this buildx: bake says it per call. */
export function bakeArgProblems(
  args: readonly string[],
  graph: Graph,
  { supportsAllow, buildxVersion }: Pick<EngineFacts, 'supportsAllow' | 'buildxVersion'>,
): Diagnostic[] {
  if (args.length === 0) {
    return [];
  }
  const problems: Diagnostic[] = [];
  const names = [...nameTargets(graph).values()];
  for (const { setting } of settingsIn(args)) {
    if (isMeant(setting, names)) {
      continue;
    }
    const { pattern } = setting;
    const hint =
      didYouMean(pattern, names) ?? 'targets are named as in what "generate-bake plan" prints';
    problems.push(error('usage', `--set of bake: no target matches ${pattern}`, { hint }));
  }
  if (!supportsAllow && args.some((argument) => /^--allow(?:=|$)/.test(argument))) {
    problems.push(
      error('usage', `buildx ${buildxVersion} has no --allow`, {
        hint: 'leave it out: so old a buildx asks for no permission',
      }),
    );
  }
  return problems;
}

import type { EngineFacts } from '#adapters/docker/detect.js';
import { isMeant, settingsIn } from '#adapters/docker/settings.js';
import { nameTargets } from '#compiler/plan/nameTargets.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';

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

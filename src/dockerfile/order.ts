import type { Dockerfile, Problem } from './dockerfile.js';
import type { Targets } from './targets.js';

/**
 * Stages that take files from one below them, or, over others or not, from themselves. The
 * frontend refuses the first where the stage is needed, the second always.
 */
export function orderProblems(
  { stages }: Dockerfile,
  targets: Targets,
  reached: readonly boolean[],
  problems: Problem[],
): void {
  let isOrdered = true;
  for (const [index, { sources }] of stages.entries()) {
    for (const [at, { kind, from }] of sources.entries()) {
      const target = targets.sources[index]?.[at];
      if (target?.kind !== 'stage' || target.index < index) continue;
      isOrdered = false;
      // A mount without `from` is scratch, which no order holds for.
      if (target.index === index || reached[index] !== true) continue;
      if (kind === 'mount' && from.text === 'scratch') continue;
      problems.push({
        severity: 'error',
        code: 'dockerfile-stage-order',
        message: `the stage ${from.text} stands below the one that takes files from it`,
        hint: 'move the stage up',
        span: from.span,
      });
    }
  }
  // A circle needs a `from=` that looks down.
  if (!isOrdered) circleProblems({ stages }, targets, problems);
}

function circleProblems(
  { stages }: Pick<Dockerfile, 'stages'>,
  targets: Targets,
  problems: Problem[],
): void {
  const state: ('open' | 'done' | undefined)[] = [];
  const leadsBack = (index: number): boolean => {
    if (state[index] !== undefined) return state[index] === 'open';
    state[index] = 'open';
    const stage = stages[index];
    // Not over FROM: where one leads back up, a `from=` looks down at a stage that is needed.
    for (const [at, { from }] of stage?.sources.entries() ?? []) {
      const target = targets.sources[index]?.[at];
      if (target?.kind === 'stage' && leadsBack(target.index))
        problems.push({
          severity: 'error',
          code: 'dockerfile-stage-circle',
          message: `the stage ${stage?.name ?? index} needs itself`,
          span: from.span,
        });
    }
    state[index] = 'done';
    return false;
  };
  for (const index of stages.keys()) leadsBack(index);
}

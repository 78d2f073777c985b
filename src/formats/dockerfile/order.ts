import type { Dockerfile, Problem } from './dockerfile.js';
import type { NamedSources } from './targets.js';

/**
 * Stages that take files from one below them, or, over others or not, from themselves. The
 * frontend refuses the first where the stage is needed, the second always.
 */
export function orderProblems(
  { stages }: Dockerfile,
  targets: NamedSources,
  reached: readonly boolean[],
  problems: Problem[],
): void {
  let isOrdered = true;
  for (const [index, { sources }] of stages.entries()) {
    if (sources.length === 0) {
      continue;
    }
    for (const [at, { kind, from }] of sources.entries()) {
      const target = targets.sources[index]?.[at];
      if (target?.kind !== 'stage' || target.index < index) {
        continue;
      }
      isOrdered = false;
      // A mount without `from` is scratch, which no order holds for.
      if (target.index === index || reached[index] !== true) {
        continue;
      }
      if (kind === 'mount' && from.text === 'scratch') {
        continue;
      }
      problems.push({
        severity: 'error',
        code: 'dockerfile-stage-order',
        message: `the stage ${from.text} is defined after the stage that copies from it`,
        hint: 'move the stage up',
        span: from.span,
      });
    }
  }
  // A circle needs a `from=` that looks down.
  if (!isOrdered) {
    circleProblems({ stages }, targets, problems);
  }
}

/**
 * Depth first over `from=` only: where a FROM leads back up, a `from=` looks down at a stage that is
 * needed, which is reported already.
 */
function circleProblems(
  { stages }: Pick<Dockerfile, 'stages'>,
  targets: NamedSources,
  problems: Problem[],
): void {
  const state: ('open' | 'done' | undefined)[] = [];
  for (const start of stages.keys()) {
    if (state[start] !== undefined) {
      continue;
    }
    state[start] = 'open';
    const way = [{ index: start, next: 0 }];
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const { index } = step;
      const stage = stages[index];
      const source = stage?.sources[step.next];
      const target = targets.sources[index]?.[step.next++];
      if (source === undefined) {
        state[index] = 'done';
        way.pop();
      } else if (target?.kind === 'stage' && state[target.index] === undefined) {
        state[target.index] = 'open';
        way.push({ index: target.index, next: 0 });
      } else if (target?.kind === 'stage' && state[target.index] === 'open') {
        problems.push({
          severity: 'error',
          code: 'dockerfile-stage-circle',
          message: `the stage ${stage?.name ?? index} needs itself`,
          span: source.from.span,
        });
      }
    }
  }
}

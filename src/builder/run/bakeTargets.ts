import type { BakeTarget } from '#adapters/docker/targets.js';
import type { Plan } from '#compiler/plan/plan.js';
import type { TargetName } from '#core/reference/brands.js';

const link = 'target:';

/** The targets of a plan, parents before children as they are there. */
export function bakeTargets(plan: Plan): BakeTarget[] {
  const texts = new Map(
    plan.files.flatMap((file) => (file.kind === 'text' ? [[file.path, file.text] as const] : [])),
  );
  return plan.targets.map(({ name, contexts, dockerfile, context, tags }) => {
    const text = dockerfile.kind === 'inline' ? dockerfile.text : texts.get(dockerfile.path);
    return {
      name,
      parents: [...contexts.values()]
        .filter((value) => value.startsWith(link))
        .map((value) => value.slice(link.length) as TargetName),
      ...(text === undefined ? {} : { dockerfile: text }),
      context,
      tags,
    };
  });
}

import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import { isMatched } from '../select/matchImages.js';
import { levelIn } from '../workspace/checkKeys.js';
import type { Policy } from '../workspace/policyKeys.js';
import { externalUses, registryBreaches } from './registries.js';

const rule = 'policy-registry';

/**
 * Whether builds hold an image to the registries of a policy: not where its tree makes less than an error of the rule,
 * nor where an exception is about it, also one that ended: a fix does not wait for a form.
 */
export function isEnforced(policy: Policy, { rendered: { definition } }: ResolvedImage): boolean {
  const isExcepted = policy.exceptions.some(
    (one) => one.rule === rule && one.images.some(({ value }) => isMatched(definition, value)),
  );
  return (
    policy.registries !== undefined &&
    !isExcepted &&
    levelIn(definition.tree.config.check, rule) === 'error'
  );
}

/** The images that take something that builds do not let them have, by what their Dockerfiles say; the first of each. */
export function refusedByPolicy(
  policy: Policy,
  { images }: Graph,
): ReadonlyMap<Reference, Diagnostic> {
  const refused = new Map<Reference, Diagnostic>();
  for (const image of images) {
    const [first] = isEnforced(policy, image)
      ? registryBreaches(policy, externalUses(image), image.rendered.definition.tree.config)
      : [];
    if (first !== undefined) {
      const { message, place, hint } = first;
      refused.set(image.reference, error(rule, message, { place, hint }));
    }
  }
  return refused;
}

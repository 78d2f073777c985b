import { fileLine } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import type { Refusal } from '../refusal.js';
import type { SourcePolicies } from './sourcePolicies.js';

/** Of the images that are worked on, those that take others of registries that the policy does not allow. */
export function deniedOf(
  policy: SourcePolicies | undefined,
  worked: readonly Decision[],
): ReadonlyMap<Reference, Refusal> {
  const denied = new Map<Reference, Refusal>();
  for (const { reference } of worked) {
    const found = policy?.refused.get(reference);
    if (found !== undefined) {
      const { message: reason, hint, place } = found;
      denied.set(reference, {
        during: 'build',
        reason,
        ...(hint === undefined ? {} : { hint }),
        ...(place === undefined ? {} : { place: fileLine(place) }),
      });
    }
  }
  return denied;
}

import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { ImageUse } from '#formats/dockerfile/follow.js';
import { normalPlatform, parsePlatform } from '#formats/dockerfile/platform.js';
import type { Edge } from './graph.js';

/** A use of an image, with the platforms of which it is needed; absent: whatever the engine is, or nobody knows. */
export interface NeededUse extends ImageUse {
  readonly needs?: readonly string[];
}

/**
 * Of which platform an image is needed that is built for `target`. A FROM may say it; what else takes files in its
 * stage is then not known, and neither is what depends on the builder (`--platform=$BUILDPLATFORM`).
 */
export function withNeeds(use: ImageUse, target: string | undefined): NeededUse {
  const { platform: asked, kind } = use;
  if (asked === undefined || /^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(asked)) {
    return target === undefined ? use : { ...use, needs: [normalPlatform(target)] };
  }
  const isKnown = kind === 'from' && parsePlatform(asked) !== undefined;
  return isKnown ? { ...use, needs: [normalPlatform(asked)] } : use;
}

/** What is known of an image with regard to platforms. */
export interface BuiltFor {
  readonly reference: Reference;
  /** Empty: what the engine is. */
  readonly platforms: readonly string[];
}

/** Parents that are not built for all that an image needs of them: BuildKit would take another platform's, silently. */
export function platformProblems(
  { reference, parents }: { readonly reference: Reference; readonly parents: readonly Edge[] },
  parentOf: (reference: Reference) => BuiltFor | undefined,
): Diagnostic[] {
  return parents.flatMap((edge) => {
    const parent = parentOf(edge.parent);
    const needs = edge.platforms ?? [];
    if (parent === undefined || needs.length === 0) {
      return [];
    }
    const has = parent.platforms.map(normalPlatform);
    // One platform may be the engine's.
    const isUnknown = has.length === 0 && needs.length === 1;
    const missing = isUnknown ? [] : needs.filter((platform) => !has.includes(platform));
    if (missing.length === 0) {
      return [];
    }
    const lacks =
      has.length === 0
        ? `${reference} is built for ${needs.join(', ')}, and ${edge.parent} for one platform alone`
        : `${reference} is built for ${missing.join(', ')}, and ${edge.parent} is not`;
    const hint = `add ${missing.join(' and ')} to the platforms of ${edge.parent}, or build this image for fewer`;
    return [error('platform-missing', lacks, { place: edge.place, hint })];
  });
}

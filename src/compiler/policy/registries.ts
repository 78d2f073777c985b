import type { Place } from '#core/diagnostics/diagnostic.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import type { EdgeKind, ResolvedImage } from '../resolve/graph.js';
import { placeOf } from '../resolve/read.js';
import type { Policy } from '../workspace/policyKeys.js';
import { isAllowedRegistry } from './allowed.js';
import { allowed, type Breach } from './breach.js';

/** What an image takes of registries that the policy does not allow. */
export function registryBreaches(
  policy: Policy,
  image: ResolvedImage,
  registryNames: RegistryNames | undefined,
): readonly Breach[] {
  if (policy.registries === undefined) {
    return [];
  }
  return externalUses(image)
    .filter(({ written }) => !isAllowedRegistry(policy, written, registryNames))
    .map(({ kind, written, place }) => ({
      rule: 'policy-registry',
      message: `${words[kind]} takes ${written}, whose registry the policy does not allow`,
      place,
      hint: allowedRegistries(policy),
    }));
}

/** From where images may come, and where that is written. */
export function allowedRegistries({ registries = [] }: Policy): string {
  return allowed(registries, 'no registry is allowed: take an image of the trees');
}

interface ExternalUse {
  readonly kind: EdgeKind | 'syntax';
  readonly written: string;
  readonly place: Place;
}

/** The images that no tree defines, and that an image takes by what its Dockerfile says: its frontend is the last. */
export function externalUses(image: ResolvedImage): readonly ExternalUse[] {
  const frontend = frontendOf(image);
  return [...image.externals, ...(frontend === undefined ? [] : [frontend])];
}

const words = {
  from: 'FROM',
  copy: 'COPY --from',
  mount: 'RUN --mount',
  onbuild: 'ONBUILD',
  syntax: '# syntax=',
} as const satisfies Record<ExternalUse['kind'], string>;

/** What reads the Dockerfile, and where that is written; absent: the builder's own. */
function frontendOf({ syntax, rendered }: ResolvedImage): ExternalUse | undefined {
  if (syntax === undefined) {
    return undefined;
  }
  const { span } = readDockerfile(rendered.dockerfile).syntax ?? {};
  const isArgument = span === undefined || rendered.definition.args.has('BUILDKIT_SYNTAX');
  const place = isArgument ? rendered.definition.place : placeOf(rendered, span);
  return { kind: 'syntax', written: syntax, place };
}

import type { Place } from '#core/diagnostics/diagnostic.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import { attestOf, cacheOf } from '../definitions/definition.js';
import { rebuildName } from '../definitions/rebuilds.js';
import type { EdgeKind, ResolvedImage } from '../resolve/graph.js';
import { placeOf } from '../resolve/read.js';
import { cacheRef } from '../workspace/cacheKey.js';
import type { Policy } from '../workspace/policyKeys.js';
import type { TreeConfig } from '../workspace/tree.js';
import { isAllowedRegistry, repositoryNamed } from './allowed.js';
import { allowed, type Breach } from './breach.js';
import { isUsualScanner } from './scanner.js';

/** What of this is of registries that the policy does not allow. */
export function registryBreaches(
  policy: Policy,
  uses: readonly ExternalUse[],
  own: Pick<TreeConfig, 'registry' | 'namespace' | 'registryNames'>,
): readonly Breach[] {
  if (policy.registries === undefined) {
    return [];
  }
  return uses
    .filter(
      ({ kind, written }) =>
        !isAllowedRegistry(policy, written, own.registryNames) &&
        !(kind === 'cache' && isOwnRepository(written, own)),
    )
    .map(({ kind, written, shown = written, place }) => ({
      rule: 'policy-registry',
      message: `${words[kind]} takes ${shown}, whose registry the policy does not allow`,
      place,
      hint: allowedRegistries(policy),
    }));
}

/** From where images may come, and where that is written. */
export function allowedRegistries({ registries = [] }: Policy): string {
  return allowed(registries, 'no registry is allowed: take an image of the trees');
}

interface ExternalUse {
  readonly kind: EdgeKind | 'syntax' | 'attest' | 'cache';
  readonly written: string;
  /** As a message names it; absent: as `written`. */
  readonly shown?: string;
  readonly place: Place;
}

/**
 * What no tree defines, and an image takes from a registry: by what its Dockerfile says, its frontend behind the others,
 * and by its settings.
 */
export function externalUses(image: ResolvedImage): readonly ExternalUse[] {
  return [...image.externals, ...frontendOf(image), ...settingsUses(image)];
}

/** What its settings alone say: no definition digest covers it. */
export function settingsUses(image: ResolvedImage): readonly ExternalUse[] {
  return [...scannerOf(image), ...cacheUsed(image)];
}

/** What an image takes, and what it has others take that are built on it. */
export function usesOf(image: ResolvedImage): readonly ExternalUse[] {
  return [...externalUses(image), ...(image.handsDown ?? [])];
}

const words = {
  from: 'FROM',
  copy: 'COPY --from',
  mount: 'RUN --mount',
  onbuild: 'ONBUILD',
  syntax: '# syntax=',
  attest: 'attest',
  cache: 'cache',
} as const satisfies Record<ExternalUse['kind'], string>;

/** What reads the Dockerfile, and where that is written; none: the builder's own. */
function frontendOf({ syntax, rendered }: ResolvedImage): readonly ExternalUse[] {
  if (syntax === undefined) {
    return [];
  }
  const { span } = readDockerfile(rendered.dockerfile).syntax ?? {};
  const isArgument = span === undefined || rendered.definition.args.has('BUILDKIT_SYNTAX');
  const place = isArgument ? rendered.definition.place : placeOf(rendered, span);
  return [{ kind: 'syntax', written: syntax, place }];
}

/** What lists the packages of an image, if that is not BuildKit's usual one: it says what it likes of what is in the image. */
function scannerOf({ rendered: { definition } }: ResolvedImage): readonly ExternalUse[] {
  const { sbom, place } = attestOf(definition) ?? {};
  return typeof sbom !== 'string' || place === undefined || isUsualScanner(sbom)
    ? []
    : [{ kind: 'attest', written: sbom, place }];
}

/** Where its layers may come from, in place of being built. */
function cacheUsed({ rendered: { definition } }: ResolvedImage): readonly ExternalUse[] {
  const cache = cacheOf(definition);
  if (cache === undefined) {
    return [];
  }
  const written = cacheRef(cache, rebuildName(definition));
  return [{ kind: 'cache', written, shown: cache.ref, place: cache.place }];
}

/** Below what the repositories of a tree are: its registry, and its namespace there. Others may have the rest of a registry. */
export function repositoriesOf({
  registry,
  namespace,
}: Pick<TreeConfig, 'registry' | 'namespace'>): string {
  return namespace === '' ? registry : `${registry}/${namespace}`;
}

/** Whether this is where the images of a tree are, under whichever name of its registry. */
export function isOwnRepository(
  written: string,
  own: Pick<TreeConfig, 'registry' | 'namespace' | 'registryNames'>,
): boolean {
  const repository = repositoryNamed(written);
  if (own.registry === '' || repository === undefined) {
    return false;
  }
  const spellings = own.registryNames?.all(repository) ?? [repository];
  const below = `${repositoriesOf({ ...own, registry: own.registry.toLowerCase() })}/`;
  return spellings.some((one) => one.startsWith(below));
}

import type { ImageName, Reference, Repository } from '#core/reference/brands.js';
import { canonicalRepository, parseReference } from '#core/reference/reference.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import { isMatched, type Matchable } from '../select/matchImages.js';
import type { ImageKind, KindOfImages, Policy } from '../workspace/policyKeys.js';

/** Whether a policy allows the registry of a reference, under whichever of its names. What is no reference is not. */
export function isAllowedRegistry(
  { registries }: Policy,
  written: string,
  names?: RegistryNames,
): boolean {
  if (registries === undefined) {
    return true;
  }
  const repository = repositoryNamed(written);
  if (repository === undefined) {
    return false;
  }
  const spellings = names?.all(repository) ?? [repository];
  return registries.some(({ value }) =>
    spellings.some((name) => `${name}/`.startsWith(`${value}/`)),
  );
}

/** `docker.io/library/nginx`, the host in lower case, as registries of a policy are; undefined: that is no reference. */
export function repositoryNamed(written: string): string | undefined {
  const reference = parseReference(written);
  if (reference.kind === 'problem' || reference.domain === '') {
    return undefined;
  }
  const { domain } = reference;
  return canonicalRepository({ ...reference, domain: domain.toLowerCase() });
}

/** The kinds that a policy gives an image: one, where the policy is as it should be. */
export function kindsOf(
  { kinds }: Pick<Policy, 'kinds'>,
  image: Matchable,
): readonly KindOfImages[] {
  return kinds.filter(({ images }) => images.some(({ value }) => isMatched(image, value)));
}

/**
 * The kinds of an image that no tree defines, by its name. They count only of a registry that the policy allows, or of
 * the trees' own where it says nothing of registries: elsewhere anybody can give an image the name.
 */
export function kindsOfExternal(
  policy: Policy,
  written: string,
  own: { readonly registry: string; readonly registryNames?: RegistryNames },
): readonly ImageKind[] {
  const reference = parseReference(written);
  const repository = repositoryNamed(written);
  if (reference.kind === 'problem' || repository === undefined) {
    return [];
  }
  const spellings = own.registryNames?.all(repository) ?? [repository];
  const isKnown =
    policy.registries === undefined
      ? own.registry !== '' &&
        spellings.some((name) => `${name}/`.startsWith(`${own.registry.toLowerCase()}/`))
      : isAllowedRegistry(policy, written, own.registryNames);
  if (!isKnown) {
    return [];
  }
  const name = reference.path.slice(reference.path.lastIndexOf('/') + 1);
  const tag = reference.tag ?? 'latest';
  const image = {
    name: name as ImageName,
    repository: repository as Repository,
    reference: `${repository}:${tag}` as Reference,
  };
  return kindsOf(policy, image).map(({ kind }) => kind);
}

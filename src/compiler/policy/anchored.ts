import { canonicalHost } from '#core/reference/hosts.js';
import { canonicalRepository, parseReference, repositoryOf } from '#core/reference/reference.js';
import { noNames, type RegistryNames } from '#core/reference/registryNames.js';
import { readGlob } from '#core/text/glob.js';
import { isHost } from '../workspace/policyKeys.js';

/**
 * A pattern of images as it counts for those that no tree defines: every name of what it names, with its registry.
 * Empty where its registry is not written, or has a wildcard: anybody can give an image the name in a registry of his own.
 */
export function anchoredNames(pattern: string, names: RegistryNames = noNames): readonly string[] {
  const [first = '', ...path] = pattern.split('/');
  const host = canonicalHost(first);
  if (path.length === 0 || !isHost(host)) {
    return [];
  }
  const written = `${host}/${path.join('/')}`;
  const parsed = /[*?[]/.test(written) ? undefined : parseReference(written);
  // What Docker leaves out of names of the Hub may be left out here.
  const whole =
    parsed?.kind === 'reference'
      ? canonicalRepository(parsed) + written.slice(repositoryOf(written).length)
      : written;
  return names.all(whole);
}

/** Whether a pattern is about an image that no tree defines, by its reference without a digest. */
export function isAnchoredMatch(
  pattern: string,
  reference: string,
  names: RegistryNames = noNames,
): boolean {
  const repository = repositoryOf(reference);
  return anchoredNames(pattern, names).some((name) => {
    const glob = readGlob(name);
    return glob.test(reference) || glob.test(repository);
  });
}

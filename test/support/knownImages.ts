import type { FoundImage } from '#compiler/render/dockerPkgFilters.js';
import { didYouMean } from '#core/text/suggest.js';

/**
 * Looks up image names among references such as `host:5000/ns/name:1.2-3`, below a registry and
 * namespace. Those without a tag are left out, as docker-pkg does; a port is none.
 */
export function knownImages(
  references: Iterable<string>,
  registry: string,
  namespace: string,
): (name: string) => FoundImage {
  const byRepository = new Map<string, string>();
  for (const reference of references) {
    const colon = reference.lastIndexOf(':');
    if (colon <= reference.lastIndexOf('/')) {
      continue;
    }
    byRepository.set(reference.slice(0, colon), reference);
  }
  return (name) => {
    const repository = repositoryOf(registry, namespace, name);
    const reference = byRepository.get(repository);
    if (reference !== undefined) {
      return { kind: 'found', reference };
    }
    const hint = didYouMean(name, namesBelow(byRepository.keys(), registry, namespace));
    const suffix = hint === undefined ? '' : `; ${hint}`;
    return {
      kind: 'missing',
      reason: `Image ${repository} not found, or it has no tag${suffix}`,
    };
  };
}

/** The names by which templates can ask for repositories. */
function* namesBelow(repositories: Iterable<string>, registry: string, namespace: string) {
  const start = repositoryOf(registry, namespace, '');
  for (const repository of repositories) {
    if (repository.startsWith(start)) {
      yield repository.slice(start.length);
    }
  }
}

/** Python's `os.path.join`, by which docker-pkg makes repositories of their parts. */
function repositoryOf(...parts: readonly string[]): string {
  return parts.reduce((path, part) => {
    if (part.startsWith('/')) {
      return part;
    }
    return path === '' || path.endsWith('/') ? path + part : `${path}/${part}`;
  });
}

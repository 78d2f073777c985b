import type { Reference, Repository } from './brands.js';

/** What makes up an image's name, as docker-pkg has it (doc/dev/docker-pkg.md, Label). */
export interface LabelParts {
  /** `host[:port]`, or empty. */
  readonly registry: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

/**
 * `registry/namespace/name` and the same with `:version`, empty parts left out. docker-pkg joins
 * them with Python's os.path.join, so a part that ends with `/` gets no second one, and what
 * is before a part that begins with `/` is lost; `repositoryProblem` then refuses the rest.
 */
export function joinLabel(parts: LabelParts): { repository: Repository; reference: Reference } {
  let joined = '';
  for (const part of [parts.registry, parts.namespace, parts.name]) {
    if (part.startsWith('/') || joined === '') {
      joined = part;
    } else if (part !== '') {
      joined += joined.endsWith('/') ? part : `/${part}`;
    }
  }
  const repository = joined as Repository;
  return { repository, reference: `${joined}:${parts.version}` as Reference };
}

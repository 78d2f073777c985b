import type { Place } from '../diagnostics/diagnostic.js';
import { canonicalHost } from './hosts.js';
import { parseReference } from './reference.js';

/** Images of a registry, or of a path on it, are read through another place. */
export interface Mirror {
  /** `host[:port]`, perhaps with a path; Docker Hub is `docker.io`. */
  readonly of: string;
  /** The same of the cache or mirror: what is behind `of` is behind it there. */
  readonly at: string;
  /** Where that is written. */
  readonly place?: Place;
}

/** Where images are read: through a cache or mirror, where there is one. */
export class PullThrough {
  readonly mirrors: readonly Mirror[];
  readonly #longestFirst: readonly Mirror[];

  constructor(mirrors: readonly Mirror[]) {
    this.mirrors = mirrors;
    this.#longestFirst = [...mirrors].sort((a, b) => b.of.length - a.of.length);
  }

  /** What an image is read as, with its tag and digest; undefined: as it is written. */
  read(written: string): string | undefined {
    const parsed = parseReference(written);
    if (parsed.kind === 'problem') {
      return undefined;
    }
    const repository = `${canonicalHost(parsed.domain)}/${parsed.path}`;
    const mirror = this.mirrorOf(repository);
    if (mirror === undefined) {
      return undefined;
    }
    const { tag, digest } = parsed;
    const tagged = tag === undefined ? '' : `:${tag}`;
    const pinned = digest === undefined ? '' : `@${digest}`;
    return `${mirror.at}${repository.slice(mirror.of.length)}${tagged}${pinned}`;
  }

  /** The mirror of a repository (`docker.io/library/debian`): that of the longest name. */
  mirrorOf(repository: string): Mirror | undefined {
    return this.#longestFirst.find(
      ({ of }) => repository === of || repository.startsWith(`${of}/`),
    );
  }
}

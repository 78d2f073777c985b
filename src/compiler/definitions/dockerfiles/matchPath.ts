import { join } from 'node:path';
import { didYouMean } from '#core/text/suggest.js';
import type { FoundDockerfile } from './findDockerfiles.js';

/** What the `path` of an `[[image]]` means among the Dockerfiles that are found. */
type Match =
  | { readonly kind: 'found'; readonly dockerfile: FoundDockerfile }
  | { readonly kind: 'elsewhere'; readonly imageFile: string }
  | { readonly kind: 'several'; readonly files: readonly string[] }
  | { readonly kind: 'nothing' };

interface Among {
  readonly found: readonly FoundDockerfile[];
  /** Directories (absolute) that an image.toml is in, as shown. */
  readonly imageFiles: ReadonlyMap<string, string>;
}

/** Which Dockerfile an absolute path means: by its own path, its directory's, or that without `docker`. */
export function matchPath(absolute: string, { found, imageFiles }: Among): Match {
  const exact = found.find((one) => join(one.directory, one.file) === absolute);
  if (exact !== undefined) {
    return { kind: 'found', dockerfile: exact };
  }
  const imageFile = imageFiles.get(absolute);
  if (imageFile !== undefined) {
    return { kind: 'elsewhere', imageFile };
  }
  const inside = found.filter(({ directory }) => directory === absolute);
  const near =
    inside.length > 0
      ? inside
      : found.filter(
          ({ directory }) => directory.replace(/(?:\/(?:docker|build))+$/, '') === absolute,
        );
  const own = near.filter(({ role }) => role.kind === 'own');
  const [first, second] = own.length > 0 ? own : near;
  if (first === undefined) {
    return { kind: 'nothing' };
  }
  return second === undefined
    ? { kind: 'found', dockerfile: first }
    : { kind: 'several', files: near.map(({ path, file }) => join(path, file)) };
}

/** Why what is written means no Dockerfile, or no single one; `excludedBy` is a pattern that leaves it out. */
export function whyNoMatch(
  written: string,
  match: Exclude<Match, { kind: 'found' }>,
  found: readonly FoundDockerfile[],
  excludedBy: string | undefined,
): { readonly message: string; readonly hint: string } {
  switch (match.kind) {
    case 'elsewhere':
      return {
        message: `the image of ${written} is described twice: ${match.imageFile} is there too`,
        hint: `move these keys into ${match.imageFile}, or remove it`,
      };
    case 'several':
      return {
        message: `${written} has ${match.files.length} Dockerfiles: ${match.files.join(', ')}`,
        hint: 'name one of them in path',
      };
    case 'nothing': {
      if (excludedBy !== undefined) {
        return {
          message: `${written} is not searched: exclude has "${excludedBy}"`,
          hint: 'name the file with dockerfile, not path, or remove that pattern',
        };
      }
      const known = found.flatMap(({ path, file }) => [path, join(path, file)]);
      // A path is relative to the file; with "/" in front it looks like that of a context.
      const bare = written.replace(/^(?:\.?\/)+|\/+$/g, '');
      const hint =
        (known.includes(bare) ? `did you mean ${JSON.stringify(bare)}?` : undefined) ??
        didYouMean(written, new Set(known)) ??
        'name a directory that has a Dockerfile, or the Dockerfile';
      return { message: `no Dockerfile is found at ${written}`, hint };
    }
  }
}

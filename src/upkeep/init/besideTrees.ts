import { warning } from '#core/diagnostics/diagnostic.js';
import { some } from '#core/text/some.js';
import type { Imported } from '../import/importStages.js';

/** What a repository has; paths are relative to it. */
interface Plain {
  readonly dockerfiles: readonly string[];
  /** Directories of docker-pkg images; empty: the repository's own. */
  readonly dockerPkg: readonly string[];
  /** Which directory to search for Dockerfiles; `.` is all. */
  readonly searched: string;
}

/**
 * What an import of docker-pkg's trees makes (a file with their tables), and a tree of the Dockerfiles
 * that are in none of them: no other tree has plain Dockerfiles.
 */
export function besideTrees(
  imported: Imported,
  { dockerfiles, dockerPkg, searched }: Plain,
): Imported {
  const topOf = (path: string): string => path.slice(0, Math.max(0, path.indexOf('/'))) || path;
  const tops = new Set(dockerPkg.map(topOf));
  const apart = dockerfiles.filter((path) => !path.includes('/') || !tops.has(topOf(path)));
  const [file, ...more] = imported.files;
  if (apart.length === 0 || file === undefined) {
    return imported;
  }
  const count = `${apart.length} plain ${apart.length === 1 ? 'Dockerfile' : 'Dockerfiles'}`;
  if (dockerPkg.includes('')) {
    const message = `${count} left out, since the docker-pkg image at the top has the whole repository as its tree: ${some(apart, 3)}`;
    const hint =
      'move that image into a directory of its own, then: generate-bake import docker-pkg --force';
    const left = warning('not-carried-over', message, { hint });
    return { ...imported, left: [...imported.left, left] };
  }
  const [, ...trees] = file.text.split(/^(?=\[\[tree\]\]$)/m);
  const lines = [
    '# The trees of docker-pkg, and the Dockerfiles that are in none of them.',
    ...trees.flatMap((tree) => [tree.trimEnd(), '']),
    '[[tree]]',
    'kind = "dockerfiles"',
    `directory = ${JSON.stringify(searched)}`,
  ];
  return {
    ...imported,
    files: [{ ...file, text: `${lines.join('\n')}\n` }, ...more],
    carried: [...imported.carried, `${count}, as a tree of their own: ${some(apart, 3)}`],
  };
}

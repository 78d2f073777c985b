import type { ListDirectory } from '#core/files/directories.js';
import { TakenPaths } from '#formats/dockerfile/takenPaths.js';
import type { ImageDefinition } from '../definitions/definition.js';
import { readDockerIgnore, type Verdict } from './dockerIgnore.js';
import { listContext } from './listing.js';

/** What the ignore rules of a context say of its paths. */
export interface IgnoredPaths {
  /** Whether there are rules that take back others: a directory that is left out may hold what is not. */
  readonly hasExceptions: boolean;
  /** Of a path of the context, whatever is there. */
  leavesOut(path: string): boolean;
}

/** Reads the ignore rules of an image's context; what is wrong with them is told where it is listed. */
export function ignoredPaths(
  { directory, context, tree, ignoreRules }: ImageDefinition,
  list?: ListDirectory,
): IgnoredPaths {
  // Nothing is walked: only the rules are asked for.
  const listing = listContext(directory, context, {
    boundary: tree.boundary,
    taken: new TakenPaths([]),
    ...(list === undefined ? {} : { list }),
    ...(ignoreRules === undefined ? {} : { rules: ignoreRules }),
  });
  const { rules } = listing.value;
  if (rules === undefined) {
    return { hasExceptions: false, leavesOut: () => false };
  }
  const ignore = readDockerIgnore(rules, context).value;
  return {
    hasExceptions: ignore.hasExceptions,
    leavesOut: (path) => {
      let verdict: Verdict | undefined;
      let way = '';
      for (const part of path.split('/')) {
        way = way === '' ? part : `${way}/${part}`;
        verdict = ignore.judge(way, verdict);
      }
      return verdict?.isIgnored === true;
    },
  };
}

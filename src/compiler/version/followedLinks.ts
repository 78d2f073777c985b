import { readlinkSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { isOwnOrGits } from '#core/files/boundary.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { lookAt } from '#core/files/lookAt.js';
import { isWithin } from '#core/files/paths.js';
import type { IgnoredPaths } from '../context/ignoredPaths.js';

/** As Linux does. */
const mostLinks = 40;

/** What a symbolic link of a context leads to. */
export interface Followed {
  /** Absolute, without links but perhaps the last part. */
  readonly target: string;
  /** The path of the context that it stands for there. */
  readonly inside: string;
}

/**
 * What the symbolic links of a context lead to, where all of them are followed, those of linked
 * directories too: of a chain each link.
 *
 * @param directory the context: absolute, links resolved
 */
export function followedLinks(
  directory: string,
  ignored: IgnoredPaths,
  list: ListDirectory = listDirectory,
): readonly Followed[] {
  const found: Followed[] = [];
  const visit = (source: string, prefix: string, above: readonly string[]): void => {
    let entries: ReturnType<ListDirectory> = [];
    try {
      entries = list(source);
    } catch {
      // Reported where the context is listed.
    }
    for (const entry of entries) {
      const inside = prefix + entry.name;
      const isLeftOut = isOwnOrGits(entry.name) || ignored.leavesOut(inside);
      if (isLeftOut && !ignored.hasExceptions) {
        continue;
      }
      const path = `${source}/${entry.name}`;
      if (entry.isDirectory()) {
        visit(path, `${inside}/`, above);
      } else if (entry.isSymbolicLink()) {
        const ways = wayOf(path);
        found.push(...ways.map((target) => ({ target, inside })));
        const end = ways.at(-1);
        const isLoop = end === undefined || above.includes(end) || isWithin(end, source);
        if (!isLoop && lookAt(end)?.isDirectory() === true) {
          visit(end, `${inside}/`, [...above, end]);
        }
      }
    }
  };
  visit(directory, '', []);
  return found;
}

/** Each place that a link leads to, one link after the other. */
export function wayOf(link: string): readonly string[] {
  const ways: string[] = [];
  let path = link;
  try {
    while (ways.length < mostLinks && lookAt(path)?.isSymbolicLink() === true) {
      const next = posix.resolve(posix.dirname(path), readlinkSync(path));
      path = posix.join(realpathSync(posix.dirname(next)), posix.basename(next));
      ways.push(path);
    }
  } catch {
    // It leads nowhere, which is reported where the context is listed.
  }
  return ways;
}

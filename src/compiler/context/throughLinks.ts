import { readlinkSync } from 'node:fs';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { lookAt } from '#core/files/lookAt.js';
import { type PathPattern, TakenPaths } from '#formats/dockerfile/takenPaths.js';

/** As Linux does. */
const mostLinks = 40;

/**
 * The paths of a context (absolute) that its sources take where symlinks are named by them, or are on
 * the way: each link, and what it leads to. BuildKit follows those, and no others, within the context:
 * an absolute target starts at its top, and nothing is above that. Undefined where it cannot be said: a
 * link that a pattern may match, and links that lead to each other.
 */
export function throughLinks(
  directory: string,
  sources: readonly PathPattern[],
  list: ListDirectory = listDirectory,
): readonly PathPattern[] | undefined {
  const found: PathPattern[] = [];
  for (const source of sources) {
    const all = follow(directory, source, list);
    if (all === undefined) {
      return undefined;
    }
    found.push(...all);
  }
  return found;
}

function follow(
  directory: string,
  source: PathPattern,
  list: ListDirectory,
): readonly PathPattern[] | undefined {
  const found: PathPattern[] = [source];
  let parts = source.path.split('/');
  for (let links = 0, at = 0; at < parts.length; ) {
    if (source.isPattern && /[*?[]/.test(parts[at] ?? '')) {
      return mayMatchLink(directory, parts, at, list) ? undefined : found;
    }
    const path = parts.slice(0, at + 1).join('/');
    const entry = lookAt(`${directory}/${path}`);
    if (entry === undefined) {
      return found;
    }
    at++;
    if (!entry.isSymbolicLink()) {
      continue;
    }
    if (++links > mostLinks) {
      return undefined;
    }
    const target = readlinkSync(`${directory}/${path}`);
    const before = target.startsWith('/') ? [] : parts.slice(0, at - 1);
    parts = clean([...before, ...target.split('/'), ...parts.slice(at)]);
    at = 0;
    found.push({ path, isPattern: false }, { path: parts.join('/'), isPattern: source.isPattern });
  }
  return found;
}

/** Without `.` and empty parts; `..` does not lead above the top. */
function clean(parts: readonly string[]): string[] {
  const found: string[] = [];
  for (const part of parts) {
    if (part === '..') {
      found.pop();
    } else if (part !== '.' && part !== '') {
      found.push(part);
    }
  }
  return found;
}

function mayMatchLink(
  directory: string,
  parts: readonly string[],
  at: number,
  list: ListDirectory,
): boolean {
  const top = parts.slice(0, at).join('/');
  const taken = new TakenPaths([{ path: parts.join('/'), isPattern: true }]);
  const visit = (path: string, depth: number): boolean => {
    let entries: ReturnType<ListDirectory> = [];
    try {
      entries = list(path === '' ? directory : `${directory}/${path}`);
    } catch {
      // Reported where the context is listed.
    }
    return entries.some((entry) => {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (!taken.reachesInto(below)) {
        return false;
      }
      return (
        entry.isSymbolicLink() ||
        (entry.isDirectory() && depth + 1 < parts.length && visit(below, depth + 1))
      );
    });
  };
  return visit(top, at);
}

import { lstatSync, readdirSync } from 'node:fs';
import { contentDigest, type DigestedEntry } from './digest.js';

/**
 * The digest of all that is in a directory (absolute), as `materialise` names the copy of a context;
 * undefined where it has what no copy has, or what cannot be read.
 */
export function copyDigest(directory: string): string | undefined {
  let entries: readonly DigestedEntry[];
  try {
    entries = entriesOf(directory);
  } catch {
    return undefined;
  }
  const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const { value, diagnostics } = contentDigest(sorted, directory, 'all');
  return diagnostics.length > 0 ? undefined : value.slice('sha256:'.length);
}

function entriesOf(directory: string): readonly DigestedEntry[] {
  const found: DigestedEntry[] = [];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const source = `${entry.parentPath}/${entry.name}`;
    const path = source.slice(directory.length + 1);
    if (entry.isDirectory()) {
      found.push({ kind: 'directory', path, mode: lstatSync(source).mode & 0o7777 });
    } else if (!entry.isFile()) {
      throw new Error(`${source} is a link or a special file`);
    } else {
      found.push({ kind: 'file', path, source });
    }
  }
  return found;
}

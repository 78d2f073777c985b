import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { Boundary } from '#core/files/boundary.js';
import { isMissing, whyNot } from '#core/files/paths.js';
import { readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';

/** What to look for in a directory of Dockerfiles. */
export interface Wanted {
  /** The names that `outputFiles` gives, of the images that are compared. */
  readonly names: readonly string[];
  /** Whether these are all images, so that any other Dockerfile there is one too many. */
  readonly all: boolean;
}

/**
 * The Dockerfiles in a directory that render, or a script around docker-pkg, wrote. One that is not
 * there has no entry, and one that leads out of the directory's boundary is an error. A directory that has none of them is an error: it is not such a one.
 *
 * @param directory absolute
 * @param shown the same for messages
 */
export function dockerfilesIn(
  directory: string,
  shown: string,
  wanted: Wanted,
): Outcome<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const door = { own: directory, boundary: new Boundary(directory, gitWorkTrees()) };
  const others = wanted.all ? furtherFiles(directory, wanted.names) : [];
  for (const name of [...wanted.names, ...others]) {
    const file = join(shown, name);
    try {
      const text = decodeUtf8(file, readInside(join(directory, name), door));
      found.set(name, text.value);
      diagnostics.push(...text.diagnostics);
    } catch (cause) {
      if (!isMissing(cause)) {
        diagnostics.push(error('unreadable', `${file} ${whyNot(cause)}`, { place: { file } }));
      }
    }
  }
  const [example] = wanted.names;
  if (found.size === 0 && diagnostics.length === 0 && example !== undefined) {
    diagnostics.push(
      error('diff', `${shown} has none of the Dockerfiles to compare with`, {
        hint: `they would be at such places as ${join(shown, example)}, where render -o ${shown} writes them`,
      }),
    );
  }
  return { value: found, diagnostics };
}

/** Dockerfiles of the same trees whose images are no more. */
function furtherFiles(directory: string, names: readonly string[]): string[] {
  const known = new Set(names);
  const further: string[] = [];
  for (const tree of new Set(names.map(dirname))) {
    for (const entry of entriesOf(join(directory, tree))) {
      if (entry.endsWith('.Dockerfile') && !known.has(`${tree}/${entry}`)) {
        further.push(`${tree}/${entry}`);
      }
    }
  }
  return further.sort();
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // What cannot be listed is reported where its files are read.
  }
}

import { dirname } from 'node:path';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { readText } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { Digest } from '#core/reference/brands.js';

/** What a registry had under a version when a run on this machine last saw it there. */
interface SeenVersion {
  readonly digest: Digest;
  /** The UTC day, as YYYY-MM-DD. */
  readonly day: string;
}

/**
 * The versions that runs on this machine saw in registries, or put there. So a version that a registry
 * does not have any more is not taken for one that it never had. Losing the record loses that, and
 * nothing else.
 */
export interface PublishedRecord {
  /** `reference`: under the canonical name of its registry. */
  get(reference: string): SeenVersion | undefined;
  add(reference: string, digest: Digest): void;
  /** Writes what is new; a record that cannot be written is left as it is. */
  save(): void;
}

/** Of more versions than this, those that were not seen for longest are forgotten. */
const most = 20_000;

const pattern = /^(\S+:\S+) (sha256:[0-9a-f]{64}) (\d{4}-\d\d-\d\d)$/;

/**
 * A record in one file, a line a version, sorted: `reference digest day`. Lines of another kind say
 * nothing; a file that cannot be read has no lines.
 */
export function publishedRecord(file: string, now: Date): PublishedRecord {
  const day = now.toISOString().slice(0, 10);
  let known: Map<string, SeenVersion> | undefined;
  const added = new Map<string, SeenVersion>();
  return {
    get(reference) {
      known ??= read(file);
      return added.get(reference) ?? known.get(reference);
    },
    add(reference, digest) {
      known ??= read(file);
      const before = known.get(reference);
      if (before?.digest !== digest || before.day < day) {
        added.set(reference, { digest, day });
      }
    },
    save() {
      if (added.size === 0) {
        return;
      }
      // Another run may have added to the file meanwhile.
      known = new Map([...read(file), ...added]);
      added.clear();
      write(file, known);
    },
  };
}

/** Of runs that change nothing, and of those that ask no registry. */
export const noRecord: PublishedRecord = { get: () => undefined, add: () => {}, save: () => {} };

function read(file: string): Map<string, SeenVersion> {
  const known = new Map<string, SeenVersion>();
  let text: string;
  try {
    text = readText(file);
  } catch {
    return known;
  }
  for (const line of text.split('\n')) {
    const [, reference, digest, day] = pattern.exec(line) ?? [];
    if (reference !== undefined && digest !== undefined && day !== undefined) {
      known.set(reference, { digest: digest as Digest, day });
    }
  }
  return known;
}

function write(file: string, known: ReadonlyMap<string, SeenVersion>): void {
  const newest = [...known].sort(([, a], [, b]) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0));
  const lines = newest
    .slice(0, most)
    .map(([reference, { digest, day }]) => `${reference} ${digest} ${day}\n`)
    .sort();
  try {
    makeDirectory(dirname(file));
    replaceFile(file, lines.join(''), undefined);
  } catch {
    // What is not written is seen again by the next run.
  }
}

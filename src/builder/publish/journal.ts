import { createHash } from 'node:crypto';
// biome-ignore lint/style/noRestrictedImports: appends to a file in the user's state directory.
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '#core/files/makeDirectory.js';
import type { Repository } from '#core/reference/brands.js';

/**
 * A move of `latest` that is owed. It is written down before the version is pushed, so that no
 * interruption can lose it; a version that never got there is owed nothing.
 */
export interface OwedMove {
  readonly repository: Repository;
  readonly version: string;
  /** Versions of the image have no order: they are computed. */
  readonly unordered?: true;
}

/** A line of the file: a move that is owed, or that no more is owed to a repository. */
type Entry = OwedMove | { readonly settled: Repository };

/**
 * The moves of `latest` that a registry is still owed, kept in a file of the state directory so
 * that a run that was interrupted between publishing and moving is finished by the next one. A line
 * of JSON an entry, only ever appended to: builds on two engines of one host may publish to one
 * registry side by side. Gone when nothing is owed.
 */
export class Journal {
  readonly #directory: string;
  readonly #file: string;
  #known: Map<Repository, OwedMove> | undefined;

  constructor(stateDirectory: string, registry: string) {
    const hash = createHash('sha256').update(registry).digest('hex').slice(0, 16);
    this.#directory = stateDirectory;
    this.#file = join(stateDirectory, `latest-${hash}.jsonl`);
  }

  /** The last version of each repository that is owed. */
  get owed(): readonly OwedMove[] {
    return [...this.#owed.values()];
  }

  add(move: OwedMove): void {
    makeDirectory(this.#directory);
    this.#append(move);
    this.#owed.set(move.repository, move);
  }

  /** Crosses off what a repository is owed; with a version, only if it is that one. */
  settle(repository: Repository, version?: string): void {
    const move = this.#owed.get(repository);
    if (move === undefined || (version !== undefined && move.version !== version)) {
      return;
    }
    this.#append({ settled: repository });
    this.#owed.delete(repository);
    // Another build may have added to the file meanwhile.
    if (this.#owed.size === 0 && read(this.#file).size === 0) {
      rmSync(this.#file, { force: true });
    }
  }

  /** What the file says when it is first asked, and what is done here since. */
  get #owed(): Map<Repository, OwedMove> {
    this.#known ??= read(this.#file);
    return this.#known;
  }

  /** Begins with a line break: the last line of a run that was killed may be half of one. */
  #append(entry: Entry): void {
    appendFileSync(this.#file, `\n${JSON.stringify(entry)}`);
  }
}

function read(file: string): Map<Repository, OwedMove> {
  const owed = new Map<Repository, OwedMove>();
  for (const entry of entriesOf(file)) {
    if ('settled' in entry) {
      owed.delete(entry.settled);
    } else {
      owed.set(entry.repository, entry);
    }
  }
  return owed;
}

function entriesOf(file: string): Entry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = line === '' ? undefined : JSON.parse(line);
      return isEntry(entry) ? [entry] : [];
    } catch {
      // What was not written to its end has not begun either.
      return [];
    }
  });
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  if ('settled' in value) {
    return typeof value.settled === 'string';
  }
  return (
    'repository' in value &&
    typeof value.repository === 'string' &&
    'version' in value &&
    typeof value.version === 'string'
  );
}

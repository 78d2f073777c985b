import { join } from 'node:path';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { readText } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { Update } from './outdated.js';

/** What is not seen for so long is forgotten, in milliseconds. */
const keptFor = 400 * 24 * 60 * 60 * 1000;
const most = 50_000;

interface Seen {
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

/**
 * When each newer version was first seen on this machine: for the archives have no such time. One that cannot be written
 * is as one that is not there.
 */
export class SeenCandidates {
  readonly #file: string;

  constructor(stateDirectory: string) {
    this.#file = join(stateDirectory, 'candidates.json');
  }

  /** Notes these, and says since when each is known. */
  note(updates: readonly Update[], now: Date): ReadonlyMap<Update, Date> {
    const known = this.#read();
    const time = now.getTime();
    const since = new Map<Update, Date>();
    for (const update of updates) {
      const key = [update.name, update.architecture, update.candidate].join(' ');
      const first = Math.min(known.get(key)?.first ?? time, time);
      known.set(key, { first, last: time });
      since.set(update, new Date(first));
    }
    this.#write(known, time);
    return since;
  }

  #read(): Map<string, Seen> {
    try {
      const content: unknown = JSON.parse(readText(this.#file));
      const entries = Object.entries(Reflect.get(content as object, 'seen') as object);
      return new Map(
        entries.flatMap(([key, value]: [string, unknown]) => {
          const [first, last]: unknown[] = Array.isArray(value) ? value : [];
          return Number.isSafeInteger(first) && Number.isSafeInteger(last)
            ? [[key, { first: first as number, last: last as number }] as const]
            : [];
        }),
      );
    } catch {
      return new Map();
    }
  }

  #write(known: ReadonlyMap<string, Seen>, now: number): void {
    try {
      makeDirectory(join(this.#file, '..'));
      const kept = [...known]
        .filter(([, { last }]) => now - last < keptFor)
        .sort(([, a], [, b]) => b.last - a.last)
        .slice(0, most)
        .map(([key, { first, last }]) => [key, [first, last]] as const);
      replaceFile(
        this.#file,
        `${JSON.stringify({ schema: 1, seen: Object.fromEntries(kept) })}\n`,
        0o600,
      );
    } catch {
      // Then they are seen for the first time in the next run.
    }
  }
}

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Repository } from '../reference/brands.js';

/**
 * A move of `latest` that is owed. It is written down before the version is pushed, so that no
 * interruption can lose it; a version that never got there is owed nothing.
 */
export interface OwedMove {
  readonly repository: Repository;
  readonly version: string;
}

/**
 * The moves of `latest` that a registry is still owed, kept in a file of the state directory so
 * that a run that was interrupted between publishing and moving is finished by the next one. The
 * file is written whole and renamed, before anything it speaks of happens.
 */
export class Journal {
  readonly #file: string;
  readonly #owed = new Map<Repository, OwedMove>();

  constructor(stateDirectory: string, registry: string) {
    const hash = createHash('sha256').update(registry).digest('hex').slice(0, 16);
    this.#file = join(stateDirectory, `latest-${hash}.json`);
    for (const move of read(this.#file)) this.#owed.set(move.repository, move);
  }

  get owed(): readonly OwedMove[] {
    return [...this.#owed.values()];
  }

  add(move: OwedMove): void {
    const before = this.#owed.get(move.repository);
    this.#owed.set(move.repository, move);
    try {
      this.#write();
    } catch (cause) {
      if (before === undefined) this.#owed.delete(move.repository);
      else this.#owed.set(move.repository, before);
      throw cause;
    }
  }

  settle(repository: Repository): void {
    if (this.#owed.delete(repository)) this.#write();
  }

  #write(): void {
    if (this.#owed.size === 0) {
      rmSync(this.#file, { force: true });
      return;
    }
    mkdirSync(join(this.#file, '..'), { recursive: true });
    const draft = `${this.#file}.${process.pid}`;
    try {
      writeFileSync(draft, `${JSON.stringify(this.owed, null, 2)}\n`);
      renameSync(draft, this.#file);
    } catch (cause) {
      rmSync(draft, { force: true });
      throw cause;
    }
  }
}

function read(file: string): OwedMove[] {
  if (!existsSync(file)) return [];
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(stored) ? stored.filter(isMove) : [];
  } catch {
    // Renames make half a file impossible: somebody else wrote this one, and it owes nothing.
    return [];
  }
}

function isMove(value: unknown): value is OwedMove {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'repository' in value &&
    typeof value.repository === 'string' &&
    'version' in value &&
    typeof value.version === 'string'
  );
}

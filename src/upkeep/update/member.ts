import { realpathSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { type MadeOf, madeOf, madeOfDefinition } from '#compiler/version/madeOf.js';
import { isWithin } from '#core/files/paths.js';
import type { Holder } from './holders.js';
import { type Move, throughMove } from './moved.js';

/** What git says of an image and of the version that its files name. */
export type Standing =
  /** Nothing that it is made of changed since its version was written, as far as that is known. */
  | {
      readonly kind: 'released';
      /** Seconds since 1970: when its newest rebuild was counted, if that is newer than its version. */
      readonly rebuiltAt?: number;
    }
  /** Its version needs no other: it is not committed, so nobody else has seen it, or not published. */
  | {
      readonly kind: 'pending';
      readonly until: 'committed' | 'published';
      /** Absolute: where its version is written, if that is to be committed. */
      readonly files: readonly string[];
    }
  /** It changed, and its version did not. */
  | {
      readonly kind: 'unreleased';
      /** Absolute, the shortest first. */
      readonly files: readonly string[];
      /** The newest first; empty where nothing of it is committed. */
      readonly commits: readonly string[];
      readonly isUncommitted: boolean;
    }
  /** Git cannot tell; why, as a clause. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly isShallow?: true };

/** An image to ask about: linked where it could be. */
export interface Asked {
  readonly definition: ImageDefinition;
  readonly resolved?: ResolvedImage;
}

export interface PlacedHolder extends Holder {
  /** Relative to the root of the work tree. */
  readonly path: string;
}

/** One image on the way back through the history of its work tree. */
export class Member {
  readonly definition: ImageDefinition;
  holders: readonly PlacedHolder[];
  /** Its directories that have another name than in HEAD. */
  moves: readonly Move[] = [];
  standing: Standing = { kind: 'unknown', reason: 'its version is in no commit' };
  /** How many commits were looked at. */
  age = 0;
  readonly #root: string;
  readonly #has: MadeOf;
  readonly #known = new Map<string, boolean>();
  readonly #files = new Set<string>();
  readonly #commits: string[] = [];
  #isUncommitted = false;

  constructor({ definition, resolved }: Asked, root: string, holders: readonly Holder[]) {
    this.definition = definition;
    this.#root = root;
    this.holders = holders.map((holder) => ({
      ...holder,
      path: posix.relative(root, realFile(holder.file)),
    }));
    const only = new Set(this.holders.filter(({ isInput }) => !isInput).map(({ path }) => path));
    const shared = sharedSettings(definition);
    if (shared !== undefined) {
      only.add(posix.relative(root, realFile(shared)));
    }
    const has = inputsOf({ definition, ...(resolved && { resolved }) }, root);
    this.#has = (path) => !only.has(path) && has(path);
  }

  /** Whether something of it changed after its version, whenever that was written. */
  get hasChanges(): boolean {
    return this.#files.size > 0;
  }

  /** Whether a path is an input of the image. */
  has(path: string): boolean {
    let known = this.#known.get(path);
    if (known === undefined) {
      const moved = this.moves.map(({ from, to }) => throughMove(path, from, to));
      known = this.#has(moved.find((one) => one !== undefined) ?? path);
      this.#known.set(path, known);
    }
    return known;
  }

  /** Remembers what of a change the image is made of; without a commit it is not committed. */
  add(files: readonly string[], commit?: string): void {
    const own = files.filter((file) => this.has(file));
    for (const file of own) {
      this.#files.add(file);
    }
    if (own.length > 0 && commit !== undefined) {
      this.#commits.push(commit);
    }
    this.#isUncommitted ||= own.length > 0 && commit === undefined;
  }

  /** The version was found: nothing before it counts. */
  end(time: number, isRebuilt: boolean): void {
    // Where only rebuilds are counted, its version comes from elsewhere, and every change may be in it.
    const isKnown = this.holders.some(({ isRebuilds }) => isRebuilds !== true);
    this.standing =
      this.#files.size === 0 || !isKnown
        ? { kind: 'released', ...(isRebuilt ? { rebuiltAt: time } : {}) }
        : {
            kind: 'unreleased',
            files: [...this.#files].sort(shortestFirst).map((file) => join(this.#root, file)),
            commits: this.#commits,
            isUncommitted: this.#isUncommitted,
          };
  }

  /** Its holders are looked for where HEAD has them. */
  move(from: ReadonlyMap<string, string>): void {
    const moved = this.holders.flatMap(({ path }): Move[] => {
      const old = from.get(path);
      return old === undefined ? [] : [{ from: posix.dirname(old), to: posix.dirname(path) }];
    });
    // The top of a work tree is not moved.
    if (moved.length === 0 || moved.some(({ from: old, to }) => old === '.' || to === '.')) {
      return;
    }
    this.moves = moved;
    this.holders = this.holders.map((holder) => ({
      ...holder,
      path: from.get(holder.path) ?? holder.path,
    }));
  }

  touched(files: readonly string[]): readonly PlacedHolder[] {
    return this.holders.filter(({ path }) => files.includes(path));
  }
}

function inputsOf({ definition, resolved }: Asked, root: string): MadeOf {
  const { contextDigest, versionSpot } = definition;
  if (contextDigest !== undefined && versionSpot !== undefined) {
    // Of a root filesystem: its context is what was made, and may not be there.
    const recipe = posix.relative(root, realpathSync(dirname(versionSpot.file)));
    return (path) => recipe === '' || isWithin(recipe, path);
  }
  return resolved === undefined
    ? madeOfDefinition(definition, root)
    : madeOf(resolved, root, undefined);
}

/** A workspace file says something of many images; that it changed says nothing of this one. */
function sharedSettings({ settingsFile, home, directory }: ImageDefinition): string | undefined {
  return settingsFile === undefined || isWithin(home ?? directory, settingsFile)
    ? undefined
    : settingsFile;
}

/** A file that may not be there in a directory that is. */
function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return join(realpathSync(dirname(file)), posix.basename(file));
  }
}

function shortestFirst(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

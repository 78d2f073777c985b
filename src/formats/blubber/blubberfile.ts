import type { Found } from '../settings/tableReader.js';

/**
 * A Blubber file (v4) as far as it decides what its variants are made of. What else it may say (packages, users,
 * commands) is checked when it is read, and not kept.
 */
export interface Blubberfile {
  /** What every variant begins with. */
  readonly common: Part;
  readonly variants: ReadonlyMap<string, Variant>;
}

/** What the top of a file, or one of its variants, says by itself. */
export interface Part {
  /** Absent where it says none, or `null`: neither changes what is said before it. */
  readonly base?: Found<string>;
  /** Names of build arguments. */
  readonly arguments: readonly string[];
  /** In their order. */
  readonly builders: readonly Builder[];
  /** The builders of the older notation: each kind stands for itself. */
  readonly single: ReadonlyMap<BuilderKind, Builder>;
}

export interface Variant extends Part {
  readonly includes: readonly Found<string>[];
  readonly copies: readonly Artifact[];
}

export type BuilderKind = 'custom' | 'node' | 'php' | 'python';

export interface Builder {
  readonly kind: BuilderKind;
  /** Absent: it says none, and keeps those of what it is merged with. */
  readonly requirements?: readonly Artifact[];
  readonly mounts?: readonly Mount[];
  /** Of `custom`. */
  readonly command?: Found<true>;
  readonly script?: Found<true>;
  /** False where it says nothing. */
  readonly isSet: boolean;
  readonly place: Found<true>['place'];
}

/** Files that are copied from the build context (`local`), a variant or an image. */
export interface Artifact {
  readonly from: Found<string>;
  /** Absent: all that `from` gives. */
  readonly source?: Found<string>;
  /** All of it as a text, to find what is written twice. */
  readonly identity: string;
}

export interface Mount {
  readonly from: Found<string>;
  /** Absent: all of it. */
  readonly source?: string;
}

/** In `from`: the build context. */
export const localContext = 'local';

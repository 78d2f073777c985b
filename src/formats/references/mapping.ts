import type { TextPart } from './mentions.js';

/** A value of one line, with where it is. */
export interface Scalar extends TextPart {
  readonly kind: 'scalar';
  /** What is written is what is meant: nothing in it is escaped or folded. */
  readonly isLiteral: boolean;
  /** Without quotes: another text there may be a number or a date. */
  readonly isPlain: boolean;
}

/** The pairs of a mapping, as far as their keys are scalars. */
export interface Mapping {
  readonly kind: 'mapping';
  readonly pairs: ReadonlyMap<string, MappingNode>;
  /** What `<<` brings in: the first one that has a key counts. */
  readonly merged: readonly Mapping[];
}

export type MappingNode =
  | Scalar
  | Mapping
  | { readonly kind: 'sequence'; readonly items: readonly MappingNode[] }
  /** An alias of nothing, or a value that is not read. */
  | { readonly kind: 'unknown' };

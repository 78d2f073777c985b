/** What one rendering may use up. Each cap gives an error of kind `LimitExceeded`. */
export interface Limits {
  /** Characters of the output, and of any one string on the way to it. */
  readonly outputLength: number;
  /** Elements of a `range()` or a list. */
  readonly range: number;
  /** Characters or elements that `*` makes of a string or a list. */
  readonly repetition: number;
  /** Bits of an integer, so of what `**`, `*` and their like give. */
  readonly power: number;
  /** Depth of macro calls, includes, recursive loops and nested data. */
  readonly recursion: number;
  /** Time for one rendering, in milliseconds. */
  readonly milliseconds: number;
}

/** Far above what any real Dockerfile needs, far below what hurts the machine. */
export const defaultLimits: Limits = {
  outputLength: 4 * 1024 * 1024,
  range: 100_000,
  repetition: 1024 * 1024,
  power: 10_000,
  recursion: 100,
  milliseconds: 5_000,
};

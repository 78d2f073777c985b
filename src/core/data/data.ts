/**
 * What a caller may hand to a template: the data model of YAML 1.1 as PyYAML reads it, without
 * losing what JavaScript would lose (2.0 is not 2, a dict keeps the order of its keys).
 */
export type Data =
  | null
  | boolean
  /** An integer: a number must be a safe integer, larger ones are bigints. */
  | number
  | bigint
  | Float
  | string
  | readonly Data[]
  /** A dict; keys as Python compares them (1 and "1" differ). */
  | ReadonlyMap<Data, Data>;

/** A floating-point number, which prints as Python's repr does: `2.0`, `1e+16`. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

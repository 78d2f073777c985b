/** A stretch of one line. Lines and columns count from 1; columns and lengths in UTF-16 units. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Why nothing is done about an image, known before anything is built. */
export interface Refusal {
  /** Its base cannot be had, it could not be pushed, or what it is built of is not allowed. */
  readonly during: 'base' | 'publish' | 'stage' | 'build';
  readonly reason: string;
  /** Of the instruction: `FILE:LINE`. */
  readonly place?: string;
  readonly hint?: string;
}

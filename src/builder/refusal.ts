/** Why nothing is done about an image, known before anything is built. */
export interface Refusal {
  /** Its base cannot be had, or it could not be published. */
  readonly during: 'base' | 'publish';
  readonly reason: string;
  readonly hint?: string;
}

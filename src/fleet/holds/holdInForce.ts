import type { Hold, HoldStop } from '#compiler/workspace/holdKeys.js';

/** What a `[[hold]]` keeps a run from doing with an image. */
export interface HoldInForce {
  readonly stop: HoldStop;
  readonly hold: Hold;
}

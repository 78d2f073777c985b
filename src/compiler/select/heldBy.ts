import { fileLine } from '#core/diagnostics/diagnostic.js';
import type { Hold, HoldStop } from '../workspace/holdKeys.js';
import type { Tree } from '../workspace/tree.js';
import { isMatched, type Matchable } from './matchImages.js';

/** What holds are compared with: definitions, sound or broken. */
export interface Holdable extends Matchable {
  readonly tree: Pick<Tree, 'config' | 'holds'>;
  /** Its newest changelog block fixes a vulnerability. */
  readonly isSecurity?: true;
}

export interface HoldMoment {
  readonly now: Date;
  /** Whether what is stopped fixes a vulnerability; absent: as the image's newest changelog block says. */
  readonly isSecurity?: boolean;
}

/** The first hold of the workspace file that stops this for an image at this moment. Pure. */
export function heldBy(
  image: Holdable,
  stop: HoldStop,
  { now, isSecurity = image.isSecurity === true }: HoldMoment,
): Hold | undefined {
  return image.tree.holds?.find(
    (hold) =>
      hold.stops.includes(stop) &&
      phaseOf(hold, now) === 'on' &&
      !(hold.unless === 'security' && isSecurity) &&
      isCovered(hold, image),
  );
}

/** Whether a hold is about an image, at whatever time. */
export function isCovered({ images }: Pick<Hold, 'images'>, image: Matchable): boolean {
  return images.some(({ value }) => isMatched(image, value));
}

/** Whether a hold has begun, and has not ended. */
export function phaseOf({ from, until }: Hold, now: Date): 'to come' | 'on' | 'over' {
  const time = now.getTime();
  if (until !== undefined && time >= until.time) {
    return 'over';
  }
  return from !== undefined && time < from.time ? 'to come' : 'on';
}

/** `held until 2026-12-31: audit (generate-bake.toml:12)`: what is said of whatever a hold stops. */
export function holdText({ from, until, reason, place }: Hold): string {
  const since = from === undefined ? '' : ` since ${from.text}`;
  const end = until === undefined ? '' : ` until ${until.text}`;
  return `held${since}${end}: ${reason} (${fileLine(place)})`;
}

import type { AptAnswer } from '#adapters/apt/answer.js';
import type { OpenedApt } from '#adapters/apt/apt.js';
import { endOfLifeOf } from '#adapters/apt/endOfLife.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { OpenedImage } from '../contents/openedImage.js';
import type { ImageInventory } from '../inventory/askInventories.js';
import type { Inventory } from '../inventory/inventory.js';
import type { LookedAt } from './outdated.js';

/** So many images are asked about at the same time, each by a process of apt. */
const atOnce = 4;

/** An image whose inventory was read. */
export interface AptQuestion<K> {
  readonly key: K;
  readonly found: ImageInventory['found'];
  /** That of its tree; absent: it has none. */
  readonly proxy?: string;
}

/** Asks apt about images, each by itself. `onAnswer` hears of how many images something is known. */
export async function askApt<K>(
  questions: readonly AptQuestion<K>[],
  opened: Exclude<OpenedApt, { kind: 'cancelled' }>,
  onAnswer: (done: number) => void,
): Promise<ReadonlyMap<K, LookedAt>> {
  let done = 0;
  const looked = await eachOf(questions, atOnce, async ({ key, found, proxy }) => {
    const one = await lookAt(found, proxy, opened);
    onAnswer(++done);
    return [key, one] as const;
  });
  return new Map(looked);
}

async function lookAt(
  found: ImageInventory['found'],
  proxy: string | undefined,
  opened: Exclude<OpenedApt, { kind: 'cancelled' }>,
): Promise<LookedAt> {
  if (found.kind === 'absent') {
    const { isEngine, reason } = found;
    return isEngine === true && reason !== undefined
      ? { kind: 'absent', unasked: reason }
      : { kind: 'absent' };
  }
  if (found.kind === 'failed') {
    return { kind: 'failed', reason: found.failure.reason };
  }
  const { inventory } = found;
  const { distribution } = inventory;
  const endOfLife = distribution && endOfLifeOf(distribution);
  const more = endOfLife === undefined ? {} : { endOfLife };
  const reason = reasonNotToAsk(inventory);
  if (reason !== undefined) {
    return { kind: 'read', inventory, answer: { kind: 'unknown', reason }, ...more };
  }
  if (opened.kind === 'unusable') {
    const answer: AptAnswer = { kind: 'unknown', reason: opened.reason };
    return { kind: 'read', inventory, answer, ...more };
  }
  const answer = await opened.apt.ask({
    files: inventory.aptFiles,
    ...inventory,
    ...imageOf(found.image),
    ...(proxy === undefined ? {} : { proxy }),
  });
  return answer.kind === 'cancelled'
    ? { kind: 'failed', reason: 'stopped' }
    : { kind: 'read', inventory, answer, ...more };
}

/** What an engine knows an image by, or pulls; of a file: nothing. */
export function imageOf({ origin, shown, digest }: OpenedImage): { readonly image?: string } {
  if (digest === undefined || origin === 'file') {
    return {};
  }
  return {
    image: origin === 'engine' ? digest : `${shown.replace(/(?::[^/:]+)?(?:@.*)?$/, '')}@${digest}`,
  };
}

/** Why no answer of apt would be one about the whole image. */
function reasonNotToAsk({ other, unread, packages }: Inventory): string | undefined {
  const [clause] = unread;
  if (clause !== undefined) {
    return `its ${clause}`;
  }
  if (other.length > 0) {
    return `it has packages of ${other.join(' and ')}, which are not read`;
  }
  return packages.length === 0 ? 'it has no Debian packages' : undefined;
}

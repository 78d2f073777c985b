import { type AptSettings, openApt } from '#adapters/apt/apt.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { warning } from '#core/diagnostics/diagnostic.js';
import { askApt } from '../outdated/askApt.js';
import type { LookedAt } from '../outdated/outdated.js';
import type { RunningImage } from './images.js';
import { type InventoriesRequest, runningInventories } from './inventories.js';

/** How many Debian packages of an image that runs have newer versions in its own sources. */
export type OutdatedPackages =
  | { readonly kind: 'known'; readonly outdated: number; readonly security: number }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface OutdatedRunning {
  readonly packages: ReadonlyMap<RunningImage, OutdatedPackages>;
  /** Why apt could not be asked about any of them. */
  readonly problem?: Diagnostic;
}

/** Counts what `outdated` would list of the images that run, as they run. Undefined: stopped. */
export async function outdatedRunning(
  images: readonly RunningImage[],
  request: InventoriesRequest & {
    readonly apt: Omit<AptSettings, 'signal'>;
    readonly onAsked: (done: number, of: number) => void;
    readonly signal: AbortSignal;
  },
): Promise<OutdatedRunning | undefined> {
  const { signal, onAsked } = request;
  const inventories = await runningInventories(images, request);
  if (signal.aborted || inventories.length === 0) {
    return signal.aborted ? undefined : { packages: new Map() };
  }
  const opened = await openApt({ ...request.apt, signal });
  if (opened.kind === 'cancelled') {
    return undefined;
  }
  try {
    const questions = inventories.map(({ image, found }) => {
      const { about } = image;
      const proxy = about.kind === 'own' ? about.image.tree.config.aptOnlyProxy : undefined;
      return { key: image, found, ...(proxy ? { proxy } : {}) };
    });
    const looked = await askApt(questions, opened, (done) => onAsked(done, questions.length));
    if (signal.aborted) {
      return undefined;
    }
    return {
      packages: new Map([...looked].map(([image, one]) => [image, countOf(one)])),
      ...(opened.kind === 'unusable'
        ? { problem: warning('apt', opened.reason, { hint: opened.hint }) }
        : {}),
    };
  } finally {
    if (opened.kind === 'opened') {
      opened.apt.close();
    }
  }
}

function countOf(looked: LookedAt): OutdatedPackages {
  switch (looked.kind) {
    case 'absent':
      return { kind: 'unknown', reason: 'it is not published' };
    case 'failed':
      return { kind: 'unknown', reason: looked.reason };
    case 'read': {
      const { answer } = looked;
      if (answer.kind === 'unknown') {
        return { kind: 'unknown', reason: answer.reason };
      }
      const { candidates } = answer;
      const security = candidates.filter(({ isSecurity }) => isSecurity).length;
      return { kind: 'known', outdated: candidates.length, security };
    }
  }
}

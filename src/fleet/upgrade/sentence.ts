import type { Update } from '../outdated/outdated.js';
import type { LeftBecause, NotCured } from './upgrade.js';

/** Why no version of ours brings an update, as a clause behind where it enters. */
export function notCuredText(
  { enters, installed }: Pick<Update, 'enters' | 'installed'>,
  because: NotCured,
): string {
  switch (because.kind) {
    case 'outside':
      return 'not ours: no tree defines this image';
    case 'broken':
      return 'its definition is broken';
    case 'held-by-dpkg':
      return 'dpkg holds it';
    case 'sources':
      return `its own apt sources do not have it`;
    case 'mirror':
      return `the mirror of its recipe is behind: ${because.text}`;
    case 'unknown':
      return because.reason;
    case 'tried':
      return `not cured by a rebuild: ${because.version} was made for it, and this image has ${installed} (a pin, a frozen file, a mirror that is behind)`;
    case 'waits':
      return because.parent === enters.newerIn
        ? `waits for ${because.parent}, which has not passed its test`
        : `waits for ${because.parent}, which is neither published nor built`;
  }
}

/** Why an image that an update reaches gets no version, as a clause about it. */
export function leftText(because: LeftBecause): string {
  switch (because.kind) {
    case 'held':
      return because.text;
    case 'unreleased':
      return 'it has changes without a version';
    case 'elsewhere':
      return 'its version is not written in its own files: generate-bake rootfs makes it anew';
    case 'pending':
      return `its newest version is not ${because.until} yet`;
    case 'broken':
      return 'its definition is broken';
    case 'not-selected':
      return 'it is not selected';
    case 'parent':
      return `${because.parent}, which it has the packages from, gets no version`;
  }
}

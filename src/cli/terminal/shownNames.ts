import { sharedPrefix } from './shortNames.js';

/** How the references of a table are shown: on a terminal without what all images begin with, said once. */
export interface ShownNames {
  /** A text without it, wherever a reference is in it. */
  readonly short: (text: string) => string;
  /** The line above the table; empty where nothing is left out. */
  readonly heading: string;
}

/**
 * On a terminal the names of the images are short, and what all of them begin with is a line above the table;
 * elsewhere they are whole.
 *
 * @param references of all images, shown or not
 * @param width of the terminal; absent: it is not one
 */
export function shownNames(references: readonly string[], width: number | undefined): ShownNames {
  const prefix = width === undefined ? '' : sharedPrefix(references);
  if (prefix === '') {
    return { short: (text) => text, heading: '' };
  }
  return {
    short: (text) =>
      text
        .split(' ')
        .map((word) => (word.startsWith(prefix) ? word.slice(prefix.length) : word))
        .join(' '),
    heading: `All names begin with ${prefix}\n`,
  };
}

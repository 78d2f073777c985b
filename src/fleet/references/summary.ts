import type { FoundReference } from './find.js';
import type { SearchResult } from './search.js';

/** In one word how a reference stands: its version, or why it has none that can be compared. */
export type ReferenceState =
  | 'behind'
  | 'current'
  | 'ahead'
  | 'unknown'
  | 'moving'
  | 'templated'
  | 'digest'
  | 'ambiguous'
  | 'undefined'
  | 'elsewhere';

export function stateOf({ about }: FoundReference): ReferenceState {
  return about.kind === 'image' ? about.standing.kind : about.kind;
}

const words: readonly (readonly [ReferenceState, string])[] = [
  ['behind', 'behind'],
  ['current', 'current'],
  ['ahead', 'ahead'],
  ['unknown', 'of an unknown version'],
  ['moving', 'not pinned'],
  ['templated', 'templated'],
  ['digest', 'pinned by digest alone'],
  ['ambiguous', 'ambiguous'],
  ['undefined', 'not defined here'],
];

/** `12 references to 4 images in 30 files: 3 behind, 9 current; 2 in comments do not count`. */
export function summaryOf(
  references: readonly FoundReference[],
  { files, commented }: Pick<SearchResult, 'files' | 'commented'>,
): string {
  const shown = references.filter(({ about }) => about.kind !== 'elsewhere');
  const inComments = commented === 0 ? '' : `; ${commented} in comments, which do not count`;
  if (shown.length === 0) {
    return `no references to these images in ${count(files, 'file')}${inComments}`;
  }
  const images = new Set(
    shown.flatMap(({ about }) =>
      about.kind === 'image' ? [about.image.repository as string] : [],
    ),
  ).size;
  const states = words.flatMap(([state, text]) => {
    const number = shown.filter((reference) => stateOf(reference) === state).length;
    return number === 0 ? [] : [`${number} ${text}`];
  });
  return `${count(shown.length, 'reference')} to ${count(images, 'image')} in ${count(files, 'file')}: ${states.join(', ')}${inComments}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

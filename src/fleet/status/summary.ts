import type { Reference } from '#core/reference/brands.js';
import { heldAt } from '../holds/mark.js';
import { owedText } from '../reasons/owedText.js';
import type { Action, Decision } from './decide.js';
import type { StateName } from './states.js';

/**
 * What is shown of the decisions: the images that were asked for, and those that something is to
 * be done with for them.
 */
export function shown(
  decisions: readonly Decision[],
  selected: ReadonlySet<Reference>,
): readonly Decision[] {
  return decisions.filter(({ reference, action }) => selected.has(reference) || action !== 'skip');
}

/** Whether a hold keeps a run from moving `latest` to an image. */
export function isLatestHeld({ action, hold }: Decision): boolean {
  const isLeft = action === 'stop' || action === 'blocked' || action === 'held';
  return hold?.stop === 'latest' && !isLeft;
}

/** A row of the table that `status` prints: the image, its state, what `build` would do, and why. */
export function statusRow({
  reference,
  state,
  action,
  why,
  held,
  heldBack,
  isOnlyTested,
  owed = [],
}: Decision): readonly [image: string, state: string, build: string, why: string] {
  return [
    reference,
    [
      state,
      ...(held === undefined ? [] : [`latest held at ${heldAt(held)}`]),
      ...(owed.length === 0 ? [] : [owedText(owed)]),
    ].join(', '),
    owed.length > 0 && action === 'skip' ? 'tag' : isOnlyTested ? 'test' : actionWords[action],
    // Of what is not built, `why` says it.
    heldBack === undefined || action !== 'build' ? why : `${why}; not published: ${heldBack}`,
  ];
}

/** What `build` would do, as the table says it: most images have nothing done to them. */
const actionWords: Readonly<Record<Action, string>> = {
  build: 'build',
  finish: 'publish',
  use: '-',
  skip: '-',
  stop: 'stopped',
  fail: 'broken',
  held: 'held',
  blocked: 'blocked',
};

/**
 * `136 images: 2 drifted, 14 absent; 14 to build; 120 published, not shown (--all shows them)`.
 *
 * @param hidden those that the table leaves out
 */
export function statusLine(
  decisions: readonly Decision[],
  hidden: readonly Decision[] = [],
): string {
  const total = decisions.length + hidden.length;
  const onlyTested = decisions.filter((decision) => decision.isOnlyTested).length;
  const work = [
    [count(decisions, 'build'), 'to build'],
    [count(decisions, 'finish') - onlyTested, 'to test and publish'],
    [onlyTested, 'to test'],
    [decisions.filter(({ owed = [] }) => owed.length > 0).length, 'to tag'],
    [count(decisions, 'stop'), 'stopped'],
    [count(decisions, 'fail'), 'broken'],
    [count(decisions, 'blocked'), 'blocked'],
    [count(decisions, 'held'), 'held'],
  ] as const;
  const done = work.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  const images = `${total} image${total === 1 ? '' : 's'}`;
  const held = decisions.filter((each) => each.held !== undefined).length;
  const holding = held === 0 ? '' : `; latest held: ${held}`;
  const next = `${done.length === 0 ? 'nothing to do' : done.join(', ')}${holding}`;
  if (hidden.length === 0) {
    return `${images}: ${statesOf(decisions)}; ${next}`;
  }
  const all = `(--all shows ${hidden.length === 1 ? 'it' : 'them'})`;
  return decisions.length === 0
    ? `${images}: ${statesOf(hidden)}; ${next} ${all}`
    : `${images}: ${statesOf(decisions)}; ${next}; ${statesOf(hidden)}, not shown ${all}`;
}

/** `120 published, 5 local`. */
export function statesOf(decisions: readonly Decision[]): string {
  return countsOf(
    decisions.map(({ state }) => state),
    ['published', 'local', 'absent', 'lost', 'drifted', 'unknown'] satisfies StateName[],
  );
}

function count(decisions: readonly Decision[], action: Action): number {
  return decisions.filter((decision) => decision.action === action).length;
}

function countsOf<T extends string>(values: readonly T[], order: readonly T[]): string {
  const parts = order.flatMap((value) => {
    const number = values.filter((each) => each === value).length;
    return number === 0 ? [] : [`${number} ${value}`];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}

import { lineByLine, type SignListener, SignsOfLife } from '#adapters/registry/waits.js';
import type { Io } from './io.js';

/**
 * Says on stderr who is waited for: in place on a terminal, in a pipe a line as soon as a person would
 * wonder and one a minute afterwards.
 */
export function signsOfLife(io: Io): SignsOfLife {
  if (!io.terminal) {
    return new SignsOfLife(lineByLine(io.say));
  }
  return new SignsOfLife((signs) => {
    const [first, ...more] = signs.map(({ text }) => text);
    io.inPlace(more.length === 0 ? (first ?? '') : `${first} (and ${more.length} more)`);
  });
}

/** For whoever wants to hear of work alone: a wait is no work. */
export const silent: SignListener = () => {};

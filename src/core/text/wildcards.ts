/**
 * Patterns with wildcards, matched in time that grows with the text times the pattern: a regular
 * expression with several stars backtracks for minutes over a name of 250 characters.
 */
export type Piece =
  /** One character. */
  | { readonly kind: 'one'; readonly takes: Takes }
  /** Any number of characters, none too. */
  | { readonly kind: 'many'; readonly takes: Takes }
  /** Nothing, or any number of characters and then this one. */
  | { readonly kind: 'through'; readonly takes: Takes; readonly last: string };

type Takes = (character: string) => boolean;

/** Whether the pieces match all of the text, given as its characters. */
export function matchesAll(pieces: readonly Piece[], text: readonly string[]): boolean {
  let isWhole = false;
  walk(pieces, text, 0, (end) => {
    isWhole = end === text.length;
    return false;
  });
  return isWhole;
}

/** Where the shortest or the longest match that begins at `from` ends; undefined where none does. */
export function endOfMatch(
  pieces: readonly Piece[],
  text: readonly string[],
  from: number,
  isLongest: boolean,
): number | undefined {
  let found: number | undefined;
  walk(pieces, text, from, (end) => {
    found = end;
    return !isLongest;
  });
  return found;
}

/** For each place of the text, whether a match begins there. Only for `one` and `many`. */
export function startsOfMatches(pieces: readonly Piece[], text: readonly string[]): Uint8Array {
  const starts = new Uint8Array(text.length + 1);
  const backwards = pieces.toReversed();
  const reversed = text.toReversed();
  const any: Piece = { kind: 'many', takes: () => true };
  walk([any, ...backwards], reversed, 0, (end) => {
    starts[text.length - end] = 1;
    return false;
  });
  return starts;
}

/**
 * Goes through the text with the set of all places in the pattern that it may be at. Tells each end
 * of a match, until `tell` gives true.
 */
function walk(
  pieces: readonly Piece[],
  text: readonly string[],
  from: number,
  tell: (end: number) => boolean,
): void {
  let now = new States(pieces);
  let next = new States(pieces);
  now.add(0);
  for (let at = from; ; at++) {
    if (now.isComplete && tell(at)) {
      return;
    }
    const character = text[at];
    if (character === undefined || now.isEmpty) {
      return;
    }
    next.clear();
    now.step(character, next);
    [now, next] = [next, now];
  }
}

/**
 * A set of places in a pattern: before each piece, and behind the last. The run of a `through` that
 * has begun, which cannot be left but by its end, is a place of its own: behind all those.
 */
class States {
  readonly #pieces: readonly Piece[];
  readonly #isIn: Uint8Array;
  readonly #list: number[] = [];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.#isIn = new Uint8Array(2 * pieces.length + 1);
  }

  get isComplete(): boolean {
    return this.#isIn[this.#pieces.length] === 1;
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  clear(): void {
    for (const place of this.#list) {
      this.#isIn[place] = 0;
    }
    this.#list.length = 0;
  }

  /** Adds a place before a piece, and those behind it that nothing is needed for. */
  add(first: number): void {
    for (let place = first; this.#isIn[place] !== 1; place++) {
      this.#isIn[place] = 1;
      this.#list.push(place);
      const kind = this.#pieces[place]?.kind;
      if (kind === undefined || kind === 'one') {
        return;
      }
    }
  }

  #addInside(place: number): void {
    const inside = this.#pieces.length + 1 + place;
    if (this.#isIn[inside] !== 1) {
      this.#isIn[inside] = 1;
      this.#list.push(inside);
    }
  }

  step(character: string, next: States): void {
    const { length } = this.#pieces;
    for (const state of this.#list) {
      const place = state > length ? state - length - 1 : state;
      const piece = this.#pieces[place];
      if (piece === undefined) {
        continue;
      }
      if (piece.kind === 'through') {
        if (character === piece.last) {
          next.add(place + 1);
        }
        if (piece.takes(character)) {
          next.#addInside(place);
        }
      } else if (piece.takes(character)) {
        next.add(piece.kind === 'one' ? place + 1 : place);
      }
    }
  }
}

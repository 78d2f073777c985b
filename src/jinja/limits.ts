import { limitExceeded } from './errors.js';

/** What one rendering may use up. Each cap gives an error of kind `LimitExceeded`. */
export interface Limits {
  /** Characters of the output, and of any one string on the way to it. */
  readonly outputLength: number;
  /** Elements of a `range()` or a list. */
  readonly range: number;
  /** Characters or elements that `*` makes of a string or a list. */
  readonly repetition: number;
  /** Bits of an integer, so of what `**`, `*` and their like give. */
  readonly power: number;
  /** Depth of macro calls, includes, recursive loops and nested data. */
  readonly recursion: number;
  /** Time for one rendering, in milliseconds. */
  readonly milliseconds: number;
}

/** Far above what any real Dockerfile needs, far below what hurts the machine. */
export const defaultLimits: Limits = {
  outputLength: 4 * 1024 * 1024,
  range: 100_000,
  repetition: 1024 * 1024,
  power: 10_000,
  recursion: 100,
  milliseconds: 5_000,
};

/** All strings of one rendering together, as a multiple of the longest one allowed; lists alike. */
const totalFactor = 64;
/** What an object costs beside its elements. */
const elementsOfObject = 4;
/** How many steps pass between two looks at the clock. */
const stepsPerLook = 512;
/** Characters whose handling counts as one step. */
const charactersPerStep = 1024;

/** What is left of the limits for the rendering under way. */
class Budget {
  readonly limits: Limits;
  readonly deadline: number;
  stepsToLook = stepsPerLook;
  text = 0;
  elements = 0;
  depth = 0;

  constructor(limits: Limits) {
    this.limits = limits;
    this.deadline = monotonicMs() + limits.milliseconds;
  }
}

// Rendering is synchronous: whatever runs belongs to the rendering that was started last. Handing
// the budget to every operation on values would cost more than the operations do.
let budget = new Budget(defaultLimits);

/** Not `performance`, whose ten modules Node loads when it is first used. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Runs one rendering under its own limits. */
export function withLimits<T>(limits: Limits, run: () => T): T {
  const outer = budget;
  budget = new Budget(limits);
  try {
    return run();
  } finally {
    budget = outer;
  }
}

/** Accounts for work; every loop over values in the runtime passes here. */
export function step(steps = 1): void {
  budget.stepsToLook -= steps;
  if (budget.stepsToLook > 0) {
    return;
  }
  budget.stepsToLook = stepsPerLook;
  if (monotonicMs() > budget.deadline) {
    throw limitExceeded(`rendering takes more than ${budget.limits.milliseconds} ms`);
  }
}

/** Accounts for going through a text. */
export function stepThrough(length: number): void {
  if (length >= charactersPerStep) {
    step(Math.ceil(length / charactersPerStep));
  }
}

/** Accounts for a string that an operation is about to make or has made. */
export function checkLength(length: number): void {
  budget.text += length;
  const { outputLength } = budget.limits;
  if (length > outputLength) {
    throw limitExceeded(`text of more than ${outputLength} characters`);
  }
  if (budget.text > outputLength * totalFactor) {
    throw limitExceeded(
      `more than ${outputLength * totalFactor} characters of text in one rendering`,
    );
  }
  stepThrough(length);
}

/** Checks output that grows piece by piece, each of which was accounted for. */
export function checkOutput(length: number): void {
  if (length > budget.limits.outputLength) {
    throw limitExceeded(`an output of more than ${budget.limits.outputLength} characters`);
  }
}

/** `checkLength` for a string at hand, which it gives back. */
export function checked(text: string): string {
  checkLength(text.length);
  return text;
}

export function checkElements(count: number): void {
  if (count > budget.limits.range) {
    throw limitExceeded(`a list or range of more than ${budget.limits.range} elements`);
  }
  if (count > stepsPerLook) {
    step(count >> 3);
  }
}

/** Accounts for elements that a list, tuple or dict has got; a new one costs something itself. */
export function addElements(count: number, isNew = true): void {
  budget.elements += isNew ? count + elementsOfObject : count;
  const most = budget.limits.range * totalFactor;
  if (budget.elements > most) {
    throw limitExceeded(`more than ${most} elements of lists and dicts in one rendering`);
  }
}

export function checkRepetition(count: number): void {
  if (count > budget.limits.repetition) {
    throw limitExceeded(`a repetition that makes more than ${budget.limits.repetition} elements`);
  }
}

export function checkBits(bits: number): void {
  if (bits > budget.limits.power) {
    throw limitExceeded(`an integer of more than ${budget.limits.power} bits`);
  }
}

/** Goes one level deeper for the duration of `run`. */
export function deeper<T>(run: () => T): T {
  if (++budget.depth > budget.limits.recursion) {
    budget.depth--;
    throw limitExceeded(`nesting deeper than ${budget.limits.recursion} levels`);
  }
  step();
  try {
    return run();
  } finally {
    budget.depth--;
  }
}

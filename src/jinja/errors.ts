import type { Place } from '#core/diagnostics/diagnostic.js';
import type { TemplateFrame } from './templateFrame.js';

/**
 * An error of the template, on its way from where it happens to `Environment.render`, which turns
 * it into a value. Nothing outside this module sees it, except filters, which may throw one.
 */
export class Failure extends Error {
  readonly kind: string;
  readonly hint: string | undefined;
  /** Known names, when the failure is about one that is not; asked only for the report. */
  readonly known: (() => Known) | undefined;
  /** Where an undefined value was named, when the failure is its use. */
  readonly origin: Origin | undefined;
  /** Where in the template that is being compiled, from 1. */
  readonly at: Position | undefined;
  place: Place | undefined = undefined;
  /** How the next template outwards reached the place: set on the way between the two. */
  reachedBy: TemplateFrame['how'] | undefined = undefined;
  readonly chain: TemplateFrame[] = [];

  constructor(kind: string, message: string, rest: FailureRest = {}) {
    super(message);
    this.kind = kind;
    this.hint = rest.hint;
    this.known = rest.known;
    this.origin = rest.origin;
    this.at = rest.at;
  }
}

/** What is known where a word is not. */
export interface Known {
  readonly word: string;
  readonly among: Iterable<string>;
  /** What the word is where it stands wrong. */
  readonly hint?: string | undefined;
}

export interface FailureRest {
  readonly hint?: string | undefined;
  readonly known?: Failure['known'];
  readonly origin?: Origin | undefined;
  readonly at?: Position | undefined;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A place in compiled code: the template that holds it and the index of the place there. */
export interface Origin {
  readonly home: object;
  readonly index: number;
}

/** An error that Python or Jinja2 would raise: the kind is the exception's class. */
export function fail(kind: string, message: string, rest: FailureRest = {}): Failure {
  return new Failure(kind, message, rest);
}

export function typeError(message: string): Failure {
  return new Failure('TypeError', message);
}

export function valueError(message: string): Failure {
  return new Failure('ValueError', message);
}

/** What Jinja2 would accept, and this module does not: said plainly instead of approximated. */
export function notSupported(what: string, hint?: string): Failure {
  return new Failure('NotSupported', `${what} is not supported`, { hint });
}

/** A cap was reached. Like `NotSupported`, nothing in a template can catch it. */
export function limitExceeded(what: string): Failure {
  return new Failure('LimitExceeded', what, {
    hint: 'a template should need far less; simplify it',
  });
}

/** Whether a failure is of one of the given kinds, as Python's `except (A, B)` asks. */
export function isFailure(thrown: unknown, ...kinds: readonly string[]): thrown is Failure {
  return thrown instanceof Failure && kinds.includes(thrown.kind);
}

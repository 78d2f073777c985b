import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Code, Compiled } from './compiler/code.js';
import { Failure, fail } from './errors.js';
import { deeper } from './limits.js';
import { reprText } from './operators/print.js';
import type { BoundBlock, Context, Rendering, Template } from './running.js';
import { runtime } from './runtime.js';
import type { TemplateFrame } from './templateFrame.js';

/** A failure tells of at most this many steps on the way to it. */
const longestChain = 10;

/** A compiled template in one rendering: its code, and where in it the rendering is. */
export class RunningTemplate implements Template {
  /** The index of the place that the code has last noted. */
  p = 0;
  /** The name by which templates know it, where it has one. */
  readonly name: string | undefined;
  /** The path to show in errors. */
  readonly path: string;
  readonly compiled: Compiled;
  readonly #code: Code;

  constructor(compiled: Compiled, name: string | undefined, path: string, rendering: Rendering) {
    this.compiled = compiled;
    this.name = name;
    this.path = path;
    for (const need of compiled.needs) {
      if (!rendering.has(need.kind, need.name)) {
        this.p = need.place;
        throw this.located(
          fail('TemplateAssertionError', `No ${need.kind} named ${reprText(need.name)}.`, {
            known: () => ({ word: need.name, among: rendering.namesOf(need.kind) }),
          }),
        );
      }
    }
    this.#code = compiled.factory(runtime, compiled.constants, this);
  }

  /** Its blocks, each with this definition alone. */
  blocks(): Map<string, BoundBlock[]> {
    const blocks = new Map<string, BoundBlock[]>();
    for (const [name, code] of this.#code.blocks) {
      blocks.set(name, [{ template: this, code }]);
    }
    return blocks;
  }

  root(context: Context): string {
    return this.#code.root(context);
  }

  /** Runs code of this template for the sake of another, or of another place in this one. */
  within<T>(how: TemplateFrame['how'] | undefined, run: () => T): T {
    const caller = this.p;
    try {
      return deeper(run);
    } catch (thrown) {
      const failure = this.located(thrown);
      failure.reachedBy = how ?? failure.reachedBy;
      throw failure;
    } finally {
      this.p = caller;
    }
  }

  /** Gives a failure its place, or the place through which it was reached. */
  located(thrown: unknown): Failure {
    const failure = asFailure(thrown);
    if (failure.place === undefined) {
      failure.place = this.#placeOf(failure);
    } else if (failure.reachedBy !== undefined) {
      if (failure.chain.length < longestChain) {
        failure.chain.push({ how: failure.reachedBy, place: this.place(this.p) });
      }
      failure.reachedBy = undefined;
    }
    return failure;
  }

  /** Where a failure is: at the undefined name, if that is on the line where it was used. */
  #placeOf({ origin }: Failure): Place {
    const place = this.place(this.p);
    if (origin?.home !== this) {
      return place;
    }
    const named = this.place(origin.index);
    return named.line === place.line ? named : place;
  }

  place(index: number): Place {
    const { places, source } = this.compiled;
    return placeIn(this.path, source, places[index * 2] ?? 0, places[index * 2 + 1] ?? 0);
  }

  line(index: number): number {
    return (this.compiled.places[index * 2] ?? 0) + 1;
  }

  /** Called by traced code before it adds to the output. */
  mark(context: Context, length: number, index: number, isText: boolean): void {
    context.marks?.add(length, this.path, this.compiled.places[index * 2] ?? 0, isText);
  }
}

/** A place by line and column from 0. */
export function placeIn(file: string, source: string, lineno: number, colno: number): Place {
  const lineText = source.split('\n', lineno + 1)[lineno] ?? '';
  return { file, line: lineno + 1, column: colno + 1, lineText };
}

/** Whatever was thrown while a template ran, as a failure; what is none is a bug and continues. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) {
    return thrown;
  }
  if (thrown instanceof RangeError && /call stack/.test(thrown.message)) {
    return fail('RecursionError', 'maximum recursion depth exceeded');
  }
  if (thrown instanceof RangeError && /string length/.test(thrown.message)) {
    return fail('LimitExceeded', 'text longer than can be held');
  }
  throw thrown;
}

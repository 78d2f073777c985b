/** A line of a template file that a rendered line comes from. */
export interface LineOrigin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

interface Mark {
  /** Where in the output the piece starts. */
  readonly offset: number;
  readonly file: string;
  /** The line, from 0, on which the piece starts in its template. */
  readonly line: number;
  /** Template text continues to further lines of the template, an expression's output does not. */
  readonly isText: boolean;
}

/** Notes, during a traced rendering, where each piece of the output comes from. */
export class Marks {
  /** Where the output of the template or block being rendered starts in the whole. */
  base = 0;
  readonly #marks: Mark[] = [];
  /** How many captures are under way, whose text is printed elsewhere or not at all. */
  #unprinted = 0;

  add(length: number, file: string, line: number, isText: boolean): void {
    if (this.#unprinted === 0) {
      this.#marks.push({ offset: this.base + length, file, line, isText });
    }
  }

  /** Renders a part whose output goes to the current position. */
  within<T>(run: () => T): T {
    const outer = this.base;
    this.base = this.#marks.at(-1)?.offset ?? outer;
    try {
      return run();
    } finally {
      this.base = outer;
    }
  }

  /** Renders a part whose output is captured. */
  captured<T>(run: () => T): T {
    this.#unprinted++;
    try {
      return run();
    } finally {
      this.#unprinted--;
    }
  }

  /** The origin of each line of the output. */
  origins(output: string): LineOrigin[] {
    const origins: LineOrigin[] = [];
    let next = 0;
    let current: Mark | undefined;
    let start = 0;
    /** Lines of the output between the current mark and `start`: counted on, for pieces are long. */
    let passed = 0;
    for (;;) {
      for (let mark = this.#marks[next]; mark !== undefined; mark = this.#marks[next]) {
        if (mark.offset > start) {
          break;
        }
        // Of pieces without characters, the last one stands.
        current = mark;
        passed = newlines(output, mark.offset, start);
        next++;
      }
      if (current !== undefined) {
        const line = current.line + (current.isText ? passed : 0);
        origins.push({ file: current.file, line: line + 1 });
      }
      const newline = output.indexOf('\n', start);
      if (newline === -1) {
        return origins;
      }
      start = newline + 1;
      passed++;
    }
  }
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) {
    count++;
  }
  return count;
}

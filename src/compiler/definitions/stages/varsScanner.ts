/** How a vars file is gone through, and how reading it stops. */
export interface Refusal {
  readonly code: 'vars-syntax' | 'vars-command' | 'vars-expansion';
  readonly message: string;
  readonly hint?: string;
  readonly at: number;
  readonly length: number;
}

/** Unwinds the recursion; never leaves `parseVars`. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** A place in a text that moves on; what cannot be read is refused at its place. */
export class Scanner {
  protected readonly text: string;
  protected at = 0;

  constructor(text: string) {
    this.text = text;
  }

  protected blanks(): void {
    this.match(/(?:[ \t]|\\\n)+/y);
  }

  protected comment(): void {
    this.match(/[^\n]*/y);
  }

  protected peek(): string {
    return this.text.charAt(this.at);
  }

  protected match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) {
      return undefined;
    }
    this.at += found[0].length;
    return found;
  }

  protected refuse(
    code: Refusal['code'],
    message: string,
    more: { at?: number; length?: number; hint?: string } = {},
  ): never {
    const { at = this.at, length = 1, hint } = more;
    throw new Refused({
      code,
      message,
      at,
      length: Math.max(1, length),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** What is wrong with a text that should be JSON, or with the shape of it. Never quotes a value: it may be a secret. */
export class JsonProblem extends Error {
  /** In bytes from the start. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export type JsonKind = 'object' | 'array' | 'text' | 'number' | 'boolean' | 'null';

interface Frame {
  readonly kind: 'object' | 'array';
  isFirst: boolean;
  /** Of an object: its keys so far. */
  readonly keys: Set<string>;
  /** What was entered last: a key, or how many items. */
  at: string | number;
}

/** No writer of JSON nests so deep. */
const deepest = 1000;
/** Bytes of a text that is read. */
const longest = 16_384;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const braces = { open: 0x7b, close: 0x7d };
const brackets = { open: 0x5b, close: 0x5d };

/**
 * Reads JSON (RFC 8259) value by value, each of which is either read or skipped: what is skipped is checked, and never
 * becomes a text, so that a file of hundreds of megabytes takes no more room than its bytes, and what nobody asked
 * for is not kept. A key that an object has twice is a problem in objects that are entered.
 *
 * All methods throw `JsonProblem`.
 */
export class JsonPull {
  readonly #bytes: Uint8Array;
  readonly #frames: Frame[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Where the next value begins, in bytes. */
  get offset(): number {
    this.#space();
    return this.#at;
  }

  /** Whether nothing but white space is left. */
  get isAtEnd(): boolean {
    return this.offset === this.#bytes.length;
  }

  /** Of the next value. */
  get kind(): JsonKind {
    const byte = this.#bytes[this.offset];
    switch (byte) {
      case braces.open:
        return 'object';
      case brackets.open:
        return 'array';
      case quote:
        return 'text';
      case 0x74:
      case 0x66:
        return 'boolean';
      case 0x6e:
        return 'null';
      default:
        if (byte === 0x2d || isDigit(byte)) {
          return 'number';
        }
        throw this.#unexpected('a value');
    }
  }

  /** Where the reader is: `items[3].spec.containers[0]`; empty at the top. */
  get path(): string {
    const parts = this.#frames.map(({ kind, at }) =>
      at === '' || at === -1
        ? ''
        : kind === 'array'
          ? `[${at}]`
          : /^\w+$/.test(String(at))
            ? `.${at}`
            : `[${quoted(String(at))}]`,
    );
    return parts.join('').replace(/^\./, '');
  }

  /** Says what is wrong with the value at an offset, or with the next one. */
  problem(message: string, offset = this.offset): JsonProblem {
    const { path } = this;
    return new JsonProblem(path === '' ? message : `${path}: ${message}`, offset);
  }

  enterObject(): void {
    this.#enter(braces.open, 'object');
  }

  /** The next key, whose value then has to be read or skipped; undefined: the object has ended. */
  nextKey(): string | undefined {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) {
      frame.at = '';
    }
    if (!this.#next(braces.close)) {
      return undefined;
    }
    const { offset } = this;
    if (this.#bytes[offset] !== quote) {
      throw this.#unexpected('a key in quotes');
    }
    const key = this.#string();
    if (frame?.keys.has(key)) {
      frame.at = key;
      throw this.problem('the key is there twice', offset);
    }
    frame?.keys.add(key);
    if (frame !== undefined) {
      frame.at = key;
    }
    this.#expect(colon, '":"');
    return key;
  }

  enterArray(): void {
    this.#enter(brackets.open, 'array');
  }

  /** Whether there is a further item, which then has to be read or skipped. */
  nextItem(): boolean {
    const isThere = this.#next(brackets.close);
    const frame = this.#frames.at(-1);
    if (isThere && frame !== undefined) {
      frame.at = Number(frame.at) + 1;
    }
    return isThere;
  }

  text(): string {
    return this.#string();
  }

  number(): number {
    const start = this.offset;
    this.skip();
    return Number(this.#decoded(start, this.#at));
  }

  boolean(): boolean {
    const isTrue = this.#bytes[this.offset] === 0x74;
    this.skip();
    return isTrue;
  }

  skip(): void {
    const closers: number[] = [];
    do {
      const kind = this.kind;
      if (kind === 'object' || kind === 'array') {
        closers.push(kind === 'object' ? braces.close : brackets.close);
        this.#at++;
        if (closers.length + this.#frames.length > deepest) {
          throw this.problem(`nested more than ${deepest} deep`);
        }
        if (this.#bytes[this.offset] !== closers.at(-1)) {
          this.#skipKey(closers);
          continue;
        }
      } else {
        this.#skipPlain(kind);
      }
      // What ends here, and whatever that ends.
      while (closers.length > 0) {
        const byte = this.#bytes[this.offset];
        if (byte === closers.at(-1)) {
          this.#at++;
          closers.pop();
        } else {
          this.#expect(comma, '"," or the end of what is around it');
          this.#skipKey(closers);
          break;
        }
      }
    } while (closers.length > 0);
  }

  /** For a value that is looked at twice: goes back to where it begins. */
  again<T>(look: () => T): T {
    const at = this.offset;
    const depth = this.#frames.length;
    const result = look();
    this.#frames.length = depth;
    this.#at = at;
    return result;
  }

  #enter(byte: number, kind: 'object' | 'array'): void {
    if (this.kind !== kind) {
      throw this.problem(`this is ${articled[this.kind]}, not ${articled[kind]}`);
    }
    this.#expect(byte, kind);
    if (this.#frames.length >= deepest) {
      throw this.problem(`nested more than ${deepest} deep`);
    }
    const at = kind === 'array' ? -1 : '';
    this.#frames.push({ kind, isFirst: true, keys: new Set(), at });
  }

  #next(close: number): boolean {
    const frame = this.#frames.at(-1);
    if (this.#bytes[this.offset] === close) {
      this.#at++;
      this.#frames.pop();
      return false;
    }
    if (frame?.isFirst === false) {
      this.#expect(comma, `"," or "${String.fromCharCode(close)}"`);
    } else if (frame !== undefined) {
      frame.isFirst = false;
    }
    return true;
  }

  #skipKey(closers: readonly number[]): void {
    if (closers.at(-1) === braces.close) {
      if (this.#bytes[this.offset] !== quote) {
        throw this.#unexpected('a key in quotes');
      }
      this.#skipString();
      this.#expect(colon, '":"');
    }
  }

  #skipPlain(kind: JsonKind): void {
    const start = this.offset;
    if (kind === 'text') {
      this.#skipString();
      return;
    }
    while (this.#at < this.#bytes.length && isWordly(this.#bytes[this.#at])) {
      this.#at++;
    }
    const isFine =
      this.#at - start < 400 &&
      (kind === 'number' ? numberRule : wordRule).test(this.#decoded(start, this.#at));
    if (!isFine) {
      throw this.problem('not a value of JSON', start);
    }
  }

  #string(): string {
    if (this.kind !== 'text') {
      throw this.problem(`this is ${articled[this.kind]}, not a text`);
    }
    const start = this.offset;
    const hasEscapes = this.#skipString();
    if (this.#at - start > longest) {
      throw this.problem(`a text of more than ${longest} bytes`, start);
    }
    const text = this.#decoded(start, this.#at);
    return hasEscapes ? String(JSON.parse(text)) : text.slice(1, -1);
  }

  /** Whether it has escapes. */
  #skipString(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let hasEscapes = false;
    let at = start + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === quote) {
        this.#at = at + 1;
        return hasEscapes;
      }
      if (byte === undefined) {
        throw this.problem('the text has no end', start);
      }
      if (byte === backslash) {
        hasEscapes = true;
        at += this.#escapeAt(at);
      } else if (byte < 0x20) {
        throw this.problem('a control character in a text', at);
      } else {
        at++;
      }
    }
  }

  /** How many bytes it takes. */
  #escapeAt(at: number): number {
    const next = String.fromCharCode(this.#bytes[at + 1] ?? 0);
    if (next === 'u' && /^[0-9a-fA-F]{4}$/.test(this.#decoded(at + 2, at + 6))) {
      return 6;
    }
    if (!'"\\/bfnrt'.includes(next)) {
      throw this.problem('an escape that JSON does not have', at);
    }
    return 2;
  }

  #decoded(start: number, end: number): string {
    const { buffer, byteOffset } = this.#bytes;
    const last = Math.min(end, this.#bytes.length);
    return Buffer.from(buffer, byteOffset + start, Math.max(0, last - start)).toString('utf8');
  }

  #space(): void {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        return;
      }
      this.#at++;
    }
  }

  #expect(byte: number, what: string): void {
    if (this.#bytes[this.offset] !== byte) {
      throw this.#unexpected(what);
    }
    this.#at++;
  }

  #unexpected(what: string): JsonProblem {
    const isEnd = this.isAtEnd;
    return this.problem(
      isEnd ? `the file ends where JSON has ${what}` : `not JSON: expected ${what}`,
    );
  }
}

const articled: Readonly<Record<JsonKind, string>> = {
  object: 'an object',
  array: 'a list',
  text: 'a text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

const numberRule = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const wordRule = /^(?:true|false|null)$/;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Letters, digits and what numbers have. */
function isWordly(byte = 0): boolean {
  return (
    isDigit(byte) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x5f
  );
}

function quoted(key: string): string {
  const most = 40;
  return JSON.stringify(key.length > most ? `${key.slice(0, most)}…` : key);
}

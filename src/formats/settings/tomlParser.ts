import { createRequire } from 'node:module';
import { addTo } from '#core/data/groups.js';
import { deepestSettings, type Span } from './settings.js';

/**
 * @iarna/toml's parser with its statements written down as they are recognised. The library hands
 * out plain objects: they reorder keys that look like integers, tell 2.0 from 2 no more, and say
 * nothing of places. The parser class is the library's own extension point (`makeParserClass`);
 * its version is pinned in package.json.
 */
export interface TomlStatement {
  readonly kind: 'assign' | 'table' | 'element';
  readonly path: readonly string[];
  readonly key: Span;
  /** Of an assignment. */
  readonly value?: TomlValue;
}

export type TomlValue =
  | { readonly kind: 'string' | 'boolean'; readonly value: string | boolean; readonly span: Span }
  /** Its digits are read from the source. */
  | { readonly kind: 'number' | 'date'; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly TomlValue[]; readonly span: Span }
  | { readonly kind: 'table'; readonly entries: readonly TomlStatement[]; readonly span: Span };

export type TomlParse =
  | { readonly kind: 'parsed'; readonly statements: readonly TomlStatement[] }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly span: Span;
      readonly first?: Span;
    };

/** The members of the library's parser that are used here; each handler is one of its states. */
interface Parser {
  readonly ii: number;
  readonly char: number;
  readonly state: { resultTable: object | null; resultArr: unknown[] | null };
  parse(text: string): void;
  finish(): unknown;
  returnNow(value: unknown): unknown;
  error(error: Error): Error;
  parseAssign(): unknown;
  parseAssignEqual(): unknown;
  parseValue(): unknown;
  recordAssignValue(value: unknown): unknown;
  recordAssignStatement(assignment: Assignment): unknown;
  recordInlineTableValue(assignment: Assignment): unknown;
  recordInlineListValue(value: unknown): unknown;
  parseTable(): unknown;
  parseTableMore(key: string): unknown;
  parseList(): unknown;
  parseListMore(key: string): unknown;
}

interface Assignment {
  readonly key: string[];
  readonly value: unknown;
  readonly keySpan: Span;
  readonly valueSpan: Span;
}

/** What TOML or a bound of ours forbids, at its place. */
class Refused extends Error {
  readonly span: Span;
  readonly first: Span | undefined;
  constructor(message: string, span: Span, first: Span | undefined) {
    super(message);
    this.span = span;
    this.first = first;
  }
}

/** Keys and tables of one TOML file. */
const mostEntries = 10_000;
const closingBracket = 0x5d;
const period = 0x2e;
const require = createRequire(import.meta.url);
let parserClass: (new () => Parser & { statements: TomlStatement[] }) | undefined;

export function parseStatements(text: string): TomlParse {
  parserClass ??= recordingParser(require('@iarna/toml/lib/toml-parser.js') as new () => Parser);
  const parser = new parserClass();
  try {
    parser.parse(withoutCarriageReturns(text));
    parser.finish();
  } catch (cause) {
    if (!(cause instanceof Error)) {
      throw cause;
    }
    if (cause instanceof Refused) {
      const { message: reason, span, first } = cause;
      return { kind: 'failed', reason, span, ...(first === undefined ? {} : { first }) };
    }
    if (!isOfParser(cause)) {
      throw cause;
    }
    const at = Math.min(Math.max(parser.ii, 0), text.length);
    const reason = cause.message
      .replace(/^\[ParserError\] /, '')
      .replace(/^Invalid Datetime$/, 'this date or time does not exist')
      .replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
    return { kind: 'failed', reason, span: { start: at, end: at + 1 } };
  }
  return { kind: 'parsed', statements: parser.statements };
}

/** The library lets the TypeError of a date that does not exist through. */
function isOfParser(cause: Error): boolean {
  const { name, message } = cause;
  return name === 'TomlError' || name === 'ParserError' || message === 'Invalid Datetime';
}

/** The library refuses a carriage return after a comment. Multi-line strings keep theirs. */
function withoutCarriageReturns(text: string): string {
  return /"""|'''/.test(text) ? text : text.replaceAll('\r\n', ' \n');
}

/** The library's parser, which also writes down where each statement and value is. */
function recordingParser(
  Base: new () => Parser,
): new () => Parser & { statements: TomlStatement[] } {
  class RecordingParser extends Base {
    readonly statements: TomlStatement[] = [];
    readonly #starts: number[] = [];
    readonly #keys: { start: number; end: number }[] = [];
    readonly #tables = new Map<object, TomlStatement[]>();
    readonly #lists = new Map<object, TomlValue[]>();
    #entries = 0;
    #header: string[] = [];
    #headerStart = 0;

    override parseAssign(): unknown {
      this.#keys.push({ start: this.ii, end: this.ii });
      return super.parseAssign();
    }

    override parseAssignEqual(): unknown {
      const key = this.#keys.at(-1);
      if (key !== undefined) {
        key.end = this.ii;
      }
      return super.parseAssignEqual();
    }

    override parseValue(): unknown {
      this.#starts.push(this.ii);
      if (this.#starts.length > deepestSettings) {
        const span = { start: this.ii, end: this.ii + 1 };
        const message = `values are nested more than ${deepestSettings} deep`;
        throw new Refused(message, span, undefined);
      }
      return super.parseValue();
    }

    override recordAssignValue(value: unknown): unknown {
      const keySpan = this.#keys.pop();
      const valueSpan = { start: this.#starts.pop(), end: this.ii };
      // What the library records here, with the two spans added.
      return this.returnNow({ key: this.state.resultTable, value, keySpan, valueSpan });
    }

    override recordAssignStatement(assignment: Assignment): unknown {
      const statement = this.#assignment(assignment);
      return this.#defining(statement, [...this.#header, ...statement.path], () => {
        this.statements.push(statement);
        return super.recordAssignStatement(assignment);
      });
    }

    override recordInlineTableValue(assignment: Assignment): unknown {
      const table = this.state.resultTable;
      const statement = this.#assignment(assignment);
      const entries = (table === null ? undefined : this.#tables.get(table)) ?? [];
      if (table !== null) {
        this.#tables.set(table, entries);
      }
      entries.push(statement);
      try {
        return super.recordInlineTableValue(assignment);
      } catch (cause) {
        const path = statement.path.join('\0');
        const first = entries.find((entry) => entry.path.join('\0') === path);
        throw redefinition(cause, statement.key, first === statement ? undefined : first?.key);
      }
    }

    override recordInlineListValue(value: unknown): unknown {
      const span = { start: this.#starts.pop() ?? this.ii, end: this.ii };
      const state = this.state;
      // The list exists only once the library has taken its first item.
      const result = super.recordInlineListValue(value);
      if (state.resultArr !== null) {
        addTo(this.#lists, state.resultArr, this.#value(value, span));
      }
      return result;
    }

    override parseTable(): unknown {
      this.#header = [];
      this.#headerStart = this.ii;
      return super.parseTable();
    }

    override parseList(): unknown {
      this.#header = [];
      this.#headerStart = this.ii;
      return super.parseList();
    }

    override parseTableMore(key: string): unknown {
      return this.#headerPart('table', key, () => super.parseTableMore(key));
    }

    override parseListMore(key: string): unknown {
      return this.#headerPart('element', key, () => super.parseListMore(key));
    }

    #headerPart(kind: 'table' | 'element', key: string, more: () => unknown): unknown {
      if (this.char !== closingBracket && this.char !== period) {
        return more();
      }
      const span = { start: this.#headerStart, end: this.ii };
      this.#header.push(key);
      this.#allowed(this.#header, span);
      const statement: TomlStatement = { kind, path: this.#header, key: span };
      return this.#defining(statement, this.#header, () => {
        const result = more();
        if (this.char === closingBracket) {
          this.statements.push({ ...statement, path: [...this.#header] });
        }
        return result;
      });
    }

    #defining(statement: TomlStatement, path: readonly string[], define: () => unknown): unknown {
      const before = this.statements.length;
      try {
        return define();
      } catch (cause) {
        throw redefinition(cause, statement.key, this.#firstOf(path, before));
      }
    }

    /** Where a path was defined before: what the library's complaint leaves out. */
    #firstOf(path: readonly string[], before: number): Span | undefined {
      let header: readonly string[] = [];
      for (const statement of this.statements.slice(0, before)) {
        const full = statement.kind === 'assign' ? [...header, ...statement.path] : statement.path;
        if (statement.kind !== 'assign') {
          header = statement.path;
        }
        if (full.join('\0') === path.join('\0')) {
          return statement.key;
        }
      }
      return undefined;
    }

    #assignment(assignment: Assignment): TomlStatement {
      this.#allowed(assignment.key, assignment.keySpan);
      return {
        kind: 'assign',
        path: [...assignment.key],
        key: assignment.keySpan,
        value: this.#value(assignment.value, assignment.valueSpan),
      };
    }

    /** The library would take an inherited member (`constructor`) for a table and write into it. */
    #allowed(path: readonly string[], span: Span): void {
      if (path.length > deepestSettings) {
        const message = `a key has more than ${deepestSettings} parts`;
        throw new Refused(message, span, undefined);
      }
      if (++this.#entries > mostEntries) {
        throw new Refused(`more than ${mostEntries} keys and tables`, span, undefined);
      }
      const inherited = path.find((key) => key in Object.prototype);
      if (inherited !== undefined) {
        throw new Refused(`the key \`${inherited}\` cannot be used`, span, undefined);
      }
    }

    #value(value: unknown, span: Span): TomlValue {
      if (typeof value === 'string') {
        return { kind: 'string', value, span };
      }
      if (typeof value === 'boolean') {
        return { kind: 'boolean', value, span };
      }
      if (value instanceof Date) {
        return { kind: 'date', span };
      }
      if (Array.isArray(value)) {
        return { kind: 'list', items: this.#lists.get(value) ?? [], span };
      }
      if (typeof value === 'object' && value !== null && !isNumber(value)) {
        return { kind: 'table', entries: this.#tables.get(value) ?? [], span };
      }
      return { kind: 'number', span };
    }
  }
  return RecordingParser;
}

/** The library boxes numbers: a Number, or for large ones an object around a bigint. */
function isNumber(value: object): boolean {
  return value instanceof Number || typeof value.valueOf() === 'bigint';
}

function redefinition(cause: unknown, span: Span, first: Span | undefined): unknown {
  if (!(cause instanceof Error) || !/redefine|extend/.test(cause.message)) {
    return cause;
  }
  return new Refused(
    first === undefined ? 'this key is defined already' : 'this key appears twice',
    span,
    first,
  );
}

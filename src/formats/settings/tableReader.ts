import type { Data } from '#core/data/data.js';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import { describe, isList, type Locations } from './settings.js';

/** Entries of one list. */
const mostItems = 10_000;

export type Table = ReadonlyMap<Data, Data>;

/** A value of a table that was found to be of the type asked for, and where it stands. */
export interface Found<T> {
  readonly value: T;
  readonly place: Place;
}

/**
 * Reads the keys of one table strictly: each is asked for by name and type, and what was never
 * asked for is an error of `finish`, with what may have been meant. All complaints carry one code.
 */
export class TableReader {
  readonly data: Table;
  readonly diagnostics: Diagnostic[];
  /** Where the table begins. */
  readonly place: Place;
  readonly #locations: Locations;
  readonly #code: DiagnosticCode;
  readonly #known = new Set<string>();

  constructor(
    locations: Locations,
    data: Table,
    code: DiagnosticCode,
    diagnostics: Diagnostic[] = [],
    place: Place = { file: locations.file },
  ) {
    this.#locations = locations;
    this.data = data;
    this.#code = code;
    this.diagnostics = diagnostics;
    this.place = place;
  }

  has(key: string): boolean {
    this.#known.add(key);
    return this.data.has(key);
  }

  /** The value as it is, of whatever type. */
  raw(key: string): Data | undefined {
    this.#known.add(key);
    return this.data.get(key);
  }

  /** `hint`: how it is written, for whoever wrote something of another type. */
  string(key: string, hint?: string): string | undefined {
    const take = (value: Data) => (typeof value === 'string' ? value : undefined);
    return this.#typed(key, 'a string', take, hint);
  }

  boolean(key: string): boolean | undefined {
    const take = (value: Data) => (typeof value === 'boolean' ? value : undefined);
    const isText = typeof this.data.get(key) === 'string';
    return this.#typed(
      key,
      'true or false',
      take,
      isText ? 'write true or false without quotes' : undefined,
    );
  }

  /** An integer that is not negative. */
  count(key: string): number | undefined {
    const value = this.raw(key);
    if (typeof value === 'bigint' || (typeof value === 'number' && value < 0)) {
      const why = value < 0 ? 'must not be negative' : 'is too large';
      this.complain(`${key} ${why}`, this.valuePlace(key));
      return undefined;
    }
    return this.#typed(key, 'a whole number', (found) =>
      typeof found === 'number' ? found : undefined,
    );
  }

  choice<const Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const known = `write one of: ${words.join(', ')}`;
    const value = this.string(key, known);
    if (value === undefined) {
      return undefined;
    }
    const found = words.find((word) => word === value);
    if (found !== undefined) {
      return found;
    }
    const hint = didYouMean(value, words) ?? known;
    this.complain(`${key} cannot be "${value}"`, this.valuePlace(key), hint);
    return undefined;
  }

  /** A list of strings, or one string for a list of it alone; `each` says what each is. */
  strings(key: string, each = 'a string'): readonly Found<string>[] | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    if (typeof value === 'string') {
      return [{ value, place: this.valuePlace(key) }];
    }
    if (!isList(value)) {
      return this.#mistyped(key, 'a list of strings', value, 'write it as ["…"]');
    }
    if (value.length > mostItems) {
      this.complain(`${key} has more than ${mostItems} entries`, this.keyPlace(key));
      return undefined;
    }
    return value.flatMap((item, index) => {
      const place = this.#locations.valueOf(value, index);
      if (typeof item === 'string') {
        return [{ value: item, place }];
      }
      this.complain(`${key}[${index}] must be ${each}, not ${describe(item)}`, place);
      return [];
    });
  }

  /** A table of strings. */
  stringTable(key: string): ReadonlyMap<string, string> | undefined {
    const entries = this.stringEntries(key);
    return entries && new Map([...entries].map(([name, { value }]) => [name, value]));
  }

  /** A table of strings, each with its place; `hint` as for `string`. */
  stringEntries(key: string, hint?: string): ReadonlyMap<string, Found<string>> | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    if (!(value instanceof Map)) {
      return this.#mistyped(key, 'a table of strings', value, hint);
    }
    const table = value as Table;
    const strings = new Map<string, Found<string>>();
    for (const [name, item] of table) {
      if (typeof name === 'string' && typeof item === 'string') {
        strings.set(name, { value: item, place: this.#locations.keyOf(table, name) });
      } else {
        this.complain(
          `${key}.${String(name)} must be a string, not ${describe(item)}`,
          item === null ? this.#locations.keyOf(table, name) : this.#locations.valueOf(table, name),
          'put it in quotes',
        );
      }
    }
    return strings;
  }

  table(key: string): TableReader | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    if (value instanceof Map) {
      return this.#reader(value as Table, this.keyPlace(key));
    }
    return this.#mistyped(key, 'a table', value);
  }

  tables(key: string): readonly TableReader[] | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    if (!isList(value)) {
      const message = `${key} must be a list of tables, not ${describe(value)}`;
      this.complain(message, this.#locations.keyOf(this.data, key), `write it as [[${key}]]`);
      return undefined;
    }
    return value.flatMap((item, index) => {
      if (item instanceof Map) {
        return [this.#reader(item as Table, this.#locations.keyOf(value, index))];
      }
      const message = `each [[${key}]] must be a table, not ${describe(item)}`;
      this.complain(message, this.#locations.valueOf(value, index));
      return [];
    });
  }

  /** A list of strings and tables, side by side; `each` says what each may be. */
  items(key: string, each: string): readonly (Found<string> | TableReader)[] | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    if (!isList(value)) {
      return this.#mistyped(key, 'a list', value, 'write it as [a, b]');
    }
    if (value.length > mostItems) {
      this.complain(`${key} has more than ${mostItems} entries`, this.keyPlace(key));
      return undefined;
    }
    return value.flatMap((item, index): (Found<string> | TableReader)[] => {
      const place = this.#locations.valueOf(value, index);
      if (typeof item === 'string') {
        return [{ value: item, place }];
      }
      if (item instanceof Map) {
        return [this.#reader(item as Table, place)];
      }
      this.complain(`${key}[${index}] must be ${each}, not ${describe(item)}`, place);
      return [];
    });
  }

  keyPlace(key: string): Place {
    return this.#locations.keyOf(this.data, key);
  }

  valuePlace(key: string): Place {
    return this.#locations.valueOf(this.data, key);
  }

  complain(message: string, place: Place, hint?: string): void {
    const rest = hint === undefined ? { place } : { place, hint };
    this.diagnostics.push(error(this.#code, message, rest));
  }

  /** Complains of every key that nobody asked for; `elsewhere`: hints for those that have another place. */
  finish(elsewhere: Readonly<Record<string, string>> = {}): void {
    for (const key of this.data.keys()) {
      if (typeof key === 'string' && this.#known.has(key)) {
        continue;
      }
      const hint =
        new Map(Object.entries(elsewhere)).get(String(key)) ??
        didYouMean(String(key), this.#known) ??
        `the keys here are: ${[...this.#known].join(', ')}`;
      const place = this.#locations.keyOf(this.data, key);
      this.complain(`unknown key "${String(key)}" here`, place, hint);
    }
  }

  #reader(table: Table, place: Place): TableReader {
    return new TableReader(this.#locations, table, this.#code, this.diagnostics, place);
  }

  #typed<T>(
    key: string,
    expected: string,
    take: (value: Data) => T | undefined,
    hint?: string,
  ): T | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    return take(value) ?? this.#mistyped(key, expected, value, hint);
  }

  #mistyped(key: string, expected: string, value: Data, hint?: string): undefined {
    const place = value === null ? this.keyPlace(key) : this.valuePlace(key);
    this.complain(`${key} must be ${expected}, not ${describe(value)}`, place, hint);
    return undefined;
  }
}

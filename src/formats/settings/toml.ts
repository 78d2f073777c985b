import { type Data, Float } from '#core/data/data.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { holdsSecret } from './secrets.js';
import { type Container, Locations, type Settings, type Span } from './settings.js';
import { parseStatements, type TomlStatement, type TomlValue } from './tomlParser.js';

/**
 * The table that a TOML file holds, with the order of its keys, and floats told from integers.
 * Dates are refused: docker-pkg's templates know none. Entries with errors are left out.
 */
export function parseToml(file: string, text: string): Outcome<Settings> {
  const locations = new Locations(file, text);
  const data = new Map<Data, Data>();
  const parsed = parseStatements(text);
  if (parsed.kind === 'failed') {
    const place = locations.at(parsed.span);
    const secret = holdsSecret(text, place.line ?? 1);
    const message = `not valid TOML${secret ? '' : `: ${parsed.reason}`}`;
    const diagnostic =
      parsed.first === undefined
        ? error('toml-syntax', message, { place })
        : error('duplicate-key', parsed.reason, {
            place,
            related: [{ message: 'first here', place: locations.at(parsed.first) }],
          });
    return { value: { data, locations }, diagnostics: [diagnostic] };
  }
  const tables = new Tables(locations);
  tables.fill(data, parsed.statements);
  return { value: { data, locations }, diagnostics: tables.diagnostics };
}

class Tables {
  readonly diagnostics: Diagnostic[] = [];
  readonly #locations: Locations;

  constructor(locations: Locations) {
    this.#locations = locations;
  }

  fill(root: Map<Data, Data>, statements: readonly TomlStatement[]): void {
    let current = root;
    for (const statement of statements) {
      const { path, key } = statement;
      const last = path.at(-1) ?? '';
      if (statement.kind === 'table') {
        current = this.#descend(root, path, key);
      } else if (statement.kind === 'element') {
        const parent = this.#descend(root, path.slice(0, -1), key);
        const list = parent.get(last) ?? [];
        current = new Map();
        const items: Data[] = Array.isArray(list) ? list : [];
        this.#locations.record(items, items.length, key, key);
        items.push(current);
        this.#set(parent, last, items, key, key);
      } else if (statement.value !== undefined) {
        const table = this.#descend(current, path.slice(0, -1), key);
        const value = this.#data(statement.value);
        if (value !== undefined) {
          this.#set(table, last, value, key, statement.value.span);
        }
      }
    }
  }

  #descend(from: Map<Data, Data>, path: readonly string[], key: Span): Map<Data, Data> {
    let table = from;
    for (const part of path) {
      const known = table.get(part);
      const next = Array.isArray(known) ? known.at(-1) : known;
      if (next instanceof Map) {
        table = next;
        continue;
      }
      const created = new Map<Data, Data>();
      this.#set(table, part, created, key, key);
      table = created;
    }
    return table;
  }

  #set(table: Map<Data, Data>, key: string, value: Data, keySpan: Span, valueSpan: Span): void {
    if (table.get(key) === value) {
      return;
    }
    table.set(key, value);
    this.#record(table, key, keySpan, valueSpan);
  }

  #record(container: Container, member: Data, key: Span, value: Span): void {
    this.#locations.record(container, member, key, value);
  }

  #data(value: TomlValue): Data | undefined {
    switch (value.kind) {
      case 'string':
      case 'boolean':
        return value.value;
      case 'number':
        return this.#number(value.span);
      case 'date':
        return this.#refuse('it is a date', value.span, 'quote it to make it a string');
      case 'list': {
        const items: Data[] = [];
        for (const item of value.items) {
          const data = this.#data(item);
          if (data === undefined) {
            continue;
          }
          this.#record(items, items.length, item.span, item.span);
          items.push(data);
        }
        return items;
      }
      case 'table': {
        const table = new Map<Data, Data>();
        this.fill(table, value.entries);
        return table;
      }
    }
  }

  #number(span: Span): Data | undefined {
    const digits = this.#locations.text.slice(span.start, span.end).trim().replaceAll('_', '');
    const special = /^([+-]?)(inf|nan)$/.exec(digits);
    if (special !== null) {
      const magnitude = special[2] === 'inf' ? Number.POSITIVE_INFINITY : Number.NaN;
      return new Float(special[1] === '-' ? -magnitude : magnitude);
    }
    if (!/^[+-]?\d+$|^0[xob]/.test(digits)) {
      return new Float(Number(digits));
    }
    const negative = digits.startsWith('-');
    const magnitude = BigInt(digits.replace(/^[+-]/, ''));
    const integer = negative ? -magnitude : magnitude;
    if (BigInt.asIntN(64, integer) !== integer) {
      return this.#refuse(
        'an integer of TOML has at most 64 bits',
        span,
        'quote it to make it a string',
      );
    }
    const small = Number(integer);
    return Number.isSafeInteger(small) ? small : integer;
  }

  #refuse(why: string, span: Span, hint: string): undefined {
    const place = this.#locations.at(span);
    this.diagnostics.push(
      error('toml-value', `this value cannot be used: ${why}`, { place, hint }),
    );
    return undefined;
  }
}

import { type Data, Float } from '#core/data/data.js';
import { type Place, placeAt } from '#core/diagnostics/diagnostic.js';
import { withoutSecrets } from './secrets.js';

/** What a settings file (YAML or TOML) says, and where it says it. */
export interface Settings {
  readonly data: ReadonlyMap<Data, Data>;
  readonly locations: Locations;
}

/** Values nest no deeper, and keys of TOML have no more parts; js-yaml has the same limit. */
export const deepestSettings = 100;

export type Container = ReadonlyMap<Data, Data> | readonly Data[];

/** Offsets in UTF-16 units, ends exclusive. A member of a list has no key. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Member {
  readonly key: Span;
  readonly value: Span;
}

/**
 * Where the members of a file's mappings and lists stand. A container is identified by itself, so
 * one that an alias uses twice is found where it is defined.
 */
export class Locations {
  readonly file: string;
  readonly text: string;
  readonly #members = new Map<Container, Map<Data, Member>>();

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** `member` is a key of a mapping or an index of a list. */
  record(container: Container, member: Data, key: Span, value: Span): void {
    let members = this.#members.get(container);
    if (members === undefined) {
      members = new Map();
      this.#members.set(container, members);
    }
    members.set(member, { key, value });
  }

  /** A merged member stands where it was written. */
  inherit(container: Container, source: Container, member: Data): void {
    const found = this.#members.get(source)?.get(member);
    if (found !== undefined) {
      this.record(container, member, found.key, found.value);
    }
  }

  keyOf(container: Container, member: Data): Place {
    const found = this.#members.get(container)?.get(member);
    return found === undefined ? { file: this.file } : this.at(found.key);
  }

  valueOf(container: Container, member: Data): Place {
    const found = this.#members.get(container)?.get(member);
    return found === undefined ? { file: this.file } : this.at(found.value);
  }

  /** The place of a span, marked on its first line only; never with a secret in its excerpt. */
  at(span: Span): Place {
    const marked = this.text.slice(span.start, span.end).split('\n', 1)[0] ?? '';
    const length = Math.max(1, marked.trimEnd().length);
    return withoutSecrets(placeAt(this.file, this.text, span.start, length), this.text);
  }
}

/** A value's type in a person's words, never the value itself. */
export function describe(value: Data): string {
  if (value === null) {
    return 'nothing (null)';
  }
  if (typeof value === 'boolean') {
    return `a boolean (${value})`;
  }
  if (typeof value === 'string') {
    return 'a string';
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    return 'an integer';
  }
  if (value instanceof Float) {
    return 'a floating-point number';
  }
  return value instanceof Map ? 'a mapping' : 'a list';
}

export function isList(value: Data | undefined): value is readonly Data[] {
  return Array.isArray(value);
}

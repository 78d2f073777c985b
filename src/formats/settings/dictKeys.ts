import { type Data, Float } from '#core/data/data.js';
import type { Span } from './settings.js';

/** The keys of one dict, equal where Python's are: 1, 1.0 and true are one key, "1" another. */
export class DictKeys {
  readonly #known = new Map<string, { key: Data; span: Span | undefined }>();

  /** Notes a key, or gives the span of the equal one that exists already. */
  add(key: Data, span: Span): Span | undefined {
    const identity = identityOf(key);
    const earlier = this.#known.get(identity);
    if (earlier !== undefined) {
      return earlier.span;
    }
    this.#known.set(identity, { key, span });
    return undefined;
  }

  /** The equal key that was seen first, or this one: a dict keeps the first when it is set again. */
  canonical(key: Data): Data {
    const identity = identityOf(key);
    const earlier = this.#known.get(identity);
    if (earlier !== undefined) {
      return earlier.key;
    }
    this.#known.set(identity, { key, span: undefined });
    return key;
  }
}

function identityOf(key: Data): string {
  if (typeof key === 'string') {
    return `s${key}`;
  }
  if (typeof key === 'boolean') {
    return key ? 'n1' : 'n0';
  }
  if (typeof key === 'number' || typeof key === 'bigint') {
    return `n${key}`;
  }
  if (key instanceof Float) {
    return Number.isInteger(key.value) ? `n${BigInt(key.value)}` : `n${key.value}`;
  }
  return 'null';
}

import { step } from '../limits.js';
import { markupMethod } from '../methods/markup.js';
import { reprText } from '../operators/print.js';
import { characterOf } from '../operators/slice.js';
import { lengthOf } from '../operators/text.js';
import { settled } from '../operators/unicode.js';
import { Obj, type Value } from './value.js';

/** A str marked as HTML, which `|e`, `|safe` and `|tojson` give: what is added to it is escaped. */
export class Markup extends Obj {
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }
  get type(): string {
    return 'Markup';
  }
  override get module(): string {
    return 'markupsafe';
  }
  override repr(): string {
    return `Markup(${reprText(settled(this.text))})`;
  }
  override str(): string {
    return this.text;
  }
  override length(): number {
    return lengthOf(this.text);
  }
  override iterate(): Iterator<Value> {
    return this.text[Symbol.iterator]();
  }
  override attribute(name: string): Value | undefined {
    return markupMethod(this, name);
  }
  override item(key: Value): Value | undefined {
    const character = characterOf(this.text, key);
    return character === undefined ? undefined : new Markup(character);
  }
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&#34;'],
  ["'", '&#39;'],
]);

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => {
    step();
    return entities.get(character) ?? character;
  });
}

/** `markupsafe.escape(value)` of a str or Markup. */
export function escapeText(value: string | Markup): Markup {
  return value instanceof Markup ? value : new Markup(escapeHtml(value));
}

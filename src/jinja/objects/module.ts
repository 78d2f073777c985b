import { repr } from '../operators/print.js';
import { Obj, type Value } from '../values/value.js';

/** An imported template: the names it exports, and its text when printed. */
export class TemplateModule extends Obj {
  readonly #name: string;
  readonly #text: string;
  readonly #exports: ReadonlyMap<string, Value>;

  constructor(name: string, text: string, exports: ReadonlyMap<string, Value>) {
    super();
    this.#name = name;
    this.#text = text;
    this.#exports = exports;
  }
  get type(): string {
    return 'TemplateModule';
  }
  override get module(): string {
    return 'jinja2.environment';
  }
  /** The name that messages show. */
  get shownName(): string {
    return repr(this.#name);
  }
  get body(): string {
    return this.#text;
  }
  override str(): string {
    return this.#text;
  }
  override repr(): string {
    return `<TemplateModule ${this.shownName}>`;
  }
  override attribute(name: string): Value | undefined {
    return this.#exports.get(name);
  }
  override knownNames(): Iterable<string> {
    return this.#exports.keys();
  }
}

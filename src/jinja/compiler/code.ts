import type { BlockCode, RootCode, Template } from '../running.js';
import type { runtime } from '../runtime.js';

/** What generated code gives: the render functions of one template. */
export interface Code {
  readonly root: RootCode;
  readonly blocks: ReadonlyMap<string, BlockCode>;
}

/** Generated code, to be bound to the constants and the template that it runs for. */
export type CodeFactory = (R: typeof runtime, K: readonly unknown[], T: Template) => Code;

/** A template as compiled: the code and everything in it that comes from the template's text. */
export interface Compiled {
  readonly source: string;
  readonly factory: CodeFactory;
  /** Texts, names, numbers: generated code refers to them by index only. */
  readonly constants: readonly unknown[];
  /** Line and column, from 0, of each place that generated code names, one after the other. */
  readonly places: readonly number[];
  /** The filters and tests that must exist before the template may run. */
  readonly needs: readonly Need[];
  /** Names that the template itself sets, for suggestions. */
  readonly names: ReadonlySet<string>;
}

export interface Need {
  readonly kind: 'filter' | 'test';
  readonly name: string;
  readonly place: number;
}

// Generated code holds nothing of a template's text, so templates of one shape share it.
const factories = new Map<string, CodeFactory>();
const mostFactories = 2000;

/** Turns generated code into a function; code that was seen before is not parsed again. */
export function factoryOf(code: string): CodeFactory {
  let factory = factories.get(code);
  if (factory === undefined) {
    factory = new Function('R', 'K', 'T', code) as CodeFactory;
    if (factories.size >= mostFactories) {
      factories.clear();
    }
    factories.set(code, factory);
  }
  return factory;
}

import { notSupported } from '../errors.js';
import { positional } from '../methods/method.js';
import { repr } from '../operators/print.js';
import type { BoundBlock, Context } from '../running.js';
import { undefinedWith } from '../values/undefined.js';
import { type Keywords, Obj, type Value } from '../values/value.js';

/** Renders one definition of a block. */
export function renderBlock(block: BoundBlock, context: Context): string {
  return block.template.within(undefined, () => block.code(context));
}

/** `self.name` or `super`: a block that can be rendered by calling it. */
class BlockReference extends Obj {
  readonly #name: string;
  readonly #context: Context;
  readonly #stack: readonly BoundBlock[];
  readonly #depth: number;

  constructor(name: string, context: Context, stack: readonly BoundBlock[], depth: number) {
    super();
    this.#name = name;
    this.#context = context;
    this.#stack = stack;
    this.#depth = depth;
  }
  get type(): string {
    return 'BlockReference';
  }
  override get module(): string {
    return 'jinja2.runtime';
  }
  override attribute(name: string): Value | undefined {
    if (name === 'name') {
      return this.#name;
    }
    if (name === 'super') {
      return blockReference(this.#name, this.#context, this.#stack, this.#depth + 1);
    }
    if (name.startsWith('_')) {
      throw notSupported(`the attribute ${name} of a block`);
    }
    return undefined;
  }
  override readonly call = (args: readonly Value[], keywords: Keywords | undefined): Value => {
    positional('BlockReference.__call__', args, keywords, 0);
    const block = this.#stack[this.#depth];
    if (block === undefined) {
      return '';
    }
    const render = () => renderBlock(block, this.#context);
    const { marks } = this.#context;
    return marks === undefined ? render() : marks.captured(render);
  };
}

/** A block at a depth of its definitions, or undefined where there is no further one. */
export function blockReference(
  name: string,
  context: Context,
  stack: readonly BoundBlock[],
  depth: number,
): Value {
  if (depth >= stack.length) {
    return undefinedWith(`there is no parent block called ${repr(name)}.`);
  }
  return new BlockReference(name, context, stack, depth);
}

/** `self`: the blocks of the template. */
export class TemplateReference extends Obj {
  readonly #context: Context;

  constructor(context: Context) {
    super();
    this.#context = context;
  }
  get type(): string {
    return 'TemplateReference';
  }
  override get module(): string {
    return 'jinja2.runtime';
  }
  override item(key: Value): Value | undefined {
    if (typeof key !== 'string') {
      return undefined;
    }
    const stack = this.#context.blocks.get(key);
    return stack === undefined ? undefined : blockReference(key, this.#context, stack, 0);
  }
  override knownNames(): Iterable<string> {
    return this.#context.blocks.keys();
  }
}

import { blubberOf } from '#compiler/definitions/definition.js';
import type { CompiledTrees } from './compileTrees.js';
import type { Io } from './terminal/io.js';

/**
 * What is selected, for a command that builds: without the images of Blubber files that are not named themselves, which are
 * counted on stderr. Those that are named are refused later (`withoutBlubber`).
 */
export function withoutServices(compiled: CompiledTrees, io: Io): CompiledTrees {
  const { graph, selected, named } = compiled;
  const left = graph.images.filter(
    ({ reference, rendered }) =>
      selected.has(reference) &&
      !named.has(reference) &&
      blubberOf(rendered.definition) !== undefined,
  );
  if (left.length === 0) {
    return compiled;
  }
  const images = left.length === 1 ? '1 image' : `${left.length} images`;
  io.say(`${images} of Blubber files left out: these are not built yet`);
  const out = new Set(left.map(({ reference }) => reference));
  return {
    ...compiled,
    selected: new Set([...selected].filter((reference) => !out.has(reference))),
  };
}

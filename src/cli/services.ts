import { blubberOf } from '#compiler/definitions/definition.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import type { CompiledTrees } from './compileTrees.js';
import type { Io } from './terminal/io.js';

/** Whether an image is a variant of a Blubber file, which `build` leaves to others. */
export function isService({ byReference }: Graph, reference: Reference): boolean {
  const definition = byReference.get(reference)?.rendered.definition;
  return definition !== undefined && blubberOf(definition) !== undefined;
}

/** `2 images of Blubber files`. */
export function servicesText(count: number): string {
  return `${count} image${count === 1 ? '' : 's'} of Blubber files`;
}

/**
 * What is selected, for a command that builds: without the images of Blubber files that are not named themselves, which are
 * counted on stderr. Those that are named are refused later (`withoutBlubber`).
 */
export function withoutServices(compiled: CompiledTrees, io: Io): CompiledTrees {
  const { graph, selected, named } = compiled;
  const out = new Set(
    [...selected].filter((reference) => !named.has(reference) && isService(graph, reference)),
  );
  if (out.size === 0) {
    return compiled;
  }
  io.say(`${servicesText(out.size)} left out: these are not built yet`);
  return {
    ...compiled,
    selected: new Set([...selected].filter((reference) => !out.has(reference))),
  };
}

/** What is told of definitions and graphs: that of the whole, and that of each image. */
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { readDefinitions } from '#compiler/definitions/read.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';
import { sortDiagnostics } from '#core/diagnostics/format.js';

/** Of every image of a graph, each diagnostic once. */
export function toldOfGraph({ images, broken }: Graph): Diagnostic[] {
  const told = [
    ...images.flatMap(({ warnings = [] }) => warnings),
    ...broken.flatMap(({ image }) => image.diagnostics),
  ];
  return [...new Set(told)];
}

/** The sound definitions of trees, with all that is told of any. */
export function readToldDefinitions(
  ...given: Parameters<typeof readDefinitions>
): Outcome<readonly ImageDefinition[]> {
  const { images, broken, ofTrees } = readDefinitions(...given);
  const diagnostics = sortDiagnostics([
    ...ofTrees.map(({ diagnostic }) => diagnostic),
    ...images.flatMap(({ warnings = [] }) => warnings),
    ...broken.flatMap((image) => image.diagnostics),
  ]);
  return { value: images, diagnostics };
}

import type { FindHistory } from '#adapters/git/history.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { Owner, Owners } from '../owners/owners.js';
import type { BrokenNode, Graph, ResolvedImage } from '../resolve/graph.js';
import { type TestsOf, testsOf } from '../tests/imageTests.js';
import { type LastChange, lastChanges } from './lastChange.js';

/** What the repository says of an image beside its definition; what is absent is not known. */
export interface ImageFacts {
  /** Who answers for it. */
  readonly owner?: string;
  /** What says so. */
  readonly ownerFrom?: Owner['from'];
  readonly tests?: TestsOf;
  readonly lastChange?: LastChange;
}

export type FactsOf = (image: ResolvedImage | BrokenNode) => ImageFacts;

/** Reads the changelogs of these images, and asks git about those without one; no network. */
export function imageFacts(
  graph: Graph,
  images: readonly (ResolvedImage | BrokenNode)[],
  { owners, histories }: { readonly owners: Owners; readonly histories: FindHistory },
): FactsOf {
  const changes = lastChanges(
    images.flatMap((image) => {
      const definition = definitionOf(image);
      return definition === undefined
        ? []
        : [{ definition, ...('rendered' in image ? { resolved: image } : {}) }];
    }),
    histories,
  );
  return (image) => {
    const definition = definitionOf(image);
    const owner = owners.of('rendered' in image ? image.rendered.definition : image.image);
    const lastChange = definition && changes.get(definition);
    return {
      ...(owner === undefined ? {} : { owner: owner.text, ownerFrom: owner.from }),
      ...('rendered' in image ? { tests: testsOf(graph, image.reference) } : {}),
      ...(lastChange === undefined ? {} : { lastChange }),
    };
  };
}

function definitionOf(image: ResolvedImage | BrokenNode): ImageDefinition | undefined {
  return 'rendered' in image ? image.rendered.definition : image.image.definition;
}

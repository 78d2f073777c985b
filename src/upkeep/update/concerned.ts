import type { ImageDefinition, VersionSpot } from '#compiler/definitions/definition.js';
import {
  type BrokenNode,
  type Graph,
  type GraphNode,
  inOrder,
  type ResolvedImage,
} from '#compiler/resolve/graph.js';
import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';

/** A name on the command line, with the images that its update begins at. */
export interface Root {
  readonly written: string;
  /** Absent for an external image. */
  readonly image?: ResolvedImage;
  readonly children: readonly ResolvedImage[];
  readonly first: boolean;
}

/** An image that an update is about: named, or built on what is named. */
export interface Concerned {
  readonly definition: ImageDefinition;
  readonly root?: Root;
  readonly sound?: ResolvedImage;
  readonly broken?: BrokenNode;
  readonly parents: readonly Reference[];
  /** Which of the names it is built on, as written. */
  readonly builtOn: readonly string[];
}

/** Parents first. */
export function concernedBy(graph: Graph, roots: readonly Root[]): readonly Concerned[] {
  const above = namedParents(graph, roots);
  return inOrder(graph).flatMap(({ reference, parents, sound, broken }): Concerned[] => {
    const definition = sound?.rendered.definition ?? broken?.image.definition;
    const root = roots.find((each) => each.image !== undefined && each.image === sound);
    const builtOn = above.get(reference);
    if (definition === undefined || (root === undefined && builtOn === undefined)) {
      return [];
    }
    return [
      {
        definition,
        ...(root === undefined ? {} : { root }),
        ...(sound === undefined ? {} : { sound }),
        ...(broken === undefined ? {} : { broken }),
        parents: parents.map(({ parent }) => parent),
        builtOn: builtOn ?? [],
      },
    ];
  });
}

/** The line that has a version. */
export function lineOf({ file, place }: VersionSpot): string {
  return `${file}\0${place.line ?? 1}`;
}

/** All images of a graph by the line that has their version, where that is one of `lines`. */
export function matesOf(
  graph: Graph,
  concerned: readonly Pick<Concerned, 'definition'>[],
): ReadonlyMap<string, readonly Pick<Concerned, 'definition' | 'sound'>[]> {
  const spots = concerned.flatMap(({ definition }) => definition.versionSpot ?? []);
  const lines = new Set(spots.map(lineOf));
  const mates = new Map<string, Pick<Concerned, 'definition' | 'sound'>[]>();
  for (const { sound, broken } of lines.size === 0 ? [] : inOrder(graph)) {
    const definition = sound?.rendered.definition ?? broken?.image.definition;
    const spot = definition?.versionSpot;
    if (definition !== undefined && spot !== undefined && lines.has(lineOf(spot))) {
      addTo(mates, lineOf(spot), { definition, ...(sound === undefined ? {} : { sound }) });
    }
  }
  return mates;
}

/** For every image built on a root, directly or not: which ones, as written, in that order. */
function namedParents(
  graph: Graph,
  roots: readonly Root[],
): ReadonlyMap<Reference, readonly string[]> {
  const found = new Map<Reference, string[]>();
  const nodes = inOrder(graph);
  const declared = declaredByBroken(nodes);
  for (const root of roots) {
    const reached = new Set(root.children.map((image) => image.reference));
    // Parents stand first in a graph, so one pass reaches all generations; but what control alone
    // tells of is not in its order.
    for (let before = -1; before < reached.size; ) {
      before = reached.size;
      for (const { reference, parents } of nodes) {
        const above = declared.get(reference) ?? parents.map(({ parent }) => parent);
        if (above.some((parent) => reached.has(parent))) {
          reached.add(reference);
        }
      }
    }
    for (const reference of reached) {
      if (reference === root.image?.reference) {
        continue;
      }
      addTo(found, reference, root.written);
    }
  }
  return found;
}

/** Where a template cannot be rendered, control is all that tells what an image is built on. */
function declaredByBroken(
  nodes: readonly GraphNode[],
): ReadonlyMap<Reference, readonly Reference[]> {
  const declared = new Map<Reference, readonly Reference[]>();
  for (const { reference, parents, broken } of nodes) {
    const definition = broken?.image.definition;
    if (definition === undefined || parents.length > 0) {
      continue;
    }
    const names = new Set(definition.depends.map(({ name }) => name));
    const named = nodes.filter(({ sound, broken: other }) => {
      const candidate = sound?.rendered.definition ?? other?.image;
      return candidate?.tree === definition.tree && names.has(candidate.name ?? '');
    });
    declared.set(
      reference,
      named.map((node) => node.reference),
    );
  }
  return declared;
}

import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Edge, ResolvedImage } from '../resolve/graph.js';

/**
 * What `list --json` prints; doc/list.schema.json is its schema. Other tools build on it: fields
 * are added, never changed or removed, without a new `schema` number.
 */
export interface ListDocument {
  readonly schema: 1;
  readonly images: readonly ListedImage[];
}

interface ListedImage {
  readonly name: string;
  readonly version: string;
  readonly repository: string;
  readonly reference: string;
  readonly tree: string;
  /** The image's directory, relative to the working directory. */
  readonly path: string;
  /** 0 without parents in the trees, else one more than the highest parent's. */
  readonly level: number;
  /** What the final stage starts from: a reference, or `scratch`. */
  readonly base: string;
  /** The parents that control declares. */
  readonly declared: readonly {
    readonly name: string;
    readonly file: string;
    readonly line: number;
  }[];
  /** The parents that the Dockerfile really uses. */
  readonly edges: readonly ListedEdge[];
  /** References to images that no tree defines. */
  readonly external: readonly Omit<ListedEdge, 'parent' | 'declared'>[];
  /** The rendered Dockerfile. */
  readonly dockerfile: string;
}

interface ListedEdge {
  /** Which instruction makes the link. */
  readonly kind: Edge['kind'];
  /** The reference of the parent in the trees. */
  readonly parent: string;
  /** The reference as the Dockerfile has it, arguments expanded. */
  readonly written: string;
  readonly declared: boolean;
  readonly file: string;
  readonly line: number;
}

export function listDocument(images: readonly ResolvedImage[]): ListDocument {
  return { schema: 1, images: images.map(listed) };
}

function listed(image: ResolvedImage): ListedImage {
  const { definition, dockerfile } = image.rendered;
  return {
    name: definition.name,
    version: definition.version,
    repository: definition.repository,
    reference: image.reference,
    tree: definition.tree.name,
    path: definition.definedIn ?? definition.context,
    level: image.level,
    base: image.base,
    declared: definition.depends.map(({ name, place }) => ({ name, ...at(place) })),
    edges: image.parents.map(({ kind, parent, written, declared, place }) => ({
      kind,
      parent,
      written,
      declared,
      ...at(place),
    })),
    external: image.externals.map(({ kind, written, place }) => ({ kind, written, ...at(place) })),
    dockerfile,
  };
}

function at(place: Place): { file: string; line: number } {
  return { file: place.file, line: place.line ?? 1 };
}

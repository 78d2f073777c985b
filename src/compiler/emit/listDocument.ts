import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { BrokenImage } from '../definitions/broken.js';
import type { ExcludedPath } from '../definitions/excluded.js';
import type { ImageFacts } from '../facts/imageFacts.js';
import type { BrokenNode, Edge, ResolvedImage } from '../resolve/graph.js';

/**
 * What `list --json` prints; doc/list.schema.json is its schema. Other tools build on it: fields
 * are added, never changed or removed, without a new `schema` number.
 */
export interface ListDocument {
  readonly schema: 1;
  readonly images: readonly (ListedImage | BrokenListedImage)[];
  /** Broken images whose name cannot be read. */
  readonly unnamed: readonly UnnamedImage[];
  /** What `exclude` leaves out of the search for images. */
  readonly excluded: readonly ListedExclusion[];
}

interface ListedExclusion {
  readonly tree: string;
  /** Relative to the working directory. */
  readonly path: string;
  /** As the configuration has it. */
  readonly pattern: string;
}

interface UnnamedImage {
  readonly tree: string;
  readonly path: string;
  readonly diagnostics: readonly ListedDiagnostic[];
}

/** A broken image, as far as it is known. */
interface BrokenListedImage extends UnnamedImage, ListedFacts {
  readonly definition: 'broken';
  /** It is only for the registries of private images. */
  readonly private?: true;
  readonly name: string;
  readonly repository: string;
  readonly version?: string;
  readonly reference?: string;
  /** As far as they are known. */
  readonly edges: readonly ListedEdge[];
}

interface ListedDiagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly hint?: string;
}

/** What is known of an image beside its definition. */
interface ListedFacts extends ImageFacts {
  /** RFC 3339, as a run on this machine last saw it in the registry. */
  readonly lastBuilt?: string;
  /** In bytes; `own`: without what it has from its base in the trees. */
  readonly size?: {
    readonly of: 'published' | 'local';
    readonly total: number;
    readonly own?: number;
  };
}

interface ListedImage extends ListedFacts {
  readonly definition: 'sound';
  /** It is only for the registries of private images. */
  readonly private?: true;
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

/** Parents before children, broken ones after the sound ones. */
export function listDocument(
  images: readonly ResolvedImage[],
  broken: readonly BrokenNode[] = [],
  excluded: readonly ExcludedPath[] = [],
  privates: ReadonlySet<Reference> = new Set(),
  factsOf: (image: ResolvedImage | BrokenNode) => ListedFacts = () => ({}),
): ListDocument {
  const privacyOf = (reference: Reference | undefined): { readonly private?: true } =>
    reference !== undefined && privates.has(reference) ? { private: true } : {};
  const listedBroken = broken.flatMap((node): BrokenListedImage[] => {
    const { image, parents } = node;
    const { name, repository, version, reference } = image;
    if (name === undefined || repository === undefined) {
      return [];
    }
    return [
      {
        definition: 'broken',
        ...privacyOf(reference),
        name,
        ...(version === undefined ? {} : { version }),
        repository,
        ...(reference === undefined ? {} : { reference }),
        ...unnamed(image),
        edges: parents.map(listedEdge),
        ...factsOf(node),
      },
    ];
  });
  return {
    schema: 1,
    images: [
      ...images.map((image) => ({
        ...listed(image),
        ...privacyOf(image.reference),
        ...factsOf(image),
      })),
      ...listedBroken,
    ],
    unnamed: broken
      .filter(({ image }) => image.name === undefined)
      .map(({ image }) => unnamed(image)),
    excluded: excluded.map(({ tree, shown, pattern }) => ({
      tree: tree.name,
      path: shown,
      pattern: pattern.text,
    })),
  };
}

function unnamed({ tree, shown, diagnostics }: BrokenImage): UnnamedImage {
  return { tree: tree.name, path: shown, diagnostics: diagnostics.map(listedDiagnostic) };
}

/** A diagnostic in a document for programs. */
function listedDiagnostic({ severity, code, message, place, hint }: Diagnostic): ListedDiagnostic {
  return {
    severity,
    code,
    message,
    ...(place === undefined ? {} : { file: place.file }),
    ...(place?.line === undefined ? {} : { line: place.line }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function listed(image: ResolvedImage): ListedImage {
  const { definition, dockerfile } = image.rendered;
  return {
    definition: 'sound',
    name: definition.name,
    version: definition.version,
    repository: definition.repository,
    reference: image.reference,
    tree: definition.tree.name,
    path: definition.definedIn ?? definition.context,
    level: image.level,
    base: image.base,
    declared: definition.depends.map(({ name, place }) => ({ name, ...at(place) })),
    edges: image.parents.map(listedEdge),
    external: image.externals.map(({ kind, written, place }) => ({ kind, written, ...at(place) })),
    dockerfile,
  };
}

function listedEdge({ kind, parent, written, declared, place }: Edge): ListedEdge {
  return { kind, parent, written, declared, ...at(place) };
}

function at(place: Place): { file: string; line: number } {
  return { file: place.file, line: place.line ?? 1 };
}

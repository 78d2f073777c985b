import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { BrokenImage } from '../definitions/broken.js';
import type { ExcludedPath } from '../definitions/excluded.js';
import type { ImageFacts } from '../facts/imageFacts.js';
import type { FileChanges } from '../plan/definitionChanges.js';
import type { BrokenNode, Edge, ResolvedImage } from '../resolve/graph.js';
import { type ImageChanges, keyOf, keyOfSound } from '../select/changedImages.js';

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
  /** With `--since`. */
  readonly since?: ListedRevision;
}

interface ListedRevision {
  readonly revision: string;
  readonly commit: string;
  readonly removed: readonly ListedRemoval[];
}

interface ListedRemoval {
  readonly name?: string;
  readonly reference?: string;
  /** Where it was defined, relative to the working directory. */
  readonly path: string;
}

/** Why an image is not as it was. */
type ListedChange =
  | { readonly change: 'new' }
  | {
      readonly change: 'changed';
      readonly before: { readonly reference: string; readonly version: string };
      readonly inputs: readonly ChangedInput[];
      readonly files?: Pick<FileChanges, 'added' | 'removed' | 'changed'>;
      readonly parents?: readonly string[];
      /** Names of values of the configuration. */
      readonly settings?: readonly string[];
    }
  | { readonly change: 'uncompared'; readonly reason: string };

type ChangedInput =
  | 'dockerfile'
  | 'context'
  | 'args'
  | 'labels'
  | 'platforms'
  | 'stage'
  | 'rebuilds'
  | 'parents'
  | 'version'
  | 'repository';

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
  /** With `--since`; absent: it is as it was, and here for another one. */
  readonly since?: ListedChange;
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
  since?: ImageChanges & { readonly base: { readonly name: string; readonly commit: string } },
): ListDocument {
  const changeOf = (image: ResolvedImage | BrokenNode): { readonly since?: ListedChange } => {
    const change = since && listedChange(image, since);
    return change === undefined ? {} : { since: change };
  };
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
        ...changeOf(node),
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
        ...changeOf(image),
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
    ...(since === undefined ? {} : { since: listedRevision(since.base, since) }),
  };
}

/** What `--since` compared with. */
function listedRevision(
  base: { readonly name: string; readonly commit: string },
  { removed }: ImageChanges,
): ListedRevision {
  const { name: revision, commit } = base;
  return {
    revision,
    commit,
    removed: removed.map(({ name, reference, shown }) => ({
      ...(name === undefined ? {} : { name }),
      ...(reference === undefined ? {} : { reference }),
      path: shown,
    })),
  };
}

/** Why an image is not as it was; undefined: it is. */
function listedChange(
  image: ResolvedImage | BrokenNode,
  { changes }: ImageChanges,
): ListedChange | undefined {
  const key = 'rendered' in image ? keyOfSound(image) : keyOf(image.image);
  const found = changes.get(key);
  if (found === undefined || found.kind === 'new') {
    return found && { change: 'new' };
  }
  if (found.kind === 'uncompared') {
    return { change: 'uncompared', reason: found.reason };
  }
  const { before, changes: by } = found;
  const { files, parents, settings } = by;
  const now = 'rendered' in image ? image.rendered.definition : image.image;
  const inputs: readonly (readonly [ChangedInput, boolean])[] = [
    ['dockerfile', by.dockerfile !== undefined],
    ['context', files !== undefined || by.recipe !== undefined],
    ['args', by.args !== undefined],
    ['labels', by.labels !== undefined],
    ['platforms', by.platforms !== undefined],
    ['stage', by.stage !== undefined],
    ['rebuilds', by.rebuilds !== undefined],
    ['parents', parents !== undefined],
    ['version', now.version !== before.version],
    ['repository', now.repository !== before.repository],
  ];
  return {
    change: 'changed',
    before: { reference: before.reference, version: before.version },
    inputs: inputs.flatMap(([input, isOther]) => (isOther ? [input] : [])),
    ...(files === undefined ? {} : { files: filesOf(files) }),
    ...(parents === undefined ? {} : { parents: parents.map(({ parent }) => parent) }),
    ...(settings === undefined ? {} : { settings }),
  };
}

function filesOf({ added, removed, changed, kinds = [] }: FileChanges) {
  const all = new Set([...changed, ...kinds.map(({ path }) => path)]);
  return { added, removed, changed: [...all].sort() };
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

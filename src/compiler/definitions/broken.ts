import { type Diagnostic, hasErrors, type Place } from '#core/diagnostics/diagnostic.js';
import type { ImageName, Reference, Repository } from '#core/reference/brands.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { Tree } from '../workspace/tree.js';
import type { ImageDefinition } from './definition.js';

/**
 * An image whose definition cannot be used: from reading to reporting, it is one among the others.
 * Name and version are there as far as they are known.
 */
export interface BrokenImage {
  readonly tree: Tree;
  /** The directory that defines it: absolute. */
  readonly directory: string;
  /** The same as a person would write it, `/`-separated. */
  readonly shown: string;
  /** Absolute, of a stage: the Dockerfile that it is. */
  readonly stageFile?: string;
  readonly name?: ImageName;
  readonly repository?: Repository;
  readonly version?: string;
  readonly reference?: Reference;
  /** Where name and version come from. */
  readonly place?: Place;
  /** Whether a file says of it that it is private; absent: none does, or it cannot be read. */
  readonly private?: Found<boolean>;
  /** Who answers for it, where a file could be read that says so. */
  readonly owner?: string;
  readonly maintainer?: string;
  /** Names that others may mean it by, where its own is not known. */
  readonly perhaps: readonly string[];
  /** What is wrong, and its warnings: at least one error. */
  readonly diagnostics: readonly Diagnostic[];
  /** Present where its files could be read, and the fault is in what they make. */
  readonly definition?: ImageDefinition;
  /**
   * The image whose fault makes this one broken: what it is called, or of which version it is, is
   * not known, and this one names it. Its own definition may be fine.
   */
  readonly because?: BrokenImage;
}

/** What reading one image gives. */
export type Reading =
  | { readonly kind: 'sound'; readonly image: ImageDefinition }
  | { readonly kind: 'broken'; readonly image: BrokenImage };

/** What is known of an image while it is read. */
export type About = Pick<BrokenImage, 'tree' | 'directory' | 'shown'> &
  Partial<
    Pick<
      BrokenImage,
      | 'stageFile'
      | 'name'
      | 'repository'
      | 'version'
      | 'reference'
      | 'place'
      | 'perhaps'
      | 'private'
      | 'owner'
      | 'maintainer'
    >
  >;

/** An image of which nothing but this is known. */
export function brokenReading(about: About, diagnostics: readonly Diagnostic[]): Reading {
  return readingOf(about, undefined, diagnostics);
}

/** An image that was read: sound where there is a definition, and no error. */
export function readingOf(
  about: About,
  definition: ImageDefinition | undefined,
  diagnostics: readonly Diagnostic[],
): Reading {
  if (definition !== undefined && !hasErrors(diagnostics)) {
    const image = diagnostics.length === 0 ? definition : { ...definition, warnings: diagnostics };
    return { kind: 'sound', image };
  }
  const image =
    definition === undefined
      ? { ...about, perhaps: about.perhaps ?? [], diagnostics }
      : { ...brokenFrom(definition, diagnostics), ...about };
  return { kind: 'broken', image };
}

/** An image that could be read, and is broken by what its files make. */
export function brokenFrom(
  definition: ImageDefinition,
  diagnostics: readonly Diagnostic[],
  because?: BrokenImage,
): BrokenImage {
  const { tree, directory, context, definedIn, stageFile } = definition;
  const { name, repository, version, reference, place, warnings = [] } = definition;
  return {
    tree,
    directory,
    shown: definedIn ?? context,
    ...(stageFile === undefined ? {} : { stageFile }),
    name,
    repository,
    version,
    reference,
    place,
    perhaps: [],
    diagnostics: [...warnings, ...diagnostics],
    definition,
    ...(because === undefined ? {} : { because }),
  };
}

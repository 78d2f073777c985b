import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Place, warning } from '#core/diagnostics/diagnostic.js';
import type { ContextKey } from '#core/reference/brands.js';
import type { ImageUse } from '#formats/dockerfile/follow.js';
import type { BrokenImage } from '../definitions/broken.js';
import type { Catalogue, KnownImage, Meaning } from './catalogue.js';
import { type Declarations, isDeclared } from './declared.js';
import { External, FoundEdge } from './found.js';
import type { Edge, ExternalReference } from './graph.js';
import type { NeededUse } from './platforms.js';
import { placeOf, type ReadImage } from './read.js';

/** What an image needs, by context key, in the order of its Dockerfile. */
export interface Links {
  readonly parents: readonly Edge[];
  readonly externals: readonly ExternalReference[];
  /** Images of the trees that it names in whatever way, linked or not. */
  readonly mentioned: ReadonlySet<KnownImage>;
  /** A broken image that it needs, of which not even the version is known. */
  readonly because?: BrokenImage;
}

export interface LinkInput {
  readonly known: KnownImage;
  readonly image: ReadImage;
  readonly followed: { readonly images: readonly NeededUse[] };
  readonly declarations: Declarations;
  readonly catalogue: Catalogue;
}

/**
 * Turns the references of a Dockerfile into links to images of the trees and references to others.
 * What is not linked although a tree defines it (another version, a stage that is not needed, the
 * image itself) is a warning.
 */
export function linksOf(input: LinkInput, diagnostics: Diagnostic[]): Links {
  const { known, image, followed, declarations, catalogue } = input;
  const parents = new Map<ContextKey, Edge>();
  const externals = new Map<ContextKey, ExternalReference>();
  const mentioned = new Set<KnownImage>();
  const reported = new Set<string>();
  let because: BrokenImage | undefined;
  const stageNames = new Set(image.dockerfile.stages.flatMap(({ name }) => name ?? []));
  const needs = needsOf(input);
  for (const use of followed.images) {
    const meaning = catalogue.meaning(use.image, known);
    const source = imageBehind(catalogue, use.through, known);
    const file = source?.rendered ?? image.rendered;
    const place = () => placeOf(file, use.span);
    if (meaning.kind === 'illegal') {
      diagnostics.push(illegal(stageNames, use, meaning.problem, place()));
      continue;
    }
    if (meaning.kind !== 'external') {
      mentioned.add(meaning.image);
    }
    const why = reasonNotToLink(known, use, meaning);
    if (why !== undefined) {
      warnOnce(why, place, reported, diagnostics);
    }
    if (!use.reached) {
      continue;
    }
    const { key } = meaning;
    if (parents.has(key) || externals.has(key)) {
      continue;
    }
    if (meaning.kind === 'external' || why !== undefined) {
      externals.set(
        key,
        new External(use, key, file, { isStage: stageNames.has(key), platforms: needs.get(key) }),
      );
      continue;
    }
    const { reference } = meaning.image;
    if (reference === undefined) {
      diagnostics.push(versionUnknown(meaning.image, place()));
      because ??= meaning.image.broken;
      continue;
    }
    const declared = isDeclared(declarations, meaning.image, known, source);
    parents.set(key, new FoundEdge(use, key, file, reference, declared, needs.get(key)));
    refuseStageName(stageNames, key, place, diagnostics);
  }
  return {
    parents: [...parents.values()],
    externals: [...externals.values()],
    mentioned,
    ...(because === undefined ? {} : { because }),
  };
}

/** By context key: the platforms of which it is needed, wherever the Dockerfile names it. */
function needsOf({ known, followed, catalogue }: LinkInput): Map<ContextKey, Set<string>> {
  const all = new Map<ContextKey, Set<string>>();
  for (const { needs = [], reached, image } of followed.images) {
    if (needs.length === 0 || !reached) {
      continue;
    }
    const meaning = catalogue.meaning(image, known);
    if (meaning.kind === 'illegal') {
      continue;
    }
    const found = all.get(meaning.key) ?? new Set();
    for (const platform of needs) {
      found.add(platform);
    }
    all.set(meaning.key, found);
  }
  return all;
}

function versionUnknown({ repository, shown }: KnownImage, place: Place): Diagnostic {
  return error('broken-parent', `the version of ${repository} is not known`, {
    place,
    hint: `fix ${shown} first`,
  });
}

/** Eight COPYs may take files from the same image: one warning is enough. */
function warnOnce(
  { code, message, hint }: Reason,
  place: () => Place,
  reported: Set<string>,
  diagnostics: Diagnostic[],
): void {
  if (reported.has(message)) {
    return;
  }
  reported.add(message);
  diagnostics.push(warning(code, message, { hint, place: place() }));
}

/** Why an image of the trees is pulled and not linked. */
interface Reason {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string;
}

function imageBehind(
  catalogue: Catalogue,
  written: string | undefined,
  by: KnownImage,
): KnownImage | undefined {
  if (written === undefined) {
    return undefined;
  }
  const meaning = catalogue.meaning(written, by);
  return meaning.kind === 'image' ? meaning.image : undefined;
}

function reasonNotToLink(
  image: KnownImage,
  use: ImageUse,
  meaning: Exclude<Meaning, { kind: 'illegal' }>,
): Reason | undefined {
  if (meaning.kind === 'external') {
    return undefined;
  }
  const { name, repository, reference } = meaning.image;
  if (meaning.image === image) {
    return {
      code: 'self-reference',
      message: `${name} is based on itself: ${use.image} is pulled, not built`,
      hint: 'to start from an older build of it, pin its digest',
    };
  }
  if (meaning.kind === 'other-version') {
    return {
      code: 'other-version',
      message: `${use.image} is pulled, not built: ${reference === undefined ? `the version of ${repository} is not known` : `this tree builds ${reference}`}`,
      hint:
        image.rendered?.definition.dockerfile.kind === 'template'
          ? `write {{ "${name}" | image_tag }} to follow the tree`
          : 'drop the tag to follow the tree',
    };
  }
  if (use.reached) {
    return undefined;
  }
  return {
    code: 'unreached-reference',
    message: `${use.image} is not built first: the final stage does not use the stage that names it`,
    hint: 'remove that stage, or copy something from it',
  };
}

/** Such a context would silently replace the whole stage (doc/dev/bake.md, Links). */
function refuseStageName(
  stageNames: ReadonlySet<string>,
  key: ContextKey,
  place: () => Place,
  diagnostics: Diagnostic[],
): void {
  if (!stageNames.has(key)) {
    return;
  }
  diagnostics.push(
    error(
      'stage-named-like-image',
      `a stage is named ${key}, like the image it would be linked to`,
      {
        place: place(),
        hint: 'rename the stage: BuildKit would use the image instead of it',
      },
    ),
  );
}

function illegal(
  stageNames: ReadonlySet<string>,
  use: ImageUse,
  problem: string,
  place: Place,
): Diagnostic {
  const stage = use.image.toLowerCase();
  return error(
    'bad-reference',
    `${JSON.stringify(use.image)} is not a valid image reference: ${problem}`,
    {
      place,
      ...(stageNames.has(stage) && { hint: `FROM finds a stage in lower case only: ${stage}` }),
    },
  );
}

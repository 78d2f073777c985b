import { type Diagnostic, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Trigger } from '#formats/dockerfile/dockerfile.js';
import { type Followed, follow } from '#formats/dockerfile/follow.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import type { RenderedImage } from '../render/rendered.js';
import { Catalogue } from './catalogue.js';
import { compareDeclared, declarationsOf } from './declared.js';
import type { Edge, Graph, ResolvedImage } from './graph.js';
import { levelled } from './levels.js';
import { type Links, linksOf } from './link.js';
import { numericUserProblem } from './numericUser.js';
import { followImage, placeOf, problemsOf, type ReadImage, readImage } from './read.js';

export interface ResolveOptions {
  /**
   * What images that name no platforms are built for (`linux/amd64`). Without it a FROM that
   * depends on the platform is an error, since only the builder would know what it means.
   */
  readonly platforms?: readonly string[];
}

/** What the graph needs of an image; the Dockerfile is dropped once it is linked. */
interface LinkedImage {
  readonly rendered: RenderedImage;
  readonly reference: Reference;
  readonly links: Links;
  readonly parents: readonly Edge[];
  readonly base: Followed['base'];
  readonly makesLayers: boolean;
}

/**
 * Finds out what the images are really built on, from their rendered Dockerfiles, and puts them in
 * order. Everything that is wrong with them is among the diagnostics; the graph is whole only
 * where none of those is an error.
 */
export function resolve(
  images: readonly RenderedImage[],
  { platforms = [] }: ResolveOptions = {},
): Outcome<Graph> {
  const diagnostics: Diagnostic[] = [];
  const catalogue = new Catalogue(images, diagnostics);
  const declarations = declarationsOf(images, catalogue, diagnostics);
  const triggersOf = triggerLookup(images, catalogue);
  const linked = images.map((rendered): LinkedImage => {
    const image = readImage(rendered);
    const followed = followImage(image, platforms, triggersOf);
    diagnostics.push(...problemsOf(rendered, image.dockerfile.problems));
    diagnostics.push(...problemsOf(rendered, followed.problems));
    warnOfSyntax(image, diagnostics);
    const user = numericUserProblem(image, followed);
    if (user !== undefined) {
      diagnostics.push(user);
    }
    const links = linksOf({ image, followed, declarations, catalogue }, diagnostics);
    const mentioned = withTriggers(links.mentioned, followed.triggers, catalogue);
    compareDeclared(rendered, links.parents, mentioned, catalogue, diagnostics);
    const { base, makesLayers } = followed;
    const { reference } = rendered.definition;
    return { rendered, reference, links, parents: links.parents, base, makesLayers };
  });
  return { value: graphOf(linked, catalogue, diagnostics), diagnostics };
}

const noTriggers: readonly Trigger[] = [];

/** The ONBUILD instructions of an image of the trees: those of its final stage. */
function triggerLookup(
  images: readonly RenderedImage[],
  catalogue: Catalogue,
): (written: string) => readonly Trigger[] {
  const known = new Map<RenderedImage, readonly Trigger[]>();
  for (const image of images) {
    // Few have any, and only those are read ahead.
    if (!/onbuild/i.test(image.dockerfile)) {
      continue;
    }
    const { stage } = image.definition;
    const { triggers } = follow(
      readDockerfile(image.dockerfile),
      stage === undefined ? {} : { stage },
    );
    if (triggers.length > 0) {
      known.set(image, triggers);
    }
  }
  if (known.size === 0) {
    return () => noTriggers;
  }
  return (written) => {
    const meaning = catalogue.meaning(written);
    return (meaning.kind === 'image' && known.get(meaning.image)) || noTriggers;
  };
}

/** What an image only asks of its children counts as used by it. */
function withTriggers(
  mentioned: ReadonlySet<RenderedImage>,
  triggers: readonly Trigger[],
  catalogue: Catalogue,
): ReadonlySet<RenderedImage> {
  if (triggers.length === 0) {
    return mentioned;
  }
  const all = new Set(mentioned);
  for (const { from } of triggers.flatMap((trigger) => trigger.sources)) {
    const meaning = catalogue.meaning(from.text);
    if (meaning.kind === 'image' || meaning.kind === 'other-version') {
      all.add(meaning.image);
    }
  }
  return all;
}

/** `# syntax=` names an image that reads the Dockerfile: another one may read it otherwise. */
function warnOfSyntax({ rendered, dockerfile }: ReadImage, diagnostics: Diagnostic[]): void {
  const { syntax } = dockerfile;
  if (syntax === undefined || /^\S*\bdockerfile(-upstream)?([:@]\S*)?(\s|$)/.test(syntax.text)) {
    return;
  }
  diagnostics.push(
    warning(
      'foreign-syntax',
      `the Dockerfile is for the frontend ${syntax.text}, and is read here as a standard one`,
      {
        place: placeOf(rendered, syntax.span),
        hint: 'links that only this frontend understands are not found',
      },
    ),
  );
}

function graphOf(
  linked: readonly LinkedImage[],
  catalogue: Catalogue,
  diagnostics: Diagnostic[],
): Graph {
  const byReference = new Map<Reference, ResolvedImage>();
  const images: ResolvedImage[] = [];
  for (const { node, level } of levelled(linked, diagnostics)) {
    const { rendered, reference, links, base, makesLayers } = node;
    const meaning = base.kind === 'image' ? catalogue.meaning(base.image) : undefined;
    const isParent = meaning?.kind === 'image' && meaning.image !== rendered;
    const parent = isParent ? meaning.image.definition.reference : undefined;
    const isBare =
      base.kind === 'scratch' ||
      (parent !== undefined && byReference.get(parent)?.withoutLayers === true);
    const image: ResolvedImage = {
      rendered,
      reference,
      parents: links.parents,
      externals: links.externals,
      level,
      base: base.kind === 'scratch' ? 'scratch' : (parent ?? base.image),
      withoutLayers: isBare && !makesLayers,
    };
    images.push(image);
    byReference.set(reference, image);
  }
  return { images, byReference };
}

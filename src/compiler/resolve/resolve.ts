import { type Diagnostic, hasErrors, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { frontendIn, type Trigger } from '#formats/dockerfile/dockerfile.js';
import { type Followed, follow } from '#formats/dockerfile/follow.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import { onbuildInstructions } from '#formats/dockerfile/sources.js';
import { type BrokenImage, brokenFrom } from '../definitions/broken.js';
import { blubberOf } from '../definitions/definition.js';
import type { ExcludedPath } from '../definitions/excluded.js';
import type { RenderedImage } from '../render/rendered.js';
import { Catalogue, type KnownImage, knownBroken, knownRendered } from './catalogue.js';
import { compareDeclared, danglingDepends, declarationsOf } from './declared.js';
import { FormerNames } from './formerNames.js';
import {
  type BrokenNode,
  byLevel,
  type Edge,
  type ExternalReference,
  type Graph,
  type ResolvedImage,
} from './graph.js';
import { handedDown } from './handedDown.js';
import { levelsOf } from './levels.js';
import { type Links, linksOf } from './link.js';
import { lookalikes } from './lookalikes.js';
import { numericUserProblem } from './numericUser.js';
import { platformProblems } from './platforms.js';
import { followFor, placeOf, problemsOf, type ReadImage, readImage } from './read.js';

export interface ResolveOptions {
  /**
   * The platform of this machine (`linux/amd64`): what an image is built for that names no platforms,
   * and whose FROM depends on them. Its target then says so, so that the links fit what is built
   * wherever it is built. Without it such a FROM is an error.
   */
  readonly machine?: string;
  /** What `exclude` leaves out: references to it are told of. */
  readonly excluded?: readonly ExcludedPath[];
}

/** What the graph needs of an image; the Dockerfile is dropped once it is linked. */
interface LinkedImage {
  readonly known: KnownImage;
  readonly rendered: RenderedImage;
  readonly platforms: readonly string[];
  readonly reference: Reference;
  readonly links: Links;
  readonly parents: readonly Edge[];
  readonly handsDown: readonly ExternalReference[];
  readonly base: Followed['base'];
  readonly makesLayers: boolean;
  readonly ownLabels: readonly string[];
  readonly syntax: string | undefined;
  readonly diagnostics: Diagnostic[];
}

/**
 * Finds out what the images are really built on, from their rendered Dockerfiles, and puts them in
 * order. What is wrong with one makes it broken; `broken` are those that are so already, which the
 * others may name.
 */
export function resolve(
  images: readonly RenderedImage[],
  broken: readonly BrokenImage[] = [],
  { machine, excluded = [] }: ResolveOptions = {},
): Graph {
  const rendered = images.map(knownRendered);
  const catalogue = new Catalogue([
    ...rendered,
    ...broken.flatMap((one) => knownBroken(one) ?? []),
  ]);
  const declarations = declarationsOf(rendered, catalogue);
  const { triggersOf, onbuildOf } = triggerLookup(images, catalogue);
  const ofStages = new Set(
    images.flatMap(({ definition: { stage, dockerfile } }) =>
      stage === undefined ? [] : [dockerfile.file],
    ),
  );
  const linked = images.map((one, index): LinkedImage => {
    const known = rendered[index] ?? knownRendered(one);
    const diagnostics = [
      ...(catalogue.faults.get(known) ?? []),
      ...danglingDepends(known, catalogue),
    ];
    const image = readImage(one);
    const { followed, platforms } = followFor(image, machine, (written) =>
      triggersOf(written, known),
    );
    diagnostics.push(...problemsOf(one, image.dockerfile.problems));
    // A Dockerfile of which another image is another stage has stages that this one does not use.
    const own = followed.problems.filter(
      ({ code }) =>
        code !== 'dockerfile-stage-unused' || !ofStages.has(one.definition.dockerfile.file),
    );
    diagnostics.push(...problemsOf(one, own));
    warnOfSyntax(image, diagnostics);
    const user = numericUserProblem(image, followed);
    if (user !== undefined) {
      diagnostics.push(user);
    }
    const links = linksOf({ known, image, followed, declarations, catalogue }, diagnostics);
    const mentioned = withTriggers(links.mentioned, followed.triggers, catalogue, known);
    compareDeclared(known, links.parents, mentioned, catalogue, diagnostics);
    const { base, makesLayers, labels: ownLabels } = followed;
    const { reference } = one.definition;
    return {
      known,
      rendered: one,
      platforms,
      reference,
      links,
      parents: links.parents,
      handsDown: handedDown(followed.triggers, catalogue, known, one),
      base,
      makesLayers,
      ownLabels,
      syntax: syntaxOf(image),
      diagnostics,
    };
  });
  addPlatformProblems(linked, machine);
  const graph = graphOf(
    linked,
    broken.map((one) => withFaults(one, catalogue)),
    catalogue,
    onbuildOf,
  );
  const pulled = linked.flatMap(({ known, links }) =>
    links.externals
      .filter(({ written }) => catalogue.meaning(written, known).kind === 'external')
      .map((external) => ({ user: known, external })),
  );
  const former = new FormerNames(catalogue.images, broken, excluded);
  const doubts = lookalikes(catalogue.images, pulled, former);
  return doubts.length === 0 ? graph : { ...graph, doubts };
}

/** What images need of their parents' platforms is known once all are read. */
function addPlatformProblems(linked: readonly LinkedImage[], machine: string | undefined): void {
  if (!linked.some(({ parents }) => parents.some((edge) => edge.platforms !== undefined))) {
    return;
  }
  const byReference = new Map(
    linked.map(({ reference, platforms, rendered: { definition } }) => {
      // A root filesystem is made on this machine.
      const isOfMachine = platforms.length === 0 && definition.contextDigest !== undefined;
      const own = isOfMachine && machine !== undefined ? [machine] : platforms;
      return [reference, { reference, platforms: own }] as const;
    }),
  );
  for (const { reference, parents, diagnostics } of linked) {
    diagnostics.push(
      ...platformProblems({ reference, parents }, (parent) => byReference.get(parent)),
    );
  }
}

/** An image that was broken before, with what it shares with others. */
function withFaults(image: BrokenImage, catalogue: Catalogue): BrokenImage {
  for (const [{ broken }, faults] of catalogue.faults) {
    if (broken === image) {
      return { ...image, diagnostics: [...image.diagnostics, ...faults] };
    }
  }
  return image;
}

const noTriggers: readonly Trigger[] = [];

/** What images of the trees have their children run, by how a FROM names them. */
interface Triggers {
  readonly triggersOf: (written: string, by: KnownImage) => readonly Trigger[];
  readonly onbuildOf?: (written: string, by: KnownImage) => readonly string[];
}

/** The ONBUILD instructions of an image of the trees: those of its final stage. */
function triggerLookup(images: readonly RenderedImage[], catalogue: Catalogue): Triggers {
  const known = new Map<RenderedImage, readonly Trigger[]>();
  for (const image of images) {
    // Few have any, and only those are read ahead.
    if (!/onbuild/i.test(image.dockerfile) || blubberOf(image.definition) !== undefined) {
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
    return { triggersOf: () => noTriggers };
  }
  const named = (written: string, by: KnownImage): RenderedImage | undefined => {
    const meaning = catalogue.meaning(written, by);
    return meaning.kind === 'image' ? meaning.image.rendered : undefined;
  };
  return {
    triggersOf: (written, by) => {
      const rendered = named(written, by);
      return (rendered !== undefined && known.get(rendered)) || noTriggers;
    },
    onbuildOf: (written, by) => {
      const rendered = named(written, by);
      if (rendered === undefined || !known.has(rendered)) {
        return [];
      }
      const { stage } = rendered.definition;
      return onbuildInstructions(rendered.dockerfile, stage === undefined ? {} : { stage });
    },
  };
}

/** What an image only asks of its children counts as used by it. */
function withTriggers(
  mentioned: ReadonlySet<KnownImage>,
  triggers: readonly Trigger[],
  catalogue: Catalogue,
  by: KnownImage,
): ReadonlySet<KnownImage> {
  if (triggers.length === 0) {
    return mentioned;
  }
  const all = new Set(mentioned);
  for (const { from } of triggers.flatMap((trigger) => trigger.sources)) {
    const meaning = catalogue.meaning(from.text, by);
    if (meaning.kind === 'image' || meaning.kind === 'other-version') {
      all.add(meaning.image);
    }
  }
  return all;
}

function syntaxOf({ rendered, dockerfile }: ReadImage): string | undefined {
  const asked = rendered.definition.args.get('BUILDKIT_SYNTAX') ?? dockerfile.syntax?.text;
  return asked === undefined ? undefined : frontendIn(asked);
}

/** `# syntax=` names an image that reads the Dockerfile: another one may read it otherwise. */
function warnOfSyntax({ rendered, dockerfile }: ReadImage, diagnostics: Diagnostic[]): void {
  const { syntax } = dockerfile;
  if (blubberOf(rendered.definition) !== undefined) {
    return;
  }
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
  broken: readonly BrokenImage[],
  catalogue: Catalogue,
  onbuildOf: Triggers['onbuildOf'],
): Graph {
  const named = broken.flatMap(({ reference }) =>
    reference === undefined ? [] : [{ reference, parents: [] }],
  );
  const { levels, cycles } = levelsOf([...named, ...linked]);
  const images: ResolvedImage[] = [];
  const byReference = new Map<Reference, ResolvedImage>();
  const nodes: BrokenNode[] = broken.map((image) => ({ image, parents: [], level: 0 }));
  for (const image of sorted(linked, levels)) {
    const { rendered, reference, links } = image;
    const level = levels.get(reference) ?? 0;
    const cycle = cycles.get(reference);
    const found = [...image.diagnostics, ...(cycle === undefined ? [] : [cycle])];
    const warnings = [
      ...(rendered.definition.warnings ?? []),
      ...(rendered.warnings ?? []),
      ...image.diagnostics,
    ];
    if (hasErrors(found)) {
      const all = [...(rendered.warnings ?? []), ...found];
      const node = {
        image: brokenFrom(rendered.definition, all, links.because),
        parents: links.parents,
        level,
      };
      nodes.push(cycle === undefined ? node : { ...node, cycle });
      continue;
    }
    const resolved: ResolvedImage = {
      rendered,
      platforms: image.platforms,
      reference,
      parents: links.parents,
      externals: links.externals,
      ...(image.handsDown.length === 0 ? {} : { handsDown: image.handsDown }),
      level,
      ...baseOf(image, catalogue, byReference),
      ...(image.syntax ? { syntax: image.syntax } : {}),
      ...(onbuildOf === undefined
        ? {}
        : { onbuildOf: (written) => onbuildOf(written, image.known) }),
      ...(warnings.length === 0 ? {} : { warnings }),
    };
    images.push(resolved);
    byReference.set(reference, resolved);
  }
  return { images, byReference, broken: nodes.sort(byLevel) };
}

/** By level, and by reference within one. */
function sorted(
  linked: readonly LinkedImage[],
  levels: ReadonlyMap<Reference, number>,
): readonly LinkedImage[] {
  const levelOf = ({ reference }: LinkedImage): number => levels.get(reference) ?? 0;
  return [...linked].sort(
    (a, b) => levelOf(a) - levelOf(b) || (a.reference < b.reference ? -1 : 1),
  );
}

/** What the final stage starts from; parents are among `before`, where they are sound. */
function baseOf(
  { known, rendered, base, makesLayers, ownLabels }: LinkedImage,
  catalogue: Catalogue,
  before: ReadonlyMap<Reference, ResolvedImage>,
): Pick<ResolvedImage, 'base' | 'withoutLayers' | 'ownLabels'> {
  const meaning = base.kind === 'image' ? catalogue.meaning(base.image, known) : undefined;
  const isParent = meaning?.kind === 'image' && meaning.image.rendered !== rendered;
  const parent = isParent ? meaning.image.reference : undefined;
  const isBare =
    base.kind === 'scratch' || (parent !== undefined && before.get(parent)?.withoutLayers === true);
  return {
    base: base.kind === 'scratch' ? 'scratch' : (parent ?? base.image),
    withoutLayers: isBare && !makesLayers,
    ...(ownLabels.length === 0 ? {} : { ownLabels }),
  };
}

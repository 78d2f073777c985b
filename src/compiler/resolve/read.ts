import { type Diagnostic, error, type Place, warning } from '#core/diagnostics/diagnostic.js';
import { mostOfAFile } from '#core/diagnostics/limited.js';
import { syntaxOf as blubberSyntax } from '#formats/blubber/syntax.js';
import type { MadeVariant } from '#formats/blubber/variant.js';
import type { Dockerfile, Problem, Span, Trigger } from '#formats/dockerfile/dockerfile.js';
import { type Followed, follow } from '#formats/dockerfile/follow.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import { blubberOf, platformsOf } from '../definitions/definition.js';
import type { RenderedImage } from '../render/rendered.js';
import { type NeededUse, withNeeds } from './platforms.js';

/** An image with its Dockerfile read. */
export interface ReadImage {
  readonly rendered: RenderedImage;
  readonly dockerfile: Dockerfile;
}

export function readImage(rendered: RenderedImage): ReadImage {
  const { dockerfile } = rendered;
  return {
    rendered,
    dockerfile:
      blubberOf(rendered.definition) === undefined
        ? readDockerfile(dockerfile)
        : readBlubber(rendered.definition.dockerfile.file, dockerfile),
  };
}

/** Of a Blubber file, all but its frontend is known from its definition. */
function readBlubber(file: string, text: string): Dockerfile {
  const { value: syntax } = blubberSyntax(file, text);
  return {
    escape: '\\',
    ...(syntax === undefined ? {} : { syntax }),
    args: [],
    stages: [],
    problems: [],
  };
}

interface FollowedUses extends Followed {
  readonly images: readonly NeededUse[];
}

interface FollowedImage {
  readonly followed: FollowedUses;
  /** What it is built for; empty: whatever the engine is. */
  readonly platforms: readonly string[];
}

/** Follows an image for its platforms; where it names none and depends on them, for this machine's. */
export function followFor(
  image: ReadImage,
  machine: string | undefined,
  triggersOf: (image: string) => readonly Trigger[],
): FollowedImage {
  const { names: platforms } = platformsOf(image.rendered.definition);
  const followed = followImage(image, platforms, triggersOf);
  if (machine === undefined || platforms.length > 0 || !dependsOnPlatform(followed)) {
    return { followed, platforms };
  }
  const own = [machine];
  const again = followImage(image, own, triggersOf);
  return dependsOnPlatform(again) ? { followed, platforms } : { followed: again, platforms: own };
}

function dependsOnPlatform({ problems }: Followed): boolean {
  return problems.some(({ code }) => code === 'dockerfile-platform');
}

/**
 * Follows an image's stages with its own arguments and final stage, once for each platform it is
 * built for: a FROM may depend on the platform, and then the image needs what each of them needs.
 */
function followImage(
  { rendered, dockerfile }: ReadImage,
  platforms: readonly string[],
  triggersOf: (image: string) => readonly Trigger[],
): FollowedUses {
  const blubber = blubberOf(rendered.definition);
  if (blubber !== undefined) {
    return followVariant(blubber);
  }
  const { args, stage } = rendered.definition;
  const options = { args, triggersOf, ...(stage !== undefined && { stage }) };
  const known = platforms.flatMap((name) => parsePlatform(name) ?? []);
  const [first, ...others] = known;
  const followed = follow(dockerfile, {
    ...options,
    ...(first !== undefined && { platform: first }),
  });
  const images = followed.images.map((use) => withNeeds(use, platforms[0]));
  if (others.length === 0) {
    return { ...followed, images };
  }
  const more = others.map((platform) => follow(dockerfile, { ...options, platform }));
  const moreUses = more.flatMap((other, at) =>
    other.images.map((use) => withNeeds(use, platforms[at + 1])),
  );
  return {
    ...followed,
    images: distinct([...images, ...moreUses]),
    makesLayers: [followed, ...more].some(({ makesLayers }) => makesLayers),
    problems: followed.problems.filter(
      (problem) =>
        problem.code !== 'dockerfile-stage-unused' ||
        more.every(({ problems }) => problems.some((other) => isSame(other, problem))),
    ),
  };
}

/** What a variant needs, as that of the last stage of a Dockerfile: Blubber knows no ONBUILD, and no platforms in names. */
function followVariant({ base, images, makesLayers }: MadeVariant): FollowedUses {
  return {
    images: images.map(({ kind, image, stage }) => ({
      kind,
      image: image.value,
      span: spanOf(image.place),
      reached: true,
      stage,
    })),
    base: base === undefined ? { kind: 'scratch' } : { kind: 'image', image: base.value },
    makesLayers,
    labels: [],
    triggers: [],
    problems: [],
  };
}

function spanOf({ line = 1, column = 1, length = 1 }: Place): Span {
  return { line, column, length };
}

function isSame(one: Problem, other: Problem): boolean {
  return one.code === other.code && one.span.line === other.span.line;
}

/** Uses of one image at one place, once; reached where one of them is. */
function distinct(uses: readonly NeededUse[]): NeededUse[] {
  const found = new Map<string, NeededUse>();
  for (const use of uses) {
    const key = `${use.span.line}:${use.span.column}:${use.image}:${use.through ?? ''}`;
    const known = found.get(key);
    if (known === undefined || (use.reached && !known.reached)) {
      found.set(key, use);
    } else if (use.reached) {
      found.set(key, { ...known, needs: [...(known.needs ?? []), ...(use.needs ?? [])] });
    }
  }
  return [...found.values()].sort((a, b) => a.stage - b.stage);
}

/** The reader's problems, each at its place in the files. */
export function problemsOf(rendered: RenderedImage, problems: readonly Problem[]): Diagnostic[] {
  // Their places are looked up one by one, so no more than are shown.
  const all = problems.length <= mostOfAFile ? problems : worstFirst(problems);
  const found = all.slice(0, mostOfAFile).map(({ severity, code, message, hint, span }) => {
    const rest = { place: placeOf(rendered, span), ...(hint !== undefined && { hint }) };
    return severity === 'error' ? error(code, message, rest) : warning(code, message, rest);
  });
  const [first] = found;
  if (all.length > mostOfAFile && first?.place !== undefined) {
    const { file } = first.place;
    const more = all.length - mostOfAFile;
    const make = first.severity === 'error' ? error : warning;
    found.push(make('more', `and ${more} more in this file`, { place: { file }, more }));
  }
  return found;
}

/** Errors before warnings: one error must not be among those that are only counted. */
function worstFirst(problems: readonly Problem[]): readonly Problem[] {
  const isError = ({ severity }: Problem) => severity === 'error';
  return [...problems.filter(isError), ...problems.filter((one) => !isError(one))];
}

export function placeOf({ placeOf: find }: RenderedImage, { line, column, length }: Span) {
  return find(line, column, length);
}

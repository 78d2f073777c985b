import { posix } from 'node:path';
import type { MadeVariant } from '#formats/blubber/variant.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { type ContextUse, contextUse } from '#formats/dockerfile/sources.js';
import { type PathPattern, pathPattern, TakenPaths } from '#formats/dockerfile/takenPaths.js';
import { blubberOf, type ImageDefinition } from '../definitions/definition.js';
import type { ResolvedImage } from '../resolve/graph.js';
import type { Covered } from './context.js';
import { inputsInside } from './inputs.js';
import { throughLinks } from './throughLinks.js';

/**
 * What the digest of an image covers of its context: what its Dockerfile takes. Undefined is all of
 * it: docker-pkg copies it, the stages of a tree share it. Where every file of an image of earlier
 * versions is taken, its digest stays what it was.
 */
export function coveredOf(image: ResolvedImage): Covered | undefined {
  const { definition } = image.rendered;
  const { dockerfile, tree } = definition;
  if (dockerfile.kind !== 'plain' || tree.stages !== undefined) {
    return undefined;
  }
  const { inputs, moreInputs = [] } = definition;
  const use = inputs === undefined ? contextUseOf(image) : undefined;
  const { everything, sources } =
    use ?? usedInputs(inputsInside(definition, [...(inputs ?? []), ...moreInputs]));
  const more = inputs === undefined ? inputsInside(definition, moreInputs) : [];
  const named = everything ? undefined : throughLinks(definition.directory, [...sources, ...more]);
  const isAll = named === undefined || named.some(({ path }) => path === '');
  return {
    sources: use?.sources ?? [],
    ...(isAll ? {} : { taken: new TakenPaths(named) }),
    ...(isOfEarlierKind(definition) ? { isOwn: ownFiles(definition) } : {}),
  };
}

/**
 * What the Dockerfile of an image takes of its context, whatever its digest covers; undefined: all of it.
 */
export function takenOf(image: ResolvedImage): TakenPaths | undefined {
  const covered = coveredOf(image);
  if (covered !== undefined) {
    return covered.taken;
  }
  const { everything, sources } = contextUseOf(image);
  const named = everything ? undefined : throughLinks(image.rendered.definition.directory, sources);
  const isAll = named === undefined || named.some(({ path }) => path === '');
  return isAll ? undefined : new TakenPaths(named);
}

/** Inputs name what is used in place of the Dockerfile. */
function usedInputs(sources: readonly PathPattern[]) {
  return { everything: sources.some(({ path }) => path === ''), sources };
}

/** What the Dockerfile of an image takes of its context, on any of its platforms. */
function contextUseOf({ rendered, platforms, onbuildOf }: ResolvedImage): ContextUse {
  const { definition, dockerfile } = rendered;
  const blubber = blubberOf(definition);
  if (blubber !== undefined) {
    return useOfVariant(blubber);
  }
  const { args, stage } = definition;
  const options = {
    args,
    ...(stage === undefined ? {} : { stage }),
    ...(onbuildOf === undefined ? {} : { onbuildOf }),
  };
  const known = platforms.flatMap((name) => parsePlatform(name) ?? []);
  if (known.length === 0) {
    return contextUse(dockerfile, options);
  }
  const uses = known.map((platform) => contextUse(dockerfile, { ...options, platform }));
  return {
    everything: uses.some(({ everything }) => everything),
    sources: uses.flatMap(({ sources }) => sources),
  };
}

function useOfVariant({ sources }: MadeVariant): ContextUse {
  const cleaned = sources.map(({ kind, path }) => ({
    instruction: kind === 'copy' ? ('copies' as const) : kind,
    ...pathPattern(posix.join(path?.value ?? '.').replace(/\/$/, '')),
    span: { line: 1, column: 1, length: 1, ...path?.place },
  }));
  const isAll = ({ path }: PathPattern) => path === '.' || path === '';
  return { everything: cleaned.some(isAll), sources: cleaned.filter((one) => !isAll(one)) };
}

/** Whether earlier versions knew such images, and their digests are in labels. */
function isOfEarlierKind(definition: ImageDefinition): boolean {
  const { home, inputs, moreInputs, computed, tree } = definition;
  return [home, inputs, moreInputs, computed, tree.dockerfiles].every((one) => one === undefined);
}

/** The files that only define the image, as paths of its context. */
function ownFiles({ context, dockerfile }: ImageDefinition): (path: string) => boolean {
  const file = posix.relative(context, dockerfile.file);
  const own = new Set([file, `${file}.dockerignore`, '.dockerignore', 'image.toml', 'image.yaml']);
  return (path) => own.has(path);
}

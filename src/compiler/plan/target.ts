import { type Diagnostic, fileLine } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { latestModeOf } from '../definitions/definition.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { limitsIn } from '../workspace/limits.js';
import { argsOf, noCacheFilterOf } from './args.js';
import { cachesOf } from './caches.js';
import { dockerfileOf } from './dockerfile.js';
import { labelsOf } from './labels.js';
import { manifestsOf } from './manifests.js';
import { namedContextsOf } from './namedContexts.js';
import type { PlanOptions } from './options.js';
import type { PlannedContext, PlannedFile, PlannedTarget } from './plan.js';
import { refuseUnrepresentable } from './representable.js';
import { secretsIn } from './secrets.js';
import type { TargetInput } from './targetInput.js';

export interface CompiledTarget {
  readonly target: PlannedTarget;
  readonly files: readonly PlannedFile[];
  readonly diagnostics: readonly Diagnostic[];
}

/** One image as a bake target. */
export function compileTarget(
  input: TargetInput,
  image: ResolvedImage,
  context: PlannedContext,
): CompiledTarget {
  const { definition } = image.rendered;
  const name = input.names.get(image.reference);
  const digest = input.definitions.get(image.reference);
  if (name === undefined) {
    throw new Error(`unknown ${image.reference}`);
  }
  const dockerfile = dockerfileOf(image, context.rules);
  const contexts = namedContextsOf(input, image);
  const labels = labelsOf(image, input.labelKeys, digest, baseDigest(input, image));
  const caches = cachesOf(input, image);
  const target: PlannedTarget = {
    name,
    image: image.reference,
    tree: definition.tree.name,
    description: image.reference,
    context: context.path,
    dockerfile: dockerfile.value,
    ...contexts.value,
    noCacheFilter: noCacheFilterOf(image.rendered, input.options.rebuildKey),
    args: argsOf(image.rendered, input.options.rebuildKey),
    labels: labels.value,
    tags: tagsOf(image, input.options),
    ...(definition.stage === undefined ? {} : { stage: definition.stage }),
    platforms: input.options.platforms ?? image.platforms,
    ...caches.value,
    ...secretsIn(input, image),
    ...manifestsOf(image, input.options),
    resources: limitsIn((input.options.resources && definition.tree.config.containerLimits) || ''),
    pull: input.options.pull,
    comment: () => commentOf(image),
  };
  return {
    target,
    files: [...dockerfile.files, ...context.files],
    diagnostics: [
      ...dockerfile.diagnostics,
      ...contexts.diagnostics,
      ...labels.diagnostics,
      ...caches.diagnostics,
      ...refuseUnrepresentable(target, definition.place),
    ],
  };
}

/** The digest of the image that the final stage starts from, where the plan pins it. */
function baseDigest(input: TargetInput, image: ResolvedImage): Digest | undefined {
  const base = input.graph.byReference.get(image.base as Reference);
  if (base === undefined || input.selection.has(base.reference)) {
    return undefined;
  }
  return input.options.outside.get(base.reference)?.digest;
}

/** The version first; `latest` where the tree's configuration asks for it in a plan. */
function tagsOf(image: ResolvedImage, { pushesTags }: PlanOptions): string[] {
  const { definition } = image.rendered;
  const { repository, version, extraTags, tree } = definition;
  const { tagLatest, registry, pushRegistry } = tree.config;
  const name =
    pushesTags === true && pushRegistry !== undefined
      ? pushRegistry + repository.slice(registry.length)
      : repository;
  const isLatest = tagLatest && latestModeOf(definition) === 'auto';
  const all = [version, ...extraTags, ...(isLatest ? ['latest'] : [])];
  return [...new Set(all.map((tag) => `${name}:${tag}`))];
}

function commentOf(image: ResolvedImage): string[] {
  const { definition } = image.rendered;
  const files = new Set([definition.dockerfile.file, definition.place.file]);
  const lines = [[...files].join(', ')];
  for (const { parent, kind, place, declared } of image.parents) {
    lines.push(`${words[kind]} ${parent} (${fileLine(place)}${declared ? '' : ', not declared'})`);
  }
  return lines;
}

const words = {
  from: 'built on',
  copy: 'copies from',
  mount: 'mounts',
  onbuild: 'its children copy from',
} as const;

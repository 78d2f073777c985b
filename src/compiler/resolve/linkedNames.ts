import { contextKey, parseReference } from '#core/reference/reference.js';
import { follow } from '#formats/dockerfile/follow.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import type { ResolvedImage } from './graph.js';

/**
 * All images that a Dockerfile refers to, of stages that are never built too, as the frontend looks them up among
 * named contexts; and the escape character that it is written with.
 */
export function linkedNames({ rendered, platforms }: ResolvedImage): {
  readonly names: readonly string[];
  readonly escapeChar: string;
} {
  const { args, stage } = rendered.definition;
  const platform = parsePlatform(platforms[0] ?? '');
  const dockerfile = readDockerfile(rendered.dockerfile);
  const { images } = follow(dockerfile, {
    args,
    ...(stage === undefined ? {} : { stage }),
    ...(platform === undefined ? {} : { platform }),
  });
  const names = new Set(
    images.map(({ image }) => {
      const reference = parseReference(image);
      return reference.kind === 'problem' ? image : contextKey(reference);
    }),
  );
  return { names: [...names], escapeChar: dockerfile.escape };
}

import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import type { ContextSource } from '#formats/dockerfile/sources.js';
import type { RenderedImage } from '../render/rendered.js';

/**
 * What a Dockerfile takes of its context and is not there: a warning, since something else may make it
 * before the build. Patterns may match nothing, and what is behind a link is not looked at.
 */
export function missingSources(
  { definition, placeOf }: RenderedImage,
  sources: readonly ContextSource[],
): Diagnostic[] {
  const { directory, context } = definition;
  return sources.flatMap(({ instruction, path, isPattern, span }) =>
    isPattern || mayBeThere(directory, path)
      ? []
      : [
          warning(
            'source-missing',
            `${words[instruction]} ${path}, which is not in ${shown(context)}`,
            {
              place: placeOf(span.line, span.column, span.length),
              hint: 'make it before the build; where it is elsewhere, set context in image.toml or [[image]]',
            },
          ),
        ],
  );
}

const words = { copy: 'COPY takes', add: 'ADD takes', mount: 'the mount takes' } as const;

function shown(context: string): string {
  return context === '.' ? 'the context, this directory' : `the context ${context}`;
}

function mayBeThere(directory: string, path: string): boolean {
  let at = directory;
  for (const part of path.split('/')) {
    at = `${at}/${part}`;
    const found = lookAt(at);
    if (found === undefined) {
      return false;
    }
    if (found.isSymbolicLink()) {
      return true;
    }
  }
  return true;
}

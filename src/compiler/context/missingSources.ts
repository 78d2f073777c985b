import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { ListDirectory } from '#core/files/directories.js';
import { lookAt } from '#core/files/lookAt.js';
import type { ContextSource } from '#formats/dockerfile/sources.js';
import type { RenderedImage } from '../render/rendered.js';
import { type IgnoredPaths, ignoredPaths } from './ignoredPaths.js';
import { throughLinks } from './throughLinks.js';

/**
 * What a Dockerfile takes of its context and does not get: a warning, since something else may make it
 * before the build. Patterns may match nothing.
 */
export function missingSources(
  { definition, placeOf }: RenderedImage,
  sources: readonly ContextSource[],
  list?: ListDirectory,
): Diagnostic[] {
  const { directory, context } = definition;
  const plain = sources.filter(({ isPattern }) => !isPattern);
  if (plain.length === 0) {
    return [];
  }
  const ignored = ignoredPaths(definition, list);
  return plain.flatMap(({ instruction, path, span }) => {
    const why = whyMissing(directory, path, shown(context), ignored);
    if (why === undefined) {
      return [];
    }
    const { line, column, length } = span;
    const place = placeOf(line, column, length);
    const message = `${words[instruction]} ${path}, which ${why.message}`;
    return [warning('source-missing', message, { place, hint: why.hint })];
  });
}

const words = {
  copy: 'COPY takes',
  add: 'ADD takes',
  mount: 'the mount takes',
  copies: 'the variant copies',
} as const;

function shown(context: string): string {
  return context === '.' ? 'the context, this directory' : `the context ${context}`;
}

interface Why {
  readonly message: string;
  readonly hint: string;
}

function whyMissing(
  directory: string,
  path: string,
  context: string,
  ignored: IgnoredPaths,
): Why | undefined {
  const way = throughLinks(directory, [{ path, isPattern: false }]);
  const end = way?.at(-1)?.path;
  if (end === undefined) {
    return {
      message: 'is, or goes through, a symbolic link to itself',
      hint: 'a link that begins with / begins at the top of the context in a build',
    };
  }
  if (end === '') {
    return undefined;
  }
  const found = lookAt(`${directory}/${end}`);
  if (found === undefined) {
    return end === path
      ? {
          message: `is not in ${context}`,
          hint: 'make it before the build; where it is elsewhere, set context in image.toml, or in [[image]] of generate-bake.toml',
        }
      : {
          message: `leads to ${end}, which is not in ${context}`,
          hint: 'copy the file here: a build sees nothing outside of its context',
        };
  }
  // A directory that is left out may hold what is not.
  return ignored.leavesOut(end) && !(found.isDirectory() && ignored.hasExceptions)
    ? {
        message: `the ignore rules of ${context} leave out`,
        hint: 'add a line with ! and the path to them',
      }
    : undefined;
}

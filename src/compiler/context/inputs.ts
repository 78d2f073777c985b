import { hash } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Boundary } from '#core/files/boundary.js';
import type { ListDirectory } from '#core/files/directories.js';
import { isWithin, whyNot, withoutSlash } from '#core/files/paths.js';
import type { Digest } from '#core/reference/brands.js';
import { type PathPattern, pathPattern, TakenPaths } from '#formats/dockerfile/takenPaths.js';
import type { ImageDefinition, NamedInput } from '../definitions/definition.js';
import type { ContextPart } from '../plan/plan.js';
import { digestedEntries } from './context.js';
import { contentDigest, type DigestedEntry, partsOf } from './digest.js';
import { listContext } from './listing.js';

/** The inputs that lie in the context of an image, as paths of it. */
export function inputsInside(
  { directory }: ImageDefinition,
  inputs: readonly NamedInput[],
): readonly PathPattern[] {
  return inputs
    .filter(({ path }) => isWithin(directory, path))
    .map(({ path }) => pathPattern(posix.relative(directory, withoutSlash(path))));
}

/** A digest, and what it is of besides a context; absent: nothing. */
interface WithInputs {
  readonly digest: Digest;
  readonly parts?: () => readonly ContextPart[];
}

/**
 * The digest of a context, and of the inputs that a definition names outside of it. Errors: an input
 * that matches nothing, or that is outside of the repository.
 */
export function withInputs(
  digest: Digest,
  { directory, tree, inputs = [], moreInputs = [] }: ImageDefinition,
  list: ListDirectory,
): Outcome<WithInputs> {
  const diagnostics: Diagnostic[] = [];
  const outside = new Map<string, DigestedEntry>();
  for (const input of [...inputs, ...moreInputs]) {
    const found = filesOf(input, directory, tree.boundary, list);
    diagnostics.push(...found.diagnostics);
    if (isWithin(directory, input.path)) {
      continue;
    }
    for (const entry of found.value) {
      outside.set(entry.path, entry);
    }
  }
  if (outside.size === 0) {
    return { value: { digest }, diagnostics };
  }
  const entries = [...outside.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const more = contentDigest(entries, '', 'content', tree.boundary);
  const value = `sha256:${hash('sha256', `generate-bake inputs\n${digest}\n${more.value}\n`)}`;
  const parts = () => partsOf(entries, '', tree.boundary);
  return {
    value: { digest: value as Digest, parts },
    diagnostics: [...diagnostics, ...more.diagnostics],
  };
}

/** What an input names, by paths relative to the context; ignore rules are those of contexts alone. */
function filesOf(
  { path, shown, place }: NamedInput,
  context: string,
  boundary: Boundary,
  list: ListDirectory,
): Outcome<readonly DigestedEntry[]> {
  const refuse = (why: string, hint: string): Outcome<readonly DigestedEntry[]> => ({
    value: [],
    diagnostics: [error('input-missing', `the input ${shown} ${why}`, { place, hint })],
  });
  const { path: clean, isPattern } = pathPattern(withoutSlash(path));
  let top: string;
  let taken: TakenPaths | undefined;
  try {
    if (!isPattern && lstatSync(clean).isDirectory()) {
      top = clean;
    } else {
      const parts = clean.split('/');
      const wild = isPattern ? parts.findIndex((part) => /[*?[]/.test(part)) : parts.length - 1;
      top = parts.slice(0, wild).join('/') || '/';
      taken = new TakenPaths([{ path: parts.slice(wild).join('/'), isPattern }]);
    }
    const outside = isWithin(context, top)
      ? undefined
      : boundary.whyNotDirectory(realpathSync(top));
    if (outside !== undefined) {
      return refuse(outside, 'name a file of the repository');
    }
  } catch (cause) {
    return refuse(whyNot(cause), 'name a file, a directory or a glob, relative to this file');
  }
  const listing = listContext(top, top, {
    boundary,
    list,
    rules: { text: '', shown },
    withoutGit: true,
    ...(taken === undefined ? {} : { taken }),
  });
  const found = digestedEntries(listing.value);
  if (found.length === 0) {
    const why = isPattern ? 'matches no file' : 'has no file';
    return refuse(why, 'name a file, a directory or a glob, relative to this file');
  }
  const value = found.map((entry) => ({
    ...entry,
    path: posix.join(posix.relative(context, top), entry.path),
  }));
  return { value, diagnostics: listing.diagnostics };
}

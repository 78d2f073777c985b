import { realpathSync } from 'node:fs';
import { posix } from 'node:path';
import type { ListDirectory } from '#core/files/directories.js';
import { lookAt } from '#core/files/lookAt.js';
import { isWithin, withoutSlash } from '#core/files/paths.js';
import { pathPattern, TakenPaths } from '#formats/dockerfile/takenPaths.js';
import { coveredOf } from '../context/covered.js';
import { ignoredPaths } from '../context/ignoredPaths.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { rebuildsName } from '../workspace/rebuilds.js';
import { followedLinks, wayOf } from './followedLinks.js';

/** Whether an image is made of a file: its path is relative to the root of the work tree. */
export type MadeOf = (path: string) => boolean;

/**
 * What an image is made of: the files that define it, and what is used of its context, after the
 * ignore rules. Said of paths and not of files, since a commit may have deleted them.
 *
 * @param root of the work tree: absolute, links resolved
 */
export function madeOf(
  image: ResolvedImage,
  root: string,
  list: ListDirectory | undefined,
): MadeOf {
  const { definition } = image.rendered;
  const taken = definition.contextDigest === undefined ? coveredOf(image)?.taken : undefined;
  return madeOfDefinition(definition, root, { ...(taken && { taken }), ...(list && { list }) });
}

/**
 * The same where only the definition is known.
 *
 * @param taken what is used of the context; absent: all of it
 */
export function madeOfDefinition(
  definition: ImageDefinition,
  root: string,
  { taken, list }: { readonly taken?: TakenPaths; readonly list?: ListDirectory } = {},
): MadeOf {
  const { contextDigest, home, directory } = definition;
  // A root filesystem is made of its recipe; its context is what was made.
  const top = contextDigest === undefined ? directory : (home ?? directory);
  const context = posix.relative(root, realpathSync(top));
  const own = ownFiles(definition, root);
  const ignored = ignoredPaths(definition, list);
  const inputs = [...(definition.inputs ?? []), ...(definition.moreInputs ?? [])];
  const named = new TakenPaths(
    inputs.map(({ path }) => pathPattern(posix.relative(root, path.replace(/\/+$/, '')))),
  );
  // docker-pkg copies what links lead to, and so do templates that include it.
  const followed = (
    definition.dockerfile.kind === 'template' ? followedLinks(realpathSync(top), ignored, list) : []
  ).map(({ target, inside }) => ({ target: posix.relative(root, target), inside }));
  const isLinked = (path: string): boolean =>
    followed.some(
      ({ target, inside }) =>
        isWithin(target, path) && !ignored.leavesOut(inside + path.slice(target.length)),
    );
  const insideOf = (path: string): string | undefined => {
    if (context !== '' && !context.startsWith('..')) {
      // Asked for every path of a history.
      return path.startsWith(`${context}/`) ? path.slice(context.length + 1) : undefined;
    }
    const inside = posix.relative(context, path);
    return inside === '..' || inside.startsWith('../') ? undefined : inside;
  };
  const usedOf = (path: string, uses: (inside: string, taken: TakenPaths) => boolean): boolean => {
    const inside = insideOf(path);
    return (
      inside !== undefined &&
      (taken === undefined || uses(inside, taken)) &&
      !ignored.leavesOut(inside)
    );
  };
  const reaches = (path: string): boolean =>
    [...own, `${context}/`].some((file) => file.startsWith(`${path}/`)) ||
    followed.some(({ target }) => target.startsWith(`${path}/`)) ||
    (inputs.length > 0 && named.reachesInto(path)) ||
    usedOf(path, (inside, used) => used.reachesInto(inside));
  return (written) => {
    const path = withoutSlash(written);
    // It changes with rebuilds of other images.
    if (posix.basename(path) === rebuildsName) {
      return false;
    }
    return (
      own.has(path) ||
      (inputs.length > 0 && named.takes(path)) ||
      usedOf(path, (inside, used) => used.takes(inside)) ||
      isLinked(path) ||
      // Git tells of another repository as a whole: of a submodule, or of one that is not committed.
      (reaches(path) && lookAt(posix.join(root, path))?.isDirectory() === true)
    );
  };
}

function ownFiles(definition: ImageDefinition, root: string): ReadonlySet<string> {
  const { context, dockerfile, settingsFile } = definition;
  const directory = realpathSync(definition.directory);
  const file = posix.join(directory, posix.relative(context, dockerfile.file));
  const files = [
    file,
    `${file}.dockerignore`,
    `${directory}/.dockerignore`,
    ...(settingsFile === undefined ? [] : [realpathSync(settingsFile)]),
  ];
  const all = files.flatMap((path) => [path, ...wayOf(path)]);
  return new Set(all.map((path) => posix.relative(root, path)));
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { Tree } from '../workspace/tree.js';
import { findDockerfiles } from './dockerfiles/findDockerfiles.js';
import { type RootfsImage, readRootfsImage } from './rootfsImage.js';
import { type ImageDirectory, scanTree } from './scan.js';

/** The root filesystems of the trees alone, for what makes them. */
export function readRootfsImages(
  trees: readonly Tree[],
  today: Date,
): Outcome<readonly RootfsImage[]> {
  const value: RootfsImage[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const tree of trees) {
    const directories =
      tree.stages === undefined
        ? imageDirectories(tree)
        : namedDirectories(tree, tree.stages.rootfs, diagnostics);
    const found = directories.filter(({ kind }) => kind === 'rootfs');
    for (const directory of found) {
      const image = readRootfsImage(tree, directory, today);
      diagnostics.push(...image.diagnostics);
      if (image.value !== undefined) {
        value.push(image.value);
      }
    }
  }
  return { value, diagnostics };
}

function imageDirectories(tree: Tree): readonly ImageDirectory[] {
  if (tree.dockerfiles?.blubber !== undefined) {
    return [];
  }
  return tree.dockerfiles === undefined
    ? scanTree(tree).value
    : findDockerfiles(tree, tree.dockerfiles).directories;
}

/** The directories of root filesystems that a tree of stages names. */
export function namedDirectories(
  tree: Tree,
  named: readonly Found<string>[],
  diagnostics: Diagnostic[],
): readonly ImageDirectory[] {
  return named.flatMap(({ value, place }): ImageDirectory[] => {
    const directory = join(tree.directory, value);
    const shown = join(tree.shownDirectory, value);
    const hint = 'name a directory that has a rootfs.toml';
    let entries: ReadonlySet<string>;
    try {
      entries = new Set(readdirSync(directory));
    } catch (cause) {
      const message = `the directory ${shown} ${whyNot(cause)}`;
      diagnostics.push(error('rootfs-directory', message, { place, hint }));
      return [];
    }
    if (entries.has('rootfs.toml') || entries.has('rootfs.yaml')) {
      return [{ kind: 'rootfs', directory, shown, entries }];
    }
    diagnostics.push(
      error('rootfs-directory', `there is no rootfs.toml in ${shown}`, { place, hint }),
    );
    return [];
  });
}

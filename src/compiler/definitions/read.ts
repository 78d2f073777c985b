import { type Diagnostic, error, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { ListDirectory } from '#core/files/directories.js';
import type { Reference } from '#core/reference/brands.js';
import type { StageTree } from '../workspace/stageTree.js';
import type { Tree } from '../workspace/tree.js';
import { noVariables, type TreeVariables } from '../workspace/variables.js';
import type { ImageDefinition } from './definition.js';
import { readDockerPkgImage } from './dockerPkg.js';
import { readPlainImage } from './plainImage.js';
import { readRootfsImage } from './rootfsImage.js';
import { namedDirectories } from './rootfsImages.js';
import { type ImageDirectory, scanTree } from './scan.js';
import { readStages } from './stages/readStages.js';
import { VersionReader } from './versionFrom.js';

/** What reading the definitions needs of the outside. */
export interface ReadOptions {
  readonly variables: TreeVariables;
  /** Given where root filesystems that are missing are made before anything is built. */
  readonly today?: Date;
  /** How directories are listed; absent: afresh. */
  readonly list?: ListDirectory;
}

/** Every image that the trees define, tree by tree and sorted by path, with all that is wrong. */
export function readDefinitions(
  trees: readonly Tree[],
  options: ReadOptions = { variables: noVariables },
): Outcome<readonly ImageDefinition[]> {
  const value: ImageDefinition[] = [];
  const diagnostics: Diagnostic[] = [];
  const versions = new VersionReader(options.variables);
  for (const tree of trees) {
    const images =
      tree.stages === undefined
        ? readImageDirectories(tree, versions, options)
        : readStageTree(tree, tree.stages, options);
    for (const diagnostic of images.diagnostics) {
      diagnostics.push(diagnostic);
    }
    for (const image of images.value) {
      value.push(image);
    }
  }
  return { value, diagnostics };
}

/** The image directories below the tree's own. Error `tree-empty`: there are none. */
function readImageDirectories(
  tree: Tree,
  versions: VersionReader,
  options: ReadOptions,
): Outcome<readonly ImageDefinition[]> {
  const scan = scanTree(tree, options.list);
  const value: ImageDefinition[] = [];
  const diagnostics: Diagnostic[] = [...scan.diagnostics];
  if (scan.value.length === 0 && !hasErrors(scan.diagnostics)) {
    diagnostics.push(
      error('tree-empty', 'no images in this directory', {
        place: { file: tree.shownDirectory },
        hint: 'an image is a directory with a Dockerfile.template and a changelog',
      }),
    );
  }
  for (const found of scan.value) {
    const image = readImage(tree, found, versions, options);
    for (const diagnostic of image.diagnostics) {
      diagnostics.push(diagnostic);
    }
    if (image.value !== undefined) {
      value.push(image.value);
    }
  }
  return { value, diagnostics };
}

/** The stages, and the root filesystems that the workspace file names beside them. */
function readStageTree(
  tree: Tree,
  stageTree: StageTree,
  { today }: ReadOptions,
): Outcome<readonly ImageDefinition[]> {
  const stages = readStages(tree, stageTree);
  const diagnostics: Diagnostic[] = [];
  const rootfs = namedDirectories(tree, stageTree.rootfs, diagnostics).flatMap((found) => {
    const image = readRootfsImage(tree, found, today);
    diagnostics.push(...image.diagnostics);
    return image.value?.definition ?? [];
  });
  return {
    value: [...rootfs, ...stages.value],
    diagnostics: [...diagnostics, ...stages.diagnostics],
  };
}

function readImage(
  tree: Tree,
  found: ImageDirectory,
  versions: VersionReader,
  { today }: ReadOptions,
): Outcome<ImageDefinition | undefined> {
  switch (found.kind) {
    case 'docker-pkg':
      return readDockerPkgImage(tree, found);
    case 'plain':
      return readPlainImage(tree, found, versions);
    case 'rootfs': {
      const { value, diagnostics } = readRootfsImage(tree, found, today);
      return { value: value?.definition, diagnostics };
    }
  }
}

/** The suffix of a nightly (`-YYYYMMDD`) or snapshot (`-YYYYMMDD-HHMMSS`) build, local time. */
export function buildSuffix(kind: 'nightly' | 'snapshot', now: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  if (kind === 'nightly') {
    return `-${date}`;
  }
  return `-${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

/** The definitions with `suffix` behind the version of the selected ones; the others as they are. */
export function withSuffix(
  definitions: readonly ImageDefinition[],
  selected: ReadonlySet<Reference>,
  suffix: string,
): readonly ImageDefinition[] {
  return definitions.map((definition) => {
    if (!selected.has(definition.reference)) {
      return definition;
    }
    const version = definition.version + suffix;
    return {
      ...definition,
      version,
      reference: `${definition.repository}:${version}` as Reference,
    };
  });
}

import { basename, join } from 'node:path';
import type { FindHistory } from '#adapters/git/history.js';
import { type Diagnostic, error, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { ListDirectory } from '#core/files/directories.js';
import type { Reference } from '#core/reference/brands.js';
import { conventional } from '../workspace/dockerfileTree.js';
import type { ExcludePattern } from '../workspace/exclude.js';
import type { StageTree } from '../workspace/stageTree.js';
import type { Tree } from '../workspace/tree.js';
import { noVariables, type TreeVariables } from '../workspace/variables.js';
import { readBlubber } from './blubber/readBlubber.js';
import { type BrokenImage, brokenFrom, type Reading, readingOf } from './broken.js';
import type { ImageDefinition } from './definition.js';
import { findDockerfiles } from './dockerfiles/findDockerfiles.js';
import { readDockerfiles } from './dockerfiles/readDockerfiles.js';
import { readDockerPkgImage } from './dockerPkg.js';
import { type ExcludedPath, type Exclusion, unusedPatterns } from './excluded.js';
import { readPlainImages } from './plainImages.js';
import { withRebuilds } from './rebuilds.js';
import { readRootfs } from './rootfsImage.js';
import { namedDirectories } from './rootfsImages.js';
import { type ImageDirectory, scanTree } from './scan.js';
import { readStages } from './stages/readStages.js';
import { type DescribeTag, VersionReader } from './versionFrom.js';

/** What reading the definitions needs of the outside. */
export interface ReadOptions {
  readonly variables: TreeVariables;
  /** Given where root filesystems that are missing are made before anything is built. */
  readonly today?: Date;
  /** How directories are listed; absent: afresh. */
  readonly list?: ListDirectory;
  /** How git describes a tree; absent: as it is on disk. */
  readonly describe?: DescribeTag;
  /** The commits of work trees; absent: git is asked. */
  readonly histories?: FindHistory;
}

/** What the trees define. */
export interface Definitions {
  /** Tree by tree and sorted by path. */
  readonly images: readonly ImageDefinition[];
  /** What cannot be used, in the same order. */
  readonly broken: readonly BrokenImage[];
  /** What belongs to no image but to a tree as a whole: an error there hides images. */
  readonly ofTrees: readonly TreeProblem[];
  /** What `exclude` leaves out of the search. */
  readonly excluded: readonly ExcludedPath[];
}

interface TreeProblem {
  readonly tree: Tree;
  readonly diagnostic: Diagnostic;
}

/** Every image that the trees define, sound or broken. */
export function readDefinitions(
  trees: readonly Tree[],
  options: ReadOptions = { variables: noVariables },
): Definitions {
  const images: ImageDefinition[] = [];
  const broken: BrokenImage[] = [];
  const ofTrees: TreeProblem[] = [];
  const excluded: ExcludedPath[] = [];
  const used = new Set<ExcludePattern>();
  const versions = new VersionReader(options.variables, options.describe);
  for (const tree of trees) {
    const { value, diagnostics, exclusion } = readTree(tree, versions, options);
    for (const diagnostic of diagnostics) {
      ofTrees.push({ tree, diagnostic });
    }
    for (const path of exclusion?.paths ?? []) {
      excluded.push(path);
    }
    for (const pattern of exclusion?.used ?? []) {
      used.add(pattern);
    }
    for (const reading of value) {
      if (reading.kind === 'sound') {
        images.push(reading.image);
      } else {
        broken.push(reading.image);
      }
    }
  }
  ofTrees.push(...unusedPatterns(trees, used));
  const counted = withRebuilds(images, broken);
  // What hides images of a tree is reported; lines of those are not.
  if (!hasErrors(ofTrees.map(({ diagnostic }) => diagnostic))) {
    ofTrees.push(...counted.problems);
  }
  return { images: counted.images, broken: counted.broken, ofTrees, excluded };
}

function readTree(
  tree: Tree,
  versions: VersionReader,
  options: ReadOptions,
): Outcome<readonly Reading[]> & { readonly exclusion?: Exclusion } {
  if (tree.stages !== undefined) {
    return readStageTree(tree, tree.stages, options);
  }
  const { dockerfiles } = tree;
  if (dockerfiles === undefined) {
    return readImageDirectories(tree, versions, options);
  }
  return dockerfiles.blubber === undefined
    ? readDockerfiles(tree, dockerfiles, versions, options)
    : readBlubber(tree, dockerfiles, dockerfiles.blubber, versions, options);
}

/** The image directories below the tree's own. Error `tree-empty`: there are none. */
function readImageDirectories(
  tree: Tree,
  versions: VersionReader,
  options: ReadOptions,
): Outcome<readonly Reading[]> & { readonly exclusion: Exclusion } {
  const scan = scanTree(tree, options.list);
  const value = scan.value.flatMap((found) =>
    readImages(tree, found, versions, options).map((reading) => withFaults(reading, found)),
  );
  const unreadable = scan.unreadable.map(({ directory, shown, problem }) =>
    readingOf({ tree, directory, shown, perhaps: [basename(directory)] }, undefined, [problem]),
  );
  const diagnostics: Diagnostic[] = [...scan.diagnostics];
  if (value.length === 0 && unreadable.length === 0) {
    diagnostics.push(nothingFound(tree, scan.exclusion, options));
  }
  const { exclusion } = scan;
  return { value: [...value, ...unreadable], diagnostics, exclusion };
}

/** Plain Dockerfiles may be there, which a tree of docker-pkg does not look for. */
function nothingFound(tree: Tree, { paths }: Exclusion, { list }: ReadOptions): Diagnostic {
  const { directory, shownDirectory } = tree;
  const plain = findDockerfiles(tree, conventional(directory, shownDirectory), list).value;
  const place = { file: shownDirectory };
  if (paths.length > 0) {
    const hint = 'exclude leaves out what is in it';
    return error('tree-empty', 'no images in this directory', { place, hint });
  }
  if (plain.length === 0) {
    const hint = 'an image is a directory with a Dockerfile.template and a changelog';
    return error('tree-empty', 'no images in this directory', { place, hint });
  }
  const few = plain.slice(0, 3).map(({ path, file }) => join(path, file));
  const more = plain.length > few.length ? ', …' : '';
  const are = plain.length === 1 ? '1 Dockerfile is' : `${plain.length} Dockerfiles are`;
  const message = `no docker-pkg images in this directory, but ${are}: ${few.join(', ')}${more}`;
  const hint =
    '"generate-bake init" writes a generate-bake.toml for them; or set dockerfile_version';
  return error('tree-empty', message, { place, hint });
}

/** A directory that defines two images defines neither for sure. */
function withFaults(reading: Reading, { fault }: ImageDirectory): Reading {
  if (fault === undefined) {
    return reading;
  }
  if (reading.kind === 'sound') {
    return { kind: 'broken', image: brokenFrom(reading.image, [fault]) };
  }
  const { image } = reading;
  return { kind: 'broken', image: { ...image, diagnostics: [...image.diagnostics, fault] } };
}

/** The stages, and the root filesystems that the workspace file names beside them. */
function readStageTree(
  tree: Tree,
  stageTree: StageTree,
  { today }: ReadOptions,
): Outcome<readonly Reading[]> {
  const stages = readStages(tree, stageTree);
  const diagnostics: Diagnostic[] = [];
  const named = namedDirectories(tree, stageTree.rootfs, diagnostics);
  const rootfs = named.map((found) => readRootfs(tree, found, today));
  return {
    value: [...rootfs, ...stages.value],
    diagnostics: [...diagnostics, ...stages.diagnostics],
  };
}

function readImages(
  tree: Tree,
  found: ImageDirectory,
  versions: VersionReader,
  { today }: ReadOptions,
): readonly Reading[] {
  switch (found.kind) {
    case 'docker-pkg':
      return [readDockerPkgImage(tree, found)];
    case 'plain':
      return readPlainImages(tree, found, versions);
    case 'rootfs':
      return [readRootfs(tree, found, today)];
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

/** The images with `suffix` behind the version of the selected ones; the others as they are. */
export function withSuffix<
  Image extends Partial<Pick<ImageDefinition, 'repository' | 'reference' | 'version' | 'tagsOf'>>,
>(images: readonly Image[], selected: ReadonlySet<Reference>, suffix: string): readonly Image[] {
  return images.map((image) => {
    if (image.reference === undefined || !selected.has(image.reference)) {
      return image;
    }
    const version = `${image.version}${suffix}`;
    const reference = `${image.repository}:${version}` as Reference;
    const tags = image.tagsOf === undefined ? {} : { extraTags: image.tagsOf(version) };
    return { ...image, version, reference, ...tags };
  });
}

import { join, relative } from 'node:path';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { isWithin } from '#core/files/paths.js';
import { readGlob } from '#core/text/glob.js';
import { didYouMean } from '#core/text/suggest.js';
import { narrowed, type Placed } from '../definitions/narrowed.js';
import type { Words } from '../workspace/arguments.js';
import type { Tree } from '../workspace/tree.js';
import type { Workspace } from '../workspace/workspace.js';
import { isEnd, type Matchable, namesFor, wholeNames } from './matchImages.js';

interface Candidate extends Placed, Matchable {
  readonly tree: Tree;
  /** The directory that defines it, as a person would write it. */
  readonly shown?: string;
  readonly context?: string;
  readonly definedIn?: string;
}

/** The images that the words of a command line are about. */
export interface ChosenImages<Image> {
  readonly images: readonly Image[];
  /** Those that a word names itself, without a glob. */
  readonly named: ReadonlySet<Image>;
}

/**
 * Which images the words behind a command mean: those in the directories, and those of these names
 * or globs; all where there is no word. Errors: a word that means nothing, a directory without an
 * image, and a word that is a directory and an image that is not in it.
 */
export function chosenImages<Image extends Candidate>(
  images: readonly Image[],
  { within, words, trees }: Pick<Workspace, 'within' | 'words' | 'trees'>,
): Outcome<ChosenImages<Image>> {
  const names = words?.names ?? [];
  if (within.length === 0 && names.length === 0 && (words?.either.length ?? 0) === 0) {
    return { value: { images, named: new Set() }, diagnostics: [] };
  }
  const diagnostics: Diagnostic[] = [];
  const chosen = new Set<Image>();
  for (const path of within) {
    const inside = words?.isHere === true ? hereOrAround(images, path) : narrowed(images, [path]);
    for (const image of inside) {
      chosen.add(image);
    }
    // A tree that is empty says so itself.
    const isWhole = trees.some(({ directory }) => isWithin(path, directory));
    if (inside.length === 0 && !isWhole) {
      diagnostics.push(noImages(path, trees, words));
    }
  }
  const named = new Set<Image>();
  for (const { written, within: own, problem } of words?.either ?? []) {
    const elsewhere = images.filter((image) => isNamed(image, written));
    const inside = new Set(narrowed(images, own.length === 0 ? ['\0'] : own));
    const outside = elsewhere.filter((image) => !inside.has(image));
    const isWhole = (image: Image) => image.name === written || wholeNames(image).includes(written);
    // The end of a name is less than a directory, the whole name is as much.
    if (outside.length > 0 && (outside.length === elsewhere.length || outside.some(isWhole))) {
      diagnostics.push(twoMeanings(written));
    } else if (problem !== undefined) {
      diagnostics.push(problem);
    }
  }
  for (const word of names) {
    const found = matching(images, word, words?.cwd);
    for (const image of found) {
      chosen.add(image);
      if (!isGlob(word)) {
        named.add(image);
      }
    }
    if (found.length === 0) {
      diagnostics.push(unknown(images, trees, word, words));
    }
  }
  return { value: { images: images.filter((image) => chosen.has(image)), named }, diagnostics };
}

/** Below a root the images of this directory, or the one whose directory this one is inside of. */
function hereOrAround<Image extends Candidate>(
  images: readonly Image[],
  path: string,
): readonly Image[] {
  const below = narrowed(images, [path]);
  if (below.length > 0) {
    return below;
  }
  const around = images.filter(
    ({ tree, directory, home = directory }) => home !== tree.directory && isWithin(home, path),
  );
  const depth = Math.max(...around.map(({ directory, home = directory }) => home.length));
  return around.filter(({ directory, home = directory }) => home.length === depth);
}

function matching<Image extends Candidate>(
  images: readonly Image[],
  word: string,
  cwd: string | undefined,
): Image[] {
  if (!isGlob(word)) {
    return images.filter((image) => isNamed(image, word));
  }
  const glob = readGlob(word);
  return images.filter((image) => {
    const { shown, context, definedIn, directory } = image;
    const fromHere = cwd === undefined ? undefined : relative(cwd, image.home ?? directory);
    // Else a* would be every image of a namespace acme.
    const whole = /[/:]/.test(word) ? wholeNames(image) : [];
    return [...namesFor(image, word), shown ?? definedIn ?? context, fromHere, ...whole].some(
      (text) => text !== undefined && glob.test(text),
    );
  });
}

function isNamed(image: Candidate, word: string): boolean {
  return (
    isEnd(image, word) || (image.name !== undefined && word === `${image.tree.name}/${image.name}`)
  );
}

function isGlob(word: string): boolean {
  return /[*?[]/.test(word);
}

function noImages(path: string, trees: readonly Tree[], words: Words | undefined): Diagnostic {
  const shown = words?.isHere === true ? 'this directory' : shownBelow(path, trees);
  return error('select-nothing', `no images in ${shown}`, { hint: listAll(words) });
}

function listAll(words: Words | undefined): string {
  const { root = '.' } = words ?? {};
  return `generate-bake list${root === '.' ? '' : ` ${root}`} shows all images`;
}

/** As a person would write a path of the trees. */
function shownBelow(path: string, trees: readonly Tree[]): string {
  const tree = trees.find(({ directory }) => isWithin(directory, path));
  return tree === undefined ? path : join(tree.shownDirectory, relative(tree.directory, path));
}

function twoMeanings(written: string): Diagnostic {
  return error('select-ambiguous', `"${written}" is a directory, and an image that is not in it`, {
    hint: `write ./${written} for the directory, or --select ${written} for the image`,
  });
}

function unknown(
  images: readonly Candidate[],
  trees: readonly Tree[],
  word: string,
  words: Words | undefined,
): Diagnostic {
  if (isGlob(word)) {
    return error('select-nothing', `no image matches '${word}'`, {
      hint: `a glob is compared with names and directories, one with a / also with references; ${listAll(words)}`,
    });
  }
  const known = new Set(trees.map(({ shownDirectory }) => shownDirectory));
  for (const directory of words?.nearby ?? []) {
    known.add(directory);
  }
  for (const { name, repository } of images) {
    for (const text of [name, repository]) {
      if (text !== undefined) {
        known.add(text);
      }
    }
  }
  return error('select-nothing', `no image or directory "${word}"`, {
    hint: didYouMean(word, known) ?? listAll(words),
  });
}

import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { lookBehind } from '#core/files/lookAt.js';
import { isWithin, shownPath } from '#core/files/paths.js';
import { didYouMean } from '#core/text/suggest.js';
import { checkDirectory } from './directories.js';
import type { Tree } from './tree.js';

/** What the words behind a command mean where the trees are known without them. */
interface Chosen {
  /** Absolute paths: directories at or below trees, or that hold some, and Dockerfiles. */
  readonly within: readonly string[];
  /** Words that are no path from here: names or globs of images. */
  readonly names: readonly string[];
  /** Words that are a path, and could be the name of an image too. */
  readonly either: readonly PathWord[];
}

interface PathWord {
  readonly written: string;
  /** What of `within` it stands for; empty where no tree is there. */
  readonly within: readonly string[];
  /** What is wrong with the path, unless an image has the name. */
  readonly problem?: Diagnostic;
}

/** Names of images on the command line. */
export interface Words extends Pick<Chosen, 'names' | 'either'> {
  /** Whether nothing was named, and the working directory below the root is meant. */
  readonly isHere: boolean;
  /** The working directory, absolute: globs are compared with paths from there too. */
  readonly cwd: string;
  /** The root of the trees, as a person would write it: naming it means all. */
  readonly root: string;
  /** Directories that a word which is neither may have meant, as they would be written; absent: none but trees. */
  readonly nearby?: readonly string[];
}

interface Surroundings {
  /** Absolute. */
  readonly cwd: string;
  readonly trees: readonly Tree[];
  /** What says which trees there are: `the workspace file generate-bake.toml`. */
  readonly source: string;
  /** Whether a word may be a name or glob of images; else it must be a path. */
  readonly takesNames: boolean;
}

/** A command line, as far as it says what of the trees is meant (`OpenInput`). */
interface WordsInput {
  readonly cwd: string;
  readonly directories: readonly string[];
  readonly takesNames?: boolean;
  readonly isHere?: boolean;
}

interface ChosenHere {
  readonly within: readonly string[];
  readonly words: Words;
  /** Continues the note that says where the trees come from. */
  readonly note: string;
}

/** What the command line means of these trees: below their root, this directory by itself. */
export function chosenFrom(
  input: WordsInput,
  trees: readonly Tree[],
  root: string,
  source: string,
): Outcome<ChosenHere> {
  const { cwd, directories, takesNames = false } = input;
  const isBelow = cwd !== root && isWithin(root, cwd);
  const isHere = input.isHere === true && directories.length === 0 && isBelow;
  const around = { cwd, trees, source, takesNames };
  const { value, diagnostics } = chosenBy(isHere ? ['.'] : directories, around);
  const { within, names, either } = value;
  const shown = shownPath(cwd, root);
  const note = isHere ? `: only the images below this directory (name ${shown} for all)` : '';
  return {
    value: { within, words: { names, either, isHere, cwd, root: shown }, note },
    diagnostics,
  };
}

const nothing: Chosen = { within: [], names: [], either: [] };

/**
 * Reads the words behind a command: a path is a tree's directory, one inside it or one that holds
 * several, or a Dockerfile; the name of a stage is that stage. What is no path here is a name or a
 * glob, which is looked up once images are known.
 */
function chosenBy(words: readonly string[], around: Surroundings): Outcome<Chosen> {
  const diagnostics: Diagnostic[] = [];
  let chosen = nothing;
  for (const written of words) {
    const read = readWord(written, around);
    diagnostics.push(...read.diagnostics);
    const { within, names, either } = read.value;
    chosen = {
      within: [...chosen.within, ...within],
      names: [...chosen.names, ...names],
      either: [...chosen.either, ...either],
    };
  }
  return { value: chosen, diagnostics };
}

function readWord(written: string, around: Surroundings): Outcome<Chosen> {
  const { cwd, trees, takesNames } = around;
  const stages = stagesNamed(written, trees);
  if (stages.length > 0) {
    return found({ within: stages });
  }
  const path = resolve(cwd, written);
  const isName = takesNames && !isPathOnly(written);
  if (isName && !existsSync(path)) {
    return found({ names: [written] });
  }
  const narrowed = narrow(written, path, around);
  if (!isName) {
    return { value: { ...nothing, within: narrowed.value }, diagnostics: narrowed.diagnostics };
  }
  const [problem] = narrowed.diagnostics;
  const word = { written, within: narrowed.value, ...(problem === undefined ? {} : { problem }) };
  return found({ within: narrowed.value, either: [word] });
}

function found(part: Partial<Chosen>): Outcome<Chosen> {
  return { value: { ...nothing, ...part }, diagnostics: [] };
}

/** What is written as a path and cannot be a name. */
export function isPathOnly(written: string): boolean {
  return /^(?:\.{0,2}\/|\.{1,2}$)/.test(written) || written.endsWith('/');
}

/** The Dockerfiles of the stages of that name: it wins over a directory, as in `build run`. */
function stagesNamed(written: string, trees: readonly Tree[]): readonly string[] {
  if (!/^[\w.-]+$/.test(written)) {
    return [];
  }
  return trees
    .filter((tree) => tree.stages !== undefined)
    .map((tree) => join(tree.directory, `Dockerfile.${written}`))
    .filter((file) => existsSync(file));
}

/**
 * A directory narrows the trees: a tree's own, one inside it, or one that holds several. Gives the
 * directories at or below trees, written as the trees' are, whatever symlinks were used.
 */
function narrow(
  written: string,
  path: string,
  { trees, source }: Pick<Surroundings, 'trees' | 'source'>,
): Outcome<readonly string[]> {
  const wrong = isFile(path) ? undefined : checkDirectory(path, written);
  if (wrong !== undefined) {
    const meant = didYouMean(written, trees.flatMap(stageNames));
    const explained = meant === undefined ? wrong : { ...wrong, hint: meant };
    return { value: [], diagnostics: [explained] };
  }
  const real = realpathSync(path);
  const value = trees.flatMap((tree) => {
    const realTree = realpathSync(tree.directory);
    if (isWithin(real, realTree)) {
      return [tree.directory];
    }
    return isWithin(realTree, real) ? [join(tree.directory, relative(realTree, real))] : [];
  });
  if (value.length > 0) {
    return { value, diagnostics: [] };
  }
  const names = trees.map((tree) => tree.shownDirectory).join(', ');
  const hint = `its trees are ${names}; to ignore it, pass -c with a configuration file`;
  const message = `${written} is not in a tree of ${source}`;
  return { value, diagnostics: [error('directory-elsewhere', message, { hint })] };
}

function isFile(path: string): boolean {
  return lookBehind(path)?.isFile() === true;
}

function stageNames({ stages, directory }: Tree): readonly string[] {
  if (stages === undefined) {
    return [];
  }
  const files = readdirSync(directory).filter((name) => name.startsWith('Dockerfile.'));
  return files.map((name) => name.slice('Dockerfile.'.length));
}

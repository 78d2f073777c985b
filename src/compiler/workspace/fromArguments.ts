import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { Boundary, type FindWorkTree } from '#core/files/boundary.js';
import { isWithin, shownPath, withoutSlash } from '#core/files/paths.js';
import { chosenFrom, isPathOnly, type Words } from './arguments.js';
import { readConfig } from './config.js';
import { checkDirectory, checkOverlaps, siblingsOf } from './directories.js';
import { workspaceFileNames } from './findWorkspace.js';
import { type Rebuilds, readRebuilds } from './rebuilds.js';
import type { Tree, TreeConfig } from './tree.js';
import { unreadConfigs } from './unreadConfigs.js';
import type { TreeVariables } from './variables.js';
import {
  failed,
  foundNote,
  type MissingWord,
  type OpenInput,
  treeAt,
  userConfig,
  type Workspace,
} from './workspace.js';

/** Names that are nearly those of a configuration: somebody meant one. */
export const misspelt = ['generate-bake.yml'];

/**
 * docker-pkg's way: the directories that are named (here, when none is), all with the configuration of
 * `-c` (`config.yaml`). Where names of images are taken, a word that is nothing here selects in these trees.
 */
export function fromArguments(input: OpenInput, variables: TreeVariables): Outcome<Workspace> {
  const { cwd } = input;
  const written = input.configFile ?? 'config.yaml';
  const path = resolve(cwd, written);
  const diagnostics: Diagnostic[] = [];
  if (!existsSync(path)) {
    diagnostics.push(missingConfig(written, input));
  }
  const names = namesAmong(input);
  const ofTrees = input.directories.filter((word) => !names.includes(word));
  const directories = ofTrees.length === 0 ? ['.'] : ofTrees;
  const named = directories.map((shown) => ({ shown, directory: resolve(cwd, shown) }));
  const missing: MissingWord[] = [];
  const usable = named.filter(({ shown, directory }) => {
    const wrong = checkDirectory(directory, shown);
    if (wrong !== undefined) {
      diagnostics.push(wrong);
      missing.push({ written: shown, problem: wrong });
    }
    return wrong === undefined;
  });
  diagnostics.push(...checkOverlaps(usable));
  const isConfigMissing = !existsSync(path);
  if (isConfigMissing || (diagnostics.length > 0 && missing.length === 0)) {
    return failed(diagnostics);
  }

  const workTrees = input.workTrees ?? gitWorkTrees();
  const config = readConfig([
    ...userConfig(input),
    {
      path,
      shown: written,
      ...(input.configFile === undefined
        ? { door: { own: cwd, boundary: new Boundary(cwd, workTrees) } }
        : {}),
    },
  ]);
  if (missing.length > 0) {
    const around = aroundOf(input, path, config.value, workTrees);
    const { value } = failed([]);
    const known = around === undefined ? value : { ...value, around, missing, variables };
    return { value: known, diagnostics };
  }
  const all = usable.map(({ directory }) => directory);
  const beside = dirname(path);
  const rebuilds = new Map<string, Outcome<Rebuilds>>();
  const trees = usable.map(({ shown, directory }) => {
    const place = {
      name: nameOf(shown, directory, all),
      directory,
      shownDirectory: shownAs(cwd, shown, directory),
    };
    // The configuration may be anywhere else.
    const top = isWithin(beside, directory) ? beside : directory;
    const counted =
      rebuilds.get(top) ?? readRebuilds(top, shownPath(cwd, top), new Boundary(top, workTrees));
    rebuilds.set(top, counted);
    const isPartial = directory !== top && ({ isPartial: true } as const);
    const own = { ...counted.value, ...isPartial };
    return { ...treeAt(place, config.value, workTrees), rebuilds: own };
  });
  const ofRebuilds = [...rebuilds.values()].flatMap((each) => each.diagnostics);
  const isPart = all.every((directory) => directory !== cwd && isWithin(cwd, directory));
  const around = isPart ? aroundOf(input, path, config.value, workTrees) : undefined;
  return {
    value: {
      trees,
      within: [],
      variables,
      notes: [],
      ...(names.length === 0 ? {} : { words: selecting(names, cwd) }),
      ...(around === undefined ? {} : { around }),
    },
    diagnostics: [
      ...config.diagnostics,
      ...ofRebuilds,
      ...(input.configFile === undefined ? unreadConfigs(cwd, beside, all) : []),
    ],
  };
}

/** The words that can only be names or globs of images: nothing is there under them. */
function namesAmong({ cwd, directories, takesNames = false }: OpenInput): readonly string[] {
  return takesNames
    ? directories.filter((word) => !isPathOnly(word) && !existsSync(resolve(cwd, word)))
    : [];
}

function selecting(names: readonly string[], cwd: string): Words {
  const nearby = names.flatMap((word) =>
    siblingsOf(resolve(cwd, word)).map((sibling) => join(dirname(word), sibling)),
  );
  return { names, either: [], isHere: false, cwd, root: '.', nearby };
}

/** A config.yaml in a directory above: its directory is the tree. */
export function fromConfigAbove(
  input: OpenInput,
  variables: TreeVariables,
  path: string,
): Outcome<Workspace> {
  const { cwd } = input;
  const directory = dirname(path);
  const shown = shownPath(cwd, path);
  const workTrees = input.workTrees ?? gitWorkTrees();
  const door = { own: directory, boundary: new Boundary(directory, workTrees) };
  const config = readConfig([...userConfig(input), { path, shown, door }]);
  const rebuilds = readRebuilds(directory, shownPath(cwd, directory), door.boundary);
  const trees = [rootTree(cwd, directory, config.value, workTrees, rebuilds.value)];
  const source = `the tree of ${shown}`;
  const chosen = chosenFrom(input, trees, directory, source);
  const { within, words, note } = chosen.value;
  return {
    value: { trees, within, words, variables, ...foundNote(`configuration ${shown}`, note) },
    diagnostics: [
      ...config.diagnostics,
      ...rebuilds.diagnostics,
      ...unreadConfigs(cwd, directory, [directory]),
      ...chosen.diagnostics,
    ],
  };
}

/** The working directory as a tree, where its own configuration is that of the directories in it. */
function aroundOf(
  { cwd }: OpenInput,
  configFile: string,
  config: TreeConfig,
  workTrees: FindWorkTree,
): Tree | undefined {
  if (dirname(configFile) !== cwd) {
    return undefined;
  }
  const rebuilds = readRebuilds(cwd, '.', new Boundary(cwd, workTrees));
  return rootTree(cwd, cwd, config, workTrees, rebuilds.value);
}

function rootTree(
  cwd: string,
  directory: string,
  config: TreeConfig,
  workTrees: FindWorkTree,
  rebuilds: Rebuilds,
): Tree {
  const place = { name: basename(directory), directory, shownDirectory: shownPath(cwd, directory) };
  return { ...treeAt(place, config, workTrees), rebuilds };
}

/** Relative and tidied up; as it was written where that was absolute and leads out of `cwd`. */
function shownAs(cwd: string, written: string, directory: string): string {
  if (isAbsolute(written) && !isWithin(cwd, directory)) {
    return directory;
  }
  return relative(cwd, directory) || '.';
}

/**
 * `images`, not `./images/`; the directory's own name where it was written as `.`, as an absolute
 * path or with `..`, unless another directory has that name.
 */
function nameOf(shown: string, directory: string, all: readonly string[]): string {
  const plain = withoutSlash(shown.replace(/^(?:\.\/+)+(?=.)/, ''));
  const indirect = plain.startsWith('/') || /(?:^|\/)\.\.?(?:\/|$)/.test(plain);
  const own = basename(directory);
  const unique = all.filter((other) => basename(other) === own).length === 1;
  return indirect && unique && own !== '' ? own : plain;
}

function missingConfig(written: string, input: OpenInput): Diagnostic {
  if (input.configFile !== undefined) {
    return error('config-missing', `the configuration file ${written} does not exist`);
  }
  const yml = misspelt.find((name) => existsSync(join(input.cwd, name))) ?? '';
  const hint = `${yml} is here: rename it to ${yml.replace(/yml$/, 'yaml')}`;
  const files = workspaceFileNames.join(' or ');
  const message = `no ${written} here, and no ${files} here or in a parent directory`;
  return error('config-missing', message, { hint });
}

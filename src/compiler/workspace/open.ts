import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { readUserConfiguration, userConfigurationFile } from '#adapters/user/configuration.js';
import {
  type Diagnostic,
  error,
  hasErrors,
  type Outcome,
  type Place,
} from '#core/diagnostics/diagnostic.js';
import { Boundary, type FindWorkTree } from '#core/files/boundary.js';
import { isWithin, shownPath } from '#core/files/paths.js';
import { didYouMean } from '#core/text/suggest.js';
import { type ConfigFile, readConfig } from './config.js';
import { checkDirectory, checkOverlaps } from './directories.js';
import type { ExcludePattern } from './exclude.js';
import { findWorkspace, workspaceFileNames } from './findWorkspace.js';
import type { Tree, TreeConfig } from './tree.js';
import { noVariables, type TreeVariables, treeVariables } from './variables.js';
import { readWorkspaceFile, type TreeEntry } from './workspaceFile.js';

export interface OpenInput {
  /** Absolute. */
  readonly cwd: string;
  /** As written on the command line: `-c`, `--workspace` and the directories. */
  readonly configFile?: string;
  readonly workspaceFile?: string;
  readonly directories: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names of environment variables that trees may read, beside those of the user's configuration. */
  readonly allowed?: readonly string[];
  /** The user's id, where the system has one: whose workspace files are taken unasked. */
  readonly uid?: number;
  readonly home: string;
  /** Finds the work trees that bound what trees read; absent: git's. */
  readonly workTrees?: FindWorkTree;
}

export interface Workspace {
  readonly trees: readonly Tree[];
  /** The workspace file, as a person would open it; absent where there is none. */
  readonly file?: string;
  /**
   * Absolute directories, and Dockerfiles of stages, to which the selection is narrowed; empty: all
   * of every tree. The trees are whole all the same, since what is selected may be built on the rest.
   */
  readonly within: readonly string[];
  /** The environment as the trees see it. */
  readonly variables: TreeVariables;
  /** Messages for stderr: which workspace file was found. */
  readonly notes: readonly string[];
}

/**
 * Which trees, with which configuration:
 *
 * - `--workspace FILE`, or without `-c` the workspace file here or in the nearest directory above:
 *   its trees, narrowed to the directories that are named;
 * - else docker-pkg's way: the directories that are named (here, when none is), all with the
 *   configuration of `-c` (`config.yaml`).
 */
export function openWorkspace(input: OpenInput): Outcome<Workspace> {
  const place = { environment: input.env, home: input.home };
  const user = readUserConfiguration(place);
  if (hasErrors(user.diagnostics)) {
    return failed(user.diagnostics);
  }
  const allowed = [...user.value.environment, ...(input.allowed ?? [])];
  const variables = treeVariables(input.env, allowed, userConfigurationFile(place));
  return openWith(input, variables);
}

function openWith(input: OpenInput, variables: TreeVariables): Outcome<Workspace> {
  const { cwd, configFile, workspaceFile } = input;
  if (workspaceFile !== undefined && configFile !== undefined) {
    return failed([
      error('options', '--workspace and -c cannot be given together', {
        hint: 'a workspace file names the configuration of each tree',
      }),
    ]);
  }
  if (workspaceFile !== undefined) {
    return fromFile(input, variables, resolve(cwd, workspaceFile), true);
  }
  if (configFile === undefined) {
    const found = findWorkspace(cwd, input.uid);
    if (found.diagnostics.length > 0) {
      return failed(found.diagnostics);
    }
    if (found.value !== undefined) {
      return fromFile(input, variables, found.value, false);
    }
  }
  return fromArguments(input, variables);
}

function failed(diagnostics: readonly Diagnostic[]): Outcome<Workspace> {
  return { value: { trees: [], within: [], variables: noVariables, notes: [] }, diagnostics };
}

/** docker-pkg's user configuration: read first, wherever the rest comes from. */
function userConfig(input: OpenInput): ConfigFile[] {
  const xdg = input.env.XDG_CONFIG_HOME;
  const path = join(
    xdg === undefined || xdg === '' ? join(input.home, '.config') : xdg,
    'docker-pkg.yaml',
  );
  const absolute = resolve(input.cwd, path);
  return existsSync(absolute) ? [{ path: absolute, shown: shownPath(input.cwd, absolute) }] : [];
}

function fromArguments(input: OpenInput, variables: TreeVariables): Outcome<Workspace> {
  const { cwd } = input;
  const written = input.configFile ?? 'config.yaml';
  const path = resolve(cwd, written);
  const diagnostics: Diagnostic[] = [];
  if (!existsSync(path)) {
    diagnostics.push(missingConfig(written, input));
  }
  const directories = input.directories.length === 0 ? ['.'] : input.directories;
  const named = directories.map((shown) => ({ shown, directory: resolve(cwd, shown) }));
  const usable = named.filter(({ shown, directory }) => {
    const wrong = checkDirectory(directory, shown);
    if (wrong !== undefined) {
      diagnostics.push(wrong);
    }
    return wrong === undefined;
  });
  diagnostics.push(...checkOverlaps(usable));
  if (diagnostics.length > 0) {
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
  const all = usable.map(({ directory }) => directory);
  const trees = usable.map(
    ({ shown, directory }): Tree => ({
      name: nameOf(shown, directory, all),
      directory,
      shownDirectory: shownAs(cwd, shown, directory),
      config: config.value,
      boundary: boundaryOf(directory, config.value, workTrees),
      refresh: true,
      ...excludeOf(config.value.exclude),
    }),
  );
  return { value: { trees, within: [], variables, notes: [] }, diagnostics: config.diagnostics };
}

function excludeOf(
  ...lists: readonly (readonly ExcludePattern[] | undefined)[]
): Pick<Tree, 'exclude'> {
  const exclude = lists.flatMap((list) => list ?? []);
  return exclude.length === 0 ? {} : { exclude };
}

function boundaryOf(
  directory: string,
  { passwordFile }: TreeConfig,
  workTrees: FindWorkTree,
): Boundary {
  return new Boundary(directory, workTrees, passwordFile === undefined ? [] : [passwordFile]);
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
  const plain = shown.replace(/^(?:\.\/+)+(?=.)/, '').replace(/(?<=.)\/+$/, '');
  const indirect = plain.startsWith('/') || /(?:^|\/)\.\.?(?:\/|$)/.test(plain);
  const own = basename(directory);
  const unique = all.filter((other) => basename(other) === own).length === 1;
  return indirect && unique && own !== '' ? own : plain;
}

function missingConfig(written: string, input: OpenInput): Diagnostic {
  if (input.configFile !== undefined) {
    return error('config-missing', `the configuration file ${written} does not exist`);
  }
  const yml = ['generate-bake.yml', 'config.yml'].find((name) => existsSync(join(input.cwd, name)));
  const hint =
    yml === undefined
      ? 'name a configuration with -c FILE, or make a new repository: generate-bake init DIR'
      : `${yml} is here: rename it to ${yml.replace(/yml$/, 'yaml')}`;
  const files = workspaceFileNames.join(' or ');
  const message = `no ${written} here, and no ${files} here or in a parent directory`;
  return error('config-missing', message, { hint });
}

function fromFile(
  input: OpenInput,
  variables: TreeVariables,
  path: string,
  isNamedByUser: boolean,
): Outcome<Workspace> {
  const { cwd } = input;
  const shown = shownPath(cwd, path);
  const workTrees = input.workTrees ?? gitWorkTrees();
  const own = dirname(path);
  const door = { own, boundary: new Boundary(own, workTrees) };
  const file = readWorkspaceFile(path, cwd, variables, door, isNamedByUser);
  const diagnostics: Diagnostic[] = [...file.diagnostics];
  const user = userConfig(input);
  const configs = new Map<string, Outcome<TreeConfig>>();
  const entries = file.value.map((entry): OpenedEntry => {
    const shownDirectory = shownPath(cwd, entry.directory);
    const wrong =
      checkDirectory(entry.directory, shownDirectory, entry.directoryPlace) ??
      (isNamedByUser ? undefined : elsewhere(entry, shownDirectory, shown, door.boundary));
    const key = entry.config.map((layer) => layer.path).join('\0');
    const config = configs.get(key) ?? readConfig([...user, ...entry.config]);
    configs.set(key, config);
    const tree: Tree = {
      name: entry.name,
      directory: entry.directory,
      shownDirectory,
      config: config.value,
      boundary: boundaryOf(entry.directory, config.value, workTrees),
      refresh: entry.refresh,
      ...excludeOf(entry.exclude, config.value.exclude),
      ...(entry.stages === undefined ? {} : { stages: entry.stages }),
    };
    const problems = [...(wrong === undefined ? [] : [wrong]), ...config.diagnostics];
    return { tree, place: entry.directoryPlace, isThere: wrong === undefined, problems };
  });
  const there = entries.filter(({ isThere }) => isThere);
  diagnostics.push(
    ...checkOverlaps(
      there.map(({ tree, place }) => ({
        directory: tree.directory,
        shown: tree.shownDirectory,
        place,
      })),
    ),
  );
  const within: string[] = [];
  if (!hasErrors(diagnostics)) {
    const trees = there.map(({ tree }) => tree);
    for (const written of input.directories) {
      const stages = stagesNamed(written, trees);
      const narrowed =
        stages.length > 0
          ? { value: stages, diagnostics: [] }
          : narrow(written, resolve(cwd, written), trees, shown);
      within.push(...narrowed.value);
      diagnostics.push(...narrowed.diagnostics);
    }
  }
  const count = `${there.length} ${there.length === 1 ? 'tree' : 'trees'}`;
  const notes = [`workspace file ${shown} (${count})`];
  const trees: Tree[] = [];
  for (const { tree, problems } of entries) {
    const isFaulty = hasErrors(problems);
    // What is wrong with a tree that was not named is for another day.
    if (isFaulty && within.length > 0 && !isNamed(tree, within)) {
      notes.push(`${tree.shownDirectory} is left out: ${problems[0]?.message ?? ''}`);
      continue;
    }
    diagnostics.push(...problems.filter((problem) => !diagnostics.includes(problem)));
    trees.push(tree);
  }
  return { value: { trees, file: shown, within, variables, notes }, diagnostics };
}

/** A tree of the workspace file, with what is wrong with it. */
interface OpenedEntry {
  readonly tree: Tree;
  readonly place: Place;
  readonly isThere: boolean;
  readonly problems: readonly Diagnostic[];
}

/** Whether a workspace is narrowed to something of this tree. */
function isNamed({ directory }: Tree, within: readonly string[]): boolean {
  return within.some((one) => isWithin(one, directory) || isWithin(directory, one));
}

/** A repository must not have other directories of the machine read, and written by `update`. */
function elsewhere(
  { directory, directoryPlace }: TreeEntry,
  shownDirectory: string,
  shownFile: string,
  boundary: Boundary,
): Diagnostic | undefined {
  const why = boundary.whyNotDirectory(realpathSync(directory));
  return why === undefined
    ? undefined
    : error('directory', `the directory ${shownDirectory} ${why}`, {
        place: directoryPlace,
        hint: `if you trust the workspace file, name it: --workspace ${shownFile}`,
      });
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
 * With a workspace, a directory narrows it: a tree's own, one inside it, or one that holds several.
 * Gives the directories at or below trees, written as the trees' are, whatever symlinks were used.
 */
function narrow(
  written: string,
  directory: string,
  trees: readonly Tree[],
  file: string,
): Outcome<readonly string[]> {
  const wrong = checkDirectory(directory, written);
  if (wrong !== undefined) {
    const meant = didYouMean(written, trees.flatMap(stageNames));
    const explained = meant === undefined ? wrong : { ...wrong, hint: meant };
    return { value: [], diagnostics: [explained] };
  }
  const real = realpathSync(directory);
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
  const hint = `its trees are ${names}; to ignore the workspace file, pass -c with a configuration file`;
  const message = `${written} is not in a tree of the workspace file ${file}`;
  return { value, diagnostics: [error('directory-elsewhere', message, { hint })] };
}

function stageNames({ stages, directory }: Tree): readonly string[] {
  if (stages === undefined) {
    return [];
  }
  const files = readdirSync(directory).filter((name) => name.startsWith('Dockerfile.'));
  return files.map((name) => name.slice('Dockerfile.'.length));
}

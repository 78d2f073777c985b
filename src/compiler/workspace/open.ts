import { existsSync, realpathSync } from 'node:fs';
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
import { chosenFrom, type Words } from './arguments.js';
import { type ConfigFile, readConfig } from './config.js';
import { conventionalRoot } from './conventional.js';
import { checkDirectory, checkOverlaps } from './directories.js';
import { conventional, type DockerfileTree } from './dockerfileTree.js';
import type { ExcludePattern } from './exclude.js';
import { findConfigAbove } from './findConfig.js';
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
  /** Whether names and globs of images may be among the directories, where these do not say which trees. */
  readonly takesNames?: boolean;
  /** Whether below a root, where no directory is given, the working directory alone is meant. */
  readonly isHere?: boolean;
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
  /** The words of the command line beyond that; absent: none. */
  readonly words?: Words;
  /** The directory around trees that the command line names, as a tree: what it defines is not theirs. */
  readonly around?: Tree;
  /** Words that are not there, where only a directory could be meant. */
  readonly missing?: readonly MissingWord[];
  /** The environment as the trees see it. */
  readonly variables: TreeVariables;
  /** Messages for stderr: which workspace file was found. */
  readonly notes: readonly string[];
}

interface MissingWord {
  readonly written: string;
  readonly problem: Diagnostic;
}

/**
 * Which trees, with which configuration:
 *
 * - `--workspace FILE`, or without `-c` the workspace file here or in the nearest directory above:
 *   its trees, narrowed to the directories and images that are named;
 * - else docker-pkg's way: the directories that are named (here, when none is), all with the
 *   configuration of `-c` (`config.yaml`);
 * - else, where config.yaml is not here but in a directory above, in the same git work tree: that
 *   directory, narrowed likewise;
 * - where there is no such file either, the plain Dockerfiles of the git work tree (outside of one, of
 *   this directory), narrowed to the directories that are named.
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
    if (!existsSync(resolve(cwd, 'config.yaml'))) {
      const above = findConfigAbove(cwd, input.workTrees ?? gitWorkTrees(), input.uid);
      if (above.diagnostics.length > 0) {
        return failed(above.diagnostics);
      }
      if (above.value !== undefined) {
        return fromConfigAbove(input, variables, above.value);
      }
    }
  }
  const isConfigured =
    configFile !== undefined ||
    ['config.yaml', ...misspelt].some((name) => existsSync(join(cwd, name)));
  return isConfigured ? fromArguments(input, variables) : byConvention(input, variables);
}

/** Names that are nearly those of a configuration: somebody meant one. */
const misspelt = ['generate-bake.yml'];

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
  const isPart = all.every((directory) => directory !== cwd && isWithin(cwd, directory));
  const around = isPart ? aroundOf(input, path, config.value, workTrees) : undefined;
  return {
    value: { trees, within: [], variables, notes: [], ...(around === undefined ? {} : { around }) },
    diagnostics: config.diagnostics,
  };
}

/** The working directory as a tree, where its own configuration is that of the directories in it. */
function aroundOf(
  { cwd }: OpenInput,
  configFile: string,
  config: TreeConfig,
  workTrees: FindWorkTree,
): Tree | undefined {
  return dirname(configFile) === cwd ? rootTree(cwd, cwd, config, workTrees) : undefined;
}

function rootTree(
  cwd: string,
  directory: string,
  config: TreeConfig,
  workTrees: FindWorkTree,
): Tree {
  return {
    name: basename(directory),
    directory,
    shownDirectory: shownPath(cwd, directory),
    config,
    boundary: boundaryOf(directory, config, workTrees),
    refresh: true,
    ...excludeOf(config.exclude),
  };
}

/** A config.yaml in a directory above: its directory is the tree. */
function fromConfigAbove(
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
  const trees = [rootTree(cwd, directory, config.value, workTrees)];
  const source = `the tree of ${shown}`;
  const chosen = chosenFrom(input, trees, directory, source);
  const { within, words, note } = chosen.value;
  return {
    value: { trees, within, words, variables, notes: [`configuration ${shown}${note}`] },
    diagnostics: [...config.diagnostics, ...chosen.diagnostics],
  };
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
  const yml = misspelt.find((name) => existsSync(join(input.cwd, name))) ?? '';
  const hint = `${yml} is here: rename it to ${yml.replace(/yml$/, 'yaml')}`;
  const files = workspaceFileNames.join(' or ');
  const message = `no ${written} here, and no ${files} here or in a parent directory`;
  return error('config-missing', message, { hint });
}

/** The plain Dockerfiles of a repository about which no file says anything. */
function byConvention(input: OpenInput, variables: TreeVariables): Outcome<Workspace> {
  const { cwd } = input;
  const { directory, note: why } = conventionalRoot(cwd, input.uid);
  const root = { directory, shown: shownPath(cwd, directory) };
  const opened = openDirectory(input, directory, root, variables);
  const { trees } = opened.value;
  const { shown } = root;
  const chosen = chosenFrom(input, trees, directory, `the Dockerfiles of ${shown}`);
  const { within, words, note } = chosen.value;
  const notes = [
    ...(why === undefined ? [] : [why]),
    ...(directory === cwd ? [] : [`Dockerfiles of ${shown}${note}`]),
  ];
  return {
    value: { ...opened.value, within, words, notes },
    diagnostics: [...opened.diagnostics, ...chosen.diagnostics],
  };
}

/**
 * The workspace of a directory (absolute) whose Dockerfiles are found by convention.
 *
 * @param root the highest directory that a build context may be
 */
export function openDirectory(
  input: OpenInput,
  directory: string,
  root: NonNullable<Tree['root']>,
  variables: TreeVariables = noVariables,
): Outcome<Workspace> {
  const { cwd } = input;
  const workTrees = input.workTrees ?? gitWorkTrees();
  const config = readConfig(userConfig(input));
  const shownDirectory = shownPath(cwd, directory);
  const tree: Tree = {
    name: basename(directory),
    directory,
    shownDirectory,
    config: config.value,
    boundary: boundaryOf(directory, config.value, workTrees),
    refresh: true,
    dockerfiles: conventional(directory, shownDirectory),
    root,
  };
  const value = { trees: [tree], within: [], variables, notes: [] };
  return { value, diagnostics: config.diagnostics };
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
    const config =
      entry.overrides === undefined
        ? (configs.get(key) ?? readConfig([...user, ...entry.config]))
        : readConfig([...user, ...entry.config], entry.overrides);
    if (entry.overrides === undefined) {
      configs.set(key, config);
    }
    const tree: Tree = {
      name: entry.name,
      directory: entry.directory,
      shownDirectory,
      config: config.value,
      boundary: boundaryOf(entry.directory, config.value, workTrees),
      refresh: entry.refresh,
      ...excludeOf(entry.exclude, config.value.exclude),
      ...(entry.stages === undefined ? {} : { stages: entry.stages }),
      ...(entry.dockerfiles === undefined
        ? {}
        : { dockerfiles: withTreesApart(entry.dockerfiles, entry, file.value) }),
      root: { directory: own, shown: shownPath(cwd, own) },
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
        mayHoldTrees: tree.dockerfiles !== undefined,
      })),
    ),
  );
  const nothing = {
    within: [],
    words: { names: [], either: [], isHere: false, root: '.' },
    note: '',
  };
  const chosen = hasErrors(diagnostics)
    ? { value: nothing, diagnostics: [] }
    : chosenFrom(
        isNamedByUser ? { ...input, isHere: false } : input,
        there.map(({ tree }) => tree),
        own,
        `the workspace file ${shown}`,
      );
  diagnostics.push(...chosen.diagnostics);
  const { within, words, note } = chosen.value;
  const isNarrowed = within.length > 0 && words.names.length === 0;
  const count = `${there.length} ${there.length === 1 ? 'tree' : 'trees'}`;
  const notes = [`workspace file ${shown} (${count})${note}`];
  const trees: Tree[] = [];
  for (const { tree, problems } of entries) {
    const isFaulty = hasErrors(problems);
    // What is wrong with a tree that was not named is for another day.
    if (isFaulty && isNarrowed && !isNamed(tree, within)) {
      notes.push(`${tree.shownDirectory} is left out: ${problems[0]?.message ?? ''}`);
      continue;
    }
    diagnostics.push(...problems.filter((problem) => !diagnostics.includes(problem)));
    trees.push(tree);
  }
  return { value: { trees, file: shown, within, words, variables, notes }, diagnostics };
}

/** Trees inside of a tree of Dockerfiles are left out of it. */
function withTreesApart(
  dockerfiles: DockerfileTree,
  { directory }: TreeEntry,
  entries: readonly TreeEntry[],
): DockerfileTree {
  const apart = entries
    .filter((other) => other.directory !== directory && isWithin(directory, other.directory))
    .map((other) => other.directory);
  return { ...dockerfiles, apart };
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

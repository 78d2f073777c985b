import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';
import { Boundary, type FindWorkTree } from '#core/files/boundary.js';
import { shownPath } from '#core/files/paths.js';
import type { Door } from '#core/files/readInside.js';
import type { Words } from './arguments.js';
import type { BuilderKeys } from './builderKeys.js';
import type { ConfigFile } from './config.js';
import type { ExcludePattern } from './exclude.js';
import type { Hold } from './holdKeys.js';
import type { Policy } from './policyKeys.js';
import type { Tree, TreeConfig } from './tree.js';
import { noVariables, type TreeVariables } from './variables.js';

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
  /** Its holds, those that are over too. */
  readonly holds?: readonly Hold[];
  /** While this file (absolute) is there, nobody who is not at a terminal begins. */
  readonly stopFile?: { readonly path: string; readonly door: Door };
  /** The machines that build; absent: the file does not say. */
  readonly building?: BuilderKeys;
  /** What images may be made of; absent: the file does not say. */
  readonly policy?: Policy;
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
  /** Messages for stderr: what is not looked at. */
  readonly notes: readonly string[];
  /** Which file was found, for those who want to know more; absent: the command line names it. */
  readonly found?: string;
}

/** What says where the trees come from: said to everybody where a part of them is meant. */
export function foundNote(
  found: string,
  part: string,
): Pick<Workspace, 'found'> & { readonly notes: readonly string[] } {
  return part === '' ? { found, notes: [] } : { notes: [`${found}${part}`] };
}

/** A word of the command line, and why it is no directory. */
export interface MissingWord {
  readonly written: string;
  readonly problem: Diagnostic;
}

/** Nothing, and why. */
export function failed(diagnostics: readonly Diagnostic[]): Outcome<Workspace> {
  return { value: { trees: [], within: [], variables: noVariables, notes: [] }, diagnostics };
}

/** docker-pkg's user configuration: read first, wherever the rest comes from. */
export function userConfig(input: Pick<OpenInput, 'cwd' | 'env' | 'home'>): ConfigFile[] {
  const xdg = input.env.XDG_CONFIG_HOME;
  const path = join(
    xdg === undefined || xdg === '' ? join(input.home, '.config') : xdg,
    'docker-pkg.yaml',
  );
  const absolute = resolve(input.cwd, path);
  return existsSync(absolute) ? [{ path: absolute, shown: shownPath(input.cwd, absolute) }] : [];
}

/** A tree as its configuration makes it: bounded, and without what that excludes. */
export function treeAt(
  place: Pick<Tree, 'name' | 'directory' | 'shownDirectory'>,
  config: TreeConfig,
  workTrees: FindWorkTree,
  exclude: readonly ExcludePattern[] = [],
): Tree {
  const { passwordFile } = config;
  const secrets = passwordFile === undefined ? [] : [passwordFile];
  const excluded = [...exclude, ...(config.exclude ?? [])];
  return {
    ...place,
    config,
    boundary: new Boundary(place.directory, workTrees, secrets),
    refresh: true,
    ...(excluded.length === 0 ? {} : { exclude: excluded }),
  };
}

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { readUserConfiguration, userConfigurationFile } from '#adapters/user/configuration.js';
import { error, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import { Boundary } from '#core/files/boundary.js';
import { shownPath } from '#core/files/paths.js';
import { chosenFrom } from './arguments.js';
import { readConfig } from './config.js';
import { conventionalRoot } from './conventional.js';
import { conventional } from './dockerfileTree.js';
import { findConfigAbove } from './findConfig.js';
import { findWorkspace } from './findWorkspace.js';
import { fromArguments, fromConfigAbove, misspelt } from './fromArguments.js';
import { fromFile } from './fromFile.js';
import { readRebuilds } from './rebuilds.js';
import { checkRegistries } from './registryKeys.js';
import type { Tree } from './tree.js';
import { noVariables, type TreeVariables, treeVariables } from './variables.js';
import {
  failed,
  foundNote,
  type OpenInput,
  treeAt,
  userConfig,
  type Workspace,
} from './workspace.js';

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
  const { value, diagnostics } = openWith(input, variables);
  return { value, diagnostics: [...diagnostics, ...checkRegistries(value.trees)] };
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
  const about = directory === cwd ? { notes: [] } : foundNote(`Dockerfiles of ${shown}`, note);
  const notes = [...(why === undefined ? [] : [why]), ...about.notes];
  return {
    value: { ...opened.value, ...about, within, words, notes },
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
  const boundary = new Boundary(root.directory, workTrees);
  const rebuilds = readRebuilds(root.directory, root.shown, boundary);
  const tree: Tree = {
    ...treeAt({ name: basename(directory), directory, shownDirectory }, config.value, workTrees),
    dockerfiles: conventional(directory, shownDirectory),
    root,
    rebuilds: rebuilds.value,
  };
  const value = { trees: [tree], within: [], variables, notes: [] };
  return { value, diagnostics: [...config.diagnostics, ...rebuilds.diagnostics] };
}

import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import {
  type Diagnostic,
  error,
  hasErrors,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { Boundary } from '#core/files/boundary.js';
import { lookBehind } from '#core/files/lookAt.js';
import { isWithin, shownPath } from '#core/files/paths.js';
import { chosenFrom } from './arguments.js';
import { checkDirectory, checkOverlaps } from './directories.js';
import type { DockerfileTree } from './dockerfileTree.js';
import { readRebuilds } from './rebuilds.js';
import type { Tree } from './tree.js';
import type { TreeVariables } from './variables.js';
import { foundNote, type OpenInput, treeAt, userConfig, type Workspace } from './workspace.js';
import { configReader } from './workspaceConfigs.js';
import { readWorkspaceFile, type TreeEntry } from './workspaceFile.js';

/** The trees of a workspace file, narrowed to what is named. */
export function fromFile(
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
  const rebuilds = readRebuilds(own, shownPath(cwd, own), door.boundary);
  diagnostics.push(...rebuilds.diagnostics);
  const configOf = configReader(file.value, userConfig(input));
  const { trees: written, holding, building, policy } = file.value;
  const { holds } = holding;
  const entries = written.map((entry): OpenedEntry => {
    const shownDirectory = shownPath(cwd, entry.directory);
    const isLeftOut =
      entry.dockerfiles?.blubber !== undefined && lookBehind(entry.directory) === undefined;
    const wrong =
      (isLeftOut
        ? notCheckedOut(entry, shownDirectory)
        : checkDirectory(entry.directory, shownDirectory, entry.directoryPlace)) ??
      (isNamedByUser ? undefined : elsewhere(entry, shownDirectory, shown, door.boundary));
    const config = configOf(entry);
    const place = { name: entry.name, directory: entry.directory, shownDirectory };
    const tree: Tree = {
      ...treeAt(place, config.value, workTrees, entry.exclude),
      refresh: entry.refresh,
      ...(holds.length === 0 ? {} : { holds }),
      ...(entry.stages === undefined ? {} : { stages: entry.stages }),
      ...(entry.dockerfiles === undefined
        ? {}
        : { dockerfiles: withTreesApart(entry.dockerfiles, entry, written) }),
      root: { directory: own, shown: shownPath(cwd, own) },
    };
    const problems = [...(wrong === undefined ? [] : [wrong]), ...config.diagnostics];
    return { tree, place: entry.directoryPlace, isThere: wrong === undefined, isLeftOut, problems };
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
    words: { names: [], either: [], isHere: false, cwd, root: '.' },
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
  const about = foundNote(`workspace file ${shown} (${count})`, note);
  const notes = [...about.notes];
  const trees: Tree[] = [];
  let left = 0;
  for (const { tree, problems, isLeftOut } of entries) {
    const isFaulty = hasErrors(problems);
    if (isLeftOut) {
      diagnostics.push(...problems);
      left++;
      continue;
    }
    // What is wrong with a tree that was not named is for another day.
    if (isFaulty && isNarrowed && !isNamed(tree, within)) {
      notes.push(`${tree.shownDirectory} is left out: ${problems[0]?.message ?? ''}`);
      left++;
      continue;
    }
    diagnostics.push(...problems.filter((problem) => !diagnostics.includes(problem)));
    trees.push(tree);
  }
  const stopFile = holding.stopFile && {
    stopFile: { path: resolve(own, holding.stopFile.value), door },
  };
  const counted = { ...rebuilds.value, ...(left > 0 && ({ isPartial: true } as const)) };
  const all = trees.map((tree) => ({ ...tree, rebuilds: counted }));
  const found = {
    trees: all,
    file: shown,
    ...(holds.length > 0 && { holds }),
    ...stopFile,
    building,
    ...(policy && { policy }),
  };
  return { value: { ...found, ...about, within, words, variables, notes }, diagnostics };
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
  /** There is no such directory, and it need not be there. */
  readonly isLeftOut: boolean;
  readonly problems: readonly Diagnostic[];
}

/** Services are repositories of their own, and not every machine has them. */
function notCheckedOut({ directoryPlace }: TreeEntry, shown: string): Diagnostic {
  return warning('directory', `the directory ${shown} does not exist: its services are left out`, {
    place: directoryPlace,
    hint: 'check the services out there, to see which are built on an image',
  });
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

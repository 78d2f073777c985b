import { realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { committedTexts } from '#adapters/git/blobs.js';
import { copyOfCommit } from '#adapters/git/workTrees.js';
import { type Governing, type PolicyInput, policyFindings } from '#compiler/policy/findings.js';
import { newSources, type SourcesBefore } from '#compiler/policy/newSources.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { withLevels } from '#compiler/rules/levels.js';
import { workspaceFileNames } from '#compiler/workspace/findWorkspace.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import type { Tree, TreeConfig } from '#compiler/workspace/tree.js';
import type { TreeVariables } from '#compiler/workspace/variables.js';
import { userConfig, type Workspace } from '#compiler/workspace/workspace.js';
import { readWorkspaceConfigs } from '#compiler/workspace/workspaceConfigs.js';
import {
  type Diagnostic,
  error,
  fileLine,
  hasErrors,
  type Place,
} from '#core/diagnostics/diagnostic.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { isWithin } from '#core/files/paths.js';
import { replaceFile } from '#core/files/writeFile.js';
import { joinNames, type RegistryNames } from '#core/reference/registryNames.js';
import type { TreesInput } from './line/options.js';
import { RepositoryCopy } from './repositoryCopy.js';
import { type Base, baseOf } from './sinceBase.js';
import type { Io } from './terminal/io.js';

/** A policy as a commit has it, with all that decides what it finds: a change is not to approve itself. */
export interface PolicyFrom {
  readonly policy: Policy;
  /** `origin/main:generate-bake.toml`. */
  readonly file: string;
  readonly commit: string;
  readonly governs: (tree: Tree) => Governing;
  readonly before: SourcesBefore;
}

type Reading = { readonly kind: 'read'; readonly from: PolicyFrom } | Refusal;

interface Refusal {
  readonly kind: 'refused';
  readonly problem: Diagnostic;
}

/**
 * The policy of the workspace file that a revision has, where the command line or the search from the working directory
 * finds it there. Only that file and the configurations that it names are read.
 */
export function policyFrom(
  revision: string,
  trees: TreesInput,
  variables: TreeVariables,
  io: Io,
): Reading {
  const found = baseOf(revision, io, '--policy-from');
  if (found.kind === 'refused') {
    return found;
  }
  const { base } = found;
  const cwd = realpathSync(io.cwd);
  const named = trees.workspaceFile && resolve(cwd, trees.workspaceFile);
  if (named && !isWithin(base.root, named)) {
    return refused(`${trees.workspaceFile} is not in the git repository ${base.root}`);
  }
  const candidates = named ? [[named]] : candidatesFrom(cwd, base.root);
  const read = textsAt(base, candidates.flat());
  if (read.kind === 'refused') {
    return read;
  }
  const { texts } = read;
  const there = candidates.map((some) => some.filter((path) => texts.has(path)));
  const [path, second] = there.find(({ length }) => length > 0) ?? [];
  if (path === undefined) {
    const what = named ? relative(base.root, named) : 'workspace file';
    const hint = 'name a revision that has one, or leave --policy-from out';
    return refused(`${base.shown} has no ${what}`, hint);
  }
  if (second !== undefined) {
    const both = [path, second].map((one) => relative(base.root, one)).join(' and ');
    return refused(`${base.shown} has two workspace files: ${both}`, 'choose one with --workspace');
  }
  return readAt(base, { path, text: texts.get(path) ?? '' }, variables, { ...io, cwd });
}

/** The workspace files that there may be, of the nearest directory first. */
function candidatesFrom(cwd: string, root: string): readonly (readonly string[])[] {
  const found: string[][] = [];
  for (let at = cwd; ; at = dirname(at)) {
    found.push(workspaceFileNames.map((name) => join(at, name)));
    if (at === root || dirname(at) === at) {
      return found;
    }
  }
}

/** The texts of those files of the work tree (absolute paths) that a commit has. */
function textsAt(
  { root, commit }: Base,
  paths: readonly string[],
): { readonly kind: 'read'; readonly texts: ReadonlyMap<string, string> } | Refusal {
  const files = paths.map((path) => ({ revision: commit, path: relative(root, path) }));
  const read = committedTexts(root, files);
  if (read.kind === 'failed') {
    return refused(read.reason);
  }
  const texts = new Map<string, string>();
  for (const [at, text] of read.value.entries()) {
    const path = paths[at];
    if (path !== undefined && text !== undefined) {
      texts.set(path, text);
    }
  }
  return { kind: 'read', texts };
}

/** Reads a workspace file of a commit, and its configurations, in a temporary directory that has nothing else. */
function readAt(
  base: Base,
  { path, text }: { readonly path: string; readonly text: string },
  variables: TreeVariables,
  { cwd, env, home }: Pick<Io, 'cwd' | 'env' | 'home'>,
): Reading {
  const { root } = base;
  const user = userConfig({ cwd, env, home });
  const copy = new RepositoryCopy(root);
  const inCopy = (one: string): string => copy.inCopy(one);
  const put = (one: string, content: string): void => {
    makeDirectory(dirname(inCopy(one)));
    replaceFile(inCopy(one), content, 0o600);
  };
  try {
    makeDirectory(inCopy(cwd));
    put(path, text);
    const again = () =>
      readWorkspaceConfigs(inCopy(path), inCopy(cwd), variables, copyOfCommit(copy.top), user);
    const { files } = again().value;
    const wanted = files.filter((one) => isWithin(copy.top, one) && !one.includes('\n'));
    const read = textsAt(
      base,
      wanted.map((one) => copy.inWorkTree(one)),
    );
    if (read.kind === 'refused') {
      return read;
    }
    for (const [file, content] of read.texts) {
      put(file, content);
    }
    const { value, diagnostics } = again();
    const file = `${base.name}:${relative(root, path)}`;
    const problem = diagnostics.find((one) => hasErrors([one]));
    if (problem !== undefined) {
      const { message, place } = problem;
      const line = place?.line === undefined ? '' : `, line ${place.line}`;
      return refused(`${file} cannot be used: ${message} (${place?.file ?? ''}${line})`);
    }
    const { policy, configs, building } = value;
    if (policy === undefined) {
      const hint = 'it counts once it is there: leave --policy-from out until then';
      return refused(`${file} (${base.commit.slice(0, 12)}) has no policy`, hint);
    }
    const own = [...configs.values()];
    const registryNames = joinNames(own.map((config) => config.registryNames));
    const governs = governing(configs, registryNames, inCopy);
    const staging = building.staging?.value;
    const from = {
      policy: placedAt(policy, file),
      file,
      commit: base.commit,
      governs,
      before: { file, configs: own, registryNames, governs, ...(staging && { staging }) },
    };
    return { kind: 'read', from };
  } finally {
    copy.remove();
  }
}

/** A tree that the commit does not have is under the usual levels, and all that is known of registries there. */
function governing(
  configs: ReadonlyMap<string, TreeConfig>,
  registryNames: RegistryNames,
  inCopy: (path: string) => string,
): (tree: Tree) => Governing {
  return ({ directory }) =>
    configs.get(inCopy(realpathSync(directory))) ?? { registry: '', namespace: '', registryNames };
}

/** Places are of the commit's file: a line of it may be another one by now. */
function placedAt(policy: Policy, file: string): Policy {
  const moved = <T extends { readonly place: Place }>(one: T): T => ({
    ...one,
    place: { file, ...(one.place.line === undefined ? {} : { line: one.place.line }) },
  });
  const { registries, distributions, labels, exceptions } = policy;
  return {
    ...policy,
    ...(registries && { registries: registries.map(moved) }),
    ...(distributions && { distributions: distributions.map(moved) }),
    labels: labels.map(moved),
    exceptions: exceptions.map(moved),
  };
}

/**
 * What such a policy finds, at the levels of its commit.
 *
 * @param own the policy of the work tree, if it has one
 */
export function findingsFrom(
  { policy, governs }: PolicyFrom,
  input: Omit<PolicyInput, 'policy' | 'governs'>,
  trees: readonly Tree[],
  own: Policy | undefined,
): readonly Diagnostic[] {
  const found = policyFindings({ ...input, policy, governs }).flatMap((one) =>
    one.code === 'policy-exception-unused' ? stillThere(one, policy, own) : [withoutLine(one)],
  );
  const governed = trees.map((tree) => {
    // Not even a level that the commit leaves out is the change's.
    const { check: _, ...config } = tree.config;
    return { ...tree, config: { ...config, ...governs(tree) } };
  });
  return withLevels(found, governed);
}

/** An exception that no image needs, where the work tree has it: the change may remove what it makes useless. */
function stillThere(unused: Diagnostic, from: Policy, own: Policy | undefined): Diagnostic[] {
  const textOf = ({ rule, images, reason, until }: Policy['exceptions'][number]): string =>
    JSON.stringify([rule, images.map(({ value }) => value), reason, until.text]);
  const there = from.exceptions.find(({ place }) => place === unused.place);
  const same = own?.exceptions.find((one) => there && textOf(one) === textOf(there));
  return same === undefined ? [] : [{ ...unused, place: same.place }];
}

/** Where the trees of a workspace have images come from that such a policy does not allow, and its commit does not have. */
export function sourcesFrom(
  { policy, before }: PolicyFrom,
  { trees, building }: Workspace,
  images: readonly ResolvedImage[],
): readonly Diagnostic[] {
  return newSources(policy, { trees, images, ...building }, before);
}

/** No annotation can be on a line of another commit: the message has it. */
function withoutLine(diagnostic: Diagnostic): Diagnostic {
  const { code, message, place, ...rest } = diagnostic;
  if (!/^policy-exception-/.test(code) || place === undefined) {
    return diagnostic;
  }
  return { ...rest, code, message: `${message}, by ${fileLine(place)}` };
}

function refused(message: string, hint?: string): Refusal {
  const about = hint === undefined ? {} : { hint };
  return { kind: 'refused', problem: error('policy-from', `--policy-from: ${message}`, about) };
}

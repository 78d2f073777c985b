import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nearestWorkTree } from '#adapters/git/ask.js';
import { currentBranch } from '#adapters/git/branches.js';
import { workTreeOf } from '#adapters/git/git.js';
import { mainBranch, remoteOf } from '#adapters/git/mergeBase.js';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { workspaceFileNames } from '#compiler/workspace/findWorkspace.js';
import { noVariables } from '#compiler/workspace/variables.js';
import { readWorkspaceConfigs } from '#compiler/workspace/workspaceConfigs.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { shownPath } from '#core/files/paths.js';
import { OutputDirectory } from '#core/files/writeInside.js';
import { type CiSystem, pipelineOf } from '#upkeep/init/pipeline.js';
import { type ExitCode, exit } from './exit.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { version } from './version.js';

/** Writes the pipeline of a CI system to where it looks for one, never over another one; or prints it. */
export function initPipeline(
  target: string,
  { ci, isPrinted }: { readonly ci: CiSystem; readonly isPrinted: boolean },
  io: Io,
): ExitCode {
  const { path, text, toSet } = pipelineOf(ci, version(), {
    hasPolicy: hasPolicy(target, io),
    ...mainBranchIn(target),
  });
  if (isPrinted) {
    io.write(text);
    return exit.done;
  }
  const shown = shownPath(io.cwd, target);
  const refuse = (message: string, hint: string): ExitCode => {
    report(io, [error('init-refused', message, { hint })]);
    return exit.wrong;
  };
  const top = nearestWorkTree(target);
  if (top !== undefined && top !== target) {
    const where = shownPath(io.cwd, top);
    return refuse(
      `${ci} reads ${path} at the top of the repository, ${where}, alone`,
      `generate-bake init --ci ${ci} ${where}`,
    );
  }
  if (existsSync(join(target, path))) {
    const take = `take what you need from it: generate-bake init --ci ${ci} --print`;
    return refuse(`${join(shown, path)} exists already`, take);
  }
  const problem =
    trackedLink(target, shown) ?? new OutputDirectory(target, shown).write(path, text);
  if (problem !== undefined) {
    report(io, [problem]);
    return exit.wrong;
  }
  io.say(`wrote ${join(shown, path)}`);
  for (const sentence of toSet) {
    io.say(sentence);
  }
  io.say('next: git add it, and open a change: doc/ci.md says what each part does');
  return exit.done;
}

/** The main branch of its remote; without one, what is checked out becomes it. */
function mainBranchIn(directory: string): { readonly main?: string } {
  const root = workTreeOf(directory);
  if (root.kind === 'failed') {
    return {};
  }
  const current = remoteOf(root.value) === undefined ? currentBranch(root.value) : undefined;
  const main = current?.kind === 'done' ? current.value : mainBranch(root.value)?.branch;
  return main === undefined ? {} : { main };
}

/** Whether the workspace file of a directory has a policy; one that cannot be read has none. */
function hasPolicy(directory: string, { cwd }: Io): boolean {
  return workspaceFileNames.some((name) => {
    const path = join(directory, name);
    return (
      existsSync(path) &&
      readWorkspaceConfigs(path, cwd, noVariables, gitWorkTrees()).value.policy !== undefined
    );
  });
}

import { workTreeOf } from '#adapters/git/git.js';
import { error } from '#core/diagnostics/diagnostic.js';
import {
  type BranchOptions,
  beforePush,
  type OpenedBranch,
  openBranch,
  pushCommits,
} from '#upkeep/upgrade/repository.js';
import { openTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import type { CompileLine } from './line/options.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** The branch that commits are made on, ready to be pushed; undefined where git is not asked for one. */
export async function branchFor(
  input: BranchOptions & Pick<CompileLine, 'trees'>,
  io: Io,
  signal: AbortSignal,
): Promise<OpenedBranch | ExitCode | undefined> {
  if (input.branch === undefined && input.push === undefined) {
    return undefined;
  }
  const [tree] = openTrees({ ...input.trees, takesNames: true }, io)?.trees ?? [];
  if (tree === undefined) {
    return exit.wrong;
  }
  const root = workTreeOf(tree.directory);
  if (root.kind === 'failed') {
    const hint = 'leave out --branch and --push';
    report(io, [error('branch-refused', `git cannot be asked: ${root.reason}`, { hint })]);
    return exit.wrong;
  }
  const opened = openBranch(root.value, input);
  if (opened.kind === 'refused') {
    report(io, [opened.problem]);
    return exit.wrong;
  }
  const before = await beforePush(opened.value, signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  if (before.kind === 'refused') {
    report(io, [before.problem]);
    return exit.failed;
  }
  const { takenBack, unpushed } = before.value;
  if (takenBack > 0) {
    const commits = takenBack === 1 ? '1 commit' : `${takenBack} commits`;
    io.say(`took back ${commits} of an earlier run: ${input.push} has others by now`);
  }
  if (unpushed > 0) {
    const problem = await pushCommits(opened.value, signal);
    if (problem !== undefined) {
      report(io, [problem]);
      return signal.aborted ? exit.interrupted : exit.failed;
    }
    io.say(`pushed what an earlier run committed to ${input.push}`);
  }
  return opened.value;
}

import { unifiedDiff } from '#compiler/render/diff.js';
import type { ChangelogEdit } from '#upkeep/update/changelogEdit.js';
import { beginChangelogs, writeChangelogs } from '#upkeep/update/changelogRun.js';
import { openTrees } from './compileTrees.js';
import type { ChangelogInput, TreesInput } from './line/options.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** Whether a run may begin: an interrupted one is reported, or taken back with --recover. */
export function mayBegin(
  io: Io,
  { dryRun, recover, trees }: ChangelogInput & { readonly trees: TreesInput },
): boolean {
  const directories = () => openTrees(trees, io)?.trees.map((tree) => tree.directory) ?? [];
  const start = beginChangelogs(io, { recover, dryRun, directories });
  switch (start.kind) {
    case 'clear':
      return true;
    case 'unfinished':
      report(io, [dryRun ? { ...start.problem, severity: 'warning' } : start.problem]);
      return dryRun;
    case 'recovered':
      for (const file of start.left) {
        io.say(`${file} was changed since and is left as it is`);
      }
      io.say('took back what the interrupted run wrote');
      return true;
  }
}

/** Writes the edits, or prints their diff. False, and reported, where that failed. */
export function writeEdits(
  io: Io,
  edits: readonly ChangelogEdit[],
  { dryRun, commit }: ChangelogInput,
  message: string,
): boolean {
  if (dryRun) {
    for (const edit of edits) {
      io.write(unifiedDiff(edit.shownFile, edit.before, edit.after));
    }
  }
  for (const { image, fromVersion, toVersion } of edits) {
    io.say(`${image.tree.shownDirectory}: ${image.name} ${fromVersion} -> ${toVersion}`);
  }
  const count = `${edits.length} ${edits.length === 1 ? 'changelog' : 'changelogs'}`;
  if (dryRun) {
    io.say(`${count} would be written`);
    return true;
  }
  const problem = writeChangelogs(io, edits, commit ? message : undefined);
  if (problem !== undefined) {
    report(io, [problem]);
    return false;
  }
  io.say(`${commit && edits.length > 0 ? 'committed' : 'wrote'} ${count}`);
  return true;
}

import { gitHistories } from '#adapters/git/history.js';
import { unifiedDiff } from '#compiler/render/diff.js';
import { shownPath } from '#core/files/paths.js';
import type { ChangelogEdit } from '#upkeep/update/changelogEdit.js';
import { beginChangelogs, writeChangelogs } from '#upkeep/update/changelogRun.js';
import { type FindStandings, type LeftOut, unreleasedWarning } from '#upkeep/update/leftOut.js';
import type { RefreshPlan } from '#upkeep/update/planRefresh.js';
import { findStandings } from '#upkeep/update/standing.js';
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

/** What git says of the images that nobody named; with --with-unreleased nobody asks. */
export function standingsFor({ withUnreleased }: ChangelogInput): {
  readonly standings?: FindStandings;
} {
  return withUnreleased ? {} : { standings: (images) => findStandings(images, gitHistories()) };
}

/** Tells which images get no new version, and why. True where one of them changed unreleased. */
export function tellLeftOut(
  io: Io,
  { unreleased, pending, unknown }: Pick<RefreshPlan, 'unreleased' | 'pending' | 'unknown'>,
): boolean {
  if (unknown !== undefined) {
    const note = `git does not tell which images have unreleased changes: ${unknown.reason}`;
    if (unknown.isShallow === true) {
      io.say(`${note}; git fetch --unshallow`);
    } else {
      io.info(note);
    }
  }
  for (const { image } of pending) {
    const { tree, name, version } = image;
    io.say(`${tree.shownDirectory}: ${name} ${version} is pending: it is not committed yet`);
  }
  const shown = (file: string): string => shownPath(io.cwd, file);
  report(
    io,
    unreleased.map((each) => unreleasedWarning(each, shown)),
  );
  return unreleased.length > 0;
}

/** Writes the edits, or prints their diff. False, and reported, where that failed. */
export function writeEdits(
  io: Io,
  edits: readonly ChangelogEdit[],
  { dryRun, commit }: ChangelogInput,
  message: string,
  pending: readonly LeftOut<'pending'>[] = [],
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
  const problem = writeChangelogs(
    io,
    edits,
    commit ? message : undefined,
    pending.flatMap(({ standing }) => standing.files),
  );
  if (problem !== undefined) {
    report(io, [problem]);
    return false;
  }
  io.say(`${commit && edits.length > 0 ? 'committed' : 'wrote'} ${count}`);
  return true;
}

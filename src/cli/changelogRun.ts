import { gitHistories } from '#adapters/git/history.js';
import { unifiedDiff } from '#compiler/render/diff.js';
import { shownPath } from '#core/files/paths.js';
import type { ChangelogEdit } from '#upkeep/update/changelogEdit.js';
import { beginChangelogs, writeChangelogs } from '#upkeep/update/changelogRun.js';
import { type LeaveOptions, type LeftOut, unreleasedWarning } from '#upkeep/update/leftOut.js';
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
  const directories = () =>
    openTrees(trees, io)?.trees.flatMap(({ directory, rebuilds }) => [
      directory,
      ...(rebuilds === undefined ? [] : [rebuilds.file]),
    ]) ?? [];
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

/** What leaves out images that nobody named. */
export function leaveOptions({ withUnreleased }: ChangelogInput): LeaveOptions {
  return {
    standings: (images) => findStandings(images, gitHistories()),
    takesUnreleased: withUnreleased,
  };
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
  for (const { image, standing } of pending) {
    const { tree, name, version } = image;
    io.say(
      `${tree.shownDirectory}: ${name} ${version} is pending: it is not ${standing.until} yet`,
    );
  }
  const shown = (file: string): string => shownPath(io.cwd, file);
  report(
    io,
    unreleased.map((each) => unreleasedWarning(each, shown)),
  );
  return unreleased.length > 0;
}

/** How many images get a new version; a root filesystem may need two edits for it. */
export function imagesOf(edits: readonly ChangelogEdit[]): number {
  return new Set(edits.map(({ image }) => image)).size;
}

/** `2 changelogs and generate-bake.lock`, or `nothing`. */
function countOf(edits: readonly ChangelogEdit[]): string {
  const own = edits.filter(({ isShared }) => isShared !== true).length;
  const shared = new Set(edits.flatMap((edit) => (edit.isShared ? [edit.shownFile] : [])));
  if (edits.length === 0) {
    return 'nothing';
  }
  const changelogs = `${own} ${own === 1 ? 'changelog' : 'changelogs'}`;
  return [...(own === 0 && shared.size > 0 ? [] : [changelogs]), ...shared].join(' and ');
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
    for (const { shownFile, before, after, isNew } of new Map(
      edits.map((edit) => [edit.file, edit]),
    ).values()) {
      io.write(unifiedDiff(shownFile, isNew === true ? undefined : before, after));
    }
  }
  // A root filesystem may have its new time in one file, and its rebuild in another.
  const steps = new Map(edits.map((edit) => [edit.image, edit]));
  for (const { image, fromVersion, toVersion } of steps.values()) {
    io.say(
      fromVersion === toVersion
        ? `${image.tree.name}: ${image.name} ${fromVersion}: its next version follows from what it is built on`
        : `${image.tree.name}: ${image.name} ${fromVersion} -> ${toVersion}`,
    );
  }
  const count = countOf(edits);
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

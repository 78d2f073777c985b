import { realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { gitHistories } from '#adapters/git/history.js';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import { unifiedDiff } from '#compiler/render/diff.js';
import type { FoundReference } from '#fleet/references/find.js';
import type { TreeImage } from '#fleet/references/names.js';
import { stateOf } from '#fleet/references/summary.js';
import { type Move, type MovePlan, planMoves } from '#upkeep/references/planMoves.js';
import { newestTargets, publishedTargets, type Target } from '#upkeep/references/targets.js';
import { applyEdits } from '#upkeep/update/applyEdits.js';
import type { FileEdit } from '#upkeep/update/changelogEdit.js';
import { beginChangelogs } from '#upkeep/update/changelogRun.js';
import { referenceEdits } from '#upkeep/update/editKind.js';
import { journalFile } from '#upkeep/update/journal.js';
import type { CompiledTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import type { FoundReferences } from './findReferences.js';
import { quoted } from './nextStep.js';
import { registriesOf } from './openRegistries.js';
import { registryCache } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { shortNames } from './terminal/shortNames.js';

/** How references are moved. */
export interface ApplyInput {
  readonly dryRun: boolean;
  /** To the version of the trees, whether it is published or not. */
  readonly unpublished: boolean;
  /** Files with changes that are not committed too. */
  readonly withUncommitted: boolean;
  readonly recover: boolean;
}

/** Whether files may be written: an interrupted run is reported, or taken back with --recover. */
export function mayApply(
  { dryRun, recover }: ApplyInput,
  paths: readonly string[],
  io: Io,
): boolean {
  const directories = () => paths.map((path) => resolve(io.cwd, path));
  const start = beginChangelogs(io, { recover, dryRun, directories, kind: referenceEdits });
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

/**
 * Moves the references that are behind. Ends with 1 where some of them are left, with 3 where a registry cannot be
 * asked: then nothing is written.
 */
export async function applyReferences(
  { apply, credentials }: { readonly apply: ApplyInput; readonly credentials: CredentialUse },
  { workspace }: CompiledTrees,
  found: FoundReferences,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const behind = found.references.filter((reference) => stateOf(reference) === 'behind');
  const wanted = wantedOf(behind);
  let targets: ReadonlyMap<string, Target> = newestTargets(wanted.keys());
  if (!apply.unpublished && wanted.size > 0) {
    const registries = await registriesOf(workspace.trees, 'never', credentials, io, signal);
    if (registries === undefined) {
      return signal.aborted ? exit.interrupted : exit.wrong;
    }
    const ask = { ...registries, cache: registryCache(io), signal };
    const asked = await publishedTargets(wanted, found.histories, ask);
    if (signal.aborted) {
      return exit.interrupted;
    }
    if (report(io, asked.diagnostics)) {
      io.say('nothing was written');
      return asked.diagnostics.some(({ code }) => code === 'no-registry')
        ? exit.wrong
        : exit.unusable;
    }
    targets = asked.found;
  }
  const plan = planMoves(behind, found.result.references, {
    targets,
    ...(apply.withUncommitted ? {} : { histories: gitHistories() }),
  });
  return write(plan, found, apply, io);
}

/** The images that are behind, with how many versions at most. */
function wantedOf(behind: readonly FoundReference[]): ReadonlyMap<TreeImage, number> {
  const wanted = new Map<TreeImage, number>();
  for (const { about } of behind) {
    if (about.kind === 'image' && about.standing.kind === 'behind') {
      // Of one that the changelog does not have, only the version of the trees is surely newer.
      const versions = about.standing.versions ?? 1;
      wanted.set(about.image, Math.max(versions, wanted.get(about.image) ?? 0));
    }
  }
  return wanted;
}

function write(
  { moves, edits, waiting, left }: MovePlan,
  { names }: FoundReferences,
  { dryRun }: ApplyInput,
  io: Io,
): ExitCode {
  const nameOf = shortNames(names.images.map(({ repository }) => repository));
  report(io, left);
  for (const reference of waiting) {
    io.say(
      `${whereOf(reference)}: ${nameOf(repositoryOf(reference))} waits: no newer version is published`,
    );
  }
  if (dryRun) {
    for (const edit of edits) {
      io.write(unifiedDiff(nameInDiff(edit), edit.before, edit.after));
    }
  }
  for (const { reference, image, from, to } of moves) {
    io.say(`${whereOf(reference)}: ${nameOf(image.repository)} ${from} -> ${to}`);
  }
  const count = `${counted(moves, 'reference')} in ${counted(edits, 'file')}`;
  if (dryRun) {
    io.say(edits.length === 0 ? 'nothing would be changed' : `${count} would be changed`);
    return left.length > 0 ? exit.failed : exit.done;
  }
  const problem = applyEdits(edits, journalFile(io.cwd, referenceEdits), { kind: referenceEdits });
  if (problem !== undefined) {
    report(io, [problem]);
    return exit.wrong;
  }
  io.say(edits.length === 0 ? 'nothing to change' : `changed ${count}`);
  for (const root of rootsOf(moves)) {
    const way = relative(realpathSync(io.cwd), root);
    io.say(`next: git ${way === '' ? '' : `-C ${quoted(way)} `}diff`);
  }
  return left.length > 0 ? exit.failed : exit.done;
}

/** As `git apply` takes it: from here, or at the top of the work tree that a file elsewhere is in. */
function nameInDiff({ file, shownFile }: FileEdit): string {
  const history = shownFile.startsWith('../') ? gitHistories()(dirname(file)) : undefined;
  return history === undefined || history.kind === 'failed'
    ? shownFile
    : relative(history.value.root, file);
}

/** The work trees that were written in. */
function rootsOf(moves: readonly Move[]): readonly string[] {
  const histories = gitHistories();
  const roots = moves.flatMap(({ reference }) => {
    const history = histories(reference.file.door.own);
    return history.kind === 'failed' ? [] : [history.value.root];
  });
  return [...new Set(roots)].sort();
}

function repositoryOf({ about }: FoundReference): string {
  return about.kind === 'image' ? about.image.repository : '';
}

function whereOf({ place: { file, line } }: FoundReference): string {
  return `${file}:${line}`;
}

function counted(items: readonly unknown[], noun: string): string {
  return `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
}

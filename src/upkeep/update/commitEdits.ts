import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import {
  commitFiles,
  commitOf,
  stagedFiles,
  trackedIn,
  uncommittedFiles,
  workTreeOf,
} from '#adapters/git/git.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { some } from '#core/text/some.js';
import type { ChangelogEdit } from './changelogEdit.js';

/** A commit of the changelogs of a run and of nothing else, ready to be made. */
export type PreparedCommit =
  | {
      readonly kind: 'ready';
      /** The commit that HEAD is at; absent where there is none yet. */
      readonly head?: string;
      /** Commits the files as they are now; an error says what git said. */
      readonly commit: (message: string) => Diagnostic | undefined;
    }
  | { readonly kind: 'refused'; readonly problem: Diagnostic };

/**
 * Looks, before anything is written, whether one commit can hold these changelogs alone: they lie
 * in one work tree, nothing is staged there, and none of them has changes of its own.
 *
 * @param more absolute: further files that must be as they are committed, since the edits count on them
 */
export function prepareCommit(
  edits: readonly ChangelogEdit[],
  more: readonly string[] = [],
): PreparedCommit {
  const roots = new Set<string>();
  const directories = edits.map(({ isShared, file, image }) =>
    isShared === true ? dirname(file) : image.tree.directory,
  );
  for (const directory of new Set(directories)) {
    const root = workTreeOf(directory);
    if (root.kind === 'failed') {
      return cannotAsk(root.reason);
    }
    roots.add(root.value);
  }
  const [root, ...others] = roots;
  if (root === undefined || others.length > 0) {
    const message = `the changelogs are in ${roots.size} git work trees; a commit can hold those of one only`;
    return refused(message, 'run the command for one tree at a time');
  }

  const staged = stagedFiles(root);
  if (staged.kind === 'failed') {
    return cannotAsk(staged.reason);
  }
  if (staged.value.length > 0) {
    const message = `other changes are staged: ${some(staged.value, 3)}`;
    return refused(message, 'commit them first, or take them out with `git restore --staged`');
  }

  const pathOf = ({ file, isNew }: ChangelogEdit): string =>
    isNew === true
      ? relative(root, join(realpathSync(dirname(file)), basename(file)))
      : relative(root, realpathSync(file));
  const files = [...new Set(edits.map(pathOf))];
  const fresh = [...new Set(edits.filter(({ isNew }) => isNew === true).map(pathOf))];
  const wanted = more.map((file) => relative(root, realpathSync(file)));
  const changed = uncommittedFiles(root, [...files, ...wanted]);
  if (changed.kind === 'failed') {
    return cannotAsk(changed.reason);
  }
  if (changed.value.length > 0) {
    const message = `changelogs have changes that are not committed: ${some(changed.value, 3)}`;
    // git restore does not know what it never had.
    const isKnown = changed.value.every((file) => trackedIn(root, file).kind !== 'nothing');
    const back = isKnown ? ', or take them back with `git restore`' : '';
    return refused(message, `commit them first${back}`);
  }

  const commit = (message: string) => {
    const made = commitFiles(root, files, message, fresh);
    if (made.kind === 'done') {
      return undefined;
    }
    return error('commit-failed', `git commit failed: ${made.reason}`, {
      hint: 'the changelogs are as they were',
    });
  };
  const head = commitOf(root, 'HEAD');
  return { kind: 'ready', commit, ...(head.kind === 'done' ? { head: head.value } : {}) };
}

function cannotAsk(reason: string): PreparedCommit {
  return refused(`--commit cannot work here: ${reason}`, 'leave out --commit');
}

function refused(message: string, hint: string): PreparedCommit {
  return { kind: 'refused', problem: error('commit-refused', message, { hint }) };
}

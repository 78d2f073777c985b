import { realpathSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { GitResult } from '#adapters/git/ask.js';
import {
  commitOf,
  describeCommit,
  exportCommit,
  exportSubmodules,
  workTreeOf,
} from '#adapters/git/git.js';
import { historyOfCommit } from '#adapters/git/history.js';
import { copyOfCommit } from '#adapters/git/workTrees.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import type { TreesInput } from './line/options.js';
import { RepositoryCopy } from './repositoryCopy.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/**
 * Does something with the trees as a git revision has them. Undefined, with the reason reported, where
 * the revision cannot be had.
 */
export function atRevision<T>(
  revision: string,
  trees: TreesInput,
  io: Io,
  work: Work<T | undefined>,
): T | undefined {
  const refuse = ({ reason }: Extract<GitResult<unknown>, { kind: 'failed' }>): undefined => {
    const message = `--diff ${revision}: no such directory or log, and ${reason}`;
    const hint =
      'name a directory of Dockerfiles, a log of docker-pkg, or a branch, tag or commit of the repository here';
    report(io, [error('diff', message, { hint })]);
    return undefined;
  };
  const root = workTreeOf(io.cwd);
  if (root.kind === 'failed') {
    return refuse(root);
  }
  const commit = commitOf(root.value, revision);
  if (commit.kind === 'failed') {
    return refuse(commit);
  }
  const copy = new CommitCopy(root.value);
  try {
    const done = copy.at(commit.value, trees, io, work);
    return done.kind === 'failed' ? refuse(done) : done.value;
  } finally {
    copy.remove();
  }
}

/** What is done in a copy; `root` is the top of it. */
type Work<T> = (trees: TreesInput, there: Io, root: string) => T;

/** A temporary directory that has the files of one commit after another, to work there. */
export class CommitCopy {
  readonly #root: string;
  readonly #copy: RepositoryCopy;
  readonly #isWhole: boolean;

  /**
   * @param root of the work tree: absolute, without links
   * @param isWhole whether submodules are among the files, and nothing is fetched
   */
  constructor(root: string, isWhole = false) {
    this.#root = root;
    this.#isWhole = isWhole;
    this.#copy = new RepositoryCopy(root);
  }

  /** Does something with the trees as a commit has them, as if the copy were the working directory. */
  at<T>(commit: string, trees: TreesInput, io: Io, work: Work<T>): GitResult<T> {
    const [root, copy] = [this.#root, this.#copy.top];
    const exported = this.#export(commit);
    if (exported.kind === 'failed') {
      return exported;
    }
    // Where plain Dockerfiles are found by convention, the top of a work tree is one that has this.
    makeDirectory(join(copy, '.git'));
    const here = realpathSync(io.cwd);
    const cwd = this.#copy.inCopy(here);
    // It may be newer than the commit.
    makeDirectory(cwd);
    // A relative one is in the copy already, seen from there.
    const moved = (path: string): string =>
      isAbsolute(path) ? this.#copy.inCopy(resolve(path)) : path;
    const { configFile, workspaceFile, directories } = trees;
    const value = work(
      {
        ...trees,
        directories: directories.map(moved),
        workTrees: copyOfCommit(copy),
        describe: (_, glob) => describeCommit(root, glob, commit),
        histories: historyOfCommit(root, commit, copy),
        ...(configFile === undefined ? {} : { configFile: moved(configFile) }),
        ...(workspaceFile === undefined ? {} : { workspaceFile: moved(workspaceFile) }),
      },
      { ...io, cwd },
      copy,
    );
    return { kind: 'done', value };
  }

  #export(commit: string): GitResult<unknown> {
    const [root, copy] = [this.#root, this.#copy.top];
    const index = this.#copy.beside('index');
    const trust = this.#isWhole ? 'asks' : 'fetches';
    const exported = exportCommit(root, commit, copy, index, trust);
    return exported.kind === 'done' && this.#isWhole
      ? exportSubmodules(root, commit, copy, index)
      : exported;
  }

  remove(): void {
    this.#copy.remove();
  }
}

/** Says nothing: what is wrong with an old commit is nobody's task. */
export function silentIo(io: Io): Io {
  const { hear: _, ...rest } = io;
  const nothing = (): void => {};
  return { ...rest, say: nothing, info: nothing, debug: nothing, raw: nothing, inPlace: nothing };
}

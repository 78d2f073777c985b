import { realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { isPartial, remoteOf } from '#adapters/git/mergeBase.js';
import { Contexts } from '#compiler/context/contexts.js';
import type { Graph } from '#compiler/resolve/graph.js';
import {
  type Before,
  changedImages,
  differing,
  type ImageChange,
  type ImageChanges,
  type RemovedImage,
} from '#compiler/select/changedImages.js';
import { isMatched } from '#compiler/select/matchImages.js';
import type { Selected } from '#compiler/select/select.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import { type Diagnostic, error, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { ListDirectory } from '#core/files/directories.js';
import { lookBehind } from '#core/files/lookAt.js';
import { isWithin } from '#core/files/paths.js';
import { CommitCopy, silentIo } from './atRevision.js';
import type { SelectionInput, TreesInput } from './line/options.js';
import { quoted } from './nextStep.js';
import { type Base, baseOf } from './sinceBase.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** How the images of the work tree differ from those of a commit. */
export interface ChangesSince extends ImageChanges {
  readonly base: Base;
}

interface SinceInput {
  readonly workspace: Workspace;
  readonly options: {
    readonly trees: TreesInput;
    readonly selection?: SelectionInput;
    readonly list?: ListDirectory;
  };
  /** Compiles all trees of another state of the files, whatever is wrong with a part of them. */
  readonly compile: (trees: TreesInput, io: Io) => CompiledBefore | undefined;
}

interface CompiledBefore {
  readonly graph: Graph;
  readonly diagnostics: readonly Diagnostic[];
}

/** The comparison of the work tree with a commit. */
export class Since {
  readonly #base: Base;
  readonly #input: SinceInput;
  readonly #io: Io;
  #found: ImageChanges = { changes: new Map(), removed: [], otherSettings: new Set() };
  #problem: Diagnostic | undefined;

  private constructor(base: Base, input: SinceInput, io: Io) {
    this.#base = base;
    this.#input = input;
    this.#io = io;
  }

  /**
   * Finds the commit: undefined, with the reason reported, where that is not possible.
   *
   * @param revision absent: where the work tree left the upstream branch (`baseOf`)
   */
  static open(revision: string | undefined, input: SinceInput, io: Io): Since | undefined {
    const found = baseOf(revision, io);
    const problem =
      found.kind === 'refused'
        ? found.problem
        : elsewhere(found.base.root, io.cwd, input.workspace);
    if (problem !== undefined || found.kind === 'refused') {
      report(io, problem === undefined ? [] : [problem]);
      return undefined;
    }
    return new Since(found.base, input, io);
  }

  /** Why the commit could not be read; undefined: it could. */
  get problem(): Diagnostic | undefined {
    return this.#problem;
  }

  /** What was found. */
  get found(): ChangesSince {
    return { base: this.#base, ...this.#found };
  }

  /** Which of some images differ. */
  readonly changed = (graph: Graph, asked: Selected): Selected => {
    const io = this.#io;
    io.inPlace(`comparing the images with ${this.#base.shown}`);
    const now = { graph, contexts: new Contexts(io.cwd, this.#input.options.list) };
    const copy = new CommitCopy(this.#base.root, true);
    try {
      const { trees } = this.#input.options;
      const done = copy.at(this.#base.commit, trees, io, (moved, there, top) => {
        const before = this.#before(moved, there);
        const compared = changedImages(now, asked, before);
        return { ...compared, removed: compared.removed.filter((one) => this.#isAsked(one, top)) };
      });
      if (done.kind === 'failed') {
        this.#problem = unreadable(this.#base, done.reason);
      } else {
        this.#found = done.value;
      }
    } finally {
      copy.remove();
      io.inPlace('');
    }
    return differing(graph, asked, this.#found);
  };

  /** The images as the commit has them. */
  #before(moved: TreesInput, there: Io): Before {
    const faults: Diagnostic[] = [];
    const silent: Io = { ...silentIo(there), hear: (found) => faults.push(...found) };
    const { workspace, compile, options } = this.#input;
    const isTree = (word: string): boolean =>
      workspace.file === undefined &&
      workspace.trees.some(({ directory }) => directory === resolve(this.#io.cwd, word));
    const named = options.trees.directories.flatMap((word, at) =>
      isTree(word) ? [moved.directories[at] ?? word] : [],
    );
    const directories = named.filter((word) => lookBehind(resolve(there.cwd, word))?.isDirectory());
    if (named.length > 0 && directories.length === 0) {
      return nothingBefore();
    }
    const trees = { ...moved, directories };
    const { workspaceFile, ...found } = trees;
    // A workspace file that is not there may have been where one is found.
    const isMoved =
      workspaceFile !== undefined && lookBehind(resolve(there.cwd, workspaceFile)) === undefined;
    const compiled = compile(isMoved ? found : trees, silent);
    if (compiled === undefined) {
      const why = faults.find((one) => hasErrors([one]))?.message;
      return nothingBefore(
        `${this.#base.name} cannot be compiled${why === undefined ? '' : `: ${why}`}`,
      );
    }
    const [problem] = compiled.diagnostics.filter((one) => hasErrors([one]));
    const gap = problem && `${this.#base.name} cannot be compiled: ${problem.message}`;
    const contexts = new Contexts(there.cwd);
    return { graph: compiled.graph, contexts, ...(gap === undefined ? {} : { gap }) };
  }

  /** Whether an image that is gone is one that the command line is about. */
  #isAsked(removed: RemovedImage, top: string): boolean {
    const { selection } = this.#input.options;
    const { within, words } = this.#input.workspace;
    const matches = (pattern: string): boolean => isMatched(removed, pattern);
    const { select = [], exclude = [] } = selection ?? {};
    const names = words?.names ?? [];
    const isAll = within.length === 0 && names.length === 0;
    const isInside = within.some((directory) =>
      isWithin(
        relative(this.#base.root, realpathSync(directory)),
        relative(top, removed.directory),
      ),
    );
    return (
      (isAll || isInside || names.some(matches)) &&
      (select.length === 0 || select.some(matches)) &&
      !exclude.some(matches)
    );
  }
}

/** Nothing was there, or nobody knows what (`gap`). */
function nothingBefore(gap?: string): Before {
  const graph: Graph = { images: [], byReference: new Map(), broken: [] };
  const contexts = new Contexts('/');
  return gap === undefined ? { graph, contexts } : { graph, contexts, gap };
}

/** A clone may lack files of commits (`--filter`): the repository's configuration says how they are fetched. */
function unreadable({ root, commit, name }: Base, reason: string): Diagnostic {
  const remote = remoteOf(root);
  const isLacking = remote !== undefined && isPartial(root);
  const line = isLacking ? 'this clone is partial, and lacks some' : reason.split('\n')[0];
  const hint = isLacking ? { hint: `git fetch --no-filter --refetch ${quoted(remote)}` } : {};
  return error(
    'since',
    `--since: the files of ${name} (${commit.slice(0, 12)}) cannot be read: ${line}`,
    hint,
  );
}

/** Why the trees cannot be compared: something that says what they are is not in the repository. */
function elsewhere(root: string, cwd: string, { file, trees }: Workspace): Diagnostic | undefined {
  const named = file === undefined ? [] : [{ shown: file, path: resolve(cwd, file) }];
  const all = trees.map(({ directory, shownDirectory: shown }) => ({ shown, path: directory }));
  const outside = [...named, ...all].find(({ path }) => !isWithin(root, realpathSync(path)));
  if (outside === undefined) {
    return undefined;
  }
  const message = `--since: ${outside.shown} is not in the git repository ${root}, and cannot be compared`;
  return error('since', message, { hint: 'name trees and a workspace file of one repository' });
}

/** What differs, as lines for stderr. */
export function sinceLines({ base, changes, removed }: ChangesSince): readonly string[] {
  const kinds = [...changes.values()];
  const count = (kind: ImageChange['kind']): number =>
    kinds.filter((each) => each.kind === kind).length;
  const counts = [
    [count('changed'), 'changed'],
    [count('new'), 'new'],
    [count('uncompared'), 'not comparable, counted as changed'],
    [removed.length, 'removed'],
  ] as const;
  const told = counts.flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]));
  const gone = removed.map(({ reference, shown }) => `removed: ${reference ?? shown}`);
  const reasons = new Map<string, number>();
  for (const change of kinds) {
    if (change.kind === 'uncompared') {
      reasons.set(change.reason, (reasons.get(change.reason) ?? 0) + 1);
    }
  }
  const whys = [...reasons].map(
    ([reason, number]) => `not comparable: ${number} image${number === 1 ? '' : 's'}: ${reason}`,
  );
  return [
    `since ${base.shown}: ${told.length === 0 ? 'no image differs' : told.join(', ')}`,
    ...gone,
    ...whys,
  ];
}

import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Change, gitHistories, type History } from '#adapters/git/history.js';
import { withContexts } from '#compiler/checkedGraph.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionDigests, withAncestors } from '#compiler/plan/definitionDigest.js';
import { type DefinitionParts, definitionParts } from '#compiler/plan/definitionParts.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import { type MadeOf, madeOf } from '#compiler/version/madeOf.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import type { Reference } from '#core/reference/brands.js';
import type { Search, Sought } from '#fleet/why/search.js';
import { CommitCopy, silentIo } from './atRevision.js';
import { compileTrees } from './compileTrees.js';
import type { TreesInput } from './line/options.js';
import type { Io } from './terminal/io.js';

/** More commits are not compiled. */
const mostCommits = 200;

/** Ctrl-C is heard at least once in so many commits of the log. */
const breath = 500;

/** A pipe gets a line about the search at most this often, in milliseconds. */
const signEveryMs = 15_000;

export interface Surroundings {
  readonly graph: Graph;
  readonly workspace: Workspace;
  readonly trees: TreesInput;
  /** Commits that reports name: they are compiled first. */
  readonly revisions: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Finds the definitions that published images were built from: commits that touched what an image, or one
 * of its ancestors, is made of are compiled, the newest first, until its definition digest is the published
 * one. One compilation looks for all images at the same time.
 */
export async function findPublished(
  sought: readonly Sought[],
  around: Surroundings,
  io: Io,
): Promise<ReadonlyMap<Reference, Search>> {
  const found = new Map<Reference, Search>();
  const history = gitHistories()(realpathSync(io.cwd));
  if (history.kind === 'failed') {
    for (const { image } of sought) {
      found.set(image.reference, { kind: 'not-found', reason: history.reason, tried: 0 });
    }
    return found;
  }
  const walk = new Walk(sought, history.value, around, io);
  const isShallow = history.kind === 'shallow';
  return walk.run(isShallow ? 'the clone is shallow, and has no older commits' : undefined);
}

/** An image that is looked for, and what was seen of it so far. */
interface Pending extends Sought {
  /** Whether a path is one that it is made of, now or as it was. */
  readonly touches: MadeOf[];
  /** The commits that touched it, the newest first. */
  readonly changedBy: Change[];
  /** Whether files that it is made of are not as the last commit has them. */
  readonly isEdited: boolean;
}

class Walk {
  readonly #history: History;
  readonly #around: Surroundings;
  readonly #io: Io;
  readonly #pending = new Map<Reference, Pending>();
  readonly #found = new Map<Reference, Search>();
  readonly #configs: ReadonlySet<string>;
  readonly #tried = new Set<string>();
  #toldAt: number;
  #copy: CommitCopy | undefined;

  constructor(sought: readonly Sought[], history: History, around: Surroundings, io: Io) {
    this.#history = history;
    this.#around = around;
    this.#io = io;
    this.#toldAt = io.now().getTime();
    this.#configs = configsOf(around.workspace);
    const uncommitted = history.uncommitted();
    const edited = uncommitted.kind === 'done' ? uncommitted.value : [];
    for (const each of sought) {
      const touches = madeOfAll(around.graph, each.image, history.root);
      const isEdited = this.#isTouched({ touches }, edited);
      this.#pending.set(each.image.reference, { ...each, touches, changedBy: [], isEdited });
    }
  }

  /** @param end why there are no more commits; absent: there is none */
  async run(end: string | undefined): Promise<ReadonlyMap<Reference, Search>> {
    let reason = end ?? 'no commit has the definition that is published';
    try {
      reason = (await this.#walk()) ?? reason;
    } finally {
      this.#copy?.remove();
    }
    const submodules = this.#pending.size === 0 ? undefined : this.#history.submodules();
    for (const { image, touches } of this.#pending.values()) {
      const inside = submodules?.kind === 'done' ? submodules.value : [];
      const submodule = inside.find((path) => touches.some((has) => has(path)));
      this.#found.set(image.reference, {
        kind: 'not-found',
        // No commit has the files of a submodule: none of those that were compiled could be it.
        reason:
          submodule === undefined
            ? reason
            : `it is made of the submodule ${submodule}, whose files are not in commits of this repository`,
        tried: this.#tried.size,
      });
    }
    this.#io.inPlace('');
    return this.#found;
  }

  /** Why the search ended before it was through; undefined: nothing is left to look at. */
  async #walk(): Promise<string | undefined> {
    for (const revision of this.#around.revisions) {
      await this.#try(revision, undefined, [...this.#pending.values()], 'report');
    }
    // The last commit by itself: what is here may have edits, and files that git ignores.
    let touched: readonly Pending[] = [...this.#pending.values()];
    let walked = 0;
    for (const change of this.#history.changes()) {
      if (++walked % breath === 0) {
        await setImmediate();
      }
      if (change.kind === 'failed') {
        return change.reason;
      }
      const { commit, time, files } = change.value;
      const open = touched.filter(({ image }) => this.#pending.has(image.reference));
      if (open.length > 0) {
        if (this.#tried.size >= mostCommits) {
          return `it is not among the newest ${mostCommits} commits that touched it`;
        }
        await this.#try(commit, time, open, 'history');
      }
      if (this.#pending.size === 0 || this.#around.signal.aborted) {
        return undefined;
      }
      touched = [...this.#pending.values()].filter((one) => this.#isTouched(one, files));
      for (const { changedBy } of touched) {
        changedBy.push(change.value);
      }
    }
    return undefined;
  }

  #isTouched({ touches }: Pick<Pending, 'touches'>, files: readonly string[]): boolean {
    return files.some(
      (file) => this.#configs.has(basename(file)) || touches.some((has) => has(file)),
    );
  }

  /** Compiles a commit, and looks for the images in it. */
  async #try(
    commit: string,
    time: number | undefined,
    open: readonly Pending[],
    by: 'report' | 'history',
  ): Promise<void> {
    // Ctrl-C is heard between two commits.
    await setImmediate();
    if (this.#around.signal.aborted || this.#tried.has(commit)) {
      return;
    }
    this.#tried.add(commit);
    this.#showLife(commit);
    const { root } = this.#history;
    this.#copy ??= new CommitCopy(root);
    const seen = this.#copy.at(commit, this.#around.trees, this.#io, (trees, there, copy) =>
      partsAt(open, { trees, root: copy }, there),
    );
    if (seen.kind === 'failed') {
      this.#io.info(`commit ${commit} cannot be looked at: ${seen.reason}`);
      return;
    }
    for (const { pending, parts, touches } of seen.value) {
      pending.touches.push(...touches);
      if (parts.digest === pending.published) {
        const { reference } = pending.image;
        const { changedBy, isEdited } = pending;
        this.#found.set(reference, {
          kind: 'found',
          commit,
          ...(time === undefined ? {} : { time }),
          by,
          parts,
          changedBy,
          ...(isEdited ? { uncommitted: true as const } : {}),
        });
        this.#pending.delete(reference);
      }
    }
  }

  #showLife(commit: string): void {
    const left = this.#pending.size;
    const images = left === 1 ? '1 image' : `${left} images`;
    const line = `looking for the published definition of ${images}: commit ${commit.slice(0, 12)} (${this.#tried.size} of at most ${mostCommits})`;
    this.#io.inPlace(line);
    this.#io.debug(line);
    const now = this.#io.now().getTime();
    if (!this.#io.terminal && now - this.#toldAt > signEveryMs) {
      this.#toldAt = now;
      this.#io.say(line);
    }
  }
}

interface Seen {
  readonly pending: Pending;
  readonly parts: DefinitionParts;
  readonly touches: readonly MadeOf[];
}

/** What the images are in a copy of a commit; those that it does not have, or not sound, are left out. */
function partsAt(
  open: readonly Pending[],
  { trees, root }: { readonly trees: TreesInput; readonly root: string },
  there: Io,
): readonly Seen[] {
  const compiled = compileTrees(
    { trees, words: 'images', named: 'shown', cycles: 'shown', lenient: true },
    silentIo(there),
  );
  if (compiled === undefined) {
    return [];
  }
  const contexts = new Contexts(there.cwd);
  const images = open.flatMap((pending) => {
    const { images: all } = compiled.graph;
    const image =
      all.find((one) => repositoryIn(one) === repositoryIn(pending.image)) ??
      all.find((one) => isSame(one, pending.image));
    return image === undefined ? [] : [{ pending, image }];
  });
  const wanted = new Set(images.map(({ image }) => image.reference));
  const graph = withContexts(compiled.graph, wanted, contexts);
  const digests = definitionDigests(graph, wanted, contexts.of);
  return images.flatMap(({ pending, image }) => {
    const parts = definitionParts(image, contexts.of(image), digests);
    const touches = madeOfAll(graph, image, root);
    return parts === undefined ? [] : [{ pending, parts, touches }];
  });
}

/** What an image is published as, whatever its directory and its tree were called. */
function repositoryIn({ rendered }: ResolvedImage): string {
  return rendered.definition.repository;
}

/** One whose registry has another name since. */
function isSame({ rendered: one }: ResolvedImage, { rendered: other }: ResolvedImage): boolean {
  return (
    one.definition.name === other.definition.name &&
    one.definition.tree.name === other.definition.tree.name
  );
}

/** What an image and its ancestors are made of. */
function madeOfAll(graph: Graph, image: ResolvedImage, root: string): MadeOf[] {
  return withAncestors(graph, new Set([image.reference])).map((one) =>
    madeOf(one, root, undefined),
  );
}

/** The names of the files that configurations are in, wherever they are. */
function configsOf({ file, trees }: Workspace): ReadonlySet<string> {
  const files = [
    ...(file === undefined ? [] : [file]),
    ...trees.flatMap(({ config }) => config.files),
  ];
  const own = ['generate-bake.toml', 'generate-bake.yaml', 'generate-bake.lock'];
  return new Set([...own, ...files.map((path) => basename(path))]);
}

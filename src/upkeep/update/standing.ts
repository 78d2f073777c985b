import { realpathSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { committedTexts } from '#adapters/git/blobs.js';
import type { Change, FindHistory, History } from '#adapters/git/history.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { type MadeOf, madeOf, madeOfDefinition } from '#compiler/version/madeOf.js';
import { isWithin, whyNot } from '#core/files/paths.js';
import { type Holder, holdersOf } from './holders.js';
import { type Move, movedFrom, onlyMoved, throughMove } from './moved.js';

/** What git says of an image and of the version that its files name. */
export type Standing =
  /** Nothing that it is made of changed since its version was written, as far as that is known. */
  | {
      readonly kind: 'released';
      /** Seconds since 1970: when its newest rebuild was counted, if that is newer than its version. */
      readonly rebuiltAt?: number;
    }
  /** Its version needs no other: it is not committed, so nobody else has seen it, or not published. */
  | {
      readonly kind: 'pending';
      readonly until: 'committed' | 'published';
      /** Absolute: where its version is written, if that is to be committed. */
      readonly files: readonly string[];
    }
  /** It changed, and its version did not. */
  | {
      readonly kind: 'unreleased';
      /** Absolute, the shortest first. */
      readonly files: readonly string[];
      /** The newest first; empty where nothing of it is committed. */
      readonly commits: readonly string[];
      readonly isUncommitted: boolean;
    }
  /** Git cannot tell; why, as a clause. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly isShallow?: true };

/** An image to ask about: linked where it could be. */
export interface Asked {
  readonly definition: ImageDefinition;
  readonly resolved?: ResolvedImage;
}

/**
 * Whether what images are made of changed after the newest version of each was written. The commit
 * that brought a version is the first one, walking back along first parents, before which another was
 * the newest. Git is asked for one log of each work tree, however many images there are, and no
 * network.
 */
export function findStandings(
  asked: readonly Asked[],
  histories: FindHistory,
): ReadonlyMap<ImageDefinition, Standing> {
  const found = new Map<ImageDefinition, Standing>();
  const walks = new Map<History, { readonly isShallow: boolean; readonly members: Member[] }>();
  for (const each of asked) {
    const { definition } = each;
    const holders = holdersOf(definition);
    const [first] = holders;
    if (first === undefined) {
      found.set(definition, { kind: 'released' });
      continue;
    }
    const history = histories(dirname(first.file));
    if (history.kind === 'failed') {
      found.set(definition, { kind: 'unknown', reason: history.reason });
      continue;
    }
    const { root } = history.value;
    let member: Member;
    try {
      member = new Member(each, root, holders);
    } catch (cause) {
      found.set(definition, { kind: 'unknown', reason: whyNot(cause) });
      continue;
    }
    const isShallow = history.kind === 'shallow';
    const walk = walks.get(history.value) ?? { isShallow, members: [] };
    walk.members.push(member);
    walks.set(history.value, walk);
  }
  for (const [history, { isShallow, members }] of walks) {
    const reason = walk(history, members, isShallow);
    for (const member of members) {
      found.set(
        member.definition,
        reason === undefined ? member.standing : { kind: 'unknown', reason },
      );
    }
  }
  return found;
}

interface PlacedHolder extends Holder {
  /** Relative to the root of the work tree. */
  readonly path: string;
}

/** One image on the way back through the history of its work tree. */
class Member {
  readonly definition: ImageDefinition;
  holders: readonly PlacedHolder[];
  /** Its directories that have another name than in HEAD. */
  moves: readonly Move[] = [];
  standing: Standing = { kind: 'unknown', reason: 'its version is in no commit' };
  /** How many commits were looked at. */
  age = 0;
  readonly #root: string;
  readonly #has: MadeOf;
  readonly #known = new Map<string, boolean>();
  readonly #files = new Set<string>();
  readonly #commits: string[] = [];
  #isUncommitted = false;

  constructor({ definition, resolved }: Asked, root: string, holders: readonly Holder[]) {
    this.definition = definition;
    this.#root = root;
    this.holders = holders.map((holder) => ({
      ...holder,
      path: posix.relative(root, realFile(holder.file)),
    }));
    const only = new Set(this.holders.filter(({ isInput }) => !isInput).map(({ path }) => path));
    const shared = sharedSettings(definition);
    if (shared !== undefined) {
      only.add(posix.relative(root, realFile(shared)));
    }
    const has = inputsOf({ definition, ...(resolved && { resolved }) }, root);
    this.#has = (path) => !only.has(path) && has(path);
  }

  /** Whether something of it changed after its version, whenever that was written. */
  get hasChanges(): boolean {
    return this.#files.size > 0;
  }

  /** Whether a path is an input of the image. */
  has(path: string): boolean {
    let known = this.#known.get(path);
    if (known === undefined) {
      const moved = this.moves.map(({ from, to }) => throughMove(path, from, to));
      known = this.#has(moved.find((one) => one !== undefined) ?? path);
      this.#known.set(path, known);
    }
    return known;
  }

  /** Remembers what of a change the image is made of; without a commit it is not committed. */
  add(files: readonly string[], commit?: string): void {
    const own = files.filter((file) => this.has(file));
    for (const file of own) {
      this.#files.add(file);
    }
    if (own.length > 0 && commit !== undefined) {
      this.#commits.push(commit);
    }
    this.#isUncommitted ||= own.length > 0 && commit === undefined;
  }

  /** The version was found: nothing before it counts. */
  end(time: number, isRebuilt: boolean): void {
    // Where only rebuilds are counted, its version comes from elsewhere, and every change may be in it.
    const isKnown = this.holders.some(({ isRebuilds }) => isRebuilds !== true);
    this.standing =
      this.#files.size === 0 || !isKnown
        ? { kind: 'released', ...(isRebuilt ? { rebuiltAt: time } : {}) }
        : {
            kind: 'unreleased',
            files: [...this.#files].sort(shortestFirst).map((file) => join(this.#root, file)),
            commits: this.#commits,
            isUncommitted: this.#isUncommitted,
          };
  }

  /** Its holders are looked for where HEAD has them. */
  move(from: ReadonlyMap<string, string>): void {
    const moved = this.holders.flatMap(({ path }): Move[] => {
      const old = from.get(path);
      return old === undefined ? [] : [{ from: posix.dirname(old), to: posix.dirname(path) }];
    });
    // The top of a work tree is not moved.
    if (moved.length === 0 || moved.some(({ from: old, to }) => old === '.' || to === '.')) {
      return;
    }
    this.moves = moved;
    this.holders = this.holders.map((holder) => ({
      ...holder,
      path: from.get(holder.path) ?? holder.path,
    }));
  }

  touched(files: readonly string[]): readonly PlacedHolder[] {
    return this.holders.filter(({ path }) => files.includes(path));
  }
}

/** Sets the standing of each; the reason, as a clause, where git does not tell. */
function walk(
  history: History,
  members: readonly Member[],
  isShallow: boolean,
): string | undefined {
  const commits = new Commits(history);
  const uncommitted = history.uncommitted();
  const head = commits.at(0);
  if (uncommitted.kind === 'failed') {
    return uncommitted.reason;
  }
  if (head.kind === 'failed') {
    return head.reason;
  }
  const changed = new Set(uncommitted.value);
  const renamed = renames(history.root, members, uncommitted.value);
  if (renamed.kind === 'failed') {
    return renamed.reason;
  }
  const dirty = members.flatMap((member): Question[] =>
    member.holders
      .filter(({ path }) => changed.has(path))
      .map((holder) => ({ member, holder, revision: 'HEAD' })),
  );
  const pending = brought(history.root, dirty);
  if (pending.kind === 'failed') {
    return pending.reason;
  }
  let open = members.filter((member) => {
    if (pending.value.has(member)) {
      const files = member.holders.map(({ file }) => file);
      member.standing = { kind: 'pending', until: 'committed', files };
      return false;
    }
    const isMoved = member.moves.length > 0;
    member.add(
      isMoved ? uncommitted.value.filter((path) => !renamed.value.has(path)) : uncommitted.value,
    );
    return true;
  });
  while (open.length > 0) {
    const questions: Question[] = [];
    for (const member of open) {
      const change = advance(member, commits);
      if (change.kind === 'failed') {
        return change.reason;
      }
      for (const holder of change.value === undefined ? [] : member.touched(change.value.files)) {
        questions.push({ member, holder, revision: `${change.value?.commit}^` });
      }
    }
    const answers = brought(history.root, questions);
    if (answers.kind === 'failed') {
      return answers.reason;
    }
    open = open.filter((member) => {
      const change = commits.at(member.age);
      if (change.kind === 'failed' || change.value === undefined) {
        return false;
      }
      if (!answers.value.has(member)) {
        member.add(change.value.files, change.value.commit);
        member.age++;
        return true;
      }
      const next = commits.at(member.age + 1);
      // The oldest commit of a shallow clone seems to bring all files.
      const isEdge = isShallow && next.kind === 'done' && next.value === undefined;
      if (isEdge && !member.hasChanges) {
        member.standing = { kind: 'unknown', reason: 'the clone is shallow', isShallow: true };
      } else {
        member.end(change.value.time, answers.value.get(member)?.has(true) === true);
      }
      return false;
    });
  }
  return undefined;
}

/**
 * Finds the members whose directories were renamed and not committed: that is no other version. The
 * files of these that are as they were.
 */
function renames(
  root: string,
  members: readonly Member[],
  uncommitted: readonly string[],
): ReturnType<typeof onlyMoved> {
  const changed = new Set(uncommitted);
  // What is named by its directory is another image there.
  const perhaps = members.filter(({ definition }) => definition.namedByPath !== true);
  const paths = perhaps.flatMap(({ holders }) =>
    holders.map(({ path }) => path).filter((path) => changed.has(path)),
  );
  const from = movedFrom(root, [...new Set(paths)], uncommitted);
  if (from.kind === 'failed') {
    return from;
  }
  for (const member of from.value.size === 0 ? [] : perhaps) {
    member.move(from.value);
  }
  return onlyMoved(
    root,
    uncommitted,
    perhaps.flatMap(({ moves }) => moves),
  );
}

/** Goes back to the next commit that touched a file that holds the version, if there is one. */
function advance(member: Member, commits: Commits): ReturnType<Commits['at']> {
  for (; ; member.age++) {
    const change = commits.at(member.age);
    if (change.kind === 'failed' || change.value === undefined) {
      return change;
    }
    if (member.touched(change.value.files).length > 0) {
      return change;
    }
    member.add(change.value.files, change.value.commit);
  }
}

interface Question {
  readonly member: Member;
  readonly holder: PlacedHolder;
  readonly revision: string;
}

/**
 * Of which images a revision does not have the version that they have now: `true` where it counts
 * other rebuilds, `false` where it has another version.
 */
function brought(
  root: string,
  questions: readonly Question[],
):
  | { kind: 'done'; value: ReadonlyMap<Member, ReadonlySet<boolean>> }
  | { kind: 'failed'; reason: string } {
  const texts = committedTexts(
    root,
    questions.map(({ holder, revision }) => ({ revision, path: holder.path })),
  );
  if (texts.kind === 'failed') {
    return texts;
  }
  const others = questions.filter(({ holder }, index) => !holder.isSame(texts.value[index]));
  const value = new Map<Member, Set<boolean>>();
  for (const { member, holder } of others) {
    value.set(member, (value.get(member) ?? new Set()).add(holder.isRebuilds === true));
  }
  return { kind: 'done', value };
}

/** The changes by their age, read from git as they are asked for. */
class Commits {
  readonly #known: Change[] = [];
  readonly #rest: ReturnType<History['changes']>;

  constructor(history: History) {
    this.#rest = history.changes();
  }

  /** Undefined behind the oldest. */
  at(
    age: number,
  ):
    | { readonly kind: 'done'; readonly value: Change | undefined }
    | { readonly kind: 'failed'; readonly reason: string } {
    while (this.#known.length <= age) {
      const next = this.#rest.next();
      if (next.done === true) {
        break;
      }
      if (next.value.kind === 'failed') {
        return next.value;
      }
      this.#known.push(next.value.value);
    }
    return { kind: 'done', value: this.#known[age] };
  }
}

function inputsOf({ definition, resolved }: Asked, root: string): MadeOf {
  const { contextDigest, versionSpot } = definition;
  if (contextDigest !== undefined && versionSpot !== undefined) {
    // Of a root filesystem: its context is what was made, and may not be there.
    const recipe = posix.relative(root, realpathSync(dirname(versionSpot.file)));
    return (path) => recipe === '' || isWithin(recipe, path);
  }
  return resolved === undefined
    ? madeOfDefinition(definition, root)
    : madeOf(resolved, root, undefined);
}

/** A workspace file says something of many images; that it changed says nothing of this one. */
function sharedSettings({ settingsFile, home, directory }: ImageDefinition): string | undefined {
  return settingsFile === undefined || isWithin(home ?? directory, settingsFile)
    ? undefined
    : settingsFile;
}

/** A file that may not be there in a directory that is. */
function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return join(realpathSync(dirname(file)), posix.basename(file));
  }
}

function shortestFirst(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

import { dirname } from 'node:path';
import { committedTexts } from '#adapters/git/blobs.js';
import type { Change, FindHistory, History } from '#adapters/git/history.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { whyNot } from '#core/files/paths.js';
import { holdersOf } from './holders.js';
import { type Asked, Member, type PlacedHolder, type Standing } from './member.js';
import { movedFrom, onlyMoved } from './moved.js';

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

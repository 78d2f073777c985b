import type { Change, FindHistory, History } from '#adapters/git/history.js';
import type { ListDirectory } from '#core/files/directories.js';
import type { Reference } from '#core/reference/brands.js';
import type { ImageDefinition } from '../definitions/definition.js';
import { rebuildSuffix } from '../definitions/rebuilds.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import { type MadeOf, madeOf } from './madeOf.js';
import { type VersionOutcome, versionProblem } from './outcome.js';
import { writtenBroken } from './writtenBroken.js';

/** As many digits as git itself shows of a commit in a large repository. */
const digits = 12;

/**
 * The versions that are commits: the newest one that changed something of what an image, or one of its
 * ancestors in the trees, is made of. Git is asked once for each work tree.
 */
export function commitVersions(
  graph: Graph,
  histories: FindHistory,
  list: ListDirectory | undefined,
): Map<ImageDefinition, VersionOutcome> {
  const { images, byReference } = graph;
  const found = new Map<ImageDefinition, VersionOutcome>();
  const wanted = new Set<ResolvedImage>();
  for (const image of images.toReversed()) {
    if (image.rendered.definition.computed?.kind === 'commit' || wanted.has(image)) {
      wanted.add(image);
      for (const { parent } of image.parents) {
        const above = byReference.get(parent);
        if (above !== undefined) {
          wanted.add(above);
        }
      }
    }
  }
  if (wanted.size === 0) {
    return found;
  }
  const own = newestOfEach([...wanted], histories, list);
  const all = new Map<Reference, State>(
    writtenBroken(graph).map((reference) => [reference, unknowable(reference)]),
  );
  for (const image of images) {
    const state = own.get(image);
    if (state === undefined) {
      continue;
    }
    const above = image.parents.map(({ parent }) => all.get(parent));
    if (above.includes(undefined)) {
      continue;
    }
    const joined = above.reduce((one, other) => join(one, other), state) ?? state;
    all.set(image.reference, joined);
    const { definition } = image.rendered;
    if (definition.computed?.kind === 'commit') {
      found.set(definition, versionOf(definition, joined));
    }
  }
  return found;
}

/** What git says of the files that images are made of. */
type State =
  | {
      readonly kind: 'known';
      /** Absent: no commit has any of the files. */
      readonly newest?: Touch;
      readonly isDirty: boolean;
    }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

/** Which files a broken image is made of nobody knows. */
function unknowable(reference: Reference): State {
  return {
    kind: 'refused',
    message: `its newest commit is not known: it is built on ${reference}, which is broken`,
    hint: 'fix that first',
  };
}

interface Touch {
  readonly root: string;
  /** How many commits of that work tree are newer. */
  readonly age: number;
  readonly change: Change;
}

function join(one: State | undefined, other: State | undefined): State | undefined {
  if (one?.kind !== 'known' || other?.kind !== 'known') {
    return one?.kind === 'known' ? other : one;
  }
  const newest = newer(one.newest, other.newest);
  return {
    kind: 'known',
    ...(newest === undefined ? {} : { newest }),
    isDirty: one.isDirty || other.isDirty,
  };
}

/** Of two work trees only times can be compared. */
function newer(one: Touch | undefined, other: Touch | undefined): Touch | undefined {
  if (one === undefined || other === undefined) {
    return one ?? other;
  }
  const isOther =
    one.root === other.root ? other.age < one.age : other.change.time > one.change.time;
  return isOther ? other : one;
}

function versionOf(definition: ImageDefinition, state: State): VersionOutcome {
  if (state.kind === 'refused') {
    return versionProblem(definition, state.message, state.hint);
  }
  const { newest, isDirty } = state;
  if (newest === undefined) {
    return versionProblem(definition, 'no commit has the files of the image', 'commit them');
  }
  const rebuilds = rebuildSuffix(definition, definition.rebuilds ?? 0);
  const commit = newest.change.commit.slice(0, digits) + rebuilds;
  return {
    kind: 'found',
    computed: isDirty
      ? { kind: 'commit', version: `${commit}-dirty`, isDirty: true }
      : { kind: 'commit', version: commit },
  };
}

/** What git says of each image alone. */
function newestOfEach(
  images: readonly ResolvedImage[],
  histories: FindHistory,
  list: ListDirectory | undefined,
): ReadonlyMap<ResolvedImage, State> {
  const states = new Map<ResolvedImage, State>();
  const byHistory = new Map<History, [ResolvedImage, MadeOf][]>();
  for (const image of images) {
    const { directory, home = directory } = image.rendered.definition;
    const history = histories(home);
    if (history.kind === 'done') {
      const known = byHistory.get(history.value) ?? [];
      known.push([image, madeOf(image, history.value.root, list)]);
      byHistory.set(history.value, known);
    } else {
      states.set(image, refusal(history));
    }
  }
  for (const [history, members] of byHistory) {
    for (const [image, state] of statesIn(history, members)) {
      states.set(image, state);
    }
  }
  return states;
}

function refusal(history: Exclude<ReturnType<FindHistory>, { kind: 'done' }>): State {
  if (history.kind === 'shallow') {
    return {
      kind: 'refused',
      message: 'a shallow clone does not have the commits that versions are taken from',
      hint: 'git fetch --unshallow',
    };
  }
  return {
    kind: 'refused',
    message: `git cannot tell the version: ${history.reason}`,
    hint: 'version = "commit" needs a git checkout with its history; "content" needs none',
  };
}

function statesIn(
  history: History,
  members: readonly (readonly [ResolvedImage, MadeOf])[],
): ReadonlyMap<ResolvedImage, State> {
  const failed = (reason: string) =>
    new Map(members.map(([image]) => [image, refusal({ kind: 'failed', reason })]));
  const uncommitted = history.uncommitted();
  if (uncommitted.kind === 'failed') {
    return failed(uncommitted.reason);
  }
  const touches = new Map<ResolvedImage, Touch>();
  const missing = new Map(members);
  let head: Touch | undefined;
  let age = 0;
  for (const change of history.changes()) {
    if (change.kind === 'failed') {
      return failed(change.reason);
    }
    const touch = { root: history.root, age: age++, change: change.value };
    head ??= touch;
    for (const [image, has] of missing) {
      if (change.value.files.some(has)) {
        touches.set(image, touch);
        missing.delete(image);
      }
    }
    if (missing.size === 0) {
      break;
    }
  }
  return new Map(
    members.map(([image, has]) => {
      const isDirty = uncommitted.value.some(has);
      // What is not committed yet begins at the commit that there is.
      const newest = touches.get(image) ?? (isDirty ? head : undefined);
      const state: State = { kind: 'known', isDirty, ...(newest === undefined ? {} : { newest }) };
      return [image, state];
    }),
  );
}

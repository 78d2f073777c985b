import type { Reference } from '#core/reference/brands.js';
import { unifiedDiff } from '../render/diff.js';
import type { DefinitionParts } from './definitionParts.js';
import type { ContextPart } from './plan.js';

/** How two definitions of one image differ; what is the same is absent. */
export interface DefinitionChanges {
  /** A unified diff of the rendered Dockerfile. */
  readonly dockerfile?: string;
  /** Names of values of the configuration that its template may use. */
  readonly settings?: readonly string[];
  /** Paths of its context, sorted. */
  readonly files?: FileChanges;
  /** Its context is made, by another recipe. */
  readonly recipe?: true;
  readonly parents?: readonly ParentChange[];
  readonly args?: readonly ValueChange[];
  readonly labels?: readonly ValueChange[];
  readonly platforms?: Change<readonly string[]>;
  /** The stage that is built; empty: the last one. */
  readonly stage?: Change<string>;
  /** How often it was rebuilt. */
  readonly rebuilds?: Change<number>;
}

export interface FileChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Those whose content is another. */
  readonly changed: readonly string[];
  /** Those that are of another kind: a file became executable, or a link. Absent: none. */
  readonly kinds?: readonly KindChange[];
}

interface KindChange extends Change<ContextPart['kind']> {
  readonly path: string;
}

interface ParentChange {
  readonly parent: Reference;
  readonly change: 'added' | 'removed' | 'changed';
  /** What it was built on, where that is another version. */
  readonly before?: Reference;
}

interface ValueChange {
  readonly name: string;
  /** Absent: it was not there. */
  readonly from?: string;
  /** Absent: it is not there any more. */
  readonly to?: string;
}

interface Change<T> {
  readonly from: T;
  readonly to: T;
}

/** What changed from one definition to another. Pure. */
export function changesBetween(before: DefinitionParts, after: DefinitionParts): DefinitionChanges {
  const dockerfile = unifiedDiff('Dockerfile', before.dockerfile, after.dockerfile);
  const files = fileChanges(before, after);
  const isMade = before.files === undefined && after.files === undefined;
  const parents = parentChanges(before.parents, after.parents);
  const args = valueChanges(before.args, after.args);
  const labels = valueChanges(before.labels, after.labels);
  const settings =
    dockerfile === '' ? [] : valueChanges(before.settings, after.settings).map(({ name }) => name);
  return {
    ...(dockerfile === '' ? {} : { dockerfile }),
    ...some('settings', settings),
    ...(files === undefined ? {} : { files }),
    ...(isMade && before.context !== after.context ? { recipe: true as const } : {}),
    ...some('parents', parents),
    ...some('args', args),
    ...some('labels', labels),
    ...(before.platforms.join() === after.platforms.join()
      ? {}
      : { platforms: { from: before.platforms, to: after.platforms } }),
    ...(before.stage === after.stage ? {} : { stage: { from: before.stage, to: after.stage } }),
    ...(before.rebuilds === after.rebuilds
      ? {}
      : { rebuilds: { from: before.rebuilds, to: after.rebuilds } }),
  };
}

function some<Key extends string, T>(
  key: Key,
  values: readonly T[],
): { [K in Key]?: readonly T[] } {
  return values.length === 0 ? {} : ({ [key]: values } as { [K in Key]: readonly T[] });
}

function fileChanges(before: DefinitionParts, after: DefinitionParts): FileChanges | undefined {
  const [old = new Map(), now = new Map()] = [before.files, after.files];
  const added = [...now.keys()].filter((path) => !old.has(path)).sort();
  const removed = [...old.keys()].filter((path) => !now.has(path)).sort();
  const both = [...now].flatMap(([path, to]) => {
    const from = old.get(path);
    return from === undefined ? [] : [{ path, from, to }];
  });
  both.sort((a, b) => (a.path < b.path ? -1 : 1));
  const changed = both.filter(({ from, to }) => from.digest !== to.digest).map(({ path }) => path);
  const kinds = both
    .filter(({ from, to }) => from.kind !== to.kind)
    .map(({ path, from, to }) => ({ path, from: from.kind, to: to.kind }));
  return added.length + removed.length + changed.length + kinds.length === 0
    ? undefined
    : { added, removed, changed, ...some('kinds', kinds) };
}

/** Parents are the same where their repositories are: a new version of one is a change of it. */
function parentChanges(
  before: DefinitionParts['parents'],
  after: DefinitionParts['parents'],
): readonly ParentChange[] {
  const old = byRepository(before);
  const now = byRepository(after);
  const changes: ParentChange[] = [];
  for (const [repository, { reference, digest }] of now) {
    const was = old.get(repository);
    if (was === undefined) {
      changes.push({ parent: reference, change: 'added' });
    } else if (was.reference !== reference) {
      changes.push({ parent: reference, change: 'changed', before: was.reference });
    } else if (was.digest !== digest) {
      changes.push({ parent: reference, change: 'changed' });
    }
  }
  for (const [repository, { reference }] of old) {
    if (!now.has(repository)) {
      changes.push({ parent: reference, change: 'removed' });
    }
  }
  return changes;
}

function byRepository(parents: DefinitionParts['parents']) {
  return new Map(
    [...parents.values()].map((part) => [
      part.reference.slice(0, part.reference.lastIndexOf(':')),
      part,
    ]),
  );
}

function valueChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly ValueChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    return from === to
      ? []
      : [{ name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  });
}

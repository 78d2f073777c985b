/** What a build would do: which group each decision is in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type ForecastInput, forecast } from '#builder/report/forecast.js';
import { whyUnpublished } from '#builder/unpublished.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { graphOf, treeOf } from '../../support/graph.js';

const tree = treeOf('images');
const manual = treeOf('manual', { latest: 'manual' });
const local = treeOf('local');
const graph = graphOf([
  { name: 'a', tree },
  { name: 'b', tree },
  { name: 'c', tree },
  { name: 'm', tree: manual },
  { name: 'l', tree: local },
]);
const reference = (name: string) => `r/${name}:1` as Reference;
const all = new Set(graph.images.map((image) => image.reference));

function decided(parts: Readonly<Record<string, Partial<Decision>>>): Decision[] {
  return Object.entries(parts).map(([name, part]) => ({
    reference: reference(name),
    state: 'absent',
    action: 'build',
    why: 'not in the registry',
    parents: [],
    ...part,
  }));
}

function input(
  publishing: readonly Tree[],
  request: Partial<ForecastInput['request']> = {},
): ForecastInput {
  const access = { host: 'registry.example' } as RegistryAccess;
  const push = { ...access, push: { host: 'push.example' } as RegistryAccess };
  return {
    request: { graph, publish: 'configured', latest: 'forward', selected: all, ...request },
    registries: {
      accesses: new Map([
        [tree, access],
        [manual, push],
      ]),
      publishing: new Set(publishing),
    },
  };
}

const names = (decisions: readonly Decision[]) =>
  decisions.map((decision) => decision.reference.slice(2, -2));

test('what is built is grouped by why it would not be published', () => {
  const decisions = decided({ a: {}, m: {}, b: { heldBack: 'held: audit' }, l: {}, c: {} });
  const groups = (publishing: readonly Tree[], more: Partial<ForecastInput['request']> = {}) =>
    forecast(input(publishing, more), decisions).built.map((group) => [
      group.unpublished ?? (group.isLocal ? 'local' : 'published'),
      names(group.decisions),
    ]);
  assert.deepEqual(groups([tree]), [
    ['published', ['a', 'c']],
    ['no credentials for push.example', ['m']],
    ['held: audit', ['b']],
    ['local', ['l']],
  ]);
  assert.deepEqual(groups([], { publish: 'never' }), [
    ['--no-publish', ['a', 'm', 'c']],
    ['--no-publish; held: audit', ['b']],
    ['local', ['l']],
  ]);
});

test('no reason hides the other: images without credentials that a hold is on too', () => {
  const local = { action: 'skip', state: 'local' } as const;
  const found = forecast(
    input([]),
    decided({ a: local, b: { ...local, heldBack: 'held: audit' }, c: { heldBack: 'held: audit' } }),
  );
  assert.deepEqual(
    found.built.map(({ unpublished }) => unpublished),
    ['no credentials for registry.example; held: audit'],
  );
  assert.deepEqual([...found.unpublished], [['no credentials for registry.example', 2]]);
  assert.deepEqual(names(found.kept), ['b']);
});

test('a user without a password is named', () => {
  const known = treeOf('known', { username: 'robot' });
  const access = { host: 'registry.example' } as RegistryAccess;
  const registries = { accesses: new Map([[known, access]]), publishing: new Set<Tree>() };
  assert.equal(
    whyUnpublished(known, 'configured', registries),
    'no password for robot at registry.example',
  );
});

test('latest is moved to what is published, unless somebody else moves it or it is held', () => {
  const held = { digest: `sha256:${'a'.repeat(64)}` as Digest };
  const decisions = decided({ a: {}, b: { action: 'finish' }, c: { held }, m: {} });
  const moved = (more: Partial<ForecastInput['request']> = {}) =>
    forecast(input([tree, manual], more), decisions).latest;
  assert.equal(moved(), 2);
  assert.equal(moved({ latest: 'never' }), 0);
  assert.equal(forecast(input([]), decided({ a: {} })).latest, 0);
});

test('every decision is in one place; what nobody asked for and needs is in none', () => {
  const { built, finished, tagged, stopped, kept, settled } = forecast(
    input([tree]),
    decided({
      a: { action: 'skip', state: 'published' },
      b: { action: 'skip', state: 'published', owed: ['latest'] },
      c: { action: 'skip', state: 'drifted' },
      m: { action: 'blocked' },
      l: { action: 'finish', state: 'local' },
    }),
  );
  assert.deepEqual(
    [settled, tagged, kept, stopped, finished, built.flatMap((group) => group.decisions)].map(
      names,
    ),
    [['a'], ['b'], ['c'], ['m'], ['l'], []],
  );
  const some = forecast(
    input([tree], { selected: new Set([reference('a')]) }),
    decided({ a: {}, b: { action: 'skip', state: 'drifted' } }),
    new Set([reference('a')]),
  );
  // What cannot be planned is reported as an error.
  assert.deepEqual([some.built, some.kept], [[], []]);
});

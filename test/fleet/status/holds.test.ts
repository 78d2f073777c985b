/** What a hold of the workspace file does to the decisions of a build. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionLabel } from '#compiler/plan/labels.js';
import { type Graph, inOrder, withBroken } from '#compiler/resolve/graph.js';
import { holder } from '#compiler/select/holder.js';
import { type Hold, type HoldStop, holdStops } from '#compiler/workspace/holdKeys.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { type Decision, decide } from '#fleet/status/decide.js';
import type { Facts } from '#fleet/status/facts.js';
import { overview } from '#fleet/status/overview.js';
import type { DecideOptions } from '#fleet/status/states.js';
import { statusLine } from '#fleet/status/summary.js';
import { graphOf, treeOf } from '../../support/graph.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const definition = digest('d');

type Known = 'published' | 'drifted' | 'absent' | 'unknown' | 'local' | 'latest owed';

function factsOf(known: Known): Facts {
  const labels = new Map([[definitionLabel, known === 'drifted' ? digest('e') : definition]]);
  const config = { known: true, value: { labels, layers: [] } } as const;
  const there = { kind: 'published', digest: digest('b'), mediaType: 'm', config } as const;
  switch (known) {
    case 'published':
    case 'drifted':
      return { registry: there, definition };
    case 'latest owed':
      return { registry: there, definition, owed: { tags: ['latest', '1.x'] } };
    case 'absent':
      return { registry: { kind: 'absent' }, definition };
    case 'unknown':
      return { registry: { kind: 'unknown', reason: 'it answers 503' }, definition };
    case 'local':
      return {
        registry: { kind: 'absent' },
        definition,
        local: { id: digest('1'), labels, layers: [], registryDigests: [] },
      };
  }
}

interface Options extends Partial<Omit<DecideOptions, 'selected' | 'holdOf'>> {
  /** The images that the hold is about. */
  readonly on: readonly string[];
  readonly stops?: readonly HoldStop[];
  readonly broken?: string;
}

/** base ← app ← deep, and other. */
function graphIn(tree: Tree): Graph {
  return graphOf([
    { name: 'base', tree },
    { name: 'app', parents: ['base'], tree },
    { name: 'deep', parents: ['app'], tree },
    { name: 'other', tree },
  ]);
}

/** What is decided where a hold is on some of them. */
function decided(
  situation: Readonly<Record<string, Known>>,
  { on, stops = holdStops, broken, ...rest }: Options,
): ReadonlyMap<string, Decision> {
  const hold: Hold = {
    images: on.map((value) => ({ value, place: { file: 'ws.toml' } })),
    stops,
    reason: 'audit',
    place: { file: 'ws.toml', line: 7 },
  };
  const tree = { ...treeOf('images', { registry: 'r' }), holds: [hold] };
  const sound = graphIn(tree);
  const graph =
    broken === undefined
      ? sound
      : withBroken(
          sound,
          new Map([[`r/${broken}:1` as Reference, [error('directory', 'its template fails')]]]),
        );
  const all = inOrder(graph).map(({ reference }) => reference);
  const facts = new Map(
    all.map((each) => [each, factsOf(situation[each.slice(2, -2)] ?? 'absent')] as const),
  );
  const decisions = decide(graph, facts, {
    selected: new Set(all),
    pull: true,
    publishing: new Set([tree]),
    seesLocalImages: true,
    overwritePublished: false,
    rebuildLost: false,
    ...rest,
    holdOf: holder(graph, new Date('2026-11-27T00:00:00Z')),
  });
  return new Map(decisions.map((decision) => [decision.reference.slice(2, -2), decision]));
}

const actions = (decisions: ReadonlyMap<string, Decision>) =>
  Object.fromEntries([...decisions].map(([name, { action }]) => [name, action]));

test('an absent image is not built while it is held, and what is built on it is blocked', () => {
  const found = decided({}, { on: ['app'] });
  assert.deepEqual(actions(found), {
    base: 'build',
    other: 'build',
    app: 'held',
    deep: 'blocked',
  });
  assert.equal(found.get('app')?.why, 'held: audit (ws.toml:7)');
  const deep = found.get('deep');
  assert.equal(deep?.why, 'blocked by r/app:1, which is held: audit (ws.toml:7)');
  assert.deepEqual(deep?.chain, ['r/app:1']);
  assert.equal(deep?.hold?.stop, 'build');
  const { rows } = overview(graphIn(treeOf()), [...found.values()], {
    named: new Set(),
    everything: false,
  });
  assert.deepEqual(
    rows.slice(0, 2).map(({ decision, depth }) => [decision.reference, decision.action, depth]),
    [
      ['r/app:1', 'held', 0],
      ['r/deep:1', 'blocked', 1],
    ],
  );
  assert.match(statusLine([...found.values()]), /; 2 to build, 1 blocked, 1 held$/);
});

test('what nobody needs is not built for a held image, and what is published serves', () => {
  const held = decided({ other: 'published' }, { on: ['app', 'deep'] });
  assert.equal(held.get('deep')?.action, 'held');
  const served = decided({ base: 'published', app: 'published' }, { on: ['app'] });
  assert.deepEqual(actions(served), {
    base: 'skip',
    app: 'skip',
    deep: 'build',
    other: 'build',
  });
  // Nothing is kept from anybody.
  assert.equal(served.get('app')?.hold, undefined);
});

test('what has drifted is not overwritten while it is held', () => {
  const wish = { overwritePublished: true };
  const situation = { base: 'drifted', app: 'published', deep: 'published' } as const;
  assert.equal(decided(situation, { on: ['other'], ...wish }).get('base')?.action, 'build');
  const kept = decided(situation, { on: ['base'], ...wish }).get('base');
  assert.equal(kept?.action, 'skip');
  assert.equal(kept?.why, 'held: audit (ws.toml:7)');
});

test('a broken image is no failure while it is held, nor is what is built on it', () => {
  const free = decided({}, { on: ['other'], broken: 'app' });
  assert.equal(free.get('app')?.action, 'fail');
  assert.equal(free.get('deep')?.hold, undefined);
  const held = decided({}, { on: ['app'], broken: 'app' });
  assert.equal(held.get('app')?.action, 'held');
  assert.equal(held.get('app')?.why, 'held: audit (ws.toml:7); its definition is broken');
  assert.equal(held.get('deep')?.action, 'blocked');
  assert.equal(held.get('deep')?.hold?.stop, 'build');
  // Another hold than one on building does not help.
  assert.equal(
    decided({}, { on: ['app'], stops: ['publish'], broken: 'app' }).get('app')?.action,
    'fail',
  );
});

test('what is not known stays unknown: nobody may take it for published', () => {
  const found = decided({ base: 'published', app: 'unknown' }, { on: ['app'] });
  assert.equal(found.get('app')?.action, 'stop');
  assert.equal(found.get('deep')?.action, 'stop');
});

test('a hold on publishing: it is built and tested, and neither it nor what is built on it leaves', () => {
  const found = decided({}, { on: ['app'], stops: ['publish'] });
  assert.deepEqual(actions(found), { base: 'build', app: 'build', deep: 'build', other: 'build' });
  assert.equal(found.get('app')?.heldBack, 'held: audit (ws.toml:7)');
  assert.equal(found.get('deep')?.heldBack, 'it is built on r/app:1, which is held back');
  assert.equal(found.get('base')?.heldBack, undefined);
  assert.equal(found.get('deep')?.hold?.stop, 'publish');
  // What is there already is left as it is, and what is built on a published version may leave.
  const later = decided(
    { base: 'published', app: 'local', deep: 'local' },
    { on: ['app'], stops: ['publish'] },
  );
  assert.equal(later.get('app')?.action, 'skip');
  assert.equal(later.get('app')?.why, 'it is built; not published: held: audit (ws.toml:7)');
  assert.equal(later.get('app')?.heldBack, 'held: audit (ws.toml:7)');
  assert.equal(later.get('deep')?.action, 'skip');
  const free = decided({ app: 'published' }, { on: ['app'], stops: ['publish'] });
  assert.equal(free.get('deep')?.heldBack, undefined);
});

test('a hold on latest: it is owed later, and other tags are put', () => {
  const found = decided({ app: 'latest owed' }, { on: ['app', 'other'], stops: ['latest'] });
  assert.deepEqual(found.get('app')?.owed, ['1.x']);
  assert.equal(found.get('app')?.why, 'latest is held: audit (ws.toml:7)');
  assert.equal(found.get('other')?.action, 'build');
  assert.equal(found.get('other')?.hold?.stop, 'latest');
  const free = decided({ app: 'latest owed' }, { on: ['app'], stops: ['publish', 'build'] });
  assert.deepEqual(free.get('app')?.owed, ['latest', '1.x']);
});

test('with --no-pull, what a registry that cannot be asked may have is built and not published', () => {
  const found = decided({ base: 'unknown', app: 'absent' }, { on: [], pull: false });
  const said = (name: string) => [found.get(name)?.action, found.get(name)?.heldBack];
  assert.deepEqual(said('base'), ['build', 'the registry cannot be asked: it answers 503']);
  assert.deepEqual(said('app'), ['build', 'it is built on r/base:1, which is held back']);
  assert.deepEqual(said('other'), ['build', undefined]);
  const unasked = [...found].filter(([, { isUnasked }]) => isUnasked).map(([name]) => name);
  assert.deepEqual(unasked, ['base', 'app', 'deep']);
  // No reason hides the other.
  const both = decided({ base: 'unknown' }, { on: ['base'], stops: ['publish'], pull: false });
  assert.equal(
    both.get('base')?.heldBack,
    'held: audit (ws.toml:7); the registry cannot be asked: it answers 503',
  );
  // Where nothing would be published, nothing is missing.
  const silent = decided({ base: 'unknown' }, { on: [], pull: false, publishing: new Set() });
  assert.equal(silent.get('base')?.heldBack, undefined);
});

test('with --no-pull what the engine has serves while it is held', () => {
  const found = decided(
    { base: 'local', app: 'local', deep: 'absent' },
    { on: ['base', 'app'], pull: false },
  );
  assert.equal(found.get('deep')?.action, 'build');
});

/** What a person sees of the decisions, and in which order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { overview } from '#fleet/status/overview.js';
import { statusLine } from '#fleet/status/summary.js';
import { graphOf } from '../../support/graph.js';

const graph = graphOf([
  { name: 'base' },
  { name: 'other' },
  { name: 'lib', parents: ['base'] },
  { name: 'tool', parents: ['other'] },
  { name: 'app', parents: ['copy tool', 'lib'], base: 'r/lib:1' },
  { name: 'deep', parents: ['app'] },
]);

const reference = (name: string) => `r/${name}:1` as Reference;

function decided(parts: Readonly<Record<string, Partial<Decision>>>): Decision[] {
  return graph.images.map(({ rendered: { definition } }) => ({
    reference: reference(definition.name),
    state: 'published',
    action: 'skip',
    why: 'it is published',
    parents: [],
    ...parts[definition.name],
  }));
}

/** `name` where something drags it along: two spaces a step. */
function seen(
  parts: Readonly<Record<string, Partial<Decision>>>,
  { named = [] as string[], everything = false } = {},
): [shown: string[], hidden: number] {
  const names = new Set(named.map(reference));
  const { rows, hidden } = overview(graph, decided(parts), { named: names, everything });
  const shown = rows.map(
    ({ decision, depth }) => '  '.repeat(depth) + decision.reference.slice(2, -2),
  );
  return [shown, hidden.length];
}

test('what needs nothing is only shown if it is named, or with --all', () => {
  assert.deepEqual(seen({}), [[], 6]);
  assert.deepEqual(seen({}, { named: ['lib'] }), [['lib'], 5]);
  const [shown, hidden] = seen({}, { everything: true });
  assert.deepEqual([shown.length, hidden], [6, 0]);
});

test('an image that is there is shown where something is to be said of it', () => {
  const cases: Readonly<Record<string, Partial<Decision>>> = {
    drifted: { state: 'drifted' },
    owed: { owed: ['latest'] },
    broken: { broken: 'no changelog' },
    'not comparable': { remark: 'not comparable: its definition digest is of another recipe' },
    unknown: { state: 'unknown' },
    'latest is held': { held: { digest: `sha256:${'a'.repeat(64)}` as never } },
  };
  for (const [name, part] of Object.entries(cases)) {
    assert.deepEqual(seen({ base: part }), [['base'], 5], name);
  }
  // Neither is an image that only serves others, nor one that no registry has and that is built.
  assert.deepEqual(seen({ base: { action: 'use' }, lib: { state: 'local' } }), [[], 6]);
});

test('what is dragged along is behind its cause', () => {
  const build: Partial<Decision> = { state: 'absent', action: 'build' };
  // By level and name it would be base, other, lib, tool, app, deep.
  assert.deepEqual(seen({ base: build, lib: build, tool: build, app: build, deep: build })[0], [
    'base',
    '  lib',
    '    app',
    '      deep',
    'tool',
  ]);
  // What it starts from counts before what it copies from; that is kept here.
  assert.deepEqual(seen({ tool: build, app: build })[0], ['tool', '  app']);
  // A parent that is only named drags nothing.
  assert.deepEqual(seen({ app: build }, { named: ['lib'] })[0], ['lib', 'app']);
});

test('what is blocked is behind what blocks it, whatever else it is built on', () => {
  const shown = seen({
    lib: { state: 'absent', action: 'build' },
    tool: { state: 'absent', action: 'fail', broken: 'no changelog' },
    app: { state: 'absent', action: 'blocked', chain: [reference('tool')] },
    deep: { state: 'absent', action: 'blocked', chain: [reference('app'), reference('tool')] },
  });
  assert.deepEqual(shown, [['lib', 'tool', '  app', '    deep'], 2]);
  const lost = seen({
    lib: { state: 'absent', action: 'build' },
    tool: { state: 'lost', action: 'stop', lost: reference('tool') },
    app: { state: 'absent', action: 'stop', lost: reference('tool') },
  });
  assert.deepEqual(lost[0], ['lib', 'tool', '  app']);
});

test('many images whose state is not known for one reason are told together, but for those that are named', () => {
  const down: Partial<Decision> = { state: 'unknown', action: 'stop', why: 'r is down' };
  const parts = { base: down, other: down, lib: down, tool: down, app: down };
  const told = (options: { named?: string[]; everything?: boolean }) => {
    const { named = [], everything = false } = options;
    const names = new Set(named.map(reference));
    const { rows, unknown } = overview(graph, decided(parts), { named: names, everything });
    return [rows.length, [...unknown].map(([why, images]) => `${why}: ${images.length}`)];
  };
  assert.deepEqual(told({}), [0, ['r is down: 5']]);
  assert.deepEqual(told({ named: ['app'] }), [1, ['r is down: 4']]);
  assert.deepEqual(told({ named: ['app', 'lib'] }), [5, []]);
  assert.deepEqual(told({ everything: true }), [6, []]);
});

test('the last line says what is left out', () => {
  const [published, drifted] = decided({ other: { state: 'drifted' } });
  assert.ok(published && drifted);
  const local: Decision = { ...published, state: 'local' };
  const build: Decision = { ...published, state: 'absent', action: 'build' };
  assert.equal(
    statusLine([], [published, published]),
    '2 images: 2 published; nothing to do (--all shows them)',
  );
  assert.equal(
    statusLine([drifted, build], [published, local]),
    '4 images: 1 absent, 1 drifted; 1 to build; 1 published, 1 local, not shown (--all shows them)',
  );
  assert.equal(
    statusLine([drifted], [published]),
    '2 images: 1 drifted; nothing to do; 1 published, not shown (--all shows it)',
  );
});

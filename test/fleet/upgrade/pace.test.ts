import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reference } from '#core/reference/brands.js';
import { paced } from '#fleet/upgrade/pace.js';

/** root ← lib ← app, root ← tool. */
const parents: Readonly<Record<string, readonly string[]>> = {
  lib: ['root'],
  app: ['lib'],
  tool: ['root'],
};
const parentsOf = (reference: Reference) => (parents[reference] ?? []) as readonly Reference[];
const images = (...names: string[]) =>
  names.map((name) => ({
    reference: name.replace('!', '') as Reference,
    isSecurity: name.endsWith('!'),
  }));
const shown = ({ taken, waiting }: ReturnType<typeof paced>) =>
  `${[...taken].join(' ')} | ${[...waiting].map((each) => each.join(' ')).join(', ')}`;

test('security goes first, with what it is built on', () => {
  const all = images('root', 'lib', 'tool', 'app!');
  assert.equal(shown(paced(all, parentsOf, { most: 3 })), 'root lib app | tool pace');
});

test('where there is no room for all that an image is built on, that goes first', () => {
  const all = images('root', 'lib', 'tool', 'app!');
  assert.equal(shown(paced(all, parentsOf, { most: 2 })), 'root lib | tool pace, app pace');
  assert.equal(
    shown(paced(all, parentsOf, { most: 0 })),
    ' | root pace, lib pace, tool pace, app pace',
  );
});

test('what is built on an image that does not change may go', () => {
  assert.equal(shown(paced(images('app', 'tool'), parentsOf, { most: 1 })), 'app | tool pace');
  // lib is not among them, root is.
  assert.equal(shown(paced(images('root', 'app'), parentsOf, { most: 1 })), 'root | app pace');
});

test('canaries go first, with what they are built on', () => {
  const isCanary = (reference: Reference) => reference === 'tool';
  const all = images('root', 'lib!', 'tool', 'app');
  assert.equal(
    shown(paced(all, parentsOf, { most: 9, isCanary })),
    'root tool | lib canary, app canary',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cachedPrivates } from '#builder/bakeArgsFit.js';
import type { Reference } from '#core/reference/brands.js';
import { graphOf } from '../support/graph.js';

const reference = (name: string) => `r/${name}:1` as Reference;
const plain = graphOf([{ name: 'open' }, { name: 'secret' }, { name: 'onsecret' }]);
const graph = { ...plain, privates: new Set(['secret', 'onsecret'].map(reference)) };
const all = new Set(['open', 'secret', 'onsecret'].map(reference));

const problems = (args: readonly string[], building = all, of: typeof plain = graph) =>
  cachedPrivates(args, of, building).map(({ message }) => message);

test('private images are in no cache, of whatever kind and however it is written', () => {
  const refused = (names: string) => [
    `--set of cache-to: private images are never in a cache: ${names}`,
  ];
  for (const cache of [
    'type=registry,ref=r/cache',
    'type=inline',
    'type=local,dest=/c',
    'type=gha',
  ]) {
    assert.deepEqual(problems(['--set', `*.cache-to=${cache}`]), refused('secret, onsecret'));
    assert.deepEqual(problems([`--set=secret.cache-to=${cache}`]), refused('secret'));
    assert.deepEqual(problems(['--set', `*.cache-to+=${cache}`]), refused('secret, onsecret'));
  }
});

test('a cache of other images, or one that is only read, is nobody else', () => {
  assert.deepEqual(problems(['--set', 'open.cache-to=type=inline']), []);
  assert.deepEqual(problems(['--set', '*.cache-from=r/cache']), []);
  assert.deepEqual(problems(['--set', '*.cache-to=type=inline'], new Set([reference('open')])), []);
  assert.deepEqual(problems(['--set', '*.cache-to=type=inline'], all, plain), []);
  assert.deepEqual(problems([]), []);
});

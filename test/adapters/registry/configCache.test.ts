import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configCache } from '#adapters/registry/configCache.js';
import type { Digest } from '#core/reference/brands.js';
import { scratchTree } from '../../support/scratch.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const config = {
  labels: new Map([
    ['a', 'ä'],
    ['__proto__', 'x'],
  ]),
  layers: [digest('1')],
  created: '2026-01-01T00:00:00Z',
};

test('a configuration is there again in the next run', () => {
  const scratch = scratchTree();
  const file = scratch.at('cache/configs.json');
  const first = configCache(file);
  assert.equal(first.get(digest('a')), undefined);
  first.set(digest('a'), config);
  first.save();
  const second = configCache(file);
  assert.deepEqual(second.get(digest('a')), config);
  second.set(digest('b'), { labels: new Map(), layers: [] });
  second.save();
  const third = configCache(file);
  assert.deepEqual(third.get(digest('a')), config);
  assert.deepEqual(third.get(digest('b')), { labels: new Map(), layers: [] });
  assert.deepEqual(readdirSync(scratch.at('cache')), ['configs.json']);
});

test('a run that learns nothing writes nothing', () => {
  const scratch = scratchTree();
  configCache(scratch.at('configs.json')).save();
  assert.deepEqual(readdirSync(scratch.path), []);
});

test('a file that is no cache, or holds what no registry gave, is of no consequence', () => {
  const entry = (stored: unknown) =>
    JSON.stringify({ format: 1, entries: [[digest('a'), stored]] });
  const texts = [
    '',
    '{',
    'null',
    '{"format":2,"entries":[]}',
    '{"format":1}',
    entry({}),
    entry({ labels: { a: 1 }, layers: [] }),
    entry({ labels: {}, layers: ['x'] }),
    JSON.stringify({ format: 1, entries: [['latest', { labels: {}, layers: [] }], 3] }),
  ];
  for (const text of texts) {
    const cache = configCache(scratchTree({ file: text }).at('file'));
    assert.equal(cache.get(digest('a')), undefined, text);
  }
});

test('a cache that cannot be written does no harm', () => {
  const scratch = scratchTree({ file: 'in the way' });
  const cache = configCache(scratch.at('file/configs.json'));
  cache.set(digest('a'), config);
  cache.save();
  assert.equal(readFileSync(scratch.at('file'), 'utf8'), 'in the way');
});

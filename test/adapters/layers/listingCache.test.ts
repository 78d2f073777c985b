import assert from 'node:assert/strict';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { listingCache } from '#adapters/layers/listingCache.js';
import { listLayer } from '#adapters/layers/listLayer.js';
import { keepNewest } from '#core/files/keepNewest.js';
import { tarOf } from '../../support/layers.js';
import { scratchTree } from '../../support/scratch.js';

async function listingOf(name: string) {
  const tar = await tarOf([
    [name, { text: 'x', uid: 7 }],
    ['.wh.gone', {}],
    ['s', { type: 'symlink', target: 't' }],
  ]);
  const source = async function* () {
    yield tar;
  };
  const reading = await listLayer(source());
  assert.ok(reading.kind === 'read');
  return reading.listing;
}

test('a listing comes back as it was, and in another run', async () => {
  const tree = scratchTree();
  const listing = await listingOf('a');
  listingCache(tree.at('cache')).set(listing);
  assert.deepEqual(listingCache(tree.at('cache')).get(listing.diffId), listing);
});

test('what is missing, damaged, of another layer or of another form is not known', async () => {
  const tree = scratchTree({ 'cache/': '' });
  const [one, two] = [await listingOf('a'), await listingOf('b')];
  const cache = listingCache(tree.at('cache'));
  assert.equal(cache.get(one.diffId), undefined);
  cache.set(one);
  const [file = ''] = readdirSync(tree.at('cache'));
  const at = join(tree.at('cache'), file);
  const forms = [
    Buffer.from('noise'),
    gzipSync('{'),
    gzipSync(JSON.stringify({ ...two, entries: [] })),
    gzipSync(JSON.stringify({ ...one, entries: [['a', null]] })),
    gzipSync(JSON.stringify({ ...one, entries: [], removed: [1] })),
  ];
  for (const bytes of forms) {
    writeFileSync(at, bytes);
    assert.equal(cache.get(one.diffId), undefined, bytes.toString('latin1'));
  }
});

test('a cache that cannot be written is none', async () => {
  const tree = scratchTree({ cache: 'a file' });
  const listing = await listingOf('a');
  const cache = listingCache(tree.at('cache'));
  cache.set(listing);
  assert.equal(cache.get(listing.diffId), undefined);
});

test('what was written first goes where there is too much', () => {
  const tree = scratchTree({ 'c/old': '1234', 'c/new': '1234', 'c/newest': '1234', 'c/d/x': '1' });
  for (const [at, name] of ['old', 'new', 'newest'].entries()) {
    utimesSync(tree.at('c', name), 1000 + at, 1000 + at);
  }
  keepNewest(tree.at('c'), 8);
  assert.deepEqual(readdirSync(tree.at('c')).sort(), ['d', 'new', 'newest']);
});

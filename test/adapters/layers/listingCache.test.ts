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
  const written = readdirSync(tree.at('cache')).map((name) => join(tree.at('cache'), name));
  assert.equal(written.length, 2);
  const file = { type: 'file', mode: 0, uid: 0, gid: 0, size: 1, content: 'x' };
  const entries = [
    { type: 'symlink', mode: 0, uid: 0, gid: 0 },
    { type: 'link' },
    { type: 'folder', mode: 0, uid: 0, gid: 0 },
    { type: 'constructor' },
    { ...file, content: 1 },
    { ...file, mode: undefined },
    { ...file, kept: 5 },
    { ...file, owns: 'a' },
    { ...file, packages: [{ name: 'a' }] },
  ];
  const forms = [
    ...entries.map((entry) => gzipSync(JSON.stringify({ ...one, entries: [['a', entry]] }))),
    Buffer.from('noise'),
    gzipSync('{'),
    gzipSync(JSON.stringify({ ...two, entries: [] })),
    gzipSync(JSON.stringify({ ...one, entries: [['a', null]] })),
    gzipSync(JSON.stringify({ ...one, entries: [], removed: [1] })),
  ];
  for (const bytes of forms) {
    for (const at of written) {
      writeFileSync(at, bytes);
    }
    const shown = bytes.toString('latin1');
    assert.deepEqual(
      [cache.get(one.diffId), cache.excerpt(one.diffId)],
      [undefined, undefined],
      shown,
    );
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

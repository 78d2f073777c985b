import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listLayer } from '#adapters/layers/listLayer.js';
import { FileTree, ImpossibleImage } from '#fleet/contents/fileTree.js';
import { type MadeFile, tarOf } from '../../support/layers.js';

type Files = Readonly<Record<string, MadeFile>>;

async function treeOf(...layers: readonly Files[]): Promise<FileTree> {
  const listings = [];
  for (const files of layers) {
    const tar = await tarOf(Object.entries(files));
    const reading = await listLayer(
      (async function* () {
        yield tar;
      })(),
    );
    assert.ok(reading.kind === 'read');
    listings.push(reading.listing);
  }
  return new FileTree(listings);
}

async function pathsOf(...layers: readonly Files[]): Promise<string[]> {
  return [...(await treeOf(...layers)).files().keys()].sort();
}

const directory: MadeFile = { type: 'directory', mode: 0o755 };
const link = (target: string): MadeFile => ({ type: 'symlink', target });

test('an upper layer adds, replaces and removes', async () => {
  const lower = { 'a/': directory, 'a/1': {}, 'a/2': {}, 'b/': directory, 'b/c/3': {}, d: {} };
  assert.deepEqual(await pathsOf(lower, { 'a/.wh.1': {}, '.wh.b': {}, e: {} }), [
    'a',
    'a/2',
    'd',
    'e',
  ]);
  assert.deepEqual(await pathsOf(lower, { '.wh.none': {}, 'x/.wh.y': {} }), [
    'a',
    'a/1',
    'a/2',
    'b',
    'b/c/3',
    'd',
  ]);
});

test('a whiteout hides the layers below, and not its own', async () => {
  const lower = { 'a/': directory, 'a/1': {}, 'a/2': {} };
  assert.deepEqual(await pathsOf(lower, { 'a/': directory, 'a/3': {}, '.wh.a': {} }), ['a', 'a/3']);
  assert.deepEqual(await pathsOf(lower, { 'a/': directory, 'a/.wh..wh..opq': {}, 'a/2': {} }), [
    'a',
    'a/2',
  ]);
  assert.deepEqual(await pathsOf(lower, { '.wh..wh..opq': {}, n: {} }), ['n']);
});

test('a file in the place of a directory hides what was in it, and the other way round', async () => {
  assert.deepEqual(await pathsOf({ 'a/1': {} }, { a: {} }), ['a']);
  assert.deepEqual(await pathsOf({ a: {} }, { 'a/': directory, 'a/1': {} }), ['a', 'a/1']);
  assert.deepEqual(await pathsOf({ 'a/1': {} }, { a: {} }, { 'a/': directory, 'a/2': {} }), [
    'a',
    'a/2',
  ]);
});

test('a hard link is the file that it leads to, of its layer or one below', async () => {
  const tree = await treeOf(
    { f: { text: 'one', mode: 0o600 } },
    { g: { type: 'link', target: 'f' }, f: { text: 'two' }, h: { type: 'link', target: 'f' } },
  );
  const files = tree.files();
  const sizes = ['f', 'g', 'h'].map((path) => {
    const entry = files.get(path);
    return entry?.type === 'file' && [entry.mode, entry.content];
  });
  assert.deepEqual(sizes[0], sizes[2]);
  assert.notDeepEqual(sizes[0], sizes[1]);
});

test('what is put through a link to a directory is where the link leads', async () => {
  const lower = { 'usr/lib/': directory, lib: link('usr/lib'), 'usr/lib/1': {}, abs: link('/usr') };
  assert.deepEqual(await pathsOf(lower, { 'lib/2': {}, 'abs/lib/.wh.1': {} }), [
    'abs',
    'lib',
    'usr/lib',
    'usr/lib/2',
  ]);
  const tree = await treeOf(lower);
  assert.equal(tree.at('lib/1').path, 'usr/lib/1');
  assert.equal(tree.at('abs/lib/x/y').path, 'usr/lib/x/y');
  const out = await treeOf({ up: link('../../..'), 'up/x': {} });
  assert.equal(out.at('up/x').path, 'x');
});

test('links in a circle, and directories without end, are refused', async () => {
  await assert.rejects(treeOf({ a: link('b'), b: link('a'), 'a/x': {} }), ImpossibleImage);
  const long = 'd/'.repeat(2000);
  await assert.rejects(
    treeOf({
      [`${long}l`]: {},
      s: link(long),
      [`s/${long}t`]: {},
      u: link(`s/${long}`),
      [`u/${long}x`]: {},
    }),
    ImpossibleImage,
  );
});

test('two stacks hide alike where they do the same to whatever is below', async () => {
  const alike = async (a: Files, b: Files) => (await treeOf(a)).hidesAlike(await treeOf(b));
  assert.ok(await alike({ a: { text: '1' } }, { a: { text: '2', mode: 0o600 } }));
  assert.ok(await alike({ 'a/': directory, '.wh.b': {} }, { 'a/': directory, '.wh.b': {} }));
  assert.ok(!(await alike({ a: {} }, { b: {} })));
  assert.ok(!(await alike({ a: {} }, { '.wh.a': {} })));
  assert.ok(!(await alike({ a: {} }, { 'a/': directory })));
  assert.ok(!(await alike({ 'a/.wh..wh..opq': {} }, { 'a/': directory })));
  assert.ok(!(await alike({ a: { type: 'link', target: 'x' } }, { a: {} })));
  assert.ok(!(await alike({ a: {}, 'b/c': {} }, { a: {} })));
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import { listLayer } from '#adapters/layers/listLayer.js';
import { type MadeFile, sha256, tarOf } from '../../support/layers.js';
import { scratchTree } from '../../support/scratch.js';

/** In small parts, as a network brings it. */
async function* parts(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

async function listed(bytes: Uint8Array) {
  const reading = await listLayer(parts(bytes));
  assert.ok(reading.kind === 'read', 'reason' in reading ? reading.reason : '');
  return reading.listing;
}

async function refused(bytes: Uint8Array): Promise<string> {
  const reading = await listLayer(parts(bytes));
  assert.equal(reading.kind, 'unreadable');
  return 'reason' in reading ? reading.reason : '';
}

const of = (files: Readonly<Record<string, MadeFile>>) => tarOf(Object.entries(files));
const contentOf = (text: string) => createHash('sha256').update(text).digest('base64');
const owned = { mode: 0o644, uid: 0, gid: 0 };

test('a layer has files, directories, links and devices, with mode and owner', async () => {
  const tar = await of({
    'etc/': { type: 'directory', mode: 0o755 },
    'etc/a': { text: 'hello', mode: 0o4750, uid: 12, gid: 34 },
    'etc/b': { type: 'symlink', target: 'a' },
    'etc/c': { type: 'link', target: 'etc/a' },
    'etc/d': { type: 'fifo' },
    'dev/null': { type: 'character-device' },
  });
  const listing = await listed(tar);
  assert.equal(listing.diffId, sha256(tar));
  assert.equal(listing.bytes, tar.length);
  assert.deepEqual(Object.fromEntries(listing.entries), {
    etc: { type: 'directory', mode: 0o755, uid: 0, gid: 0 },
    'etc/a': {
      type: 'file',
      mode: 0o4750,
      uid: 12,
      gid: 34,
      size: 5,
      content: contentOf('hello'),
    },
    'etc/b': { type: 'symlink', ...owned, target: 'a' },
    'etc/c': { type: 'link', target: 'etc/a' },
    'etc/d': { type: 'fifo', ...owned },
    'dev/null': { type: 'character-device', ...owned, target: '0,0' },
  });
});

test('whiteouts are removed paths, opaque directories are named, and aufs’ own files are none', async () => {
  const { entries, removed, opaque } = await listed(
    await of({
      'a/.wh.b': {},
      '.wh.c': {},
      'd/': { type: 'directory' },
      'd/.wh..wh..opq': {},
      '.wh..wh.plnk': {},
      '.wh..wh..opq': {},
    }),
  );
  assert.deepEqual(removed, ['a/b', 'c']);
  assert.deepEqual(opaque, ['d', '']);
  assert.deepEqual([...entries.keys()], ['d']);
});

test('no path leads out of the image, and one that is there twice is as the last one says', async () => {
  const { entries } = await listed(
    await tarOf([
      ['./x', { text: '1' }],
      ['/etc/passwd', {}],
      ['../../y', {}],
      ['a/../../z', {}],
      ['x', { text: '22' }],
    ]),
  );
  assert.deepEqual([...entries.keys()], ['etc/passwd', 'y', 'z', 'x']);
  const last = entries.get('x');
  assert.equal(last?.type === 'file' ? last.size : 0, 2);
});

test('long names, large ids, names that are not ASCII and capabilities are in extended headers', async () => {
  const long = `${'d/'.repeat(200)}file`;
  const { entries } = await listed(
    await tarOf([
      [long, {}],
      ['ids', { pax: { uid: '2000000000', gid: '3000000000' } }],
      ['ü', { pax: { 'SCHILY.xattr.security.capability': 'x=y' } }],
    ]),
  );
  assert.deepEqual([...entries.keys()], [long, 'ids', 'ü']);
  const ids = entries.get('ids');
  assert.deepEqual(ids?.type === 'file' && [ids.uid, ids.gid], [2_000_000_000, 3_000_000_000]);
  const capable = entries.get('ü');
  assert.equal(capable?.type === 'file' && capable.attributes, '[["security.capability","x=y"]]');
});

test('what GNU tar writes is read, in each of its formats, gzip or not', async () => {
  const tree = scratchTree();
  const deep = 'deep/'.repeat(30);
  mkdirSync(tree.at('root', deep), { recursive: true });
  writeFileSync(tree.at('root', deep, 'file'), 'content');
  writeFileSync(Buffer.concat([Buffer.from(tree.at('root/')), Buffer.from([0x61, 0xff])]), '');
  chmodSync(tree.at('root', deep, 'file'), 0o640);
  linkSync(tree.at('root', deep, 'file'), tree.at('root/hard'));
  symlinkSync('a'.repeat(150), tree.at('root/soft'));
  for (const format of ['gnu', 'pax', 'posix']) {
    const file = tree.at(`${format}.tar`);
    execFileSync('tar', [
      '-C',
      tree.at('root'),
      '--sort=name',
      `--format=${format}`,
      '-cf',
      file,
      '.',
    ]);
    const plain = readFileSync(file);
    const listing = await listed(plain);
    assert.equal(listing.diffId, sha256(plain));
    const inner = listing.entries.get(`${deep}file`);
    assert.equal(inner?.type === 'file' && inner.content, contentOf('content'), format);
    assert.deepEqual(listing.entries.get('hard'), { type: 'link', target: `${deep}file` });
    const soft = listing.entries.get('soft');
    assert.equal(soft?.type === 'symlink' && soft.target, 'a'.repeat(150));
    assert.ok(listing.entries.has(format === 'gnu' ? 'a\\xff' : 'a\ufffd') || format !== 'gnu');
    assert.deepEqual(await listed(zlib.gzipSync(plain)), listing);
  }
});

test('dpkg’s database and lists are read, and a package that was removed is none', async () => {
  const { entries } = await listed(
    await of({
      'var/lib/dpkg/status': {
        text: [
          'Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2-3\n',
          'Package: b\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n',
        ].join('\n'),
      },
      'var/lib/dpkg/info/a:amd64.list': { text: '/.\n/usr\n/usr/bin/a\n' },
      'var/lib/dpkg/status.d/c': { text: 'Package: c\nVersion: 3\nArchitecture: all\n' },
      'var/lib/dpkg/status.d/c.md5sums': { text: `${'0'.repeat(32)}  usr/lib/c\n` },
    }),
  );
  const file = (path: string) => {
    const entry = entries.get(path);
    assert.ok(entry?.type === 'file');
    return entry;
  };
  assert.deepEqual(file('var/lib/dpkg/status').packages, [
    { name: 'a', version: '1:2-3', architecture: 'amd64' },
  ]);
  assert.deepEqual(file('var/lib/dpkg/info/a:amd64.list').owns, ['usr', 'usr/bin/a']);
  assert.deepEqual(file('var/lib/dpkg/status.d/c').packages, [
    { name: 'c', version: '3', architecture: 'all' },
  ]);
  assert.deepEqual(file('var/lib/dpkg/status.d/c.md5sums').owns, ['usr/lib/c']);
});

const zstd = Reflect.get(zlib, 'zstdCompressSync') as ((bytes: Uint8Array) => Buffer) | undefined;

test('zstd is read where Node has it, and else refused with the version that does', async () => {
  const tar = await of({ x: {} });
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]);
  if (zstd === undefined) {
    assert.match(await refused(frame), /zstd, which needs Node\.js 22\.15 or newer/);
  } else {
    assert.equal((await listed(zstd(tar))).diffId, sha256(tar));
  }
});

test('what is not a whole layer is refused', async () => {
  const tar = await of({ x: { text: 'x'.repeat(5000) }, y: {} });
  const noise = Buffer.from(Array.from({ length: 4000 }, (_, at) => (at * 7919) % 251));
  assert.equal(await refused(tar.subarray(0, 3000)), 'it is not a whole tar archive');
  assert.equal(await refused(noise), 'it is not a whole tar archive');
  assert.equal(await refused(zlib.gzipSync(noise)), 'it is not a whole tar archive');
  assert.equal(await refused(zlib.gzipSync(tar).subarray(0, 60)), 'its compression is broken');
  assert.equal(
    await refused(Buffer.concat([zlib.gzipSync(tar), noise.subarray(1)])),
    'its compression is broken',
  );
  assert.match(await refused(Buffer.from('BZh91AY&SY')), /neither with gzip nor with zstd/);
  const unknown = Buffer.from(tar);
  unknown[156] = 'S'.charCodeAt(0);
  // The sum of the header's bytes is in it.
  const sum = Number.parseInt(unknown.toString('latin1', 148, 154), 8);
  unknown.write((sum + 'S'.charCodeAt(0) - 0x30).toString(8).padStart(6, '0'), 148, 'latin1');
  assert.equal(await refused(unknown), 'it has an entry of an unknown type');
});

test('what no honest layer has is refused', async () => {
  const longest = `${'d/'.repeat(2046)}file`;
  assert.ok((await listed(await tarOf([[longest, {}]]))).entries.has(longest));
  assert.equal(
    await refused(await tarOf([[`${longest}s`, {}]])),
    'it has a path of more than 4096 bytes',
  );
  assert.equal(
    await refused(await tarOf([['l', { type: 'symlink', target: 'x'.repeat(4097) }]])),
    'it has a path of more than 4096 bytes',
  );
  for (const name of ['a/.wh.', 'a/.wh...']) {
    assert.match(await refused(await tarOf([[name, {}]])), /a whiteout without a name/);
  }
});

test('an error of the source is not the layer’s', async () => {
  const tar = zlib.gzipSync(await of({ x: { text: 'x'.repeat(100_000) } }));
  const lost = new Error('connection lost');
  async function* broken() {
    yield tar.subarray(0, 50);
    throw lost;
  }
  await assert.rejects(listLayer(broken()), (cause) => cause === lost);
  async function* brokenPlain() {
    yield Buffer.alloc(1024);
    throw lost;
  }
  await assert.rejects(listLayer(brokenPlain()), (cause) => cause === lost);
});

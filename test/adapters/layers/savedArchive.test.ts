import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { readSaved } from '#adapters/layers/savedArchive.js';
import type { Digest } from '#core/reference/brands.js';
import { savedImage, sha256, tarOf } from '../../support/layers.js';

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 5000) {
    yield bytes.subarray(at, at + 5000);
  }
}

const none = () => false;

for (const form of ['oci', 'old'] as const) {
  test(`layers and documents of a saved image are found (${form})`, async () => {
    const layers = [await tarOf([['a', { text: 'x'.repeat(9000) }]]), await tarOf([['b', {}]])];
    const saved = await savedImage(layers, form);
    for (const bytes of [saved, gzipSync(saved)]) {
      const reading = await readSaved(parts(bytes), none);
      assert.ok(reading.kind === 'read');
      const { archive } = reading;
      assert.deepEqual([...archive.layers.keys()], layers.map(sha256));
      assert.ok(Array.isArray(archive.documents.get('manifest.json')));
    }
  });
}

test('a layer that is known is left out, and files that are none stop nothing', async () => {
  const [one, two] = [await tarOf([['a', {}]]), await tarOf([['b', {}]])];
  const archive = pack();
  const noise = randomBytes(700_000);
  noise[0] = 1;
  archive.entry({ name: 'noise' }, noise);
  archive.entry({ name: `blobs/sha256/${sha256(one).slice(7)}` }, one);
  archive.entry({ name: 'broken.json' }, '{"');
  archive.entry({ name: `blobs/sha256/${sha256(two).slice(7)}` }, gzipSync(two));
  archive.finalize();
  const bytes = await buffer(archive as AsyncIterable<Uint8Array>);
  const reading = await readSaved(parts(bytes), (diffId: Digest) => diffId === sha256(one));
  assert.ok(reading.kind === 'read');
  assert.deepEqual([...reading.archive.layers.keys()], [sha256(two)]);
  assert.deepEqual([...reading.archive.unreadable], [['noise', 'it is not a whole tar archive']]);
});

test('what is not an archive at all is refused', async () => {
  const reading = await readSaved(parts(Buffer.from('hello'.repeat(500))), none);
  assert.deepEqual(reading, { kind: 'unreadable', reason: 'it is not a whole tar archive' });
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ImageLogs } from '#builder/report/logs.js';
import { OwnDirectory } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import { scratchTree } from '../../support/scratch.js';

const ref = (at: number): Reference => `fleet/image${at}:1` as Reference;

test('more images than files may be open: each log has all of its image, and of this run only', () => {
  const tree = scratchTree({ 'logs/7.log': 'of an earlier run\n' });
  const logs = new ImageLogs(
    { directory: tree.at('logs'), fileOf: (reference) => `${reference.match(/\d+/)?.[0]}.log` },
    (cause) => assert.fail(String(cause)),
  );
  const count = 450;
  for (const text of ['one\n', 'two\n', 'three\n']) {
    for (let at = 0; at < count; at++) {
      logs.listen({ kind: 'output', reference: ref(at), text });
    }
  }
  logs.close();
  for (let at = 0; at < count; at++) {
    assert.ok(logs.has(ref(at)));
    assert.equal(readFileSync(tree.at(`logs/${at}.log`), 'utf8'), 'one\ntwo\nthree\n');
  }
  assert.ok(!logs.has(ref(count)));
});

for (const [what, files] of Object.entries({
  'its log as a link': (out: string) => ({ 'logs/t/1.log': { symlink: `${out}/file` } }),
  'its log as a dangling link': (out: string) => ({ 'logs/t/1.log': { symlink: `${out}/new` } }),
  'its log as a directory': () => ({ 'logs/t/1.log/': '' }),
  'the directory of its tree as a link': (out: string) => ({ 'logs/t': { symlink: out } }),
  'the directory of its tree as a file': () => ({ 'logs/t': 'a file' }),
  'a dangling link for its tree': (out: string) => ({ 'logs/t': { symlink: `${out}/new` } }),
})) {
  test(`an image with ${what} gets no log, and nothing is written elsewhere`, () => {
    const outside = scratchTree({ file: 'kept\n', '1.log': 'kept\n' });
    const tree = scratchTree(files(outside.path));
    const problems: string[] = [];
    const logs = new ImageLogs(
      { directory: tree.at('logs'), fileOf: () => 't/1.log' },
      (cause) => void problems.push(whyNot(cause)),
    );
    logs.listen({ kind: 'output', reference: ref(1), text: '\nssh-ed25519 AAAA\n' });
    logs.close();
    assert.match(problems.join(), /symbolic link|is a directory|is not a directory/);
    assert.ok(!logs.has(ref(1)));
    assert.deepEqual(readdirSync(outside.path).sort(), ['1.log', 'file']);
    assert.equal(readFileSync(outside.at('file'), 'utf8'), 'kept\n');
    assert.equal(readFileSync(outside.at('1.log'), 'utf8'), 'kept\n');
  });
}

test('logs in a directory of ours that is a link, or tracked, are not written', () => {
  const outside = scratchTree();
  for (const files of [
    { '.generate-bake': { symlink: outside.path } },
    { '.generate-bake/logs': { symlink: outside.path } },
    { '.generate-bake': 'a file' },
    { '.generate-bake/logs/t/1.log': 'committed\n' },
  ]) {
    const tree = scratchTree(files);
    const own = new OwnDirectory(tree.path, () => ({ kind: 'file', file: 'x' }));
    const problems: string[] = [];
    const logs = new ImageLogs(
      { directory: own.pathOf('logs'), own, fileOf: () => 't/1.log' },
      (cause) => void problems.push(whyNot(cause)),
    );
    logs.listen({ kind: 'output', reference: ref(1), text: 'x\n' });
    logs.close();
    assert.match(problems.join(), /symbolic link|is not a directory|git tracks: x/);
    assert.deepEqual(readdirSync(outside.path), []);
  }
});

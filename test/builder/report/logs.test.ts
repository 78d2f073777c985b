import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ImageLogs } from '#builder/report/logs.js';
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

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { frontendRecord } from '#builder/frontendRecord.js';
import { scratchTree } from '../support/scratch.js';

test('what frontends take is known to the next run; what is not a record of ours is empty', () => {
  const tree = scratchTree();
  const file = tree.at('cache/frontends.json');
  const first = frontendRecord(file);
  assert.equal(first.get('r/one'), undefined);
  first.set('r/one', 'moby.buildkit.frontend.contexts');
  first.set('r/none', '');
  first.save();
  const second = frontendRecord(file);
  assert.deepEqual(
    [...second.known()],
    [
      ['r/one', { contexts: true, inputs: false }],
      ['r/none', { contexts: false, inputs: false }],
    ],
  );
  // A frontend that is replaced under its name.
  second.set('r/one', '');
  second.save();
  assert.equal(frontendRecord(file).get('r/one'), '');
  const text = readFileSync(file, 'utf8');
  for (const wrong of ['', '{', '[]', text.replace('"format":1', '"format":2'), 'null']) {
    tree.write({ 'cache/frontends.json': wrong });
    assert.equal(frontendRecord(file).known().size, 0, wrong);
  }
  tree.write({ 'cache/frontends.json': '{"format":1,"labels":[["r/one"],["r/two",1],7]}' });
  assert.equal(frontendRecord(file).known().size, 0);
});

test('a record that cannot be written is no error', () => {
  const tree = scratchTree({ file: '' });
  const record = frontendRecord(tree.at('file/frontends.json'));
  record.set('r/one', '');
  record.save();
  assert.equal(record.get('r/one'), '');
});

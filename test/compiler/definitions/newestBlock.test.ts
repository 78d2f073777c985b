import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestBlock } from '#compiler/definitions/newestBlock.js';
import { boundedBy } from '../../support/boundary.js';
import { scratchTree } from '../../support/scratch.js';

const block = (version: string, changes: string) =>
  `tool (${version}) wikimedia; urgency=low\n\n${changes}\n -- A <a@b>  Sun, 16 Aug 2026 06:00:00 +0000\n\n`;
const history = Array.from({ length: 100 }, (_, index) =>
  block(`0.${99 - index}`, '  * Old.\n'),
).join('');

function read(text: string | Uint8Array) {
  const tree = scratchTree({ changelog: text });
  const { value, diagnostics } = newestBlock(tree.at('changelog'), 'tool/changelog', {
    own: tree.path,
    boundary: boundedBy(tree.path),
  });
  tree.remove();
  return { value, codes: diagnostics.map((each) => each.code) };
}

test('of a long changelog as of a short one', () => {
  const short = read(block('1.0', '  * New.\n'));
  const long = read(block('1.0', '  * New.\n') + history);
  assert.deepEqual(long, short);
  assert.equal(long.value?.version, '1.0');
  assert.deepEqual(long.value?.changes, ['', '  * New.', '']);
  assert.deepEqual(long.codes, []);
});

test('however long the newest block itself is', () => {
  const changes = '  * One of many changes.\n'.repeat(1000);
  const { value, codes } = read(block('1.0', changes) + history);
  assert.equal(value?.changes.length, 1002);
  assert.equal(value?.author, 'A <a@b>');
  assert.deepEqual(codes, []);
});

test('what looks like a trailer and is none is judged by the whole', () => {
  const odd = 'tool (1.0) wikimedia; urgency=low\n\n  * New.\n\n -- nobody\n\n';
  assert.deepEqual(read(odd + history).codes, read(odd).codes);
  assert.deepEqual(read(odd).codes, ['changelog-trailer']);
});

test('a newest block that is not UTF-8 is an error, in history it harms nobody', () => {
  const latin1 = Buffer.from(block('1.0', '  * Café.\n'), 'latin1');
  assert.deepEqual(read(latin1).codes, ['not-utf8']);
  assert.deepEqual(read(Buffer.concat([latin1, Buffer.from(history)])).codes, ['not-utf8']);
  assert.deepEqual(
    read(Buffer.concat([Buffer.from(block('1.0', '  * New.\n') + history), latin1])).codes,
    [],
  );
});

test('an empty changelog, and one without an end', () => {
  assert.deepEqual(read('').codes, ['changelog-empty']);
  assert.deepEqual(read('tool (1.0) wikimedia; urgency=low\n\n  * New.\n').codes, [
    'changelog-trailer',
  ]);
});

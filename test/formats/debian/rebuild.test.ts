import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRebuild } from '#formats/debian/rebuild.js';

test('what programs write as a rebuild is one, and what people write is not', () => {
  const rebuilds = [
    ['  * Weekly rebuild.'],
    ['', '  * Weekly rebuild', ''],
    ['   Security update'],
    ['   Refresh for update in parent image python3:', '   * T228196'],
    ['   Refresh for update in parent image: switching to buster as seed image'],
    ['  * Weekly rebuild.', '  * Weekly rebuild.'],
  ];
  for (const changes of rebuilds) {
    assert.ok(isRebuild({ changes }), changes.join('|'));
  }
  const others = [
    [],
    [''],
    ['  * Rebuild to pick up new PHP packages - T1'],
    ['  * Weekly rebuild.', '  * Use trixie.'],
    ['  * Weekly rebuilds are left out'],
    ['  * Security update of curl'],
    ['  * No refresh for update in parent image'],
  ];
  for (const changes of others) {
    assert.ok(!isRebuild({ changes }), changes.join('|'));
  }
});

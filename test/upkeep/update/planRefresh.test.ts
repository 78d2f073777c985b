import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planRefresh } from '#upkeep/update/planRefresh.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { changelogText, context, date, makeGraph } from './graphs.js';

test('every image gets the day, but those left out and those that have it', (t) => {
  const root = temporaryDirectory(t);
  const specs = [
    { name: 'a', version: '1-20260823' },
    { name: 'b', version: '2.0' },
    { name: 'c', version: '1-20260901' },
    { name: 'spark3', version: '1' },
    { name: 'late', version: '1-20990101' },
  ];
  const graph = makeGraph(root, specs);
  const asleep = makeGraph(root, [{ name: 'z', version: '1', tree: 'ml' }], {}, { refresh: false });
  const images = [...graph.images, ...asleep.images].map((image) => image.rendered.definition);
  const excludes = ({ name }: { name: string }) => name.startsWith('spark') && '--exclude';
  const { value, diagnostics } = planRefresh(images, { ...context(), excludes });

  assert.deepEqual(
    value.edits.map((edit) => [edit.image.name, edit.fromVersion, edit.toVersion]),
    [
      ['a', '1-20260823', '1-20260901'],
      ['b', '2.0', '2.0-20260901'],
    ],
  );
  assert.equal(
    value.edits[0]?.after,
    `a (1-20260901) wikimedia; urgency=medium

  * Weekly rebuild.

 -- Bo <bo@example.org>  ${date}

${changelogText('a', '1-20260823')}`,
  );
  assert.deepEqual(
    value.excluded.map(({ image, because }) => [image.name, because]),
    [
      ['spark3', '--exclude'],
      ['z', 'tree "ml" is not refreshed'],
    ],
  );
  assert.deepEqual(
    value.unchanged.map((image) => image.name),
    ['c'],
  );
  assert.deepEqual(
    diagnostics.map((found) => [found.severity, found.code, found.place?.file]),
    [['error', 'refresh-version', 'images/late/changelog']],
  );
});

test('a changelog that is gone wrong since it was read is an error', (t) => {
  const root = temporaryDirectory(t);
  const graph = makeGraph(root, [{ name: 'a', version: '1' }]);
  writeFileSync(join(root, 'images/a/changelog'), '');
  const images = graph.images.map((image) => image.rendered.definition);
  const { value, diagnostics } = planRefresh(images, { ...context(), excludes: () => false });
  assert.deepEqual(value.edits, []);
  assert.deepEqual(
    diagnostics.map((found) => found.code),
    ['changelog-empty'],
  );
});

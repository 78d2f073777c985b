/** What a report says was published; a damaged one is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPublished } from '#fleet/proof/published.js';
import { explain } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

function read(report: unknown) {
  const tree = scratchTree({ 'report.json': JSON.stringify(report) });
  const found = readPublished(tree.at('report.json'), 'report.json');
  return found.kind === 'wrong' ? explain([found.problem]).split('\n')[0] : found.published;
}

const image = { reference: 'r:5000/app:2', ending: 'published', digest: digest('b') };

test('published images, with what latest was at before', () => {
  const latest = [
    {
      repository: 'r:5000/app',
      digest: digest('b'),
      before: { digest: digest('a'), version: '1' },
    },
    { repository: 'r:5000/new', digest: digest('c'), before: null },
  ];
  const images = [
    image,
    { reference: 'r:5000/new:1', ending: 'published', digest: digest('c') },
    { reference: 'r:5000/left:1', ending: 'built' },
  ];
  assert.deepEqual(read({ schema: 1, images, latest }), [
    {
      reference: 'r:5000/app:2',
      repository: 'r:5000/app',
      digest: digest('b'),
      before: { digest: digest('a'), version: '1' },
    },
    { reference: 'r:5000/new:1', repository: 'r:5000/new', digest: digest('c') },
  ]);
});

test('what is no report is refused', () => {
  const wrong = 'report.json: error: ';
  assert.equal(read([]), `${wrong}not a report of schema 1 [report-file]`);
  assert.equal(
    read({ schema: 1, images: [image] }),
    `${wrong}not a report of schema 1 [report-file]`,
  );
  assert.equal(
    read({ schema: 1, latest: [], images: [{ ...image, digest: 'sha256:x' }] }),
    `${wrong}the report is damaged: r:5000/app:2 is published and has no digest [report-file]`,
  );
  assert.equal(
    read({ schema: 1, latest: [], images: [7] }),
    `${wrong}the report is damaged: an image has no reference [report-file]`,
  );
});

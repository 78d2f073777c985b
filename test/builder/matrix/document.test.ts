import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { matrixOf, readMatrix } from '#builder/matrix/document.js';
import { jobsOfImages } from '#builder/results/places.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { root } from '../../support/cli.js';

const image = (reference: string, ...parents: string[]) => ({
  reference,
  parents,
  milliseconds: undefined,
});
const definitions = new Map(
  ['lib', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => [
    name as Reference,
    `sha256:${name}` as Digest,
  ]),
);
const images = [...definitions.keys()].map((name) =>
  name === 'lib' ? image(name) : image(name, 'lib'),
);

test('a matrix has every image once, and a job the jobs of its parents', () => {
  const matrix = matrixOf(images, definitions, 3);
  assert.deepEqual(
    matrix.jobs.map(({ job, stage, needs }) => [job, stage, needs]),
    [
      ['1/3', 1, []],
      ['2/3', 2, ['1/3']],
      ['3/3', 2, ['1/3']],
    ],
  );
  assert.deepEqual([...jobsOfImages(matrix).keys()].sort(), [...definitions.keys()].sort());
  assert.notEqual(matrix.id, matrixOf(images, definitions, 3).id);
  assert.deepEqual(matrixOf([], definitions, 3).jobs, []);
});

test('what was written is read, by the schema too; nothing else is', () => {
  const schema = JSON.parse(readFileSync(join(root, 'doc/matrix.schema.json'), 'utf8'));
  const isValid = new Ajv2020({ strict: false }).compile(schema);
  for (const matrix of [matrixOf(images, definitions, 3), matrixOf([], definitions, 1)]) {
    assert.ok(isValid(JSON.parse(JSON.stringify(matrix))), JSON.stringify(isValid.errors));
    assert.deepEqual(readMatrix(JSON.stringify(matrix)), { kind: 'read', matrix });
  }
  const matrix = matrixOf(images, definitions, 3);
  type Job = (typeof matrix.jobs)[number];
  const changed = (at: number, change: (job: Job) => Job): string =>
    JSON.stringify({
      ...matrix,
      jobs: matrix.jobs.map((job, own) => (own === at ? change(job) : job)),
    });
  for (const other of [
    '',
    '[]',
    'null',
    JSON.stringify({ ...matrix, schema: 2 }),
    JSON.stringify({ ...matrix, id: '../x' }),
    JSON.stringify({ ...matrix, jobs: matrix.jobs.slice(1) }),
    JSON.stringify({ ...matrix, jobs: [{ ...matrix.jobs[0], images: [{}] }] }),
    changed(0, (job) => ({ ...job, needs: ['3/3'] })),
    changed(1, (job) => ({ ...job, needs: ['9/3'] })),
    changed(1, (job) => ({ ...job, images: [...job.images, ...(matrix.jobs[0]?.images ?? [])] })),
  ]) {
    assert.equal(readMatrix(other).kind, 'wrong', other);
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { statusDocument } from '#fleet/status/document.js';
import { shown, statusLine, statusRow } from '#fleet/status/summary.js';
import { root } from '../../support/cli.js';
import { graphOf, treeOf } from '../../support/graph.js';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const reference = (name: string) => `r/${name}:1` as Reference;
const graph = graphOf([
  { name: 'base' },
  { name: 'tool' },
  { name: 'app', parents: ['base', 'tool'] },
]);
const decisions: readonly Decision[] = [
  {
    reference: reference('base'),
    state: 'drifted',
    action: 'use',
    why: 'r/app:1 is built on it',
    hint: 'bump its version',
    digest,
    parents: [],
  },
  { reference: reference('tool'), state: 'absent', action: 'skip', why: 'nothing', parents: [] },
  {
    reference: reference('app'),
    state: 'absent',
    action: 'build',
    why: 'not in the registry',
    parents: [
      { kind: 'pinned', parent: reference('base'), digest },
      { kind: 'link', parent: reference('tool') },
    ],
  },
];

test('what is lost, and what is stopped by it, is as the schema says', () => {
  const lost = reference('base');
  const stop = { action: 'stop', lost, parents: [] } as const;
  const document = statusDocument(graph, [
    { reference: lost, state: 'lost', why: 'latest is this version', ...stop },
    { reference: reference('app'), state: 'absent', why: 'r/base:1 is lost', ...stop },
  ]);
  const schema = JSON.parse(readFileSync(join(root, 'doc/status.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  assert.deepEqual(
    document.images.map((image) => image.lost),
    [lost, lost],
  );
});

test('the document is as its schema says, and holds every decision', () => {
  const document = statusDocument(graph, decisions);
  const schema = JSON.parse(readFileSync(join(root, 'doc/status.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  assert.deepEqual(document.images.at(2), {
    reference: 'r/app:1',
    name: 'app',
    version: '1',
    tree: 'images',
    state: 'absent',
    definition: 'sound',
    action: 'build',
    why: 'not in the registry',
    parents: [
      { reference: 'r/base:1', use: 'pinned', digest },
      { reference: 'r/tool:1', use: 'link' },
    ],
  });
  assert.deepEqual(
    document.images.map((image) => image.reference),
    ['r/base:1', 'r/tool:1', 'r/app:1'],
  );
});

test('what the search leaves out is there with its pattern', () => {
  const pattern = { text: 'old', place: { file: 'ws.toml' }, matches: () => true };
  const document = statusDocument(
    graph,
    [],
    [],
    [{ tree: treeOf(), shown: 'images/old', pattern }],
  );
  const schema = JSON.parse(readFileSync(join(root, 'doc/status.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  const text = 'images/old is not searched for images: exclude has "old"';
  const reason = { kind: 'excluded', path: 'images/old', pattern: 'old', text };
  assert.deepEqual(document.excluded, [{ path: 'images/old', reasons: [reason] }]);
});

test('what is shown is what was asked for and what is done for it', () => {
  const rows = shown(decisions, new Set([reference('app')])).map(statusRow);
  assert.deepEqual(rows, [
    ['r/base:1', 'drifted', '-', 'r/app:1 is built on it'],
    ['r/app:1', 'absent', 'build', 'not in the registry'],
  ]);
});

test('the last line counts', () => {
  assert.equal(statusLine(decisions), '3 images: 2 absent, 1 drifted; 1 to build');
  const done: Decision = {
    reference: reference('base'),
    state: 'published',
    action: 'skip',
    why: 'it is published',
    parents: [],
  };
  assert.equal(statusLine([done]), '1 image: 1 published; nothing to do');
});

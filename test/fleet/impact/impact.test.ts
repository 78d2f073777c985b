import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { findOwners } from '#compiler/owners/owners.js';
import { withBroken } from '#compiler/resolve/graph.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { builtOn, impactOf } from '#fleet/impact/impact.js';
import type { RunReport } from '#fleet/reports/readRun.js';
import type { Decision } from '#fleet/status/decide.js';
import { root } from '../../support/cli.js';
import { graphOf } from '../../support/graph.js';

const reference = (name: string) => `r/${name}:1` as Reference;
const digest = `sha256:${'b'.repeat(64)}` as Digest;

/** base ← mid ← top, tool ← top (a copy), and alone. */
const graph = graphOf([
  { name: 'base' },
  { name: 'tool' },
  { name: 'alone' },
  { name: 'mid', parents: ['base'], definition: { maintainer: 'Ida Quay <ida@harbour.example>' } },
  {
    name: 'top',
    parents: ['mid', 'copy tool'],
    definition: { labels: new Map([['maintainer', 'Top Team']]) },
  },
]);
const decisions = graph.images.map(
  ({ reference: each }): Decision => ({
    reference: each,
    action: 'skip',
    why: '',
    parents: [],
    ...(each === reference('top') ? { state: 'absent' } : { state: 'published', digest }),
  }),
);

function run(ended: string, times: Readonly<Record<string, number>>): RunReport {
  const images = Object.entries(times).map(
    ([name, milliseconds]) => [name, { ending: 'published', milliseconds }] as const,
  );
  return { ended, images: new Map(images) };
}

const names = (references: Iterable<string>) => [...references].map((each) => each.slice(2, -2));

test('what is built on an image, by whatever edge', () => {
  assert.deepEqual(names(builtOn(graph, new Set([reference('base')]))), ['mid', 'top']);
  assert.deepEqual(names(builtOn(graph, new Set([reference('tool')]))), ['top']);
  assert.deepEqual(names(builtOn(graph, new Set([reference('alone')]))), []);
  const both = new Set([reference('base'), reference('mid')]);
  assert.deepEqual(names(builtOn(graph, both)), ['top']);
});

test('levels, owners and durations, and that they are as the schema says', () => {
  const asked = new Set([reference('base'), reference('tool')]);
  const runs = [
    run('2026-11-26T03:00:00Z', { 'r/top:1': 30_000 }),
    // Of an earlier version.
    run('2026-11-20T03:00:00Z', { 'r/mid:0.9': 2_000, 'r/top:0.9': 99_000 }),
  ];
  const found = impactOf(graph, asked, decisions, { runs, owners: findOwners() });
  assert.deepEqual(found, {
    images: [
      {
        reference: 'r/mid:1',
        level: 1,
        parents: ['r/base:1'],
        state: 'published',
        digest,
        owner: 'Ida Quay <ida@harbour.example>',
        milliseconds: 2_000,
      },
      {
        reference: 'r/top:1',
        level: 2,
        parents: ['r/mid:1', 'r/tool:1'],
        state: 'absent',
        owner: 'Top Team',
        milliseconds: 30_000,
      },
    ],
    total: 32_000,
    longest: 32_000,
  });
  const schema = JSON.parse(readFileSync(join(root, 'doc/impact.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  const document = { schema: 1, asked: [...asked], ...found };
  assert.ok(validate(document), JSON.stringify(validate.errors));
});

test('a broken image is built on it too, and so is what is built on that', () => {
  const fault = [error('template', 'it fails')];
  const broken = withBroken(graph, new Map([[reference('mid'), fault]]));
  const { images } = impactOf(broken, new Set([reference('base')]), decisions, {
    runs: [],
    owners: findOwners(),
  });
  assert.deepEqual(
    images.map(({ reference: each, level, owner }) => [each, level, owner]),
    [
      ['r/mid:1', 1, 'Ida Quay <ida@harbour.example>'],
      ['r/top:1', 2, 'Top Team'],
    ],
  );
});

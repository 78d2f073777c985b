/** What cannot be planned is the fault of its image: the others of its call are planned without it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits } from '#builder/run/call.js';
import type { CallFrame } from '#builder/run/callPlan.js';
import { dryRun } from '#builder/run/dryRun.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { explain } from '../../support/explain.js';
import { graphOf, type ImageSketch, printed } from '../../support/graph.js';

const limits: Limits = { callSize: 40, jobs: 0, retries: 1, builders: 1, seesLocalImages: true };

function dry(graph: Graph, more: Partial<Limits> = {}) {
  const frame: CallFrame = {
    graph,
    context: printed.context,
    rebuildKey: undefined,
    proxyCredentials: 'refuse',
    writesCache: () => false,
    outside: new Map(),
    frontends: new Map(),
    definitions: new Map(),
  };
  const jobs = graph.images.map(({ reference, parents }) => ({
    reference,
    parents: parents.map(({ parent }) => parent),
    exclusive: false,
  }));
  const { plans, failed, skipped, diagnostics } = dryRun(frame, jobs, { ...limits, ...more });
  assert.deepEqual(diagnostics, []);
  const targets = plans.map((plan) => Object.keys((JSON.parse(plan) as { target: object }).target));
  return { targets, failed: explain(failed), skipped };
}

const bare: readonly ImageSketch[] = [
  { name: 'bare', withoutLayers: true },
  { name: 'other' },
  { name: 'child', parents: ['bare'] },
  { name: 'below', parents: ['child'] },
  { name: 'beside', parents: ['other'] },
];

test('an image that cannot be linked fails, with its place; what is built on it is skipped', () => {
  const { targets, failed, skipped } = dry(graphOf(bare));
  assert.deepEqual(targets, [['bare', 'other', 'beside']]);
  assert.match(
    failed,
    /^images\/child\/Dockerfile\.template:1: error: r\/bare:1 has no filesystem layer/,
  );
  assert.match(failed, /hint: COPY or ADD/);
  assert.deepEqual(skipped, ['r/below:1' as Reference]);
});

test('so it is on a builder that does not see local images', () => {
  const { targets, skipped } = dry(graphOf(bare), { callSize: 0, seesLocalImages: false });
  assert.deepEqual(targets, [['bare', 'other', 'beside']]);
  assert.deepEqual(skipped, ['r/below:1' as Reference]);
});

test('two images of one tag: neither is built, the others are', () => {
  const { targets, failed } = dry(
    graphOf([
      { name: 'a', definition: { extraTags: ['x'] } },
      { name: 'b', definition: { repository: 'r/a' as Repository, extraTags: ['x'] } },
      { name: 'c' },
    ]),
  );
  assert.deepEqual(targets, [['c']]);
  assert.equal(failed.match(/would be tagged r\/a:x/g)?.length, 1);
});

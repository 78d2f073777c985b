import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineage } from '#adapters/docker/targets.js';
import { bakeTargets } from '#builder/run/bakeTargets.js';
import type { PlannedTarget } from '#compiler/plan/plan.js';
import type { Reference, TargetName } from '#core/reference/brands.js';

function target(
  name: string,
  contexts: Record<string, string>,
  rest: Partial<PlannedTarget> = {},
): PlannedTarget {
  return {
    name: name as TargetName,
    image: `${name}:1` as Reference,
    tree: 'images',
    description: '',
    context: name,
    dockerfile: { kind: 'inline', text: `FROM x # ${name}\n` },
    contexts: new Map(Object.entries(contexts)),
    conversions: new Map(),
    noCacheFilter: [],
    args: new Map(),
    labels: new Map(),
    tags: [`${name}:1`],
    platforms: [],
    cacheFrom: [],
    cacheTo: [],
    secret: [],
    ssh: [],
    annotations: [],
    attest: [],
    output: [],
    resources: new Map(),
    pull: false,
    comment: () => [],
    ...rest,
  };
}

const [root, left, right, leaf] = bakeTargets({
  targets: [
    target('root', { base: 'docker-image://base@sha256:00', files: '../files' }),
    target('left', { 'root:1': 'target:root' }, { dockerfile: { kind: 'file', path: 'a/b' } }),
    target('right', { 'root:1': 'target:root' }, { dockerfile: { kind: 'file', path: 'unknown' } }),
    target('leaf', { 'right:1': 'target:right', 'left:1': 'target:left' }),
  ],
  groups: [],
  files: [{ kind: 'text', path: 'a/b', text: 'FROM spilled\n' }],
});

test('links to targets are parents, and Dockerfiles are found wherever the plan has them', () => {
  assert.ok(root && left && right && leaf);
  assert.deepEqual(root.parents, []);
  assert.deepEqual(leaf.parents, ['right', 'left']);
  assert.equal(root.dockerfile, 'FROM x # root\n');
  assert.equal(left.dockerfile, 'FROM spilled\n');
  assert.ok(!('dockerfile' in right));
});

test('ancestors come parents first, each once, those outside the call left out', () => {
  assert.ok(root && left && right && leaf);
  const whole = lineage([root, left, right, leaf]);
  assert.deepEqual(whole.ancestors(leaf), [root, left, right]);
  assert.deepEqual(whole.ancestors(root), []);
  assert.deepEqual(lineage([right, leaf]).ancestors(leaf), [right]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from '#compiler/plan/makePlan.js';
import { splitPlan } from '#compiler/plan/splitPlan.js';
import type { Digest } from '#core/reference/brands.js';
import { graphOf, printed } from '../../support/graph.js';

test('each wave is a plan of its own, with the ancestors and files that it needs', () => {
  const graph = graphOf([
    { name: 'base' },
    ...['a', 'b', 'c', 'd'].map((name) => ({ name, parents: ['base'] })),
    { name: 'other', dockerfile: 'FROM scratch\nLABEL a="e\u0301"\n' },
  ]);
  const { value: plan } = makePlan(graph, new Set(graph.byReference.keys()), {
    ...printed,
    waveSize: 3,
    context: (image) => {
      const path = `.generate-bake/contexts/${image.rendered.definition.name}`;
      const file = { kind: 'text', path: `${path}/f`, text: '' } as const;
      return { path, digest: `sha256:${'0'.repeat(64)}` as Digest, files: [file] };
    },
  });
  const parts = splitPlan(plan);
  assert.deepEqual(
    parts.map((part) => part.name),
    plan.groups.filter((group) => group.kind === 'wave').map((group) => group.name),
  );
  const built = new Set<string>();
  for (const { plan: part } of parts) {
    const names = part.targets.map((target) => target.name);
    for (const name of names) {
      built.add(name);
    }
    assert.deepEqual(
      part.groups.map((group) => [group.name, group.targets]),
      [['default', names]],
    );
    for (const target of part.targets) {
      for (const link of target.contexts.values()) {
        assert.ok(names.some((name) => link === `target:${name}`));
      }
    }
    assert.deepEqual(
      part.files.map((file) => file.path).filter((path) => path.includes('contexts')),
      names.map((name) => `.generate-bake/contexts/${name}/f`),
    );
    const spilled = part.files.filter((file) => file.path.includes('dockerfiles'));
    assert.equal(spilled.length, names.some((name) => name === 'other') ? 1 : 0);
  }
  assert.equal(built.size, 6);
});

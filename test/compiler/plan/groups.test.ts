import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from '#compiler/plan/makePlan.js';
import { graphOf, type ImageSketch, printed, treeOf } from '../../support/graph.js';

function groupsOf(sketches: readonly ImageSketch[], waveSize = 40) {
  const graph = graphOf(sketches);
  const { value, diagnostics } = makePlan(graph, new Set(graph.byReference.keys()), {
    ...printed,
    waveSize,
  });
  return { groups: value.groups, names: value.groups.map((group) => group.name), diagnostics };
}

const alone = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `i${index}` }));
const chain = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `i${index}`,
    parents: index === 0 ? [] : [`i${index - 1}`],
  }));

test('everything is asked for by default only while a stock Docker takes it', () => {
  assert.deepEqual(groupsOf(alone(80)).names, [
    'default',
    'all',
    'tree-images',
    'wave-001',
    'wave-002',
  ]);
  assert.deepEqual(groupsOf(alone(81)).names, [
    'all',
    'tree-images',
    'wave-001',
    'wave-002',
    'wave-003',
  ]);
});

test('without waves everything is the default', () => {
  assert.deepEqual(groupsOf(alone(200), 0).names, ['default', 'all', 'tree-images']);
});

test('each tree has a group, sorted by name', () => {
  const ml = treeOf('ml');
  const { groups } = groupsOf([{ name: 'x', tree: ml }, { name: 'a' }, { name: 'y', tree: ml }]);
  assert.deepEqual(
    groups.filter((group) => group.kind === 'tree').map((group) => [group.name, group.targets]),
    [
      ['tree-images', ['a']],
      ['tree-ml', ['x', 'y']],
    ],
  );
});

test('a chain deeper than a wave keeps its ancestors, with a warning', () => {
  const { groups, diagnostics } = groupsOf(chain(45));
  const waves = groups.filter((group) => group.kind === 'wave');
  assert.deepEqual(
    waves.map((wave) => wave.targets.length),
    [45],
  );
  assert.deepEqual(
    diagnostics.map((each) => [each.severity, each.code]),
    [['warning', 'wave-oversized']],
  );
  assert.match(diagnostics[0]?.message ?? '', /wave-001 has 45 images.* r\/i44:1 /);
});

test('a wave says how many images it has', () => {
  const described = (count: number) =>
    groupsOf(alone(count)).groups.find(({ name }) => name === 'wave-001')?.description;
  assert.equal(described(1), 'Wave 1 of 1: 1 image, all ancestors among them');
  assert.equal(described(2), 'Wave 1 of 1: 2 images, all ancestors among them');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emitJson } from '#compiler/emit/json.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { graphOf, printed } from '../../support/graph.js';

test('every attribute of a target is written, under the name that bake knows', () => {
  const graph = graphOf([
    { name: 'base', dockerfile: 'FROM scratch\nCOPY ${A} /\n' },
    {
      name: '12',
      parents: ['base'],
      dockerfile: 'FROM r/base:1\nLABEL a="e\u0301"\n',
      definition: {
        stage: 'final',
        platforms: ['linux/amd64', 'linux/arm64'],
        args: new Map([['A', '1']]),
        extraTags: ['stable'],
      },
    },
  ]);
  const { value: plan } = makePlan(graph, new Set(graph.byReference.keys()), {
    ...printed,
    pull: true,
    rebuildKey: undefined,
  });
  const text = emitJson(plan);
  const parsed = JSON.parse(text);
  assert.deepEqual(parsed.group.default.targets, ['base', '12']);
  assert.equal(parsed.target.base['dockerfile-inline'], 'FROM scratch\nCOPY $${A} /\n');
  const { labels, ...child } = parsed.target['12'];
  assert.equal(labels['org.opencontainers.image.title'], '12');
  assert.deepEqual(child, {
    description: 'r/12:1',
    context: 'images/12',
    dockerfile: `cwd://${plan.files[0]?.path}`,
    target: 'final',
    contexts: { 'r/base:1': 'target:base' },
    args: { A: '1' },
    tags: ['r/12:1', 'r/12:stable'],
    platforms: ['linux/amd64', 'linux/arm64'],
    pull: true,
  });
});

test('no key is special to us', () => {
  const graph = graphOf([
    { name: 'a', definition: { args: new Map([['__proto__', '${x}']]), stage: '%{x}' } },
  ]);
  const { value: plan } = makePlan(graph, new Set(graph.byReference.keys()), printed);
  const text = emitJson(plan);
  assert.match(text, /"__proto__": "\$\$\{x\}"/);
  assert.match(text, /"target": "%%\{x\}"/);
});

test('an empty plan is a file that bake can read', () => {
  assert.deepEqual(JSON.parse(emitJson({ targets: [], groups: [], files: [] })), {});
});

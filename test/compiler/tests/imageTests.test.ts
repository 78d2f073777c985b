import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InsideTest } from '#compiler/definitions/definition.js';
import { hostTestDirectory, insideTests, testsOf } from '#compiler/tests/imageTests.js';
import type { Reference } from '#core/reference/brands.js';
import { graphOf, treeOf } from '../../support/graph.js';
import { scratchTree } from '../../support/scratch.js';

const goss: InsideTest = { kind: 'goss', file: '/t/run/goss.yaml', shown: 't/run/goss.yaml' };

test('a child inherits the tests of what it is built on, the lowest first, not of what it copies from', () => {
  const inside = (name: string) => ({ inside: [{ ...goss, shown: `${name}/goss.yaml` }] });
  const graph = graphOf([
    { name: 'root', definition: { tests: inside('root') } },
    { name: 'tool', definition: { tests: inside('tool') } },
    { name: 'run', parents: ['root'] },
    {
      name: 'app',
      parents: ['run', 'copy tool'],
      definition: { tests: { directory: '/host', ...inside('app') } },
    },
  ]);
  const references = [...graph.byReference.keys()];
  const app = references.find((each) => each.endsWith('app:1')) as Reference;
  const tests = insideTests(graph, app);
  assert.deepEqual(
    tests.map(({ owner, test: { shown } }) => `${owner.replace(/^.*\//, '')} ${shown}`),
    ['root:1 root/goss.yaml', 'app:1 app/goss.yaml'],
  );
  const definitionOf = (name: string) => {
    const image = graph.images.find(({ rendered }) => rendered.definition.name === name);
    assert.ok(image !== undefined);
    return image.rendered.definition;
  };
  assert.equal(hostTestDirectory(definitionOf('app')), '/host');
  assert.equal(hostTestDirectory(definitionOf('root')), undefined);
  assert.equal(hostTestDirectory(definitionOf('run')), definitionOf('run').directory);
});

test('tests are own, inherited from what an image starts from, or none', () => {
  const files = scratchTree({ 'host/test.sh': '', 'bare/other': '' });
  const config = { verifyCommand: '/bin/bash', verifyArgs: ['-c', '{path}/test.sh {image}'] };
  const tree = treeOf('images', config);
  const inside = { inside: [goss] };
  const graph = graphOf([
    { name: 'root', tree, definition: { tests: inside } },
    { name: 'host', tree, definition: { directory: files.at('host') } },
    { name: 'bare', tree, definition: { directory: files.at('bare') } },
    { name: 'mid', tree, parents: ['root'], definition: { directory: files.at('bare') } },
    { name: 'top', tree, parents: ['mid'], definition: { directory: files.at('host') } },
    // Tests on the host are not a parent's promise.
    { name: 'onHost', tree, parents: ['host'], definition: { directory: files.at('bare') } },
    {
      name: 'copies',
      tree,
      parents: ['copy root'],
      base: 'scratch',
      definition: { directory: files.at('bare') },
    },
  ]);
  assert.deepEqual(
    graph.images.map(({ reference, rendered }) => [
      rendered.definition.name,
      testsOf(graph, reference),
    ]),
    [
      ['root', 'own'],
      ['host', 'own'],
      ['bare', 'none'],
      ['mid', 'inherited'],
      ['top', 'own'],
      ['onHost', 'none'],
      ['copies', 'none'],
    ],
  );
});

/** Parents that the engine has, by names that the Dockerfile writes or does not write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { explain } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

const changelog = (name: string): string =>
  `${name} (1.0) wikimedia; urgency=medium\n\n  * A.\n\n -- A B <a@b.example>  Mon, 03 Aug 2026 10:00:00 +0000\n`;

test('a local parent under another name is pinned where its manifest is known', () => {
  const tree = scratchTree({
    'config.yaml':
      'registry: in.example\ngenerate-bake:\n  registry_aliases: {in.example: pub.example}\n',
    'images/base/changelog': changelog('base'),
    'images/base/Dockerfile.template': 'FROM scratch\nCOPY . /\n',
    'images/own/changelog': changelog('own'),
    'images/own/Dockerfile.template': 'FROM {{ "base" | image_tag }}\n',
    'images/other/changelog': changelog('other'),
    'images/other/Dockerfile.template': 'FROM pub.example/base:1.0\n',
  });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { value } = compile({ workspace: opened.value, selection });
  const base = 'in.example/base:1.0' as Reference;
  const manifest = `sha256:${'a'.repeat(64)}` as Digest;
  const children = new Set(['in.example/own:1.0', 'in.example/other:1.0'] as Reference[]);
  const contextsWith = (outside: object) => {
    const planned = makePlan(value.graph, children, {
      context: new Contexts(tree.path).of,
      outside: new Map([[base, { reference: base, ...outside }]]),
      rebuildKey: undefined,
      waveSize: 0,
      pull: false,
      proxyCredentials: 'refuse',
    });
    assert.equal(explain(planned.diagnostics), '');
    return Object.fromEntries(
      planned.value.targets.map(({ name, contexts }) => [name, Object.fromEntries(contexts)]),
    );
  };
  assert.deepEqual(contextsWith({}), {
    own: {},
    other: { 'pub.example/base:1.0': 'docker-image://in.example/base:1.0' },
  });
  assert.deepEqual(contextsWith({ manifest }), {
    own: {},
    other: { 'pub.example/base:1.0': `docker-image://in.example/base:1.0@${manifest}` },
  });
  // A published one is pinned under every name.
  const pinned = `docker-image://in.example/base:1.0@${manifest}`;
  assert.deepEqual(contextsWith({ digest: manifest }), {
    own: { 'in.example/base:1.0': pinned },
    other: { 'pub.example/base:1.0': pinned },
  });
});

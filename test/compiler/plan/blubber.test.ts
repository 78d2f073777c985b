/** Images of Blubber files in a plan: what is sent to the frontend, and what their definition digests cover. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';

const file = lines(`
  # syntax=r.example/buildkit:v1.8.0
  version: v4
  base: r.example/node
  variants:
    build: { copies: [{ from: local, source: src/ }] }
    production: { copies: [build], runs: { environment: { HOME_DIR: "\${HOME}" } } }
    test: { includes: [build] }
`);

const tree = (more = ''): ScratchTree =>
  scratchTree({
    'generate-bake.toml': lines(`
      pull_through = { "r.example" = "mirror.example/r" }
      [[tree]]
      directory = "images"
      config = "config.yaml"
      [[tree]]
      kind = "blubber"
      directory = "services"
      registry = "r.example"
      version = "1"
      variants = ["production", "test"]
    `).concat(more),
    'config.yaml': 'registry: r.example\n',
    'images/node/Dockerfile.template': 'FROM scratch\nCOPY . /\n',
    'images/node/changelog': `node (22) stable; urgency=low\n\n  * Made.\n\n -- A <a@b.c>  Mon, 01 Jun 2026 06:00:00 +0000\n`,
    'services/api/.pipeline/blubber.yaml': file,
    'services/api/src/main.js': '1\n',
    'services/api/other': '1\n',
  });

function planned({ path: cwd }: ScratchTree) {
  const { value: workspace, diagnostics } = openWorkspace({
    cwd,
    directories: [],
    env: {},
    home: '/none',
  });
  assert.equal(explain(diagnostics), '');
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { value } = compile({ workspace, selection });
  const references = new Set(value.graph.images.map(({ reference }) => reference));
  const contexts = new Contexts(cwd);
  const plan = makePlan(value.graph, references, { ...printed, context: contexts.of });
  assert.equal(explain(plan.diagnostics), '');
  const targets = plan.value.targets.map((target) => [target.image as string, target] as const);
  return new Map(targets);
}

/** The definition digests of `production` and `test`. */
function digests(of: ScratchTree): readonly (string | undefined)[] {
  const targets = planned(of);
  return ['r.example/api:1', 'r.example/api-test:1'].map((image) =>
    targets.get(image)?.labels.get('io.github.generate-bake.definition'),
  );
}

test('the file byte for byte, the variant as the target, and no named context', () => {
  const targets = planned(tree());
  const target = targets.get('r.example/api:1');
  assert.deepEqual(target?.dockerfile, { kind: 'inline', text: file });
  assert.equal(target?.stage, 'production');
  assert.equal(target?.context, 'services/api');
  assert.deepEqual([...(target?.contexts ?? [])], [], 'BuildKit refuses any, mirrors too');
  assert.deepEqual(target?.tags, ['r.example/api:1']);
  assert.equal(targets.get('r.example/api-test:1')?.stage, 'test');
});

test('a frontend of the tree is an argument, which BuildKit takes before the line of the file', () => {
  const target = planned(tree('frontend = "r.example/buildkit:v1.8.0"\n')).get('r.example/api:1');
  assert.equal(target?.args.get('BUILDKIT_SYNTAX'), 'r.example/buildkit:v1.8.0');
});

test('what a definition digest covers', () => {
  const one = tree();
  const before = digests(one);
  const differs = (change: Parameters<ScratchTree['write']>[0]): boolean[] => {
    one.write(change);
    return digests(one).map((digest, at) => digest !== before[at]);
  };
  assert.notEqual(before[0], before[1], 'the variant');
  assert.deepEqual(differs({ 'services/api/other': '2\n' }), [false, false], 'not copied');
  assert.deepEqual(differs({ 'services/api/src/main.js': '2\n' }), [true, true], 'copied');
  one.write({ 'services/api/src/main.js': '1\n' });
  assert.deepEqual(differs({ 'services/api/.dockerignore': 'src/x\n' }), [false, false]);
  assert.deepEqual(differs({ 'services/api/src/x': '1\n' }), [false, false], 'ignored');
  assert.deepEqual(differs({ 'images/node/more': '1\n' }), [true, true], 'the parent');
});

/** Images of Blubber files in a plan: what is sent to the frontend, and what their definition digests cover. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import type { OutsideImage, PlanOptions } from '#compiler/plan/options.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { FrontendTakes } from '#formats/blubber/frontendTakes.js';
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

/** As a call of `build` plans it, whose parents are there: local, unless `options` say otherwise. */
function planned({ path: cwd }: ScratchTree, options: Partial<PlanOptions> = {}) {
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
  const plan = makePlan(value.graph, references, {
    ...printed,
    context: contexts.of,
    links: new Map(),
    converts: true,
    ...options,
  });
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
  assert.deepEqual(
    [...(target?.conversions ?? [])],
    [
      ['r.example/node', 'docker-image://r.example/node:22'],
      ['r.example/buildkit:v1.8.0', 'docker-image://mirror.example/r/buildkit:v1.8.0'],
    ],
    'the version of the tree, whatever latest is, and the mirror, by the source policy',
  );
  assert.deepEqual(target?.tags, ['r.example/api:1']);
  assert.equal(targets.get('r.example/api-test:1')?.stage, 'test');
});

test('a frontend of the tree is an argument, which BuildKit takes before the line of the file', () => {
  const target = planned(tree('frontend = "r.example/buildkit:v1.8.0"\n')).get('r.example/api:1');
  assert.equal(target?.args.get('BUILDKIT_SYNTAX'), 'r.example/buildkit:v1.8.0');
});

test('what stands for a parent: pinned, staged, local, and local in a containerd store', () => {
  const parent = 'r.example/node:22' as Reference;
  const digest = `sha256:${'1'.repeat(64)}` as Digest;
  const given = (outside: OutsideImage, takes?: FrontendTakes) => {
    const frontends = new Map(takes === undefined ? [] : [['r.example/buildkit:v1.8.0', takes]]);
    const options = { outside: new Map([[parent, outside]]), frontends };
    const target = planned(tree(), options).get('r.example/api:1');
    const { contexts, conversions } = target ?? assert.fail('no target');
    return {
      context: contexts.get('r.example/node'),
      conversion: conversions.get('r.example/node'),
    };
  };
  const contexts = { contexts: true, inputs: false };
  const pinned = `docker-image://${parent}@${digest}`;
  const published = { reference: parent, digest };
  assert.deepEqual(given(published), { context: undefined, conversion: pinned });
  assert.deepEqual(given(published, contexts), { context: pinned, conversion: undefined });
  const at = `s.example/staging@${digest}`;
  assert.equal(given({ ...published, at }).conversion, `docker-image://${at}`);
  assert.equal(given({ reference: parent, id: digest }).conversion, `docker-image://${parent}`);
  const stored = { reference: parent, id: digest, manifest: digest };
  assert.equal(given(stored).conversion, pinned, 'else its registry would be asked first');
});

test('a frontend that takes contexts and inputs is linked; without inputs no plan can hold parents of its own', () => {
  const both = new Map([['r.example/buildkit:v1.8.0', { contexts: true, inputs: true }]]);
  const options = {
    frontends: both,
    converts: false,
    links: new Map([['r.example/api:1' as Reference, new Set(['r.example/node:22' as Reference])]]),
  };
  const target = planned(tree(), options).get('r.example/api:1');
  assert.deepEqual(target?.contexts.get('r.example/node'), 'target:node');
  assert.equal(target?.conversions.size, 0);
});

test('a new version makes its variants without the cache, unless its version says what it is made of', () => {
  const key = { rebuildKey: 'monday' };
  const filter = (of: ScratchTree, options: Partial<PlanOptions>) =>
    planned(of, options).get('r.example/api:1')?.noCacheFilter;
  assert.deepEqual(filter(tree(), key), ['build', 'production'], 'what it is made of');
  assert.deepEqual(filter(tree(), { rebuildKey: undefined }), [], '--use-cache');
  const computed = scratchTree({
    'generate-bake.toml':
      '[[tree]]\nkind = "blubber"\ndirectory = "."\nregistry = "r.example"\nvariants = ["production"]\n',
    'api/.pipeline/blubber.yaml': file,
    'api/src/main.js': '1\n',
  });
  const [[, target] = assert.fail('no target')] = planned(computed, key);
  assert.deepEqual(target.noCacheFilter, []);
  // A rebuild that was counted changes nothing that BuildKit sees.
  computed.write({ 'generate-bake.lock': '[rebuilds]\n"api" = 1\n' });
  const [[, counted] = assert.fail('no target')] = planned(computed, key);
  assert.notEqual(counted.image, target.image);
  assert.deepEqual(counted.noCacheFilter, ['build', 'production']);
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

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { emitHcl } from '#compiler/emit/hcl.js';
import { emitJson } from '#compiler/emit/json.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import type { PlanOptions } from '#compiler/plan/options.js';
import type { Plan, PlannedTarget } from '#compiler/plan/plan.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { graphOf, type ImageSketch, printed, treeOf } from '../../support/graph.js';

const digest = `sha256:${'a'.repeat(64)}` as Digest;

function planned(graph: Graph, options: Partial<PlanOptions> = {}, names?: readonly string[]) {
  const selection = names?.map((name) => `r/${name}:1` as Reference) ?? graph.byReference.keys();
  const { value, diagnostics } = makePlan(graph, new Set(selection), { ...printed, ...options });
  return { plan: value, diagnostics, codes: diagnostics.map((each) => each.code) };
}

function targetOf(plan: Plan, name: string): PlannedTarget {
  const target = plan.targets.find((each) => each.name === name);
  assert.ok(target !== undefined, `no target ${name}`);
  return target;
}

test('a parent in the plan is a linked target, under the key of the Dockerfile', () => {
  const graph = graphOf([{ name: 'base' }, { name: 'tool1.2', parents: ['base'] }]);
  const { plan, codes } = planned(graph);
  assert.deepEqual(codes, []);
  assert.deepEqual(
    plan.targets.map((target) => target.name),
    ['base', 'tool1_2'],
  );
  const child = targetOf(plan, 'tool1_2');
  assert.deepEqual([...child.contexts], [['r/base:1', 'target:base']]);
  assert.deepEqual(child.tags, ['r/tool1.2:1']);
  assert.equal(child.context, 'images/tool1.2');
  assert.deepEqual(child.dockerfile, {
    kind: 'inline',
    text: 'FROM r/base:1 AS s0\nCOPY . /tool1.2\n',
  });
});

test('a parent outside the plan stands as it is, or as what is given for it', () => {
  const graph = graphOf([{ name: 'a' }, { name: 'b' }, { name: 'c', parents: ['a', 'b'] }]);
  const bare = planned(graph, {}, ['c']).plan;
  assert.equal(targetOf(bare, 'c').contexts.size, 0);
  assert.equal(targetOf(bare, 'c').labels.get('org.opencontainers.image.base.name'), 'r/a:1');
  assert.equal(targetOf(bare, 'c').labels.get('org.opencontainers.image.base.digest'), '');

  const outside = new Map([
    ['r/a:1' as Reference, { reference: 'r/a:1' as Reference, digest }],
    ['r/b:1' as Reference, { reference: 'r/b:1' as Reference }],
  ]);
  const child = targetOf(planned(graph, { outside }, ['c']).plan, 'c');
  // What the engine has under the name that the Dockerfile writes is found by that name.
  assert.deepEqual([...child.contexts], [['r/a:1', `docker-image://r/a:1@${digest}`]]);
  assert.equal(child.labels.get('org.opencontainers.image.base.digest'), digest);
  // In the plan, a parent is linked whatever stands for it outside.
  const both = targetOf(planned(graph, { outside }).plan, 'c');
  assert.equal(both.contexts.get('r/a:1'), 'target:a');
  assert.equal(both.labels.get('org.opencontainers.image.base.digest'), '');
});

test('every target that may inherit labels sets every key, and those of the OCI that any definition sets', () => {
  const graph = graphOf([
    {
      name: 'base',
      definition: {
        labels: new Map([
          ['org.opencontainers.image.vendor', 'us'],
          ['team', 'x'],
        ]),
        created: '2026-08-16T06:00:00Z',
        description: 'A base',
        author: 'A <a@b>',
      },
    },
    { name: 'child', parents: ['base'] },
  ]);
  const { plan } = planned(graph);
  const base = targetOf(plan, 'base').labels;
  const child = targetOf(plan, 'child').labels;
  assert.equal(base.get('org.opencontainers.image.created'), '2026-08-16T06:00:00Z');
  assert.equal(base.has('org.opencontainers.image.base.name'), false);
  assert.equal(base.get('team'), 'x');
  assert.deepEqual(
    [...child].map(([key, value]) => [key, key === definitionLabel ? '' : value]),
    [
      ['org.opencontainers.image.title', 'child'],
      ['org.opencontainers.image.version', '1'],
      ['org.opencontainers.image.created', ''],
      ['org.opencontainers.image.description', ''],
      ['org.opencontainers.image.authors', ''],
      ['org.opencontainers.image.base.name', 'r/base:1'],
      ['org.opencontainers.image.base.digest', ''],
      ['org.opencontainers.image.vendor', ''],
      [definitionLabel, ''],
    ],
  );
});

test('the rebuild key depends on reference, version and key, and is left out for the cache', () => {
  const graph = graphOf([{ name: 'a' }]);
  const host = (rebuildKey: string | undefined) =>
    targetOf(planned(graph, { rebuildKey }).plan, 'a').args.get('BUILDKIT_SANDBOX_HOSTNAME');
  const expected = createHash('sha256').update('r/a:1\x001\0day').digest('hex').slice(0, 12);
  assert.equal(host('day'), `gb-${expected}`);
  assert.notEqual(host(''), host('day'));
  assert.equal(host(undefined), undefined);
});

test('the rebuild key of a computed version stays: only a nightly suffix and counted rebuilds count', () => {
  const host = (version: string, rebuilds?: number) => {
    const computed = { kind: 'content', version: version.slice(0, 2) } as const;
    const counted = rebuilds === undefined ? {} : { rebuilds };
    const graph = graphOf([{ name: 'a', version, definition: { computed, ...counted } }]);
    const { plan } = planned(graph, { rebuildKey: 'day' });
    return targetOf(plan, 'a').args.get('BUILDKIT_SANDBOX_HOSTNAME');
  };
  assert.equal(host('ab'), host('cd'));
  assert.notEqual(host('ab'), host('ab-20261126'));
  assert.equal(host('ab-20261126'), host('cd-20261126'));
  // Its digest alone has the number, which BuildKit does not see.
  assert.notEqual(host('ab'), host('cd', 1));
  assert.notEqual(host('ab', 1), host('cd', 2));
  assert.equal(host('ab', 1), host('cd', 1));
});

test('the proxy is given under the four names, and the definition has the last word', () => {
  const tree = treeOf('images', { httpProxy: 'http://proxy:8080' });
  const args = new Map([
    ['HTTPS_PROXY', 'http://other'],
    ['X', 'y'],
  ]);
  const { plan } = planned(graphOf([{ name: 'a', tree, definition: { args } }]), {
    rebuildKey: undefined,
  });
  assert.deepEqual(Object.fromEntries(targetOf(plan, 'a').args), {
    http_proxy: 'http://proxy:8080',
    https_proxy: 'http://proxy:8080',
    HTTP_PROXY: 'http://proxy:8080',
    HTTPS_PROXY: 'http://other',
    X: 'y',
  });
});

test("a proxy's password is refused in a printed plan, and not repeated", () => {
  const secret = 'http://user:hunter2@proxy:8080';
  const tree = treeOf('images', {
    httpProxy: secret,
    aptOnlyProxy: secret,
    places: new Map([['http_proxy', { file: 'config.yaml', line: 3, lineText: secret }]]),
  });
  const graph = graphOf([
    { name: 'a', tree },
    { name: 'b', tree, dockerfile: `FROM x\nRUN echo ${secret}\n` },
  ]);
  const { diagnostics, codes } = planned(graph);
  assert.deepEqual(codes, ['proxy-credentials', 'proxy-credentials']);
  assert.doesNotMatch(JSON.stringify(diagnostics), /hunter2/);
  assert.deepEqual(diagnostics[0]?.place, { file: 'config.yaml', line: 3 });
  assert.deepEqual(planned(graph, { proxyCredentials: 'keep' }).codes, []);

  const mail = treeOf('images', { httpProxy: 'http://proxy:8080/?a@b' });
  assert.deepEqual(planned(graphOf([{ name: 'a', tree: mail }])).codes, []);
});

test('latest is a tag only where the configuration says so; two targets of one tag are refused', () => {
  const tree = treeOf('images', { tagLatest: true });
  const graph = graphOf([{ name: 'a', tree, definition: { extraTags: ['1', 'stable'] } }]);
  assert.deepEqual(targetOf(planned(graph).plan, 'a').tags, ['r/a:1', 'r/a:stable', 'r/a:latest']);

  const clash = graphOf([
    { name: 'a', definition: { extraTags: ['2'] } },
    { name: 'b' },
    { name: 'a', version: '2' },
  ]);
  const { diagnostics } = planned(clash);
  assert.deepEqual(
    diagnostics.map((each) => [each.code, each.place?.file, each.related?.length]),
    [['tag-shared', 'images/a/changelog', 1]],
  );
});

test('images of one path are told apart by version, or else by registry', () => {
  const versions = graphOf([{ name: 'a' }, { name: 'a', version: '2' }, { name: 'b' }]);
  assert.deepEqual(
    planned(versions).plan.targets.map((target) => target.name),
    ['a_____1', 'a_____2', 'b'],
  );
  // Named the same when only one of them is selected.
  assert.deepEqual(
    planned(versions, {}, ['a']).plan.targets.map((target) => target.name),
    ['a_____1'],
  );
  const registries = graphOf([
    { name: 'a' },
    { name: 'a', tree: treeOf('other', { registry: 'q' }) },
  ]);
  const names = planned(registries).plan.targets.map((target) => target.name);
  assert.equal(new Set(names).size, 2);
});

test('a Dockerfile that bake would change is written to a file beside the plan', () => {
  const text = 'FROM scratch\nLABEL a="e\u0301"\n';
  const { plan, codes } = planned(
    graphOf([
      { name: 'a', dockerfile: text },
      { name: 'b', dockerfile: text },
    ]),
  );
  const path = `.generate-bake/dockerfiles/${createHash('sha256').update(text).digest('hex')}`;
  assert.deepEqual(codes, []);
  assert.deepEqual(plan.files, [{ kind: 'text', path, text }]);
  assert.deepEqual(targetOf(plan, 'b').dockerfile, { kind: 'file', path });
});

test('what bake cannot represent is refused, text about the image normalised', () => {
  const graph = graphOf([
    {
      name: 'a',
      dockerfile: '',
      definition: {
        author: 'Jose\u0301',
        args: new Map([['A', '\u212b']]),
        labels: new Map([['\u212b', 'x']]),
        stage: 'e\u0301',
      },
    },
  ]);
  const { plan, diagnostics, codes } = planned(graph, {
    context: () => ({ path: 'e\u0301', digest, files: [] }),
  });
  assert.deepEqual(codes.sort(), [
    'dockerfile-empty',
    'label-normalised',
    ...Array.from({ length: 4 }, () => 'unrepresentable'),
  ]);
  assert.equal(targetOf(plan, 'a').labels.get('org.opencontainers.image.authors'), 'Jos\u00e9');
  for (const each of diagnostics) {
    assert.ok(each.place !== undefined, each.message);
  }
});

test('a link to an image without layers is refused at its line', () => {
  const graph = graphOf([
    { name: 'empty', withoutLayers: true },
    { name: 'child', parents: ['empty'] },
  ]);
  const { diagnostics, codes } = planned(graph);
  assert.deepEqual(codes, ['parent-without-layers']);
  assert.deepEqual(diagnostics[0]?.place, { file: 'images/child/Dockerfile.template', line: 1 });
  // Without a link there is nothing to refuse.
  assert.deepEqual(planned(graph, {}, ['child']).codes, []);
});

test('the files of materialised contexts are listed once', () => {
  const graph = graphOf([{ name: 'a' }, { name: 'b' }]);
  const file = { kind: 'text', path: '.generate-bake/contexts/0/f', text: 'x' } as const;
  const { plan } = planned(graph, {
    context: () => ({ path: '.generate-bake/contexts/0', digest, files: [file] }),
  });
  assert.deepEqual(plan.files, [file]);
  assert.equal(targetOf(plan, 'b').context, '.generate-bake/contexts/0');
});

test('the same input gives the same plan', () => {
  const make = () => planned(graphOf([{ name: 'a' }, { name: 'b', parents: ['a'] }])).plan;
  assert.equal(emitJson(make()), emitJson(make()));
  assert.equal(emitHcl(make()), emitHcl(make()));
});

test('a comment says where a target comes from and what it is built on', () => {
  const { plan } = planned(
    graphOf([{ name: 'a' }, { name: 'b' }, { name: 'c', parents: ['a', 'b'] }]),
  );
  assert.deepEqual(targetOf(plan, 'c').comment(), [
    'images/c/Dockerfile.template, images/c/changelog',
    'built on r/a:1 (images/c/Dockerfile.template:1)',
    'copies from r/b:1 (images/c/Dockerfile.template:2)',
  ]);
  // The definition of a plain Dockerfile is that file.
  const place = { file: 'images/a/Dockerfile.template' };
  const { plan: plain } = planned(graphOf([{ name: 'a', definition: { place } }]));
  assert.deepEqual(targetOf(plain, 'a').comment(), ['images/a/Dockerfile.template']);
});

test('the Dockerfile’s own labels win; what an image could inherit and does not say is empty', () => {
  const oci = 'org.opencontainers.image.';
  const image: ImageSketch = { name: 'a', definition: { description: 'Ours', author: 'A <a@b>' } };
  const labels = (more: Partial<ImageSketch>) => {
    const graph = graphOf([{ ...image, ...more }]);
    const own = [`${oci}description`, `${oci}created`];
    const images = graph.images.map((one) => ({ ...one, ownLabels: own }));
    const byReference = new Map(images.map((one) => [one.reference, one]));
    return targetOf(planned({ ...graph, images, byReference }).plan, 'a').labels;
  };
  const onScratch = labels({});
  assert.equal(onScratch.has(`${oci}description`), false);
  assert.equal(onScratch.get(`${oci}authors`), 'A <a@b>');
  assert.deepEqual(
    [...onScratch].filter(([, value]) => value === ''),
    [],
  );
  // Nobody knows what an image from elsewhere sets.
  const onOther = labels({ base: 'debian:13', definition: {} });
  assert.equal(onOther.has(`${oci}description`), false);
  assert.equal(onOther.has(`${oci}created`), false);
  assert.equal(onOther.get(`${oci}authors`), '');
  // What image.toml sets is said on purpose.
  const named = labels({ definition: { labels: new Map([[`${oci}description`, 'Named']]) } });
  assert.equal(named.get(`${oci}description`), 'Named');
});

/** Plans made by hand are built by the real bake, from JSON and from HCL alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emitHcl } from '#compiler/emit/hcl.js';
import { emitJson } from '#compiler/emit/json.js';
import { writePlannedFiles } from '#compiler/emit/writePlannedFiles.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { splitPlan } from '#compiler/plan/splitPlan.js';
import { type Engine, engines } from '../../support/engine/engine.js';
import { graphOf, printed, treeOf } from '../../support/graph.js';
import { must } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

interface Image {
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly RootFS: { readonly Layers: readonly string[] };
}

async function inspect(engine: Engine, reference: string): Promise<Image> {
  const [image] = JSON.parse(await engine.docker('image', 'inspect', reference)) as Image[];
  assert.ok(image !== undefined);
  return image;
}

for (const engine of await engines()) {
  for (const [format, emit] of [
    ['json', emitJson],
    ['hcl', emitHcl],
  ] as const) {
    const registry = `plan-${format}`;
    const images = treeOf('images', { registry });
    const folder = scratchTree({
      'images/base/file': 'of the base\n',
      'images/child/file': `of the child, ${format}\n`,
    });
    const bake = (file: string, ...args: string[]) =>
      must('docker', ['buildx', 'bake', '-f', file, ...args], {
        cwd: folder.path,
        env: { ...engine.env, BUILDX_GIT_INFO: '0' },
      });

    test(`${engine.name}: a child is built on its parent, its labels are its own, from ${format}`, async () => {
      const odd = '${x} %{y} "e\u0301" \\';
      const graph = graphOf([
        {
          name: 'base',
          tree: images,
          dockerfile: 'FROM scratch\nCOPY file /base\n',
          definition: { created: '2026-08-16T06:00:00Z', author: 'A <a@b>' },
        },
        {
          name: 'child',
          tree: images,
          parents: ['base'],
          // Not NFC, so it is spilled to a file.
          dockerfile: `FROM ${registry}/base:1\nCOPY file /child\nLABEL odd='${odd}'\n`,
          definition: { description: 'Of ${several}\nlines: %{ if }' },
        },
      ]);
      const { value: plan, diagnostics } = makePlan(
        graph,
        new Set(graph.byReference.keys()),
        printed,
      );
      assert.deepEqual(diagnostics, []);
      assert.equal(plan.files.length, 1);
      assert.deepEqual(writePlannedFiles(folder.path, plan.files), []);
      folder.write({ [`plan.${format}`]: emit(plan) });
      await bake(`plan.${format}`, 'wave-001');

      const base = await inspect(engine, `${registry}/base:1`);
      const child = await inspect(engine, `${registry}/child:1`);
      assert.deepEqual(child.RootFS.Layers.slice(0, 1), base.RootFS.Layers);
      assert.equal(child.RootFS.Layers.length, 2);
      const { odd: label, [definitionLabel]: definition, ...rest } = child.Config.Labels;
      assert.equal(label, odd);
      assert.match(definition ?? '', /^sha256:[0-9a-f]{64}$/);
      assert.deepEqual(rest, {
        'org.opencontainers.image.title': 'child',
        'org.opencontainers.image.version': '1',
        'org.opencontainers.image.created': '',
        'org.opencontainers.image.description': 'Of ${several}\nlines: %{ if }',
        'org.opencontainers.image.authors': '',
        'org.opencontainers.image.base.name': `${registry}/base:1`,
        'org.opencontainers.image.base.digest': '',
      });
    });

    test(`${engine.name}: a plan of one wave needs no other, from ${format}`, async () => {
      const graph = graphOf([
        { name: 'base', tree: images, dockerfile: 'FROM scratch\nCOPY file /base\n' },
        ...['one', 'two'].map((name) => ({
          name,
          tree: images,
          parents: ['base'],
          dockerfile: `FROM ${registry}/base:1\nCOPY file /${name}\n`,
        })),
      ]);
      const { value: plan } = makePlan(graph, new Set(graph.byReference.keys()), {
        ...printed,
        waveSize: 2,
        context: (image) => ({ ...printed.context(image), path: 'images/base' }),
      });
      const [, second, ...more] = splitPlan(plan);
      assert.ok(second !== undefined && more.length === 0);
      folder.write({ [`wave.${format}`]: emit(second.plan) });
      await bake(`wave.${format}`);
      const two = await inspect(engine, `${registry}/two:1`);
      assert.equal(two.RootFS.Layers.length, 2);
      await assert.rejects(inspect(engine, `${registry}/one:1`));
    });
  }
}

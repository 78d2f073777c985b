/**
 * The public production-images repository, for which docker-pkg was written: run with
 * GENERATE_BAKE_REAL_TREE naming a checkout of it at the golden data's commit.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { goldenImages, goldenTrees, noRealTree, realWorkspace } from '../support/golden.js';
import { runSteps, sessionsOf } from '../support/sessions.js';

interface Listed {
  readonly reference: string;
  readonly tree: string;
  readonly name: string;
  readonly version: string;
  readonly level: number;
  readonly declared: readonly { readonly name: string }[];
  readonly repository: string;
  readonly dockerfile: string;
  readonly edges: readonly {
    readonly parent: string;
    readonly written: string;
    readonly declared: boolean;
  }[];
}

for (const settings of ['stock', 'proxy'] as const) {
  test(`every Dockerfile of the real trees, ${settings}: docker-pkg’s bytes`, {
    skip: noRealTree,
  }, async (t) => {
    const { path: cwd, at } = realWorkspace(settings);
    const done = await runCli(['render', '-o', 'out'], { cwd });
    assert.equal(done.status, 0, done.stderr);
    const wrong: string[] = [];
    for (const { directory, images } of goldenTrees()) {
      for (const image of images) {
        const file = at('out', directory, `${image.name}.Dockerfile`);
        const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
        const wanted = settings === 'proxy' ? image.sha256_proxy : image.sha256;
        if (digest !== wanted) {
          wrong.push(image.label);
        }
      }
    }
    const total = goldenImages().length;
    t.diagnostic(`${total - wrong.length} of ${total} Dockerfiles are docker-pkg’s`);
    assert.equal(total, 136);
    assert.deepEqual(wrong, []);
  });
}

test('the real trees: names, versions, declarations, and what the Dockerfiles really use', {
  skip: noRealTree,
}, async (t) => {
  const { path: cwd } = realWorkspace('stock');
  const done = await runCli(['list', '--json'], { cwd });
  assert.equal(done.status, 0, done.stderr);
  const { images } = JSON.parse(done.stdout) as { images: readonly Listed[] };
  const identity = (tree: string, name: string, version: string, label: string) =>
    [tree, name, version, label].join(' ');
  assert.deepEqual(
    images.map((one) => identity(one.tree, one.name, one.version, one.reference)).sort(),
    goldenTrees()
      .flatMap(({ directory, images: all }) =>
        all.map((one) => identity(directory, one.name, one.version, one.label)),
      )
      .sort(),
  );
  const golden = new Map(goldenImages().map((image) => [image.label, image]));
  for (const { reference, declared } of images) {
    assert.deepEqual(
      declared.map(({ name }) => name),
      golden.get(reference)?.depends,
      reference,
    );
  }

  const used = imagesUsed(images);
  const usedUndeclared = used.filter(({ child, parent }) =>
    child.declared.every(({ name }) => name !== parent.name),
  );
  t.diagnostic(`${used.length} references to images of the trees`);
  // One image names the same undeclared parent in two stages.
  assert.equal(usedUndeclared.length, 16);
  const byReference = new Map(images.map((image) => [image.reference, image]));
  const edges = images.flatMap((child) =>
    [...new Map(child.edges.map((edge) => [edge.parent, edge])).values()].map((edge) => ({
      ...edge,
      child,
    })),
  );
  const undeclared = edges.filter((edge) => !edge.declared);
  const crossing = edges.filter((edge) => byReference.get(edge.parent)?.tree !== edge.child.tree);
  const literal = edges.filter((edge) => edge.written !== edge.parent);
  const levels = [0, 1, 2, 3, 4].map(
    (level) => images.filter((image) => image.level === level).length,
  );
  for (const { child, parent } of undeclared) {
    t.diagnostic(`undeclared: ${child.reference} on ${parent}`);
  }
  t.diagnostic(`${literal.length} edges are written as :latest or without a tag`);
  assert.deepEqual(
    edges.map(({ child, parent }) => `${child.reference} ${parent}`).sort(),
    [...new Set(used.map(({ child, parent }) => `${child.reference} ${parent.reference}`))].sort(),
  );
  assert.equal(edges.length, 90);
  assert.equal(new Set(edges.map((edge) => edge.child)).size, 75);
  assert.equal(undeclared.length, 15);
  // Of the five into another tree, control declares four.
  assert.equal(crossing.length, 5);
  assert.equal(crossing.filter((edge) => edge.declared).length, 4);
  assert.deepEqual(levels, [61, 34, 33, 4, 4]);
  assert.match(
    done.stderr,
    /\n136 images in 5 levels, 90 links to parents, 15 of them not declared in control\n$/,
  );
  const { stderr } = await runCli(['check'], { cwd });
  assert.equal(stderr.match(/\[unused-depends\]$/gm)?.length, 3);
});

/**
 * A plain reading that is enough for these trees (no heredocs, no escapes, ARGs before their use):
 * every FROM and --from that names an image of the trees, once for each time it is written.
 */
function imagesUsed(images: readonly Listed[]): { child: Listed; parent: Listed }[] {
  const byRepository = new Map(images.map((image) => [image.repository, image]));
  return images.flatMap((child) => {
    const args = new Map<string, string>();
    const stages = new Set<string>();
    return child.dockerfile
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap((line) => {
        const arg = /^\s*ARG\s+(\w+)=["']?([^\s"']+)/i.exec(line);
        if (arg !== null) {
          args.set(arg[1] ?? '', arg[2] ?? '');
        }
        const written = /^\s*FROM\s+(?:--\S+\s+)*(\S+)|\s--from=(\S+)/i.exec(line);
        const text = (written?.[1] ?? written?.[2] ?? '').replace(
          /\$\{?(\w+)\}?/g,
          (whole, name: string) => args.get(name) ?? whole,
        );
        const parent = stages.has(text)
          ? undefined
          : byRepository.get(text.replace(/:[^:/]*$/, ''));
        const stage = /^\s*FROM\s.*\sAS\s+(\S+)/i.exec(line)?.[1];
        if (stage !== undefined) {
          stages.add(stage);
        }
        return parent === undefined ? [] : [{ child, parent }];
      });
  });
}

test('the real trees: what pages say of them', { skip: noRealTree }, async () => {
  const { path: cwd } = realWorkspace('stock');
  for (const [page, heading] of [
    ['doc/docker-pkg.md', 'What it says about your tree'],
    ['doc/commands.md', 'What is in a target'],
  ] as const) {
    const steps = sessionsOf(page).get(heading) ?? [];
    assert.equal(steps.length, 1);
    await runSteps(steps, { cwd, env: process.env });
  }
});

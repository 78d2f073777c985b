import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Docker, DockerOutcome } from '#adapters/docker/docker.js';
import type { Repository } from '#core/reference/brands.js';
import { localTags } from '#upkeep/prune/localImages.js';
import { planLocalPrune, pruneLocal } from '#upkeep/prune/localPrune.js';
import { loadBase } from '../../support/engine/base.js';
import { type Engine, engines } from '../../support/engine/engine.js';
import { registry } from '../../support/engine/registry.js';
import { graphOf, treeOf } from '../../support/graph.js';
import { firstUnlessLong } from '../../support/long.js';
import { must } from '../../support/process.js';

function value<T>(outcome: DockerOutcome<T>): T {
  assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
  return outcome.value;
}

for (const engine of firstUnlessLong(await engines())) {
  suite(`prune on ${engine.name}`, () => {
    test('removes old versions of the names, and leaves what is in use and what is not its own', async () => {
      await prune(engine);
    });
  });
}

async function prune(engine: Engine): Promise<void> {
  const docker: Docker = { program: 'docker', env: engine.env, cwd: '/' };
  const store = await registry();
  const tree = treeOf('images', { registry: store.host, namespace: 'prune' });
  const graph = graphOf([
    { name: 'base', version: '3', tree },
    { name: 'child', version: '2', parents: ['base'], tree },
  ]);
  const name = (rest: string) => `${store.host}/prune/${rest}`;
  await loadBase(engine, name('outside:1'));
  const build = (reference: string, parent: string) =>
    must('docker', ['build', '--quiet', '--tag', reference, '-'], {
      env: engine.env,
      input: `FROM ${parent}\nRUN echo ${reference} > /made\n`,
    });
  for (const version of ['1', '2', '3']) {
    await build(name(`base:${version}`), name('outside:1'));
  }
  await build(name('child:1'), name('base:2'));
  await build(name('child:2'), name('base:3'));
  await engine.docker('tag', name('child:1'), name('child:latest'));
  await engine.docker('tag', name('base:3'), name('base:latest'));
  // Known by its digest alone, as after a pull by digest.
  await engine.docker('push', '--quiet', name('base:1'));
  const first = ['--format', '{{index .RepoDigests 0}}', name('base:1')];
  const pushed = await engine.docker('image', 'inspect', ...first);
  await engine.docker('rmi', name('base:1'));
  await engine.docker('pull', '--quiet', pushed);
  const container = await engine.docker('create', name('base:2'));

  const repositories = new Set(graph.images.map(({ rendered }) => rendered.definition.repository));
  const local = value(await localTags(docker, repositories));
  assert.deepEqual([...local.keys()].sort(), [...repositories].sort());
  const plan = planLocalPrune(graph.images, local, { keep: 0 });
  assert.deepEqual(
    plan.remove.map(({ reference }) => reference).sort(),
    [name('child:1'), name('child:latest'), pushed].sort(),
  );
  assert.deepEqual(
    plan.kept.map(({ tag, rule }) => [tag.reference, rule.kind]),
    [
      [name('base:latest'), 'same-image'],
      [name('base:2'), 'in-use'],
    ],
  );
  const pruned = value(await pruneLocal(docker, plan.remove));
  assert.deepEqual(pruned.refused, new Map());
  assert.equal(pruned.removed.length, 3);
  assert.equal(typeof pruned.bytes, 'number');

  const left = value(await localTags(docker, repositories));
  const names = (path: string) =>
    (left.get(name(path) as Repository) ?? []).map(({ tag }) => tag).sort();
  assert.deepEqual(names('base'), ['2', '3', 'latest']);
  assert.deepEqual(names('child'), ['2']);
  assert.ok(await engine.docker('image', 'inspect', name('outside:1')));
  // Once no container uses it, it goes.
  await engine.docker('rm', container);
  const again = planLocalPrune(graph.images, value(await localTags(docker, repositories)), {
    keep: 0,
  });
  assert.deepEqual(
    again.remove.map(({ reference }) => reference),
    [name('base:2')],
  );
  await engine.docker(
    'rmi',
    ...['base:2', 'base:3', 'base:latest', 'child:2', 'outside:1'].map(name),
  );
  await store.stop();
}

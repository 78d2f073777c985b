/** Bases that no engine of the tests can pull are read through a registry that has them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engines } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { firstUnlessLong } from '../support/long.js';

const asked = (store: Registry, from: number): readonly string[] => [
  ...new Set(
    store
      .requests()
      .slice(from)
      .flatMap(({ path }) => /^\/v2\/(.*)\/manifests\/[\w.]+$/.exec(path)?.[1] ?? []),
  ),
];

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: FROM, COPY --from, RUN --mount and base_images, with the login of the mirror's host`, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    const auth = Buffer.from('robot:geheim').toString('base64');
    const logins = JSON.stringify({ auths: { [store.host]: { auth } } });
    const push = { ...engine.env, DOCKER_AUTH_CONFIG: logins };
    const hub = `${store.host}/hub`;
    // Names that Docker Hub does not have, should an engine get there.
    const names = ['library/gb-nobody-base:12', 'gbnobody/tool:1', 'gbnobody/mounted:1'];
    for (const name of names) {
      await loadBase(engine, `${hub}/${name}`);
      await pushTo(engine, store, `${hub}/${name}`);
      await engine.docker('image', 'rm', `${hub}/${name}`);
    }
    const tree = buildTree(
      engine,
      {
        base_images: ['docker.io/gb-nobody-base:12'],
        'generate-bake': { pull_through: { 'docker.io': hub } },
      },
      {
        image: {
          dockerfile: [
            'FROM gb-nobody-base:12',
            'COPY --from=docker.io/gbnobody/tool:1 /bin/sh /tool',
            'RUN --mount=type=bind,from=gbnobody/mounted:1,target=/m cmp /m/bin/sh /tool',
            '',
          ].join('\n'),
        },
      },
      push,
    );
    const before = store.requests().length;
    const built = await tree.run('build', '--no-publish', '--report', 'report.json');
    assert.equal(built.status, 0, built.stderr);
    assert.deepEqual(endings(readReport(tree.at('work/report.json'))), { built: ['image:1'] });
    assert.deepEqual([...asked(store, before)].sort(), [
      'hub/gbnobody/mounted',
      'hub/gbnobody/tool',
      'hub/library/gb-nobody-base',
    ]);

    // The frontend too: the mirror does not have this one, and is asked for it.
    tree.sketch({
      other: { dockerfile: '# syntax=docker/dockerfile:1.99\nFROM gb-nobody-base:12\nRUN true\n' },
    });
    const failed = await tree.run('build', '--no-publish', '--select', 'other', '--no-pull');
    assert.equal(failed.status, 1);
    assert.ok(asked(store, before).includes('hub/docker/dockerfile'), failed.stderr);
    await store.stop();
  });
}

async function pushTo(
  { docker }: Awaited<ReturnType<typeof engines>>[number],
  { host }: Registry,
  name: string,
): Promise<void> {
  await docker('login', '-u', 'robot', '-p', 'geheim', host);
  await docker('push', name);
  await docker('logout', host);
}

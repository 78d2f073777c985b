/** One registry under two names (127.0.0.1 and localhost): nothing drifts, nothing is built twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engines } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { type FaultyRegistry, faultyRegistry } from '../support/faultyRegistry.js';
import { firstUnlessLong } from '../support/long.js';

/** What was changed in the registry since then. */
const putsOf = (store: Registry, from: number): string[] =>
  store
    .requests()
    .slice(from)
    .filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'))
    .map(({ path }) => path.replace('/v2/', ''));

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: what is published or built under one name is so under the other`, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    const one = store.host;
    const other = one.replace('127.0.0.1', 'localhost');
    assert.notEqual(one, other);
    await loadBase(engine, 'names/base:1');
    const keys = {
      username: 'robot',
      password: 'geheim',
      'generate-bake': { registry_aliases: { [other]: one } },
    };
    const tree = buildTree(
      engine,
      { ...keys, registry: one },
      {
        parent: { dockerfile: 'FROM names/base:1\nRUN echo {{ registry }} parent > /parent\n' },
        child: {
          dockerfile: 'FROM {{ "parent" | image_tag }}\nRUN echo child > /child\n',
          test: 'grep -q parent /parent || true',
        },
      },
    );
    const build = async (...args: readonly string[]) => {
      const built = await tree.run('build', '--no-pull', ...args, '--report', 'report.json');
      assert.equal(built.status, 0, built.stderr);
      return endings(readReport(tree.at('work/report.json')));
    };
    const states = async () => {
      const status = await tree.run('status', '--json');
      const { images } = JSON.parse(status.stdout) as {
        images: readonly { name: string; state: string }[];
      };
      return images.map(({ name, state }) => `${name} ${state}`).sort();
    };
    assert.deepEqual(await build(), { published: ['child:1', 'parent:1'] });

    tree.configure({ ...keys, registry: other });
    assert.deepEqual(await states(), ['child published', 'parent published']);
    let before = store.requests().length;
    assert.deepEqual(await build(), { untouched: ['child:1', 'parent:1'] });
    assert.deepEqual(putsOf(store, before), []);

    // A new version is built under the other name on what the first one published, however it is named.
    tree.sketch({
      child: {
        version: '2',
        dockerfile: `FROM ${one}/parent:1\nCOPY --from=${other}/parent /parent /copy\nRUN cmp /parent /copy\n`,
      },
    });
    before = store.requests().length;
    assert.deepEqual(await build(), { published: ['child:2'], untouched: ['parent:1'] });
    assert.deepEqual(putsOf(store, before), ['child/manifests/2', 'child/manifests/latest']);

    // Built, and not published, under one name: only published under the other.
    tree.sketch({
      late: { dockerfile: `FROM ${other}/child:2\nRUN date > /late\n` },
    });
    tree.configure({ ...keys, registry: one });
    assert.deepEqual((await build('--no-publish', '--select', 'late')).built, ['late:1']);
    tree.configure({ ...keys, registry: other });
    const late = await build('--select', `${one}/late:1`);
    assert.deepEqual([late.published, late.built], [['late:1'], undefined]);
    const ids = await Promise.all(
      [one, other].map((host) =>
        engine.docker('image', 'inspect', '-f', '{{.Id}}', `${host}/late:1`),
      ),
    );
    assert.equal(ids[0], ids[1]);

    // Outdated are the names under both.
    const pruned = await tree.run('prune', '--dry-run');
    assert.equal(pruned.status, 0, pruned.stderr);
    const listed = pruned.stdout.trim().split('\n').sort();
    assert.ok(listed.includes(`${one}/child:1`), pruned.stdout);
    assert.ok(!listed.some((name) => name.endsWith('/late:1') || name.endsWith('/child:2')));

    const back = await tree.run('promote', `${one}/child`, '1');
    assert.equal(back.status, 0, back.stderr);
    await store.stop();
  });

  test(`${engine.name}: push_registry is where images are pushed, and what is read is read by the other name`, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    const [read, written] = await Promise.all(
      [1, 2].map(() => faultyRegistry(() => 'pass', { behind: store.host })),
    );
    assert.ok(read !== undefined && written !== undefined);
    const [reading, writing] = [read.host, written.host];
    await loadBase(engine, 'names/base:1');
    const tree = buildTree(
      engine,
      {
        registry: reading,
        username: 'robot',
        password: 'geheim',
        'generate-bake': { registry_aliases: { [writing]: reading }, push_registry: writing },
      },
      { one: { dockerfile: 'FROM names/base:1\nRUN echo one > /one\n' } },
    );
    const planned = await tree.run('plan');
    assert.equal(planned.status, 0, planned.stderr);
    const plan = JSON.parse(planned.stdout) as { target: Record<string, { tags: string[] }> };
    assert.deepEqual(plan.target.one?.tags, [`${writing}/one:1`]);

    const built = await tree.run('build', '--no-pull', '--report', 'report.json');
    assert.equal(built.status, 0, built.stderr);
    assert.deepEqual(endings(readReport(tree.at('work/report.json'))), { published: ['one:1'] });
    const names = await engine.docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}');
    for (const host of [reading, writing]) {
      assert.ok(names.split('\n').includes(`${host}/one:1`), names);
    }
    const count = ({ asked }: FaultyRegistry, method: string): number =>
      asked.filter((one) => one.method === method && one.path.includes('/manifests/')).length;
    assert.deepEqual([count(read, 'PUT'), count(written, 'PUT')], [0, 2]);
    assert.ok(count(read, 'GET') > 0);

    const states = await tree.run('status', '--all');
    assert.match(states.stdout, /published/);
    const promoted = await tree.run('promote', 'one', '1');
    assert.equal(promoted.status, 0, promoted.stderr);
    await read.stop();
    await written.stop();
    await store.stop();
  });
}

/** A builder that does not see the engine's images: everything is linked, or published. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine, privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { fakeBuildkitImage, remoteBuilder } from '../support/engine/remote.js';

test('on a builder of the remote driver: built, loaded, tested, pushed, and gone on with', {
  skip: privateEngineMissing() ?? false,
}, async (t) => {
  const docker = await engine();
  const far = await remoteBuilder(docker);
  t.after(far.remove);
  const store = await registry({ users: { robot: 'geheim' } });
  const base = `${store.host}/base:1`;
  await loadBase(docker, base);
  const on = (parent: string, line: string): string =>
    `FROM {{ "${parent}" | image_tag }}\nRUN ${line}\n`;
  const config = { registry: store.host, username: 'robot', password: 'geheim' };
  const tree = buildTree(docker, config, {
    // The far builder has no base of this engine's: it is made there.
    root: { dockerfile: 'FROM scratch\nADD busybox.tar /\n' },
  });
  const archive = tree.at('work/images/root/busybox.tar');
  await docker.docker('export', '--output', archive, await docker.docker('create', base));
  tree.sketch({
    a: { dockerfile: on('root', 'echo a > /a') },
    b: { dockerfile: on('a', 'echo b > /b'), test: 'docker run --rm "$1" test -e /b' },
    broken: { dockerfile: on('a', 'exit 7') },
    below: { dockerfile: on('broken', 'echo below > /below') },
  });
  const report = tree.at('report.json');
  const build = (...more: string[]) =>
    tree.run('build', '--builder', far.name, '--report', report, ...more);
  const first = await build();
  assert.equal(first.status, 1, first.stderr);
  assert.deepEqual(endings(readReport(report)), {
    failed: ['broken:1'],
    published: ['a:1', 'b:1', 'root:1'],
    skipped: ['below:1'],
  });
  // Its parent is published: the builder elsewhere fetches it, with the tree's password.
  tree.sketch({
    broken: { dockerfile: on('a', 'echo mended > /mended') },
    copies: {
      dockerfile: `${on('b', 'test -e /b')}COPY --from={{ "broken" | image_tag }} /mended /mended\n`,
    },
  });
  const second = await build('--jobs', '1');
  assert.equal(second.status, 0, second.stderr);
  const after = readReport(report);
  assert.deepEqual(endings(after), {
    published: ['below:1', 'broken:1', 'copies:1'],
    untouched: ['a:1', 'b:1', 'root:1'],
  });
  const layersOf = async (name: string): Promise<string[]> => {
    const reference = `${store.host}/${name}:1`;
    const format = '{{json .RootFS.Layers}}';
    return JSON.parse(await docker.docker('image', 'inspect', '--format', format, reference));
  };
  for (const [child, parent] of [
    ['b', 'a'],
    ['below', 'broken'],
    ['copies', 'b'],
  ] as const) {
    const below = await layersOf(parent);
    assert.deepEqual((await layersOf(child)).slice(0, below.length), below, child);
  }
  const digestOf = (name: string) =>
    after.images.find(({ reference }) => reference.endsWith(`/${name}:1`));
  assert.deepEqual(
    digestOf('copies')
      ?.parents.map(({ reference }) => reference.replace(/^.*\//, ''))
      .sort(),
    ['b:1', 'broken:1'],
  );
  const third = await tree.run('build', '--builder', far.name, '--quiet');
  assert.equal(`${third.status}${third.stderr}`, '0');
  await store.stop();
});

test('container_limits: a builder of our own, whose container has them', {
  skip: privateEngineMissing() ?? false,
}, async (t) => {
  // Of its own: the builder and the fake image are nothing for other tests.
  const own = await privateEngine();
  const base = 'limits/base:1';
  await loadBase(own, base);
  const buildkit = await fakeBuildkitImage(own, base);
  t.after(async () => {
    await buildkit.stop();
    await own.remove();
  });
  const tree = buildTree(
    own,
    { namespace: 'limits', container_limits: 'memory=268435456,cpusetcpus=0,cpushares=512' },
    {
      root: { dockerfile: 'FROM scratch\nADD busybox.tar /\n' },
      child: {
        dockerfile: 'FROM {{ "root" | image_tag }}\nRUN echo x > /x\n',
        test: 'docker run --rm "$1" test -e /x',
      },
    },
  );
  const archive = tree.at('work/images/root/busybox.tar');
  await own.docker('export', '--output', archive, await own.docker('create', base));
  const dry = await tree.run('build', '--print');
  assert.equal(dry.status, 0, dry.stderr);
  assert.deepEqual(Object.keys(JSON.parse(dry.stdout).target), ['limits__root', 'limits__child']);
  assert.equal(await own.docker('ps', '--quiet'), '', 'a dry run makes no builder');
  const built = await tree.run('build');
  assert.equal(built.status, 0, built.stderr);
  const container = await own.docker('ps', '--quiet', '--filter', 'name=buildx_buildkit_');
  const limits = '{{.HostConfig.Memory}} {{.HostConfig.CpusetCpus}} {{.HostConfig.CpuShares}}';
  assert.equal(await own.docker('inspect', '--format', limits, container), '268435456 0 512');
  assert.notEqual(await own.docker('image', 'ls', '--quiet', 'limits/child:1'), '');
});

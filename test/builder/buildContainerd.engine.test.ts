/** Docker with its images in containerd's store: IDs are digests of manifests there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';

const accept = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

interface Manifest {
  readonly config?: { readonly digest: string };
  readonly manifests?: readonly { readonly digest: string; readonly platform?: object }[];
}

/** What the registry says of a tag past all of our code; an index is followed to its first image. */
async function stored(host: string, name: string, tag: string) {
  const headers = {
    accept,
    authorization: `Basic ${Buffer.from('robot:geheim').toString('base64')}`,
  };
  const get = (path: string) => fetch(`http://${host}/v2/${name}/${path}`, { headers });
  const answer = await get(`manifests/${tag}`);
  assert.equal(answer.status, 200, `${name}:${tag}`);
  let manifest = (await answer.json()) as Manifest;
  const inner = manifest.manifests?.[0]?.digest;
  if (inner !== undefined) {
    manifest = (await (await get(`manifests/${inner}`)).json()) as Manifest;
  }
  const config = (await (await get(`blobs/${manifest.config?.digest}`)).json()) as {
    rootfs: { diff_ids: string[] };
    config: { Labels: Record<string, string> };
  };
  return {
    digest: answer.headers.get('docker-content-digest') ?? '',
    layers: config.rootfs.diff_ids,
    labels: config.config.Labels,
  };
}

test('containerd image store: built, tested, published, and known again', {
  skip: privateEngineMissing() ?? false,
}, async (t) => {
  const docker = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
  t.after(() => docker.remove());
  const store = await registry({ users: { robot: 'geheim' } });
  await loadBase(docker, 'store/base:1');
  const on = (parent: string, name: string): Sketch[string] => ({
    dockerfile: `FROM {{ "${parent}" | image_tag }}\nRUN echo ${name} > /${name}\n`,
    test: `docker run --rm "$1" test -e /${name}`,
  });
  const images: Sketch = {
    parent: {
      dockerfile: 'FROM store/base:1\nRUN echo parent > /parent\n',
      test: 'docker run --rm "$1" test -e /parent',
    },
    child: on('parent', 'child'),
    grandchild: on('child', 'grandchild'),
  };
  const config = { registry: store.host, username: 'robot', password: 'geheim' };
  const tree = buildTree(docker, config, images);
  const first = await tree.run('build', '--report', 'report.json');
  assert.equal(first.status, 0, first.stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), { published: ['child:1', 'grandchild:1', 'parent:1'] });
  assert.ok(report.images.every(({ tested }) => tested === true));
  const [parent, child, grandchild] = await Promise.all(
    ['parent', 'child', 'grandchild'].map((name) => stored(store.host, name, '1')),
  );
  assert.ok(parent !== undefined && child !== undefined && grandchild !== undefined);
  assert.deepEqual(child.layers.slice(0, parent.layers.length), parent.layers);
  assert.deepEqual(grandchild.layers.slice(0, child.layers.length), child.layers);
  for (const [name, { digest }] of Object.entries({ parent, child, grandchild })) {
    const record = report.images.find(({ reference }) => reference.endsWith(`/${name}:1`));
    assert.equal(record?.digest, digest);
    assert.equal((await stored(store.host, name, 'latest')).digest, digest);
  }

  const second = await tree.run('build');
  assert.equal(second.status, 0, second.stderr);
  assert.match(second.stderr, /nothing to do/);

  // A child of a published parent that is gone from the engine is built on its digest.
  await docker.docker(
    'image',
    'rm',
    '--force',
    `${store.host}/grandchild:1`,
    `${store.host}/child:1`,
  );
  tree.sketch({ late: on('child', 'late') });
  const third = await tree.run('build', '--report', 'report.json');
  assert.equal(third.status, 0, third.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))).published, ['late:1']);
  const late = await stored(store.host, 'late', '1');
  assert.deepEqual(late.layers.slice(0, child.layers.length), child.layers);
  assert.equal(late.labels['org.opencontainers.image.base.digest'], child.digest);

  // Local ones are known by their definition: only tested and published.
  tree.sketch({ local: on('late', 'local') });
  assert.equal((await tree.run('build', '--no-publish')).status, 0);
  const fourth = await tree.run('build', '--report', 'report.json');
  assert.equal(fourth.status, 0, fourth.stderr);
  assert.ok(!/building/.test(fourth.stderr), fourth.stderr);
  const local = await stored(store.host, 'local', '1');
  assert.deepEqual(local.layers.slice(0, late.layers.length), late.layers);

  // With an attestation the image is an index of two manifests.
  tree.sketch({ attested: on('late', 'attested'), above: on('attested', 'above') });
  const fifth = await runCli(
    ['build', '-c', 'config.yaml', '--report', 'report.json', 'images', '--', '--provenance=true'],
    { cwd: tree.at('work'), env: tree.env },
  );
  assert.equal(fifth.status, 0, fifth.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))).published, [
    'above:1',
    'attested:1',
  ]);
  const attested = await stored(store.host, 'attested', '1');
  const above = await stored(store.host, 'above', '1');
  assert.deepEqual(above.layers.slice(0, attested.layers.length), attested.layers);
  const again = await tree.run('build');
  assert.match(again.stderr, /nothing to do/);

  const status = await tree.run('status', '--json');
  const states = JSON.parse(status.stdout).images as { state: string }[];
  assert.deepEqual([...new Set(states.map(({ state }) => state))], ['published']);
});

/** A child that is built on what the registry has of its parent, or on what the engine has: the same on both image stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';

const stores = {
  classic: ['--feature=containerd-snapshotter=false'],
  containerd: ['--feature=containerd-snapshotter=true'],
};

for (const [store, args] of Object.entries(stores)) {
  test(`${store} image store: a child is built on its published parent, and on the local one after it`, {
    skip: privateEngineMissing() ?? false,
  }, async (t) => {
    const docker = await privateEngine('current', args);
    t.after(() => docker.remove());
    const { host } = await registry({ users: { robot: 'geheim' } });
    await loadBase(docker, 'store/base:1');
    const child = (version: string): Sketch => ({
      child: {
        version,
        dockerfile: `FROM {{ "base" | image_tag }}\nRUN echo ${version} > /child\n`,
      },
    });
    const config = { registry: host, username: 'robot', password: 'geheim' };
    const tree = buildTree(docker, config, {
      base: { dockerfile: 'FROM store/base:1\nRUN echo base > /made\n' },
      ...child('1'),
    });
    const ran = async (...options: string[]) => {
      const { status, stderr } = await tree.run('build', '--report', 'report.json', ...options);
      assert.equal(status, 0, stderr);
      const report = readReport(tree.at('work/report.json'));
      // Nothing was called astray and built again.
      assert.ok(
        report.images.every(({ attempts }) => attempts <= 1),
        stderr,
      );
      return endings(report);
    };
    const mediaTypeOf = async (name: string) => {
      const authorization = `Basic ${Buffer.from('robot:geheim').toString('base64')}`;
      const accept =
        'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json';
      const answer = await fetch(`http://${host}/v2/${name}/manifests/1`, {
        headers: { authorization, accept },
      });
      return answer.headers.get('content-type') ?? '';
    };
    const layersOf = async (name: string): Promise<readonly string[]> =>
      JSON.parse(
        await docker.docker('inspect', '--format', '{{json .RootFS.Layers}}', `${host}/${name}`),
      );
    assert.deepEqual(await ran(), { published: ['base:1', 'child:1'] });
    // Nobody asked for attestations: what is published is an image, and no index with one.
    assert.match(
      await mediaTypeOf('base'),
      /^application\/vnd\.(?:docker\.distribution|oci\.image)\.manifest\./,
    );

    await docker.docker('image', 'rm', '--force', `${host}/base:1`, `${host}/child:1`);
    await docker.docker('builder', 'prune', '--all', '--force');
    tree.sketch(child('2'));
    assert.deepEqual((await ran()).published, ['child:2']);

    // The engine has no base any more: it is built again, and is another image than the published one.
    const local = ['--no-pull', '--no-publish'];
    tree.sketch(child('3'));
    assert.deepEqual(await ran(...local), { built: ['base:1', 'child:3'] });
    assert.deepEqual((await layersOf('child:3')).slice(0, -1), await layersOf('base:1'));

    // In a call without its parent, the local one is its base, whatever the registry has under the name.
    tree.sketch(child('4'));
    assert.deepEqual((await ran(...local)).built, ['child:4']);
    assert.deepEqual((await layersOf('child:4')).slice(0, -1), await layersOf('base:1'));
    assert.match((await tree.run('build', ...local)).stderr, /nothing to do/);

    // What is not built on the image that is there does not count as built.
    const name = `${host}/child:4`;
    const label = 'io.github.generate-bake.definition';
    const format = `{{index .Config.Labels "${label}"}}`;
    const definition = await docker.docker('inspect', '--format', format, name);
    const container = await docker.docker('create', 'store/base:1', 'true');
    const change = `LABEL ${label}=${definition}`;
    await docker.docker('commit', '--change', change, container, name);
    assert.match(
      (await tree.run('status', ...local.slice(0, 1))).stdout,
      /child:4.*the local image is built on another/,
    );
    assert.deepEqual((await ran(...local)).built, ['child:4']);
    assert.deepEqual((await layersOf('child:4')).slice(0, -1), await layersOf('base:1'));
  });
}

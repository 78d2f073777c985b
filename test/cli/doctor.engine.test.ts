/** `doctor` on engines with either image store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree } from '../support/buildTree.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';

for (const [store, isFull] of [
  ['classic', false],
  ['containerd', true],
] as const) {
  test(`${store} image store: what the engine can do, and which trees need more`, {
    skip: privateEngineMissing() ?? false,
  }, async (t) => {
    const docker = await privateEngine('current', [`--feature=containerd-snapshotter=${isFull}`]);
    t.after(() => docker.remove());
    const tree = buildTree(docker, {}, {});
    tree.write({
      'work/images/several/Dockerfile': 'FROM doctor/base:1\n',
      'work/images/several/image.toml':
        'name = "several"\nversion = "1"\nplatforms = ["linux/amd64", "linux/arm64"]\n',
    });
    const { stdout, stderr, status } = await tree.run('doctor', '--json');
    const { engine, checks } = JSON.parse(stdout);
    const { docker: version, buildx, builder, platforms, ...abilities } = engine;
    assert.deepEqual([version, buildx], [docker.dockerVersion, docker.buildxVersion]);
    assert.equal(builder.driver, 'docker');
    assert.ok(platforms.includes('linux/amd64') || platforms.includes('linux/arm64'), platforms);
    assert.deepEqual(abilities, {
      imageStore: store,
      severalPlatforms: isFull,
      attestations: isFull,
      cacheExport: isFull,
      resources: false,
      allow: true,
      execution: false,
      sourcePolicy: true,
      targetsInACall: 100,
    });
    const several = checks.find(({ name }: { name: string }) => name === 'several platforms');
    assert.deepEqual(several.trees, ['images']);
    assert.equal(several.state, isFull ? 'ok' : 'missing');
    assert.equal(status, isFull ? 0 : 1, stderr);
  });
}

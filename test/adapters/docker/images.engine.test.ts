import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Docker, DockerOutcome } from '#adapters/docker/docker.js';
import {
  containersOf,
  inspectImages,
  listImages,
  pullImage,
  removeContainers,
  removeImages,
  tagImage,
} from '#adapters/docker/images.js';
import { loadBase } from '../../support/engine/base.js';
import {
  type Engine,
  engines,
  privateEngine,
  privateEngineMissing,
} from '../../support/engine/engine.js';
import { registry } from '../../support/engine/registry.js';
import { must } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

const tree = scratchTree();
const base = 'images/base:1';
/** Names that no other test file has, on an engine that all share. */
const label = `images-test-${process.pid}`;

function value<T>(outcome: DockerOutcome<T>): T {
  assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
  return outcome.value;
}

function dockerOf(engine: Engine): Docker {
  return { program: 'docker', env: engine.env, cwd: tree.path };
}

/** Builds `<name>` from the base with a layer and a label of its own. */
async function build(engine: Engine, name: string, parent = base): Promise<void> {
  await must('docker', ['build', '--quiet', '--tag', name, '--label', `${label}=${name}`, '-'], {
    env: engine.env,
    input: `FROM ${parent}\nRUN echo ${name} > /${name.replace(/\W/g, '-')}\n`,
  });
}

/** Loads images of one empty layer, told apart by a label: much faster than building them. */
async function loadEmpty(engine: Engine, names: readonly string[]): Promise<void> {
  const layer = Buffer.alloc(1024);
  const layerId = `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  const files: Record<string, string | Buffer> = { 'layer.tar': layer };
  for (const [index, name] of names.entries()) {
    files[`${index}.json`] = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { many: name } },
      rootfs: { type: 'layers', diff_ids: [layerId] },
    });
  }
  files['manifest.json'] = JSON.stringify(
    names.map((name, index) => ({
      Config: `${index}.json`,
      RepoTags: [name],
      Layers: ['layer.tar'],
    })),
  );
  const archive = scratchTree(files);
  await must('tar', ['-C', archive.path, '-cf', tree.at('many.tar'), '.']);
  await engine.docker('load', '--quiet', '--input', tree.at('many.tar'));
}

async function checkImages(engine: Engine): Promise<void> {
  const docker = dockerOf(engine);
  await loadBase(engine, base);
  await build(engine, 'images/one:1');
  await build(engine, 'images/two:1', 'images/one:1');
  value(await tagImage(docker, 'images/one:1', 'images-single'));

  const found = value(
    await inspectImages(docker, [
      'images/one:1',
      'docker.io/images/one:1',
      'docker.io/library/images-single:latest',
      'images-single',
      'images/two:1',
      'images/none:1',
      'images/one',
      'NOT A REFERENCE',
    ]),
  );
  assert.deepEqual(
    [...found.keys()],
    [
      'images/one:1',
      'docker.io/images/one:1',
      'docker.io/library/images-single:latest',
      'images-single',
      'images/two:1',
    ],
  );
  const one = found.get('images/one:1');
  const two = found.get('images/two:1');
  assert.ok(one !== undefined && two !== undefined);
  assert.equal(found.get('images-single')?.id, one.id);
  assert.equal(one.id, await engine.docker('image', 'inspect', '-f', '{{.Id}}', 'images/one:1'));
  assert.equal(one.labels.get(label), 'images/one:1');
  assert.deepEqual([...one.tags].sort(), ['images-single:latest', 'images/one:1']);
  assert.equal(two.layers.length, one.layers.length + 1);
  assert.deepEqual(two.layers.slice(0, one.layers.length), one.layers);
  assert.ok(one.sizeBytes > 100_000, String(one.sizeBytes));
  assert.ok(Date.now() - Date.parse(one.created) < 3_600_000, one.created);

  assert.deepEqual(value(await inspectImages(docker, [])), new Map());

  const listed = value(await listImages(docker, { labels: [label] }));
  assert.deepEqual(listed.map(({ reference }) => reference).sort(), [
    'images-single:latest',
    'images/one:1',
    'images/two:1',
  ]);
  const narrowed = value(await listImages(docker, { labels: [`${label}=images/two:1`] }));
  assert.deepEqual(
    narrowed.map(({ id, reference }) => [id, reference]),
    [[two.id, 'images/two:1']],
  );
}

async function checkContainers(engine: Engine): Promise<void> {
  const docker = dockerOf(engine);
  const ids = value(await inspectImages(docker, ['images/one:1', 'images/two:1']));
  const one = ids.get('images/one:1')?.id;
  const two = ids.get('images/two:1')?.id;
  assert.ok(one !== undefined && two !== undefined);
  const running = await engine.docker('run', '--detach', 'images/one:1', 'sleep', '300');
  const ended = await engine.docker('create', 'images/one:1', 'true');
  const child = await engine.docker('create', 'images/two:1', 'true');
  assert.deepEqual([...value(await containersOf(docker, one))].sort(), [running, ended].sort());
  assert.deepEqual(value(await containersOf(docker, two)), [child]);

  const kept = value(await removeImages(docker, ['images/two:1', 'images/none:1', 'images/one:1']));
  assert.deepEqual([...kept.keys()], ['images/two:1']);
  assert.match(kept.get('images/two:1') ?? '', /container .* is using/);
  assert.equal(value(await inspectImages(docker, ['images/one:1'])).size, 0);

  value(await removeContainers(docker, [running, ended, child]));
  assert.deepEqual(value(await containersOf(docker, one)), []);
  value(await removeContainers(docker, [running]));
  assert.deepEqual(value(await removeImages(docker, ['images/two:1', 'images-single'])), new Map());
  assert.deepEqual(value(await listImages(docker, { labels: [label] })), []);
}

for (const engine of await engines()) {
  test(`${engine.name}: images are found under all their names, with labels and layers`, () =>
    checkImages(engine));

  test(`${engine.name}: containers of an image alone; images in use stay`, () =>
    checkContainers(engine));

  test(`${engine.name}: many images at once`, async () => {
    const docker = dockerOf(engine);
    // More than go into one call of docker.
    const names = Array.from({ length: 520 }, (_, index) => `images/many:${index}`);
    await loadEmpty(engine, names);
    const found = value(await inspectImages(docker, [...names, 'images/many:none']));
    assert.deepEqual([...found.keys()], names);
    for (const [name, image] of found) {
      assert.equal(image.labels.get('many'), name);
    }
    assert.deepEqual(value(await removeImages(docker, names)), new Map());
    assert.equal(value(await inspectImages(docker, names)).size, 0);
  });

  test(`${engine.name}: pulls by tag and by digest, and tells what cannot be pulled`, async () => {
    const docker = dockerOf(engine);
    const store = await registry();
    const name = `${store.host}/images/pulled`;
    await loadBase(engine, base, `${name}:1`);
    await engine.docker('push', '--quiet', `${name}:1`);
    const tag = `${name}:1`;
    const known = value(await inspectImages(docker, [tag])).get(tag)?.registryDigests ?? [];
    // The same image may have been pushed under another name by another test.
    const digest = known.find((one) => one.startsWith(`${name}@`));
    assert.ok(digest !== undefined);
    assert.match(digest, /^127\.0\.0\.1:\d+\/images\/pulled@sha256:/);
    value(await removeImages(docker, [`${name}:1`]));
    value(await removeImages(docker, [digest]));

    value(await pullImage(docker, digest));
    const byDigest = value(await inspectImages(docker, [digest, `${name}:1`]));
    // `docker image ls` of a containerd store has no image that lacks a tag.
    const status = await engine.docker('info', '--format', '{{json .DriverStatus}}');
    const isListed = !status.includes('io.containerd.snapshotter');
    assert.deepEqual([...byDigest.keys()], isListed ? [digest] : []);
    value(await pullImage(docker, `${name}:1`));
    assert.equal(value(await inspectImages(docker, [`${name}:1`])).size, 1);

    const absent = await pullImage(docker, `${name}:2`);
    assert.ok(absent.kind === 'failed');
    assert.deepEqual([absent.reason, absent.transient], ['refused', false]);
    await store.stop();
    const down = await pullImage(docker, `${name}:1`);
    assert.ok(down.kind === 'failed');
    assert.deepEqual([down.reason, down.transient], ['refused', true]);
    value(await removeImages(docker, [digest, `${name}:1`]));
  });
}

test('a containerd image store answers the same', {
  skip: privateEngineMissing() ?? false,
}, async () => {
  const engine = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
  await checkImages(engine);
  await checkContainers(engine);
  await engine.remove();
});

test('failures of docker itself are told apart', async () => {
  const [engine] = await engines();
  assert.ok(engine);
  const docker = dockerOf(engine);
  const reasonOf = async (changed: Partial<Docker>, signal?: AbortSignal) => {
    const listed = await listImages({ ...docker, ...changed }, {}, signal ? { signal } : {});
    return listed.kind === 'failed' ? listed.reason : 'none';
  };
  assert.equal(await reasonOf({}), 'none');
  assert.equal(await reasonOf({ program: 'no-such-docker' }), 'not-started');
  const nowhere = { ...engine.env, DOCKER_HOST: `unix://${tree.at('no.sock')}` };
  assert.equal(await reasonOf({ env: nowhere }), 'engine-lost');
  assert.equal(await reasonOf({}, AbortSignal.abort()), 'cancelled');
  const inspected = await inspectImages({ ...docker, env: nowhere }, ['x']);
  assert.equal(inspected.kind === 'failed' && inspected.reason, 'engine-lost');
  const bad = await tagImage(docker, 'images/none:1', 'BAD NAME');
  assert.ok(bad.kind === 'failed');
  assert.equal(bad.reason, 'refused');
  assert.match(bad.message, /invalid reference format.*lowercase$/);
});

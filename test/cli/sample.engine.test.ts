/** The bundled sample, from `init` to running images, as the README shows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { root, runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engines } from '../support/engine/engine.js';
import { bake } from '../support/engine/printed.js';
import { firstUnlessLong } from '../support/long.js';
import { run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const sample = ['sample/base:1.0.0-1', 'sample/greeter:0.3.0-1', 'sample/toolchain:1.1.0-1'];

async function withoutSample(engine: Engine): Promise<void> {
  await loadBase(engine, 'debian:trixie-slim');
  await run('docker', ['image', 'rm', '--force', ...sample], { env: engine.env });
}

async function imagesOf(engine: Engine): Promise<string[]> {
  const format = '{{.Repository}}:{{.Tag}}';
  const text = await engine.docker('images', '--filter', 'reference=sample/*', '--format', format);
  return text.split('\n').sort();
}

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: init, plan, bake; children hold their parents' files, though none was pushed`, async () => {
    await withoutSample(engine);
    const tree = scratchTree();
    const cwd = tree.at('repository');
    for (const [args, at] of [
      [['init', 'repository'], tree.path],
      [['plan', '-o', 'bake.json', 'images'], cwd],
    ] as const) {
      const done = await runCli(args, { cwd: at });
      assert.equal(done.status, 0, done.stderr);
    }
    await bake(engine, cwd, '-f', 'bake.json');
    assert.deepEqual(await imagesOf(engine), sample);
    assert.equal(
      await engine.docker('run', '--rm', 'sample/greeter:0.3.0-1', 'Ada'),
      'Good morning, Ada!',
    );
    for (const image of sample) {
      assert.equal(
        await engine.docker('run', '--rm', '--entrypoint', 'cat', image, '/etc/image-origin'),
        'built with generate-bake',
      );
    }
    const verified = await run('sh', ['images/greeter/test.sh', 'sample/greeter:0.3.0-1'], {
      cwd,
      env: engine.env,
    });
    assert.deepEqual(verified, {
      stdout: 'greeter says: Good morning, Ada!\n',
      stderr: '',
      status: 0,
    });
  });

  test(`${engine.name}: docker-bake.example.hcl builds from the repository's root`, async () => {
    await withoutSample(engine);
    await bake(engine, root, '-f', 'docker-bake.example.hcl');
    assert.deepEqual(await imagesOf(engine), sample);
  });

  test(`${engine.name}: npm run sample builds it and lists the images`, async () => {
    await withoutSample(engine);
    const tree = scratchTree();
    const done = await run('sh', [`${root}/scripts/sample.sh`, 'mine'], {
      cwd: tree.path,
      env: engine.env,
    });
    assert.equal(done.status, 0, done.stderr);
    const commands = done.stdout.split('\n').filter((line) => line.startsWith('$ '));
    assert.deepEqual(commands, [
      '$ generate-bake init mine',
      '$ generate-bake list images',
      '$ generate-bake plan -o bake.json images',
      '$ docker buildx bake -f bake.json',
      '$ docker images --filter reference=sample/*',
    ]);
    for (const image of sample) {
      assert.match(done.stdout, new RegExp(`^${image.replace(':', '[: ]+')} `, 'm'));
    }
    assert.doesNotMatch(done.stdout, /nothing was built/);
  });
}

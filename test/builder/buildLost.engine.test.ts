/** A registry that has lost what it had: nothing is built under versions that others have in their caches. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';

const putsOf = (store: Registry, from: number): string[] =>
  store
    .requests()
    .slice(from)
    .filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'))
    .map(({ path }) => path);

/** Removes files of the registry behind its back, and has it look again. */
async function lose(store: Registry, ...paths: readonly string[]): Promise<void> {
  const repositories = join(dirname(store.logFile), 'data/docker/registry/v2/repositories');
  for (const path of paths) {
    rmSync(join(repositories, path), { recursive: true });
  }
  await store.restart();
}

test('a registry emptied by half: it is reported, nothing of it is built, and --rebuild-lost builds it', async () => {
  const docker = await engine();
  const store = await registry();
  await loadBase(docker, `${store.host}/base:1`);
  const from = (name: string, line: string) => `FROM {{ "${name}" | image_tag }}\nRUN ${line}\n`;
  const own = (line: string) => `FROM ${store.host}/base:1\nRUN ${line}\n`;
  const config = { registry: store.host, username: 'any', password: 'secret-thing' };
  const images = {
    a: { dockerfile: own('echo a > /a') },
    aa: { dockerfile: from('a', 'echo aa > /aa') },
    b: { dockerfile: own('echo b > /b') },
    bb: { dockerfile: from('b', 'echo bb > /bb') },
  };
  const tree = buildTree(docker, config, images);
  const built = await tree.run('build');
  assert.equal(built.status, 0, built.stderr);

  // This machine saw all of them.
  await lose(store, 'a', 'bb');
  let since = store.requests().length;
  const files = ['--report', 'report.json', '--junit', 'junit.xml', '--metrics', 'metrics.prom'];
  const lost = await tree.run('build', ...files);
  assert.equal(lost.status, 1, lost.stderr);
  assert.deepEqual(putsOf(store, since), []);
  for (const name of ['a', 'bb']) {
    assert.match(
      lost.stderr,
      new RegExp(`/${name}:1: not built: it is lost: this machine saw it in the registry on 20`),
    );
  }
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), { untouched: ['aa:1', 'b:1'], skipped: ['a:1', 'bb:1'] });
  const states = report.images.map(({ reference, state }) => [reference.split('/')[1], state]);
  assert.deepEqual(Object.fromEntries(states), {
    'a:1': 'lost',
    'aa:1': 'published',
    'b:1': 'published',
    'bb:1': 'lost',
  });
  assert.match(readFileSync(tree.at('work/junit.xml'), 'utf8'), /<skipped message="lost: this/);
  assert.match(readFileSync(tree.at('work/metrics.prom'), 'utf8'), /images\{state="lost"\} 2$/m);

  // Another machine, which has no images and has seen nothing: the registry itself says some of it.
  await lose(store, 'b/_manifests/tags/1');
  for (const name of Object.keys(images)) {
    await docker.docker('image', 'rm', '--force', `${store.host}/${name}:1`);
  }
  const other = buildTree(docker, config, {
    ...images,
    n: { dockerfile: from('b', 'echo n > /n') },
  });
  since = store.requests().length;
  const seen = await other.run('build', '--print');
  assert.equal(seen.status, 1, seen.stderr);
  assert.match(seen.stderr, /\/b:1: not built: it is lost: latest is this version \(sha256:/);
  assert.match(seen.stderr, /\/n:1: not built: \S+\/b:1 is lost: latest is this version/);
  // Nobody ever saw bb there, as far as this machine and the registry know, but b is lost.
  assert.match(seen.stderr, /\/bb:1: not built: \S+\/b:1 is lost/);
  assert.deepEqual(Object.keys(JSON.parse(seen.stdout).target), ['a']);
  assert.deepEqual(putsOf(store, since), []);

  const again = await tree.run('build', '--rebuild-lost');
  assert.equal(again.status, 0, again.stderr);
  // Where the build gives the same image, latest is at it already.
  const versions = putsOf(store, since).filter((path) => path.endsWith('/1'));
  assert.deepEqual(versions.sort(), [
    '/v2/a/manifests/1',
    '/v2/b/manifests/1',
    '/v2/bb/manifests/1',
  ]);
  const done = await tree.run('build', '--quiet');
  assert.equal(done.status, 0, done.stderr);
  assert.equal(done.stderr, '');
  await store.stop();
});

test('--max-images lists what would be built, and builds nothing', async () => {
  const docker = await engine();
  const store = await registry();
  await loadBase(docker, `${store.host}/base:1`);
  const dockerfile = (text: string) => `FROM ${store.host}/base:1\nRUN echo ${text} > /it\n`;
  const config = { registry: store.host, username: 'any', password: 'secret-thing' };
  const tree = buildTree(docker, config, {
    one: { dockerfile: dockerfile('one') },
    two: { dockerfile: dockerfile('two') },
  });
  for (const more of [[], ['--dry-run']]) {
    const refused = await tree.run('build', '--max-images', '1', ...more);
    assert.equal(refused.status, 1, refused.stderr);
    assert.equal(refused.stdout, '');
    assert.match(refused.stderr, /\/one:1 +absent +build +not in the registry$/m);
    assert.match(refused.stderr, /\/two:1 +absent +build +not in the registry$/m);
    assert.match(
      refused.stderr,
      /2 images would be built: --max-images allows 1 \[too-many-images\]/,
    );
  }
  assert.deepEqual(putsOf(store, 0), []);
  const enough = await tree.run('build', '--max-images', '2');
  assert.equal(enough.status, 0, enough.stderr);
  const nothing = await tree.run('build', '--max-images', '1', '--quiet');
  assert.equal(nothing.status, 0);
  await store.stop();
});

/** `cache`: an empty engine builds from what another one wrote, and only runs that publish write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { isLong } from '../support/long.js';

const skip = privateEngineMissing() ?? false;

/** A chain, and as many on each of the first three of it: twenty, or seven. */
function chains(): Sketch {
  const images: Record<string, Sketch[string]> = {
    c0: { dockerfile: 'FROM store/base:1\nRUN echo c0 > /c0\n' },
  };
  const on = (parent: string, name: string): void => {
    images[name] = {
      dockerfile: `FROM {{ "${parent}" | image_tag }}\nRUN echo ${name} > /${name}\n`,
    };
  };
  for (let at = 1; at < (isLong ? 5 : 3); at++) {
    on(`c${at - 1}`, `c${at}`);
  }
  for (let at = 0; at < (isLong ? 15 : 4); at++) {
    on(`c${at % 3}`, `d${at}`);
  }
  return images;
}

test('an empty runner runs no RUN of an unchanged tree; a run that does not publish writes no cache', {
  skip,
}, async (t) => {
  const store = await registry({ users: { robot: 'geheim' } });
  const cache = `${store.host}/cache`;
  const config = {
    registry: `${store.host}/fleet`,
    username: 'robot',
    password: 'geheim',
    'generate-bake': { cache },
  };
  const writes = (from: number) =>
    store
      .requests()
      .slice(from)
      .filter(
        ({ method, path }) => /^(?:PUT|POST|PATCH)$/.test(method) && path.includes('/cache/'),
      );
  const runs = [];
  const asked = [
    ['one'],
    ['one', '--no-publish'],
    ['two', '--no-publish', '--cache-write'],
  ] as const;
  for (const [key, ...args] of asked) {
    const docker = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
    t.after(() => docker.remove());
    await loadBase(docker, 'store/base:1');
    const tree = buildTree(docker, config, chains());
    const before = store.requests().length;
    const always = ['--rebuild-key', key, '--no-pull', '--report', 'report.json'];
    const { status, stderr } = await tree.run('build', ...always, ...args);
    assert.equal(status, 0, stderr);
    const { images } = readReport(tree.at('work/report.json'));
    runs.push({ written: writes(before).length > 0, images });
    await docker.remove();
  }
  const [first, second, third] = runs;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.equal(first.images.length, isLong ? 20 : 7);
  assert.ok(first.written);
  // Each has one RUN; the step that finds a base is none that is cached.
  for (const { reference, cachedSteps } of second.images) {
    assert.equal(cachedSteps, 1, reference);
  }
  assert.equal(second.written, false);
  assert.equal(third.written, true);
});

test('a store that cannot write caches: a warning, and an error where the user asks for it', {
  skip,
}, async (t) => {
  const docker = await privateEngine('current', ['--feature=containerd-snapshotter=false']);
  t.after(() => docker.remove());
  const store = await registry();
  await loadBase(docker, 'store/base:1');
  const config = { registry: `${store.host}/fleet`, 'generate-bake': { cache: `${store.host}/c` } };
  const images = { one: { dockerfile: 'FROM store/base:1\nRUN echo one > /one\n' } };
  const tree = buildTree(docker, config, images);
  const asked = await tree.run('build', '--no-publish', '--cache-write');
  assert.equal(asked.status, 2, asked.stderr);
  assert.match(
    asked.stderr,
    /^config\.yaml:1:\d+: error: --cache-write: caches are not written: .*\[engine-unable\]$/m,
  );
  const published = await tree.run('build', '--publish');
  assert.equal(published.status, 0, published.stderr);
  assert.match(published.stderr, /^config\.yaml:1:\d+: warning: caches are not written/m);
});

test('a cache that nobody can reach costs no image, and is told once', { skip }, async (t) => {
  const docker = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
  t.after(() => docker.remove());
  const store = await registry();
  await loadBase(docker, 'store/base:1');
  const config = {
    registry: `${store.host}/fleet`,
    'generate-bake': { cache: '127.0.0.1:9/c' },
  };
  const images = {
    one: { dockerfile: 'FROM store/base:1\nRUN echo one > /one\n' },
    two: { dockerfile: 'FROM {{ "one" | image_tag }}\nRUN echo two > /two\n' },
    wrong: { dockerfile: 'FROM store/base:1\nRUN false\n' },
  };
  const tree = buildTree(docker, config, images);
  const { status, stderr } = await tree.run('build', '--publish', '--report', 'report.json');
  assert.equal(status, 1, stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), {
    failed: ['wrong:1'],
    published: ['one:1', 'two:1'],
  });
  // What failed is the fault of its RUN, not of its cache.
  const wrong = report.images.find(({ reference }) => reference.endsWith('/wrong:1'));
  assert.match(wrong?.reason ?? '', /^RUN false \(exit code 1\)/);
  assert.equal(wrong?.attempts, 1);
  assert.equal(stderr.match(/the cache 127\.0\.0\.1:9\/c\/\w+:cache cannot be read: /g)?.length, 1);
  assert.equal(stderr.match(/a cache cannot be written: /g)?.length, 1);
});

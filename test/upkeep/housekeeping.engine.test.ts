/** status, prune and promote through the command line, on a real engine and a real registry. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine, storeArgs } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { scratchTree } from '../support/scratch.js';

const docker = await engine();
const password = 'pa:ss wörd';

function changelog(name: string, ...versions: string[]): string {
  return versions
    .map(
      (version, at) =>
        `${name} (${version}) wikimedia; urgency=medium\n\n  * Made.\n\n -- A B <a@b.example>  Mon, 0${9 - at} Jun 2025 10:00:00 +0000\n\n`,
    )
    .join('');
}

async function workplace() {
  const store = await registry({ users: { amy: password } });
  const base = `housekeeping-${process.pid}:1`;
  await loadBase(docker, base);
  const tree = scratchTree({
    'config.yaml': `registry: ${store.host}\nnamespace: hk\nusername: amy\npassword: "${password}"\n`,
    'images/base/Dockerfile.template': `FROM ${base}\nRUN echo base > /base\n`,
    'images/base/changelog': changelog('base', '1.0'),
    'images/app/Dockerfile.template': `FROM {{ "base" | image_tag }}\nRUN echo app > /app\n`,
    'images/app/changelog': changelog('app', '1.0'),
    'images/app/control': 'Package: app\nBuild-Depends: base\n',
    'home/': '',
  });
  const env = {
    ...docker.env,
    HOME: tree.at('home'),
    XDG_CACHE_HOME: tree.at('home/cache'),
    XDG_STATE_HOME: tree.at('home/state'),
  };
  return {
    store,
    tree,
    name: (rest: string) => `${store.host}/hk/${rest}`,
    cli: async (...args: string[]) => {
      const [command = '', ...rest] = args;
      const done = await runCli([command, '-c', 'config.yaml', ...rest, 'images'], {
        cwd: tree.path,
        env,
      });
      for (const text of [done.stdout, done.stderr]) {
        assert.ok(!text.includes(password), text);
      }
      return done;
    },
  };
}

suite(`housekeeping on ${docker.name}`, () => {
  test('an image is absent, built, published, drifted, renewed, pruned, and taken back', async () => {
    const { store, tree, name, cli } = await workplace();
    const states = async (...args: string[]) => {
      const { stdout, stderr, status } = await cli('status', '--json', ...args);
      const images: { name: string; state: string; action: string }[] = JSON.parse(
        stdout || '{"images":[]}',
      ).images;
      const shown = images.map((image) => `${image.name} ${image.state} ${image.action}`);
      return { shown, status, stderr };
    };

    const fresh = await states('--exit-code');
    assert.deepEqual(fresh.shown, ['base absent build', 'app absent build'], fresh.stderr);
    assert.equal(fresh.status, 1);
    assert.equal((await states()).status, 0);

    const built = await cli('build');
    assert.equal(built.status, 0, built.stderr);
    // What was published a moment ago need not be asked about, as long as the image store has configurations by their
    // digests: its own says what it is.
    const blobs = () =>
      store.requests().filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'));
    const asked = blobs().length;
    const done = await states('--exit-code');
    if (storeArgs(docker.kind).length === 0) {
      assert.equal(blobs().length, asked);
    }
    assert.deepEqual(done.shown, ['base published skip', 'app published skip'], done.stderr);
    assert.equal(done.status, 0, done.stderr);

    tree.write({
      'images/app/Dockerfile.template': `FROM {{ "base" | image_tag }}\nRUN echo new > /app\n`,
    });
    const drifted = await states('--exit-code');
    assert.deepEqual(drifted.shown, ['base published skip', 'app drifted skip']);
    assert.equal(drifted.status, 1);
    assert.match(drifted.stderr, /bump its version/);
    const untouched = store.requests().filter(({ method }) => method === 'PUT').length;
    assert.equal((await cli('build')).status, 0);
    assert.equal(store.requests().filter(({ method }) => method === 'PUT').length, untouched);

    tree.write({ 'images/app/changelog': changelog('app', '1.1', '1.0') });
    assert.deepEqual((await states()).shown, ['base published skip', 'app absent build']);
    const table = await cli('status');
    assert.match(table.stdout, /^IMAGE +STATE +BUILD +WHY\n/);
    assert.match(table.stdout, /app:1\.1 +absent +build +not in the registry\n/);
    assert.match(
      table.stderr,
      /2 images: 1 absent; 1 to build; 1 published, not shown \(--all shows it\)/,
    );
    const again = await cli('build');
    assert.equal(again.status, 0, again.stderr);

    const would = await cli('prune', '--dry-run');
    assert.equal(would.status, 0, would.stderr);
    assert.deepEqual(would.stdout.split('\n'), [name('app:1.0'), '']);
    const pruned = await cli('prune');
    assert.deepEqual(pruned.stdout.split('\n'), [name('app:1.0'), '']);
    assert.match(pruned.stderr, /1 name of 1 image removed/);
    const left = await docker.docker('image', 'ls', '--format', '{{.Tag}}', name('app'));
    assert.ok(!left.split('\n').includes('1.0'), left);

    const caches = await cli('prune', '--cache-older-than', '900w');
    assert.equal(caches.status, 0, caches.stderr);
    assert.match(caches.stderr, /0 B of caches removed/);
    assert.match(caches.stderr, /0 B of BuildKit's cache removed/);

    const outdated = await cli('prune', '--registry');
    assert.equal(outdated.status, 0, outdated.stderr);
    assert.match(outdated.stdout, /app:1\.0 +\S+ +outdated +no rule keeps it\n/);
    assert.match(outdated.stdout, /app:1\.1 +\S+ +keep +the current version\n/);
    assert.match(outdated.stdout, /app:latest +\S+ +keep +latest stays\n/);

    const puts = () =>
      store.requests().filter(({ method, status }) => method === 'PUT' && status === 201);
    const before = puts().length;
    const plan = await cli('promote', 'app', '1.0', '--dry-run');
    assert.equal(plan.status, 0, plan.stderr);
    assert.match(plan.stdout, /app:latest was 1\.1 \(sha256:\w+\), becomes 1\.0 \(sha256:\w+\)\n/);
    assert.equal(puts().length, before);
    const promoted = await cli('promote', 'app', '1.0');
    assert.equal(promoted.status, 0, promoted.stderr);
    assert.deepEqual(
      puts()
        .slice(before)
        .map(({ path }) => path),
      // The mark comes first: no build takes it for owed in between.
      ['/v2/hk/app/manifests/latest-held', '/v2/hk/app/manifests/latest'],
    );
    assert.match((await cli('promote', 'app', '1.0')).stdout, /is 1\.0 already/);
    const missing = await cli('promote', 'app', '1.2');
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /app:1\.2 is not published/);

    await store.stop();
    const down = await states();
    assert.equal(down.status, 3);
    assert.deepEqual(down.shown, ['base unknown stop', 'app unknown stop']);
    assert.match(down.stderr, /cannot be reached: connection refused|the network and the proxy/);
  });
});

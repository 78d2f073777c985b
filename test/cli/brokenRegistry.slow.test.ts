/** What commands that ask a registry do over broken, blocked and ambiguous images. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { changelogOf, imageFiles } from '../support/refused.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

/** What is there, by name: sound, broken in three ways, blocked, and two directories of one name. */
function treeOn(host: string): ScratchTree {
  return scratchTree({
    'config.yaml': `registry: ${host}\n`,
    'home/': '',
    ...imageFiles('good', 'FROM debian:13\nCOPY . /\n'),
    ...imageFiles('child', 'FROM {{ "good" | image_tag }}\nCOPY . /\n'),
    ...imageFiles('bad', 'FROM debian:13\nRUN {{ nothing.here }}\n'),
    ...imageFiles('onbad', 'FROM {{ "bad" | image_tag }}\nCOPY . /\n'),
    ...imageFiles('illegal', 'FROM debian:13\n', { changelog: changelogOf('illegal', '1~2') }),
    ...imageFiles('unread', 'FROM debian:13\n', { changelog: 'what?\n' }),
    ...imageFiles('twin', 'FROM debian:13\n'),
    ...imageFiles('other-twin', 'FROM debian:13\n', { changelog: changelogOf('twin', '2') }),
  });
}

const names = ['good', 'child', 'bad', 'onbad', 'illegal', 'unread', 'twin'];

suite('broken images and a registry', { skip }, () => {
  let real: Registry;
  before(async () => {
    real = await registry();
    for (const name of names) {
      const made = (version: string) => ({
        layers: [`${name} ${version}`],
        labels: { 'org.opencontainers.image.version': version },
      });
      for (const version of ['0.1', '0.2', '1']) {
        await putImage(real, name, version, made(version));
      }
      await putImage(real, name, 'latest', made('1'));
    }
  });

  const cli = (tree: ScratchTree, ...args: string[]) =>
    runCli([...args, 'images'], {
      cwd: tree.path,
      env: { PATH: process.env.PATH, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('home') },
    });

  /** The version that `latest` of a repository is. */
  async function latest(name: string): Promise<string | undefined> {
    const digestOf = async (tag: string): Promise<string> => {
      const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
      const url = `http://${real.host}/v2/${name}/manifests/${tag}`;
      const answer = await fetch(url, { method: 'HEAD', headers });
      return answer.headers.get('docker-content-digest') ?? assert.fail(url);
    };
    const wanted = await digestOf('latest');
    for (const version of ['0.1', '0.2', '1']) {
      if ((await digestOf(version)) === wanted) {
        return version;
      }
    }
    return undefined;
  }

  test('prune --registry says nothing against what is broken, blocked or ambiguous', async () => {
    const tree = treeOn(real.host);
    const { status, stdout, stderr } = await cli(tree, 'prune', '--registry', '--keep', '0');
    assert.equal(status, 0, stderr);
    const judged = new Set([...stdout.matchAll(/^\S+\/([a-z-]+):/gm)].map(([, name]) => name));
    assert.deepEqual(judged, new Set(['good', 'child']));
    assert.match(stdout, /good:0\.1 .*outdated/);
    const line = stderr.split('\n').find((each) => each.startsWith('nothing is removed of')) ?? '';
    for (const name of ['bad:1', 'onbad:1', 'illegal', 'images/unread', 'twin:1', 'twin:2']) {
      assert.ok(line.includes(name), `${name} is not in: ${line}`);
    }
    const some = await cli(tree, 'prune', '--registry', '--keep', '0', '--select', '*bad*');
    assert.equal(some.status, 0);
    assert.doesNotMatch(some.stdout, /outdated/);
  });

  test('a plan of nothing ends with 4 where somebody asks, and not where something is broken', async () => {
    const tree = treeOn(real.host);
    const planned = (...args: string[]) => cli(tree, 'plan', '--unpublished', ...args);
    const nothing = await planned('--exit-code', '--select', 'good', '--select', 'child');
    assert.equal(nothing.status, 4, nothing.stderr);
    assert.equal((JSON.parse(nothing.stdout) as { target?: object }).target, undefined);
    assert.match(nothing.stderr, /^nothing to build$/m);
    assert.equal((await planned('--select', 'good')).status, 0);
    assert.equal((await planned('--exit-code', '--nightly', '--select', 'good')).status, 0);
    assert.equal((await planned('--exit-code', '--select', '*')).status, 1);
  });

  test('prune spares an image whose name an unreadable definition may have too', async () => {
    const tree = treeOn(real.host);
    tree.write({
      'images/copy/Dockerfile.template': 'FROM debian:13\n',
      'images/copy/changelog': `<<<<<<< HEAD\n${changelogOf('good', '0.2')}=======\n`,
    });
    const { status, stdout, stderr } = await cli(tree, 'prune', '--registry', '--keep', '0');
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout, /\/good:/);
    assert.match(stdout, /\/child:/);
  });

  test('promote takes a broken image back: it needs only a repository and a published version', async () => {
    const tree = treeOn(real.host);
    for (const name of ['bad', 'onbad', 'illegal', 'twin']) {
      assert.equal(await latest(name), '1');
      const done = await cli(tree, 'promote', name, '0.2');
      assert.equal(done.status, 0, done.stderr);
      assert.match(done.stdout, new RegExp(`/${name}:latest was 1 .*, becomes 0\\.2 `));
      assert.equal(await latest(name), '0.2');
      const again = await cli(tree, 'promote', name, '0.2');
      assert.match(again.stdout, /latest is 0\.2 already/);
    }
    const none = await cli(tree, 'promote', 'bad', '0.3');
    assert.equal(none.status, 2);
    assert.match(none.stderr, /bad:0\.3 is not published/);
    // Not even its name can be read.
    const unread = await cli(tree, 'promote', 'unread', '0.2');
    assert.equal(unread.status, 2);
    assert.match(unread.stderr, /images\/unread\/changelog:1:1: error: .*\[image-broken\]/);
    assert.match(unread.stderr, /hint: fix images\/unread first/);
    assert.equal(await latest('unread'), '1');
  });

  test('promote takes no tag that is moved for a version', async () => {
    const tree = treeOn(real.host);
    for (const tag of ['latest', 'latest-held']) {
      const { status, stderr } = await cli(tree, 'promote', 'good', tag);
      assert.equal(status, 2, stderr);
      assert.match(stderr, new RegExp(`error: ${tag} is not a version: it is moved`));
      assert.match(stderr, /hint: name the version that latest is to be, such as 1$/m);
    }
  });

  test('promote says which images are built on what a broken one was', async () => {
    const tree = treeOn(real.host);
    await putImage(real, 'onbad', '1', { layers: ['bad 1', 'more'] });
    const done = await cli(tree, 'promote', 'bad', '0.1', '--dry-run');
    assert.equal(done.status, 0, done.stderr);
    assert.doesNotMatch(done.stdout, /onbad:1 is built on it/);
    assert.equal((await cli(tree, 'promote', 'bad', '1')).status, 0);
    const back = await cli(tree, 'promote', 'bad', '0.1', '--dry-run');
    assert.match(back.stdout, /onbad:1 is built on it/);
    assert.doesNotMatch(back.stderr, /generate-bake update/);
  });

  test('a name of two trees stays ambiguous when one of the two is broken', async () => {
    const tree = treeOn(real.host);
    tree.write({
      'more.yaml': `registry: ${real.host}\nnamespace: more\n`,
      'generate-bake.toml':
        '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n' +
        '[[tree]]\ndirectory = "more"\nconfig = "more.yaml"\n',
      'more/good/changelog': changelogOf('good'),
      'more/good/Dockerfile.template': 'FROM {{ nothing.here }}\n',
    });
    const run = (...args: string[]) => runCli(args, { cwd: tree.path });
    for (const args of [
      ['promote', 'good', '0.2'],
      ['update', 'good'],
    ]) {
      const done = await run(...args);
      assert.equal(done.status, 2, done.stderr);
      assert.match(done.stderr, /"good" is ambiguous: 2 images have this name/);
      assert.match(done.stderr, /write one of "images\/good", "more\/good"/);
    }
    const update = await run('update', 'images/good');
    assert.equal(update.status, 0, update.stderr);
  });

  test('status: what is broken and published is left alone, what is not would fail', async () => {
    const tree = treeOn(real.host);
    const { status, stdout } = await cli(tree, 'status', '--json');
    assert.equal(status, 1);
    const { images, unnamed } = JSON.parse(stdout) as {
      readonly images: readonly { readonly reference: string; readonly action: string }[];
      readonly unnamed: readonly { readonly path: string }[];
    };
    const actions = images.map(
      ({ reference, action }) => `${reference.replace(/.*\//, '')} ${action}`,
    );
    assert.deepEqual(actions.sort(), [
      'bad:1 skip',
      'child:1 skip',
      'good:1 skip',
      'onbad:1 skip',
      'twin:1 skip',
      'twin:2 fail',
    ]);
    assert.deepEqual(unnamed.map(({ path }) => path).sort(), ['images/illegal', 'images/unread']);
  });

  test('a broken image is an error with its place and status 1 where everything is published', async () => {
    const tree = scratchTree({
      'config.yaml': `registry: ${real.host}\n`,
      'home/': '',
      ...imageFiles('good', 'FROM debian:13\nCOPY . /\n'),
      ...imageFiles('bad', '{{ bad\n'),
    });
    for (const args of [['status'], ['status', '-c', 'config.yaml'], ['plan', '--unpublished']]) {
      const { status, stderr } = await cli(tree, ...args);
      assert.equal(status, 1, `${args}: ${stderr}`);
      assert.match(stderr, /images\/bad\/Dockerfile\.template:\d+:.* error: /, `${args}`);
    }
    const table = await cli(tree, 'status');
    assert.match(table.stdout, /bad:1 +published +- +its definition is broken: whether it changed/);
    // What is not asked for is nobody's failure.
    assert.equal((await cli(tree, 'status', '--select', 'good')).status, 0);
  });

  test('a cycle concerns only the images on it, where images are named', async () => {
    const tree = treeOn(real.host);
    tree.write({
      ...imageFiles('bad', 'FROM {{ "onbad" | image_tag }}\nCOPY . /\n'),
    });
    const promote = await cli(tree, 'promote', 'good', '0.2', '--dry-run');
    assert.equal(promote.status, 0, promote.stderr);
    const back = await cli(tree, 'promote', 'bad', '0.2', '--dry-run');
    assert.equal(back.status, 0, back.stderr);
    const update = await cli(tree, 'update', 'good');
    assert.equal(update.status, 0, update.stderr);
    const refused = await cli(tree, 'update', 'bad');
    assert.deepEqual([refused.status, /image-broken/.test(refused.stderr)], [2, true]);
    const prune = await cli(tree, 'prune', '--registry', '--keep', '0');
    assert.equal(prune.status, 0, prune.stderr);
    assert.doesNotMatch(prune.stdout, /bad:/);
    assert.match(prune.stdout, /good:0\.1 .*outdated/);
    assert.equal((await cli(tree, 'plan')).status, 2);
  });

  test('update and refresh write what they can', async () => {
    // Where no test before has promoted anything: refresh leaves what is held.
    const tree = treeOn(`${real.host}/untouched`);
    const update = await cli(tree, 'update', 'good');
    assert.equal(update.status, 0, update.stderr);
    assert.match(readFileSync(tree.at('images/child/changelog'), 'utf8'), /^child \(1-s1\)/);
    for (const name of ['bad', 'twin', 'illegal', 'unread']) {
      const refused = await cli(tree, 'update', name);
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /\[image-broken\]/);
    }
    // Versions that are not published yet would need no others.
    for (const name of ['good', 'child', 'onbad', 'bad']) {
      const text = readFileSync(tree.at('images', name, 'changelog'), 'utf8');
      const version = /\((\S+)\)/.exec(text)?.[1] ?? '';
      await putImage(real, `untouched/${name}`, version, { layers: [`${name} ${version}`] });
    }
    const refresh = await cli(tree, 'refresh', '--exclude', '*none-such*');
    assert.equal(refresh.status, 1);
    assert.match(refresh.stderr, /warning: .*none-such/);
    for (const name of ['good', 'child', 'onbad', 'bad']) {
      const text = readFileSync(tree.at('images', name, 'changelog'), 'utf8');
      assert.match(text, /^\S+ \(1(?:-s1)?-20\d{6}\)/, `${name}: ${refresh.stderr}`);
    }
    assert.equal(readFileSync(tree.at('images/unread/changelog'), 'utf8'), 'what?\n');
  });
});

/** What `build --dry-run` says, as words, as data and as bake files; it changes nothing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type BuildTree, buildTree } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';

suite('build --dry-run', () => {
  let docker: Engine;
  let store: Registry;
  let tree: BuildTree;
  let config: Record<string, unknown>;
  const from = (name: string, line: string) => `FROM {{ "${name}" | image_tag }}\nRUN ${line}\n`;
  before(async () => {
    docker = await engine();
    store = await registry();
    const base = `${store.host}/base:1`;
    await loadBase(docker, base);
    config = { registry: store.host, username: 'any', password: 'secret-thing' };
    tree = buildTree(docker, config, {
      kept: { dockerfile: `FROM ${base}\nRUN echo kept > /kept\n` },
      drifts: { dockerfile: `FROM ${base}\nRUN echo 1 > /drifts\n` },
    });
    await docker.docker('push', '--quiet', base);
    const built = await tree.run('build');
    assert.equal(built.status, 0, built.stderr);
    tree.configure({ ...config, base_images: [base] });
    tree.sketch({
      lib: { dockerfile: `FROM ${base}\nRUN echo lib > /lib\n` },
      app: { dockerfile: from('lib', 'echo app > /app'), version: '2' },
      bad: { dockerfile: 'FROM {{ nothing }}\n' },
      below: { dockerfile: from('bad', 'echo below > /below') },
      drifts: { dockerfile: `FROM ${base}\nRUN echo 2 > /drifts\n` },
    });
  });
  const short = (text: string) => text.replaceAll(`${store.host}/`, '');

  test('says in words what would be done, what not, and why; nothing is built or pushed', async () => {
    const asked = store.requests().length;
    const done = await tree.run('build', '--dry-run');
    assert.equal(done.status, 1, done.stderr);
    assert.deepEqual(short(done.stdout).split('\n'), [
      'Would pull 1 base: base:1',
      'Would build, test and publish 2 images:',
      '  lib:1  not in the registry',
      '  app:2  not in the registry',
      'Would move latest to 2 of them, unless it is at a higher version',
      'Would not build 2 images:',
      '  bad:1    broken   its definition is broken',
      '  below:1  blocked  blocked by bad:1, which is broken',
      'Would leave 1 image as it is:',
      '  drifts:1  drifted  changed since it was published',
      'Nothing to do for 1 published',
      '',
    ]);
    assert.match(done.stderr, /bad\/Dockerfile\.template:1.*error: /);
    assert.match(done.stderr, /2 to build, 1 broken, 1 blocked; nothing was changed \(--dry-run\)/);
    assert.match(done.stderr, /next: the same command without --dry-run; with --print it shows/);
    assert.equal(await docker.docker('image', 'ls', '--quiet', `${store.host}/lib`), '');
    const methods = store.requests().slice(asked);
    assert.deepEqual(
      methods.filter(({ method }) => method !== 'GET' && method !== 'HEAD'),
      [],
    );
    assert.deepEqual(readdirSync(tree.at('locks')), []);
  });

  test('--json is what status --json would be of that build; --print are its bake files', async () => {
    const data = await tree.run('build', '--dry-run', '--json', '--overwrite-published');
    assert.equal(data.status, 1, data.stderr);
    const document = JSON.parse(data.stdout) as {
      images: { name: string; state: string; action: string }[];
    };
    const schema = JSON.parse(readFileSync(join(root, 'doc/status.schema.json'), 'utf8'));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    const actions = document.images.map(({ name, action }) => [name, action]);
    assert.deepEqual(Object.fromEntries(actions), {
      kept: 'skip',
      drifts: 'build',
      lib: 'build',
      app: 'build',
      bad: 'fail',
      below: 'blocked',
    });
    const printed = await tree.run('build', '--print');
    assert.deepEqual(Object.keys(JSON.parse(printed.stdout).target).sort(), ['app', 'lib']);
    assert.match(printed.stderr, /1 bake call$/m);
    const refused = await tree.run('build', '--print', '--json');
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    assert.match(refused.stderr, /'--print' cannot be used with option '--json'/);
  });

  test('a published image whose definition is broken is an error, as of build', async () => {
    const base = `${store.host}/base:1`;
    const wholly = `FROM ${base}\nRUN echo kept > /kept\n`;
    tree.sketch({ kept: { dockerfile: `${wholly}{{ bad\n` } });
    for (const args of [['--dry-run'], ['--dry-run', '--json'], []]) {
      const { status, stderr } = await tree.run('build', ...args, '--select', '*kept*');
      assert.equal(status, 1, `${args}: ${stderr}`);
      assert.match(stderr, /images\/kept\/Dockerfile\.template:3:.* error: /, `${args}`);
    }
    tree.sketch({ kept: { dockerfile: wholly } });
  });

  test('without credentials, and without anything to do', async () => {
    tree.configure({ registry: store.host });
    const poor = await tree.run('build', '--dry-run', '--select', 'lib');
    assert.equal(
      short(poor.stdout),
      `Would build and test 1 image, not publish it (no credentials for ${store.host}):
  lib:1  not in the registry
`,
    );
    const withheld = await tree.run('build', '--dry-run', '--select', 'lib', '--no-publish');
    assert.match(withheld.stdout, /not publish it \(--no-publish\):/);
    // So says the run itself, and a later one that finds it built.
    for (const ended of [/^1 built in /m, /^nothing to do$/m]) {
      const built = await tree.run('build', '--select', 'lib');
      assert.equal(built.status, 0, built.stderr);
      assert.ok(
        built.stderr.includes(
          `\nnot published: no credentials for ${store.host} (1 image)\nhint: set username and password, or pass --publish`,
        ) || built.stderr.startsWith('not published: no credentials'),
        built.stderr,
      );
      assert.match(built.stderr, ended);
    }
    // --quiet too: something stays undone.
    const quietly = await tree.run('build', '--quiet', '--select', 'lib');
    const line = `not published: no credentials for ${store.host} (1 image)`;
    assert.deepEqual([quietly.status, quietly.stderr], [0, `${line}\n`]);
    const status = await tree.run('status', '--select', 'lib');
    assert.ok(status.stderr.split('\n').includes(line), status.stderr);
    tree.configure({ registry: store.host, username: 'robot' });
    const half = await tree.run('status', '--select', 'lib');
    assert.match(half.stderr, /^not published: no password for robot at \S+ \(1 image\)$/m);
    tree.configure({ registry: store.host });
    const local = await tree.run('build', '--dry-run', '--select', 'lib');
    assert.equal(
      local.stdout,
      `Nothing to do for 1 local
Would not publish 1 built image: no credentials for ${store.host}
`,
    );
    const idle = await tree.run('build', '--dry-run', '--select', 'kept');
    assert.deepEqual([idle.status, idle.stdout], [0, 'Nothing to do for 1 published\n']);
    assert.match(idle.stderr, /nothing to do; nothing was changed/);
    assert.doesNotMatch(idle.stderr, /next:/);
    const quiet = await tree.run('build', '--dry-run', '--quiet', '--select', 'kept');
    assert.deepEqual([quiet.stdout, quiet.stderr], ['', '']);
    tree.configure(config);
  });

  test('a registry that cannot be asked ends a dry run with 3, as it ends status and build', async () => {
    tree.configure({ ...config, registry: '127.0.0.1:1', base_images: [] });
    const args = ['--select', 'lib', '--retries', '0'];
    for (const [command, ...more] of [
      ['status'],
      ['build', '--dry-run'],
      ['build', '--dry-run', '--json'],
      ['build', '--print'],
      ['build', '--retries', '0'],
    ]) {
      const done = await tree.run(command ?? '', ...more, '--select', 'lib');
      assert.equal(done.status, 3, `${command} ${more}: ${done.stderr}`);
    }
    const dry = await tree.run('build', '--no-pull', '--dry-run', ...args);
    assert.equal(dry.status, 3, dry.stderr);
    assert.match(
      dry.stdout,
      /^Would build and test 1 image, not publish it \(the registry cannot be asked: .*127\.0\.0\.1:1/,
    );
    assert.doesNotMatch(dry.stdout, /latest/);
    const built = await tree.run('build', '--no-pull', ...args);
    assert.equal(built.status, 3, built.stderr);
    assert.match(built.stderr, /not published: the registry cannot be asked: /);
    assert.match(built.stderr, /^1 built in /m);
    const again = await tree.run('build', '--no-pull', ...args);
    assert.equal(again.status, 3, again.stderr);
    assert.match(again.stderr, /lib:1: not published: the registry cannot be asked: /);
    tree.configure(config);
  });
});

/** `[[hold]]` from the command line, on a real registry. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { definitionLabel } from '#compiler/plan/labels.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

const changelog = (name: string, version = '1', change = 'Changed.') =>
  `${name} (${version}) wikimedia; urgency=high\n\n  * ${change}\n\n -- A B <a@b.c>  Mon, 02 Mar 2026 10:00:00 +0000\n`;

suite('holds', { skip }, () => {
  let real: Registry;
  let tree: ScratchTree;
  before(async () => {
    real = await registry();
    tree = scratchTree({
      'home/': '',
      'images/base/changelog': changelog('base'),
      'images/base/Dockerfile.template': 'FROM scratch\nCOPY changelog /\n',
      'images/app/changelog': changelog('app'),
      'images/app/Dockerfile.template': 'FROM {{ "base" | image_tag }}\nCOPY changelog /app\n',
      'images/bad/changelog': changelog('bad'),
      'images/bad/Dockerfile.template': 'FROM {{ nothing.at.all }}\n',
      'config.yaml': `registry: ${real.host}\n`,
    });
    await putImage(real, 'base', '1', {
      labels: {
        'org.opencontainers.image.version': '1',
        [definitionLabel]: `9:sha256:${'d'.repeat(64)}`,
      },
    });
  });

  const trees = '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n';
  const hold = (images: string, more = '') =>
    tree.write({
      'generate-bake.toml': `${trees}\n[[hold]]\nimages = [${images}]\nreason = "audit"\n${more}`,
    });
  const cli = (...args: string[]) =>
    runCli(args, {
      cwd: tree.path,
      env: { PATH: process.env.PATH, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('home') },
    });

  test('a broken image costs a line and status 0 while a hold is on it', async () => {
    tree.write({ 'generate-bake.toml': trees });
    assert.equal((await cli('status')).status, 1);
    assert.equal((await cli('plan')).status, 1);
    hold('"bad"');
    const status = await cli('status');
    assert.equal(status.status, 0, status.stderr);
    assert.match(
      status.stdout,
      /\n\S+\/bad:1 +absent +held +held: audit \(generate-bake\.toml:5\); its/,
    );
    // It comes first.
    assert.match(status.stdout, /^IMAGE.*\n\S+\/bad:1 /);
    for (const command of [['plan'], ['render', '-o', 'out'], ['plan', '--strict']]) {
      const { status: code, stderr } = await cli(...command);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /bad:1 is broken, and held: audit \(generate-bake\.toml:5\)/);
    }
    hold('"bad"', 'until = "2026-01-01"\n');
    assert.equal((await cli('status')).status, 1);
    hold('"bad"', 'stops = ["publish"]\n');
    assert.equal((await cli('status')).status, 1);
  });

  test('what is built on a held image that is not there is blocked by it, and told', async () => {
    tree.write({ 'images/base/changelog': changelog('base', '2') });
    hold('"*ba[sd]*"');
    const status = await cli('status');
    assert.equal(status.status, 0, status.stderr);
    assert.match(
      status.stdout,
      /app:1 +absent +blocked +blocked by \S+base:2, which is held: audit/,
    );
    const json = JSON.parse((await cli('status', '--json')).stdout);
    const app = json.images.find(({ name }: { name: string }) => name === 'app');
    assert.deepEqual(app.hold, { stop: 'build', reason: 'audit', place: 'generate-bake.toml:5' });
    assert.equal(app.action, 'blocked');
    // Nothing is to be done, for cron.
    assert.equal((await cli('status', '--exit-code')).status, 0);
    hold('"*ba[sd]*"', 'unless = "security"\nfrom = "2026-01-01"\n');
    tree.write({ 'images/base/changelog': changelog('base', '2', 'Fixes CVE-2026-12345.') });
    const urgent = await cli('status');
    assert.match(urgent.stdout, /base:2 +absent +build /);
    assert.match(urgent.stdout, /bad:1 +absent +held +held since 2026-01-01: audit/);
  });

  test('what is held back from publishing is not in the plan of what is unpublished, nor is what is built on it', async () => {
    hold('"base"', 'stops = ["publish"]\n');
    tree.write({
      'images/bad/Dockerfile.template': 'FROM scratch\n',
      'images/base/changelog': changelog('base', '3'),
    });
    const planned = await cli('plan', '--unpublished', '--exclude', 'bad');
    assert.equal(planned.status, 0, planned.stderr);
    assert.deepEqual(Object.keys(JSON.parse(planned.stdout).target ?? {}), []);
    assert.match(planned.stderr, /base:3: not in the plan: held: audit \(generate-bake\.toml:5\)/);
    assert.match(
      planned.stderr,
      /app:1: not in the plan: it is built on \S+base:3, which is held back/,
    );
    const { stdout } = await cli('status', '--exclude', 'bad');
    assert.match(stdout, /^IMAGE.*\n\S+base:3 +absent +build +.*; not published: held: audit/);
    tree.write({ 'images/base/changelog': changelog('base', '2') });
  });

  test('refresh leaves what is held, by the registry or by a hold, and says why', async () => {
    const version = async (name: string) =>
      /\((\S+)\)/.exec(readFileSync(tree.at(`images/${name}/changelog`), 'utf8'))?.[1];
    tree.write({
      'images/bad/Dockerfile.template': 'FROM scratch\n',
      'images/base/changelog': changelog('base', '1'),
    });
    for (const tag of ['latest', 'latest-held']) {
      await putImage(real, 'base', tag, {
        labels: { 'org.opencontainers.image.version': '0.9' },
      });
    }
    hold('"app"', 'stops = ["refresh"]\nuntil = "2099-01-01"\n');
    // A version that is not published yet needs no other.
    const early = await cli('refresh', '--dry-run');
    assert.equal(early.status, 0, early.stderr);
    assert.match(early.stderr, /images: bad 1 is pending: it is not published yet\n/);
    assert.match(early.stderr, /nothing would be written/);
    await putImage(real, 'bad', '1', { labels: { 'org.opencontainers.image.version': '1' } });
    const done = await cli('refresh');
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stderr, /images: base is skipped: its latest is held at 0\.9\n/);
    assert.match(
      done.stderr,
      /images: app is skipped: held until 2099-01-01: audit \(generate-bake\.toml:5\)\n/,
    );
    assert.equal(await version('base'), '1');
    assert.equal(await version('app'), '1');
    assert.match((await version('bad')) ?? '', /^1-\d{8}$/);
    // A broken one is no failure while it is held, and what is held elsewhere is.
    tree.write({ 'images/bad/changelog': 'nothing that can be read\n' });
    assert.equal((await cli('refresh')).status, 1);
    hold('"bad"');
    assert.equal((await cli('refresh', '--dry-run')).status, 0);
  });

  test('refresh without a registry goes on, and says what it does not know', async () => {
    tree.write({
      'config.yaml': 'registry: 127.0.0.1:1\n',
      'images/bad/changelog': changelog('bad'),
      'generate-bake.toml': trees,
    });
    const done = await cli('refresh', '--dry-run');
    assert.equal(done.status, 0, done.stderr);
    assert.match(
      done.stderr,
      /warning: whether latest of 3 images is held is not known: 127\.0\.0\.1:1 cannot be reached/,
    );
    assert.match(done.stderr, /base 1 -> 1-\d{8}/);
  });

  test('hold writes, lists and lifts; what it cannot do is refused', async () => {
    tree.write({
      'generate-bake.toml': `# mine\n${trees}`,
      'config.yaml': `registry: ${real.host}\n`,
    });
    const file = () => readFileSync(tree.at('generate-bake.toml'), 'utf8');
    const dry = await cli('hold', 'app', '--reason', 'audit', '--until', '2099-12-31', '--dry-run');
    assert.equal(dry.status, 0, dry.stderr);
    assert.match(dry.stdout, /^\+reason = "audit"$/m);
    assert.equal(file(), `# mine\n${trees}`);
    const done = await cli('hold', 'app', '--reason', 'audit', '--stops', 'publish,build');
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stderr, /app is held: audit \(generate-bake\.toml\)/);
    const other = await cli('hold', '*base*', '--reason', 'old', '--until', '2099-01-01');
    assert.equal(other.status, 0, other.stderr);
    // Time goes by.
    tree.write({ 'generate-bake.toml': file().replace('2099-01-01', '2020-01-01') });
    const list = await cli('hold', '--list');
    assert.match(
      list.stdout,
      /^app +publish,build +on +1 +held: audit \(generate-bake\.toml:6\)$/m,
    );
    assert.match(list.stdout, /^\*base\* +all +over +1 +held until 2020-01-01: old/m);
    const json = JSON.parse((await cli('hold', '--list', '--json')).stdout);
    assert.deepEqual(json.holds[1], {
      images: ['*base*'],
      stops: ['latest', 'publish', 'build', 'refresh'],
      until: '2020-01-01',
      reason: 'old',
      state: 'over',
      matches: 1,
      place: 'generate-bake.toml:11',
    });
    for (const [args, expected] of [
      [['app', '--reason', 'x'], /generate-bake\.toml:6.*error: app has a hold already: audit/],
      [['apq', '--reason', 'x'], /no image matches IMAGE apq .*\n.*did you mean/i],
      [['app'], /a hold needs --reason TEXT/],
      [[], /missing required argument 'IMAGE'/],
      [['app', '--reason', 'x', '--stops', 'push'], /a hold cannot stop "push"/],
      [['app', '--reason', 'x', '--until', 'soon'], /--until is not a day or a time: "soon"/],
      [['app', '--reason', 'a\nb'], /more than one line/],
      [['app', '--reason', 'a\u001b[1mb'], /error: the reason contains a control character/],
      [['--lift', 'bad'], /no hold is on "bad" alone/],
    ] as const) {
      const { status, stderr } = await cli('hold', ...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, expected);
    }
    for (const image of ['app', '*base*']) {
      assert.equal((await cli('hold', '--lift', image)).status, 0);
    }
    assert.equal(file(), `# mine\n${trees}`);
    assert.match((await cli('hold', '--list')).stderr, /there are no holds/);
  });

  test('without a workspace file, hold writes the one that init would', async () => {
    const plain = scratchTree({ 'home/': '', 'api/Dockerfile': 'FROM scratch\n' });
    const held = (...args: string[]) =>
      runCli(['hold', ...args], {
        cwd: plain.path,
        env: { PATH: process.env.PATH, HOME: plain.at('home') },
      });
    const done = await held('api', '--reason', 'audit');
    assert.equal(done.status, 0, done.stderr);
    const text = readFileSync(plain.at('generate-bake.toml'), 'utf8');
    assert.match(text, /^# Plain Dockerfiles are found by convention/);
    assert.match(text, /\n\[\[hold\]\]\nimages = \["api"\]\nreason = "audit"\n$/);
    assert.match((await held('--list')).stdout, /^api +all +on +1 /m);
  });

  test('a stop file ends runs that nobody watches, before they begin, with its text', async () => {
    const before = changelog('app');
    tree.write({
      'generate-bake.toml': `stop_file = "STOP"\n${trees}`,
      'images/app/changelog': before,
      'config.yaml': `registry: ${real.host}\n`,
      'else/STOP': 'by the environment\n',
    });
    const free = await cli('update', 'app', '--reason', 'x');
    assert.equal(free.status, 0, free.stderr);
    tree.write({
      STOP: '\nthe registry moves\nuntil noon \u001b[31m\n',
      'images/app/changelog': before,
    });
    for (const args of [
      ['update', 'app'],
      ['refresh'],
      ['build'],
      ['promote', 'base', '1'],
      ['rollback', 'base'],
      ['promote', '--run', 'none.json', '--back'],
    ]) {
      const stopped = await cli(...args);
      assert.equal(stopped.status, 1, args.join(' '));
      assert.match(
        stopped.stderr,
        /error: stopped by STOP: the registry moves until noon \\x1b\[31m /,
      );
    }
    assert.equal(readFileSync(tree.at('images/app/changelog'), 'utf8'), before);
    // What only looks goes on.
    for (const args of [['list'], ['plan', '--select', '*app*'], ['update', 'app', '--dry-run']]) {
      assert.equal((await cli(...args)).status, 0, args.join(' '));
    }
    tree.write({ 'generate-bake.toml': trees });
    const env = { PATH: process.env.PATH, HOME: tree.at('home') };
    const run = (stop: string) =>
      runCli(['update', 'app'], { cwd: tree.path, env: { ...env, GENERATE_BAKE_STOP: stop } });
    const other = await run('else/STOP');
    assert.equal(other.status, 1);
    assert.match(other.stderr, /stopped by else\/STOP: by the environment/);
    assert.equal((await run('else/NONE')).status, 0);
  });
});

test('a hold that is over before it is written, and options that are not for one another, are refused', async () => {
  const tree = scratchTree({ 'app/Dockerfile': 'FROM debian\n', 'generate-bake.toml': '' });
  const hold = (...args: string[]) => runCli(['hold', ...args], { cwd: tree.path });
  const over = await hold('app', '--reason', 'x', '--until', '2026-01-01');
  assert.equal(over.status, 2);
  assert.match(over.stderr, /the hold is over already: --until 2026-01-01 \[hold-refused\]/);
  for (const args of [
    ['--list', '--lift', 'app'],
    ['--lift', 'app', '--reason', 'x'],
  ]) {
    const { status, stdout, stderr } = await hold(...args);
    assert.deepEqual([status, stdout], [2, ''], stderr);
  }
  assert.equal(readFileSync(tree.at('generate-bake.toml'), 'utf8'), '');
});

/** What a registry has lost, from the command line: status and plan --unpublished, which need no engine. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { definitionLabel } from '#compiler/plan/labels.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { faultyRegistry, type Misbehaviour, refusal } from '../support/faultyRegistry.js';
import { putImage } from '../support/images.js';
import { scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

suite('what a registry has lost', { skip }, () => {
  let real: Registry;
  before(async () => {
    real = await registry();
  });

  const put = (name: string, version: string, tag = version) =>
    putImage(real, name, tag, {
      layers: [`${name} ${version}`],
      labels: {
        'org.opencontainers.image.version': version,
        // Of a recipe that no definition here has: it is not taken for drifted.
        [definitionLabel]: `9:sha256:${'d'.repeat(64)}`,
      },
    });

  /** base is lost, app is built on it, other is new. */
  function machine(prefix: string, host = real.host) {
    const tree = scratchTree({
      'home/': '',
      'generate-bake.toml': `registry = "${host}/${prefix}"\nversion = "1.0-2"\n`,
      'base/Dockerfile': 'FROM scratch\nCOPY . /base\n',
      'app/Dockerfile': `FROM ${host}/${prefix}/base\nCOPY . /app\n`,
      'other/Dockerfile': 'FROM scratch\nCOPY . /other\n',
    });
    const env = { PATH: process.env.PATH, HOME: tree.at('home') };
    const cli = (...args: string[]) => runCli(args, { cwd: tree.path, env });
    return { tree, cli };
  }

  test('a list of tags that is refused is a warning; one that is not there is for --info', async () => {
    let answer: Misbehaviour = refusal(403, 'DENIED', 'no list');
    const fake = await faultyRegistry(
      ({ path }) => (path.includes('/tags/list') ? answer : 'pass'),
      { behind: real.host },
    );
    const { cli } = machine('refused', fake.host);
    for (const args of [['status'], ['plan', '--unpublished']]) {
      const { status, stderr } = await cli(...args);
      assert.equal(status, 0, stderr);
      const told = stderr.match(/warning: whether \S+ has lost .* cannot be told: .*403: no list/g);
      assert.equal(told?.length, 1, stderr);
    }
    answer = { status: 404, body: 'no such page' };
    for (const args of [['status'], ['plan', '--unpublished']]) {
      assert.doesNotMatch((await cli(...args)).stderr, /lost|list/);
      assert.match((await cli('--info', ...args)).stderr, /^\S+ does not list its tags, so less/m);
    }
    await fake.stop();
  });

  test('a later version says so; what is built on it is stopped; the rest continues', async () => {
    await put('later/base', '1.0-3');
    const { cli } = machine('later');
    const why = 'the registry has 1.0-3, which comes after it';
    const status = await cli('status');
    assert.equal(status.status, 1);
    assert.match(status.stdout, new RegExp(`base:1\\.0-2 +lost +stopped +${why}$`, 'm'));
    assert.match(
      status.stdout,
      new RegExp(`app:1\\.0-2 +absent +stopped +\\S+/base:1\\.0-2 is lost: ${why}$`, 'm'),
    );
    assert.match(status.stdout, /other:1\.0-2 +absent +build +not in the registry$/m);
    assert.match(status.stderr, /3 images: 2 absent, 1 lost; 1 to build, 2 stopped/);
    assert.match(status.stderr, /base:1\.0-2: check that .*build --rebuild-lost/);

    const { images } = JSON.parse((await cli('status', '--json')).stdout);
    const base = `${real.host}/later/base:1.0-2`;
    assert.deepEqual(
      images.map((each: Record<string, string>) => [each.name, each.state, each.action, each.lost]),
      [
        ['base', 'lost', 'stop', base],
        ['other', 'absent', 'build', undefined],
        ['app', 'absent', 'stop', base],
      ],
    );
  });

  test('plan --unpublished leaves it out, and has it with --rebuild-lost', async () => {
    await put('plan/base', '1.0-3');
    const { cli } = machine('plan');
    const plan = await cli('plan', '--unpublished');
    assert.equal(plan.status, 1, plan.stderr);
    assert.deepEqual(Object.keys(JSON.parse(plan.stdout).target), ['other']);
    const said = plan.stderr.split('\n');
    assert.deepEqual(
      said.filter((line) => line.includes('lost')).map((line) => line.replaceAll(real.host, 'r')),
      [
        'r/plan/base:1.0-2: not built: it is lost: the registry has 1.0-3, which comes after it',
        'r/plan/app:1.0-2: not built: r/plan/base:1.0-2 is lost: the registry has 1.0-3, which comes after it',
        'what is lost: check that this is the right registry and that it is complete; build --rebuild-lost builds it again',
      ],
    );
    const all = await cli('plan', '--unpublished', '--rebuild-lost');
    assert.equal(all.status, 0, all.stderr);
    assert.equal(Object.keys(JSON.parse(all.stdout).target).length, 3);
  });

  test('a machine that saw a version does not take a registry that lacks it for an empty one', async () => {
    const { cli, tree } = machine('seen');
    for (const name of ['base', 'app', 'other']) {
      await put(`seen/${name}`, '1.0-2');
    }
    const seen = await cli('status');
    assert.equal(seen.status, 0, seen.stdout + seen.stderr);
    const file = tree.at('home/.local/state/generate-bake/published');
    assert.match(readFileSync(file, 'utf8'), /^\S+\/seen\/app:1\.0-2 sha256:[0-9a-f]{64} 20\d\d/);
    // The same address with nothing in it, as a registry is that lost its disk.
    const empty = await registry();
    const record = readFileSync(file, 'utf8').replaceAll(real.host, empty.host);
    tree.write({
      'home/.local/state/generate-bake/published': record,
      'generate-bake.toml': `registry = "${empty.host}/seen"\nversion = "1.0-2"\n`,
      'app/Dockerfile': `FROM ${empty.host}/seen/base\nCOPY . /app\n`,
    });
    const lost = await cli('status');
    assert.equal(lost.status, 1);
    assert.match(lost.stderr, /3 images: 3 lost; 3 stopped/);
    assert.match(lost.stdout, /this machine saw it in the registry on 20\d\d-\d\d-\d\d as sha256:/);
    // Another machine never saw it, and an empty registry has nothing to say.
    tree.write({ 'home/.local/state/generate-bake/published': '' });
    const other = await cli('status');
    assert.equal(other.status, 0);
    assert.match(other.stderr, /3 images: 3 absent; 3 to build/);
  });
});

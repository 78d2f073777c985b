/** What is owed, from the command line: status, promote, and status again. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { definitionLabel } from '#compiler/plan/labels.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

suite('what is owed', { skip }, () => {
  let real: Registry;
  let tree: ScratchTree;
  before(async () => {
    real = await registry();
    tree = scratchTree({
      'home/': '',
      'generate-bake.toml': `registry = "${real.host}"\nversion = "2"\n`,
      'api/Dockerfile': 'FROM scratch\nCOPY . /\n',
      'api/image.toml': 'tags = ["2.x", "day-{date}"]\n',
    });
    for (const version of ['1', '2']) {
      await putImage(real, 'api', version, {
        layers: [version],
        labels: {
          'org.opencontainers.image.version': version,
          // Of a recipe that no definition here has: it is not taken for drifted.
          [definitionLabel]: `9:sha256:${'d'.repeat(64)}`,
        },
      });
    }
  });

  const cli = (...args: string[]) =>
    runCli(args, {
      cwd: tree.path,
      env: { PATH: process.env.PATH, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('home') },
    });

  async function copyTag(from: string, to: string): Promise<void> {
    const type = 'application/vnd.docker.distribution.manifest.v2+json';
    const url = `http://${real.host}/v2/api/manifests`;
    const answer = await fetch(`${url}/${from}`, { headers: { accept: type } });
    const headers = { 'content-type': type };
    await fetch(`${url}/${to}`, { method: 'PUT', headers, body: await answer.arrayBuffer() });
  }

  async function tags(): Promise<readonly string[]> {
    const answer = await fetch(`http://${real.host}/v2/api/tags/list`);
    return ((await answer.json()) as { tags: string[] }).tags.sort();
  }

  test('status shows it, --exit-code counts it, and a dated status has no latest', async () => {
    const shown = await cli('status');
    assert.match(shown.stdout, /api:2 +published, latest and tag 2\.x owed +tag +/);
    assert.match(shown.stderr, /^1 image: 1 published; 1 to tag$/m);
    assert.equal(shown.status, 0);
    assert.equal((await cli('status', '--exit-code')).status, 1);
    const json = JSON.parse((await cli('status', '--json')).stdout);
    assert.deepEqual(json.images[0].owed, ['latest', '2.x']);
    assert.equal((await cli('status', '--nightly')).stdout.includes('owed'), false);
  });

  test('what promote took back is not owed, and what it brought forward is not held', async () => {
    await copyTag('2', 'latest');
    await copyTag('2', '2.x');
    assert.match((await cli('status')).stderr, /1 published; nothing to do/);
    const back = await cli('promote', 'api', '1');
    assert.equal(back.status, 0, back.stderr);
    assert.match(back.stderr, /latest is held there: no build moves it on/);
    assert.match(back.stderr, /git revert what came with 2, then generate-bake update api/);
    assert.deepEqual(await tags(), ['1', '2', '2.x', 'latest', 'latest-held']);
    const shown = await cli('status');
    assert.match(shown.stderr, /1 published; nothing to do; latest held: 1/);
    assert.match(shown.stdout, /api:2 +published, latest held at 1 +-/);
    const { images } = JSON.parse((await cli('status', '--json')).stdout);
    assert.equal(images[0].held.version, '1');
    assert.equal(images[0].owed, undefined);
    // Somebody else's move back, without the mark.
    assert.equal((await cli('promote', 'api', '2')).status, 0);
    await copyTag('2', 'latest-held');
    await copyTag('1', 'latest');
    assert.match((await cli('status')).stdout, /published, latest owed/);
    // Promoting where it is already marks it.
    assert.equal((await cli('promote', 'api', '1')).status, 0);
    assert.match((await cli('status')).stderr, /1 published; nothing to do/);
    const unknown = await cli('promote', 'api', '7');
    assert.equal(unknown.status, 2);
    assert.equal(unknown.stderr.includes('latest-held'), false);
  });

  test('rollback goes back and holds; promote to the version of the definition ends it', async () => {
    await copyTag('2', 'latest');
    await copyTag('2', 'latest-held');
    const freed = await cli('promote', 'api', '2');
    assert.equal(freed.status, 0, freed.stderr);
    assert.match((await cli('status')).stderr, /1 published; nothing to do$/m);
    const dry = await cli('rollback', 'api', '--dry-run');
    assert.match(dry.stdout, /api:latest was 2 \(sha256:\w+\), becomes 1 \(/);
    assert.match((await cli('status')).stderr, /1 published; nothing to do$/m);
    const back = await cli('rollback', 'api');
    assert.equal(back.status, 0, back.stderr);
    assert.match((await cli('status')).stdout, /latest held at 1 /);
    const none = await cli('rollback', 'api');
    assert.equal(none.status, 2);
    assert.match(none.stderr, /no version of \S+api below 1 was published by generate-bake/);
    const up = await cli('rollback', 'api', '2');
    assert.equal(up.status, 2);
    assert.match(up.stderr, /2 is above 1, which latest is at: that is not a rollback/);
    assert.equal((await cli('promote', 'api', '2')).status, 0);
    assert.match((await cli('status')).stderr, /1 published; nothing to do$/m);
  });

  test('latest = "manual" is not owed; "never" is not even promoted', async () => {
    await copyTag('1', 'latest');
    await copyTag('2', 'latest-held');
    const toml = 'tags = ["2.x"]\n';
    const says = async (image: string, workspace = '') => {
      tree.write({
        'api/image.toml': `${toml}${image}`,
        'generate-bake.toml': `registry = "${real.host}"\nversion = "2"\n${workspace}`,
      });
      return (await cli('status')).stdout.includes('latest owed');
    };
    assert.equal(await says(''), true);
    assert.equal(await says('latest = "manual"\n'), false);
    assert.equal(await says('', 'latest = "manual"\n'), false);
    assert.equal(await says('latest = "auto"\n', 'latest = "never"\n'), true);
    assert.equal(await says('latest = "never"\n'), false);
    const refused = await cli('promote', 'api', '2');
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /latest of api is never moved: latest = "never"/);
    await says('latest = "manual"\n');
    assert.equal((await cli('promote', 'api', '2')).status, 0);
    await says('latest = "sometimes"\n');
    const wrong = await cli('plan');
    assert.match(wrong.stdout + wrong.stderr, /image\.toml:2.*latest cannot be "sometimes"/);
  });

  test('after_publish runs in no command that only looks, nor in promote; an image.toml has no such key', async () => {
    tree.write({
      'hook.sh': { text: `#!/bin/sh\necho ran >> '${tree.at('home')}/ran'\n`, mode: 0o755 },
      'generate-bake.toml': `registry = "${real.host}"\nversion = "2"\nafter_publish = ["./hook.sh"]\n`,
      'api/image.toml': '',
    });
    await copyTag('1', 'latest');
    for (const command of ['list', 'plan', 'render', 'status', 'promote'] as const) {
      const words = { render: ['-o', tree.at('home/out')], promote: ['api', '2'] } as const;
      const more = command === 'render' || command === 'promote' ? words[command] : [];
      const { status, stderr } = await cli(command, ...more);
      assert.equal(status, 0, stderr);
    }
    assert.equal(existsSync(tree.at('home/ran')), false);
    tree.write({ 'api/image.toml': 'after_publish = ["./hook.sh"]\n' });
    const refused = await cli('plan');
    assert.match(refused.stderr, /api\/image\.toml:1.*unknown key "after_publish"/);
  });

  test('after an edit is taken back, status says that latest is at the other version', async () => {
    tree = scratchTree({
      'home/': '',
      'generate-bake.toml': `registry = "${real.host}"\nversion = "content"\n`,
      'web/Dockerfile': 'FROM scratch\nCOPY page /\n',
      'web/page': 'one\n',
    });
    const publish = async (day: number): Promise<string> => {
      const plan = JSON.parse((await cli('plan', 'web')).stdout);
      const targets: Record<string, { labels: Record<string, string> }> = plan.target;
      const labels = Object.values(targets)[0]?.labels ?? {};
      const version = labels['org.opencontainers.image.version'] ?? '';
      const created = `2026-03-0${day}T10:00:00Z`;
      const image = { layers: [version], labels, created };
      await putImage(real, 'web', version, image);
      await putImage(real, 'web', 'latest', image);
      return version;
    };
    const one = await publish(1);
    tree.write({ 'web/page': 'two\n' });
    const two = await publish(2);
    assert.match((await cli('status')).stderr, /nothing to do/);
    tree.write({ 'web/page': 'one\n' });
    const shown = await cli('status');
    const why = `latest is at ${two}, which is not this definition`;
    assert.match(shown.stdout, new RegExp(`/web:${one} +published +- +${why}$`, 'm'));
    assert.match(
      shown.stderr,
      /\/web:\w+: `generate-bake promote NAME VERSION` moves latest to it$/m,
    );
    assert.match((await cli('why', 'web')).stdout, new RegExp(why));
    const { images } = JSON.parse((await cli('status', '--json', 'web')).stdout);
    const last = images[0].reasons.at(-1);
    assert.deepEqual([last.kind, last.version], ['latest-elsewhere', two]);
    const moved = await cli('promote', 'web', one);
    assert.equal(moved.status, 0, moved.stderr);
    assert.match(moved.stderr, new RegExp(`builds move latest on from ${one}`));
    assert.match((await cli('status', '--all')).stdout, /published +- +it is published$/m);
  });
});

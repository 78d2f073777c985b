/** Whole builds where docker, its daemon or buildx cannot be used, or take less than is asked. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine, privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { faultyRegistry } from '../support/faultyRegistry.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const docker = await engine();
const base = 'enginefaults/base:1';
await loadBase(docker, base);

/** A fake `docker`, found before the real one, whose path is given to the script as $REAL. */
async function fakeDocker(script: string): Promise<string> {
  const real = (await must('sh', ['-c', 'command -v docker'], { env: docker.env })).trim();
  const text = `#!/bin/sh\nREAL='${real}'\n${script}\n`;
  const { path } = scratchTree({ docker: { text, mode: 0o755 } });
  return `${path}:${docker.env.PATH}`;
}

test('what cannot be used is told with what to do; nothing is asked of the registry or written', async () => {
  const old = await fakeDocker(`case "$1 $2" in
    "version --format") echo 20.10.24;;
    "buildx version") echo github.com/docker/buildx v0.8.2;;
    *) exec "$REAL" "$@";;
  esac`);
  const oldBuildx = await fakeDocker(`case "$1 $2" in
    "buildx version") echo github.com/docker/buildx v0.8.2;;
    *) exec "$REAL" "$@";;
  esac`);
  const web = await faultyRegistry(() => ({ status: 200, body: '<!DOCTYPE html>' }));
  const store = await faultyRegistry(() => ({ status: 500 }));
  const cases: readonly (readonly [env: NodeJS.ProcessEnv, says: RegExp, hint: RegExp])[] = [
    [{ PATH: scratchTree().path }, /docker cannot be used: no program docker/, /install Docker/],
    [{ PATH: old }, /daemon 20\.10\.24 is too old: 23\.0 or newer/, /upgrade it/],
    [{ PATH: oldBuildx }, /buildx 0\.8\.2 is too old: 0\.13 or newer/, /upgrade it/],
    [{ DOCKER_HOST: 'foo://bar' }, /invalid bind address.*foo:\/\/bar/, /DOCKER_HOST is foo:/],
    [{ DOCKER_HOST: 'no.such.host' }, /no\.such\.host/, /DOCKER_HOST is no\.such\.host/],
    [{ DOCKER_HOST: `tcp://${web.host}` }, /daemon does not answer/, /DOCKER_HOST is tcp:/],
    [{ DOCKER_HOST: '', DOCKER_CONTEXT: 'nobody' }, /nobody/, /DOCKER_CONTEXT is nobody/],
    [{ BUILDX_BUILDER: 'nobody' }, /no builder nobody/, /docker buildx ls/],
  ];
  const images = { one: { dockerfile: `FROM ${base}\nRUN true\n` } };
  const config = { registry: store.host, username: 'any', password: 'thing' };
  await Promise.all(
    cases.map(async ([env, says, hint]) => {
      const tree = buildTree(docker, config, images, env);
      const built = await tree.run('build', '--report', 'report.json');
      assert.equal(built.status, 3, built.stderr);
      const [error = '', told = ''] = built.stderr.split('\n');
      assert.match(error, says);
      assert.match(told, /^ {2}hint: /);
      assert.match(told, hint);
      assert.ok(!built.stderr.includes('    at '), built.stderr);
      assert.deepEqual(readdirSync(tree.at('work')).sort(), ['config.yaml', 'images']);
      for (const folder of ['state', 'tmp', 'home']) {
        assert.deepEqual(readdirSync(tree.at(folder)), []);
      }
    }),
  );
  assert.deepEqual(store.asked, []);
  await web.stop();
  await store.stop();
});

test('docker without buildx', async (t) => {
  // Plugins of the system are found whatever the configuration says.
  const config = { DOCKER_CONFIG: scratchTree({ 'config.json': '{}' }).path };
  const plugin = await must(
    'sh',
    ['-c', 'docker buildx version >/dev/null 2>&1 && echo there || true'],
    {
      env: { ...docker.env, ...config },
    },
  );
  if (plugin !== '') {
    return t.skip('buildx is installed for the whole system');
  }
  const images = { one: { dockerfile: `FROM ${base}\nRUN true\n` } };
  const built = await buildTree(docker, { namespace: 'enginefaults' }, images, config).run('build');
  assert.equal(built.status, 3, built.stderr);
  assert.match(built.stderr, /docker has no buildx.*\n.*hint: install the buildx plugin/);
});

// Real engines give out at 125 images that take seconds each: `npm run bench:build too-many`.
test('fake: an engine that takes three targets in a call gets no more, and all is built', async () => {
  // The plan is named by `--file -`; what is requested stands last.
  const path = await fakeDocker(`if [ "$1 $2" = "buildx bake" ] && [ "$3" != --help ]; then
    count=0
    for word; do case "$word" in enginefaults__*) count=$((count + 1));; esac; done
    if [ $count -gt 3 ]; then
      cat > /dev/null
      echo 'ERROR: target enginefaults__i0: failed to solve: no such job abcdefghijklmnopqrstuvwxy' >&2
      exit 1
    fi
  fi
  exec "$REAL" "$@"`);
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 10; at++) {
    const from = at < 4 ? base : `{{ "i${at - 4}" | image_tag }}`;
    images[`i${at}`] = { dockerfile: `FROM ${from}\nRUN echo ${at} > /${at}\n`, test: 'true' };
  }
  const tree = buildTree(docker, { namespace: 'enginefaults' }, images, { PATH: path });
  const built = await tree.run('build', '--wave-size', '0', '--report', 'report.json');
  assert.equal(built.status, 0, built.stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), { built: Object.keys(images).map((name) => `${name}:1`) });
  assert.ok(report.images.every(({ tested }) => tested));
  const told = built.stderr.match(/the engine cannot take \d+ targets in one call/g);
  assert.deepEqual(told, [
    'the engine cannot take 10 targets in one call',
    'the engine cannot take 5 targets in one call',
  ]);
});

test('-- ARGS: bake is told how to build, each call what concerns it; a name that none has is refused', async () => {
  const images = {
    one: { dockerfile: `FROM ${base}\nRUN echo 1 > /one\n` },
    two: { dockerfile: `FROM {{ "one" | image_tag }}\nRUN echo 2 > /two\n` },
  };
  const tree = buildTree(docker, { namespace: 'enginefaults' }, images);
  const build = (...args: string[]) =>
    runCli(['build', '-c', 'config.yaml', '--jobs', '1', 'images', '--', ...args], {
      cwd: tree.at('work'),
      env: tree.env,
    });
  const refused = await build('--set', 'enginefaults_one.labels.x=y');
  assert.equal(refused.status, 2, refused.stderr);
  assert.match(refused.stderr, /no target matches enginefaults_one.*\n.*"enginefaults__one"/);
  const pushing = await build('--set', '*.push=true');
  assert.equal(pushing.status, 2, pushing.stderr);
  assert.match(pushing.stderr, /--set of push cannot be passed on to bake.*\n.*--publish/);
  assert.equal(await docker.docker('image', 'ls', '--quiet', 'enginefaults/one'), '');

  const labels = async (image: string) =>
    JSON.parse(
      await docker.docker('image', 'inspect', '--format', '{{json .Config.Labels}}', image),
    );
  const built = await build(
    ...['--set', 'enginefaults__two.labels.only=two', '--set=enginefaults__one.labels.of=one'],
  );
  assert.equal(built.status, 0, built.stderr);
  assert.equal((await labels('enginefaults/one:1')).only, undefined);
  assert.equal((await labels('enginefaults/one:1')).of, 'one');
  assert.equal((await labels('enginefaults/two:1')).only, 'two');
});

test('the engine is killed under a test and under a push: it is said, and the next run goes on', {
  skip: privateEngineMissing() ?? false,
}, async (t) => {
  const own = await privateEngine();
  t.after(() => own.remove());
  await loadBase(own, base);
  const store = await registry();
  let silent = true;
  const fake = await faultyRegistry(
    ({ method, path }) =>
      silent && method === 'PUT' && path.startsWith('/v2/pushed/') ? 'hang' : 'pass',
    { behind: store.host },
  );
  const tree = buildTree(
    own,
    { registry: fake.host, username: 'any', password: 'thing' },
    {
      tested: {
        dockerfile: `FROM ${base}\nRUN echo 1 > /1\n`,
        test: '[ -e again ] || { docker run --rm "$1" sleep 1 && touch started && docker run --rm "$1" sleep 60; }',
      },
      child: { dockerfile: 'FROM {{ "tested" | image_tag }}\nRUN echo 2 > /2\n' },
      pushed: { dockerfile: `FROM ${base}\nRUN echo 3 > /3\n` },
    },
  );
  const running = tree.run('build', '--report', 'report.json');
  while (
    !existsSync(tree.at('work/started')) ||
    !fake.asked.some(({ method, path }) => method === 'PUT' && path.startsWith('/v2/pushed/'))
  ) {
    await sleep(50);
  }
  await own.kill();
  const killed = await running;
  assert.equal(killed.status, 1, killed.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))), {
    failed: ['pushed:1', 'tested:1'],
    skipped: ['child:1'],
  });
  assert.match(
    killed.stderr,
    /tested:1: FAILED to verify: .*; the engine does not answer any more/,
  );
  assert.match(killed.stderr, /pushed:1: FAILED to publish: .*(?:Docker daemon|docker API|EOF)/);

  await own.start();
  silent = false;
  tree.write({ 'work/again': '' });
  const again = await tree.run('build', '--report', 'report.json');
  assert.equal(again.status, 0, again.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))), {
    published: ['child:1', 'pushed:1', 'tested:1'],
  });
  assert.ok(!/building/.test(again.stderr), again.stderr);
  await fake.stop();
});

/** What happens to a build on its host: terminals that are closed, no HOME, names that are moved. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildTree, buildTree, endings, readReport } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine, engines } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { firstUnlessLong } from '../support/long.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const docker = await engine();
const base = 'host/base:1';
for (const each of firstUnlessLong(await engines())) {
  await loadBase(each, base);
}

/** Starts a build, hangs up while its step runs, and waits for its end. */
async function hungUp(tree: BuildTree) {
  const bin = join(root, 'bin/generate-bake.js');
  const args = [bin, 'build', '-c', 'config.yaml', '--info', 'images'];
  const child = spawn(process.execPath, args, {
    cwd: tree.at('work'),
    env: tree.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += data;
    });
  }
  while (!said.includes('RUN sleep') && child.exitCode === null) {
    await sleep(20);
  }
  child.kill('SIGHUP');
  return { status: await ended, said };
}

test('a terminal that is closed stops the build, and leaves nothing running', async () => {
  const images = { closed: { dockerfile: `FROM ${base}\nRUN sleep 3\n` } };
  const tree = buildTree(docker, { namespace: 'host' }, images);
  const closed = await hungUp(tree);
  assert.equal(closed.status, 130, closed.said);
  assert.deepEqual(readdirSync(tree.at('locks')), []);
  assert.deepEqual(readdirSync(tree.at('tmp')), []);
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8');
      } catch {
        return '';
      }
    });
  assert.ok(!commands.some((environment) => environment.includes(tree.at('tmp'))));
});

test('without HOME, as a system unit may be: tests have one all the same', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'host' },
    { homeless: { dockerfile: `FROM ${base}\nRUN echo x > /x\n`, test: '[ -d "$HOME" ]' } },
  );
  const { HOME: _, ...env } = tree.env;
  const built = await runCli(['build', '-c', 'config.yaml', 'images'], {
    cwd: tree.at('work'),
    env,
  });
  assert.equal(built.status, 0, built.stderr);
  assert.match(built.stderr, /homeless:1: test passed/);
});

for (const each of firstUnlessLong(await engines())) {
  test(`${each.name}: what is published is what was tested, whatever stands under its name`, async () => {
    const store = await registry();
    const tree = buildTree(
      each,
      { registry: store.host, username: 'any', password: 'thing' },
      {
        // Tests that tag something else with the name of their image, or take the name away.
        moved: {
          dockerfile: `FROM ${base}\nRUN echo right > /it\n`,
          test: `docker run --rm "$1" test -e /it && docker tag ${base} "$1"`,
        },
        unnamed: {
          dockerfile: `FROM ${base}\nRUN echo named > /it\n`,
          test: 'docker tag "$1" host/kept:1 && docker rmi "$1"',
        },
      },
    );
    const built = await tree.run('build', '--report', 'report.json');
    assert.equal(built.status, 0, built.stderr);
    const report = readReport(tree.at('work/report.json'));
    assert.deepEqual(endings(report), { published: ['moved:1', 'unnamed:1'] });
    for (const name of ['moved', 'unnamed']) {
      await each.docker('image', 'rm', '--force', `${store.host}/${name}:1`);
      await each.docker('run', '--rm', `${store.host}/${name}:1`, 'test', '-e', '/it');
    }
  });
}

test('fake: a name that is moved while it is pushed: the right image is pushed again', async () => {
  const store = await registry();
  const real = (await must('sh', ['-c', 'command -v docker'], { env: docker.env })).trim();
  // As a build beside this one would: once, between the name's setting and the push.
  const script = `#!/bin/sh
if [ "$1" = push ] && [ ! -e "$TMPDIR/moved" ]; then
  touch "$TMPDIR/moved"
  '${real}' tag ${base} "$2"
fi
exec '${real}' "$@"
`;
  const { path } = scratchTree({ docker: { text: script, mode: 0o755 } });
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'any', password: 'thing' },
    { raced: { dockerfile: `FROM ${base}\nRUN echo raced > /it\n` } },
    { PATH: `${path}:${docker.env.PATH}` },
  );
  const built = await tree.run('build', '--report', 'report.json');
  assert.equal(built.status, 0, built.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))), { published: ['raced:1'] });
  assert.ok(existsSync(tree.at('tmp/moved')));
  await docker.docker('image', 'rm', '--force', `${store.host}/raced:1`);
  await docker.docker('run', '--rm', `${store.host}/raced:1`, 'test', '-e', '/it');
});

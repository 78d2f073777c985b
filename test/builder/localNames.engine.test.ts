/** What was built of plain Dockerfiles runs under the name that people write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { must, run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const docker = await engine();
const base = 'local-names/busybox:1';
await loadBase(docker, base);
const { env } = docker;

function docked(...args: string[]) {
  return run('docker', args, { env });
}

test('after build and its test, docker run company/api works', async () => {
  const tree = scratchTree({
    'generate-bake.toml':
      'registry = "127.0.0.1:9"\nnamespace = "localnames"\nversion = "1"\n' +
      '[[image]]\npath = "bad"\ntests = ["bad/check.sh"]\n',
    'api/Dockerfile': 'FROM localnames/base\nCMD ["cat", "/said"]\n',
    'base/Dockerfile': `FROM ${base}\nRUN echo hello > /said\n`,
    'bad/Dockerfile': 'FROM localnames/base\n',
    'bad/check.sh': { text: '#!/bin/sh\nexit 1\n', mode: 0o755 },
  });
  const build = (...args: string[]) =>
    runCli(['build', '--no-publish', '--no-pull', ...args], {
      cwd: tree.path,
      env: { ...env, XDG_STATE_HOME: tree.at('state'), HOME: tree.at('home') },
    });
  const built = await build();
  assert.equal(built.status, 1, built.stderr);
  const ran = await docked('run', '--rm', 'localnames/api');
  assert.deepEqual([ran.stdout, ran.status], ['hello\n', 0], ran.stderr);
  const idOf = (name: string) =>
    must('docker', ['image', 'inspect', '--format', '{{.Id}}', name], { env });
  assert.equal(await idOf('localnames/api'), await idOf('127.0.0.1:9/localnames/api:1'));
  // What failed its test gets no name.
  assert.notEqual((await docked('image', 'inspect', 'localnames/bad')).status, 0);

  // A dated build is not what people mean by latest.
  tree.write({ 'api/Dockerfile': 'FROM localnames/base\nCMD ["echo", "other"]\n' });
  const dated = await build('--snapshot', '--select', 'api');
  assert.equal(dated.status, 0, dated.stderr);
  assert.equal((await docked('run', '--rm', 'localnames/api')).stdout, 'hello\n');
});

test('the prefix that Dockerfiles write by convention is part of the name', async () => {
  const tree = scratchTree({
    'localname-api/Dockerfile': 'FROM registry.example/localnames/localname-base\n',
    'localname-base/Dockerfile': `FROM ${base}\nRUN echo hello > /said\n`,
  });
  const built = await runCli(['build', '--no-pull'], {
    cwd: tree.path,
    env: { ...env, XDG_STATE_HOME: tree.at('state'), HOME: tree.at('home') },
  });
  assert.equal(built.status, 0, built.stderr);
  const latest = await must('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}'], { env });
  assert.deepEqual(
    latest
      .split('\n')
      .filter((name) => /localname-(?:api|base):latest$/.test(name))
      .sort(),
    [
      'localnames/localname-api:latest',
      'localnames/localname-base:latest',
      'registry.example/localnames/localname-base:latest',
    ],
  );
});

test('a name of one component that is somebody else’s image stays that', async () => {
  const tree = scratchTree({
    'generate-bake.toml': 'version = "1"\n',
    'localname-mine/Dockerfile': `FROM ${base}\nRUN echo hello > /said\n`,
    'localname-taken/Dockerfile': `FROM ${base}\nRUN echo other > /said\n`,
  });
  await must('docker', ['tag', base, 'localname-taken:latest'], { env });
  const built = await runCli(['build', '--no-publish', '--no-pull'], {
    cwd: tree.path,
    env: { ...env, XDG_STATE_HOME: tree.at('state'), HOME: tree.at('home') },
  });
  assert.equal(built.status, 0, built.stderr);
  const said = await docked('run', '--rm', 'localname-mine', 'cat', '/said');
  assert.equal(said.stdout, 'hello\n', said.stderr);
  assert.notEqual((await docked('run', '--rm', 'localname-taken', 'cat', '/said')).status, 0);
});

test('after an edit is taken back, and with a further tag, the names are on the current image', async () => {
  const passes = { text: '#!/bin/sh\n', mode: 0o755 };
  const shared = `[[image]]\npath = "checked"\ntests = ["checked/check.sh"]\n`;
  const tree = scratchTree({
    'generate-bake.toml': `namespace = "keptnames"\n${shared}`,
    'api/Dockerfile': `FROM ${base}\nCOPY f /f\nCMD ["cat", "/f"]\n`,
    'api/f': 'one\n',
    'checked/Dockerfile': `FROM ${base}\nCOPY f /f\nCMD ["cat", "/f"]\n`,
    'checked/f': 'one\n',
    'checked/check.sh': passes,
  });
  const build = async (...args: string[]) => {
    const built = await runCli(['build', '--no-pull', ...args], {
      cwd: tree.path,
      env: { ...env, XDG_STATE_HOME: tree.at('state'), HOME: tree.at('home') },
    });
    // Versions and times are not what this is about.
    const lines = built.stderr.replace(/:[0-9a-f]{12}/g, ':VERSION').replace(/ [0-9.]+s\b/g, ' T');
    return { status: built.status, lines: lines.trim().split('\n') };
  };
  const says = async (name: string) => (await docked('run', '--rm', `keptnames/${name}`)).stdout;
  assert.equal((await build()).status, 0);
  tree.write({ 'api/f': 'two\n', 'checked/f': 'two\n' });
  assert.equal((await build()).status, 0);
  assert.deepEqual([await says('api'), await says('checked')], ['two\n', 'two\n']);

  tree.write({ 'api/f': 'one\n', 'checked/f': 'one\n' });
  tree.write({ 'checked/check.sh': { ...passes, text: '#!/bin/sh\nexit 1\n' } });
  // What does not pass its test now does not get the name.
  const status = await runCli(['status'], {
    cwd: tree.path,
    env: { ...env, XDG_STATE_HOME: tree.at('state'), HOME: tree.at('home') },
  });
  assert.match(
    status.stderr,
    /^keptnames\/api:latest is not on keptnames\/api:\w{12}: build puts it there\nkeptnames\/checked:latest is not on keptnames\/checked:\w{12}: build puts it there, once its test has passed$/m,
  );
  const failing = await build();
  assert.deepEqual([await says('api'), await says('checked')], ['one\n', 'two\n']);
  assert.equal(failing.status, 1);
  assert.deepEqual(failing.lines.slice(0, 2), [
    'keptnames/api:latest: put on keptnames/api:VERSION',
    'keptnames/checked:VERSION: FAILED to verify: checked/check.sh exited with status 1',
  ]);
  tree.write({ 'checked/check.sh': passes });
  const passing = await build();
  assert.deepEqual(passing, {
    status: 0,
    lines: [
      'keptnames/checked:VERSION: test passed in T',
      'keptnames/checked:latest: put on keptnames/checked:VERSION',
      '1 local name put in T',
    ],
  });
  assert.equal(await says('checked'), 'one\n');
  assert.deepEqual(await build(), { status: 0, lines: ['nothing to do'] });

  tree.write({
    'generate-bake.toml': `namespace = "keptnames"\ntags = ["v1", "{date}"]\n${shared}`,
  });
  assert.deepEqual(await build('--quiet', '--select', 'api'), {
    status: 0,
    lines: ['keptnames/api:v1: put on keptnames/api:VERSION', '1 local name put in T'],
  });
  assert.equal(await says('api:v1'), 'one\n');
  assert.deepEqual(await build('--select', 'api'), { status: 0, lines: ['nothing to do'] });
});

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

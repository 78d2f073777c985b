/** The engines and registries of the tests themselves, in what tests of faults ask of them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { must, run } from '../process.js';
import { loadBase, loadDebian } from './base.js';
import { engine, privateEngine, privateEngineMissing } from './engine.js';
import { registry } from './registry.js';

test('an engine that is killed keeps its images, and leaves nothing when it is removed', {
  skip: privateEngineMissing() ?? false,
}, async () => {
  const own = await privateEngine('current');
  await loadBase(own, 'support/base:1');
  await own.docker('run', '--detach', 'support/base:1', 'sleep', '4242');
  const sleeping = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === 'sleep\u00004242\u0000';
      } catch {
        return false;
      }
    }).length;
  assert.equal(sleeping(), 1);

  await own.kill();
  const dead = await run('docker', ['image', 'ls'], { env: own.env });
  assert.notEqual(dead.status, 0);
  assert.equal(sleeping(), 1);

  await own.start();
  assert.match(await own.docker('image', 'ls'), /support\/base/);
  await own.docker('run', '--detach', 'support/base:1', 'sleep', '4242');
  await own.kill();
  await own.remove();
  assert.equal(sleeping(), 0);
  const folder = (own.env.DOCKER_HOST ?? '').replace(/^unix:\/\/(.*)\/docker.sock$/, '$1');
  assert.ok(folder.length > 10);
  assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(folder));
});

test('a registry with users refuses strangers, logs every request and survives a restart', async () => {
  const docker = await engine();
  const store = await registry({ users: { amy: 'pa:ss', bob: 'word' } });
  const image = `${store.host}/support/pushed:1`;
  await loadBase(docker, image);
  assert.notEqual((await run('docker', ['push', image], { env: docker.env })).status, 0);

  const config = await run(
    'docker',
    ['login', '--username', 'amy', '--password-stdin', store.host],
    { env: docker.env, input: 'pa:ss' },
  );
  assert.equal(config.status, 0, config.stderr);
  await docker.docker('push', '--quiet', image);
  const puts = store
    .requests()
    .filter(({ method, status }) => method === 'PUT' && status === 201)
    .map(({ path }) => path);
  assert.ok(puts.includes('/v2/support/pushed/manifests/1'), puts.join('\n'));

  await store.restart();
  await docker.docker('pull', '--quiet', image);
  await docker.docker('logout', store.host);
  await docker.docker('rmi', image);
  await store.stop();
  await assert.rejects(fetch(`http://${store.host}/v2/`));
});

test('a registry without users takes what anybody pushes', async () => {
  const docker = await engine();
  const store = await registry();
  const image = `${store.host}/support/open:1`;
  await loadBase(docker, image);
  await docker.docker('push', '--quiet', image);
  const answer = await fetch(`http://${store.host}/v2/support/open/tags/list`);
  assert.deepEqual(await answer.json(), { name: 'support/open', tags: ['1'] });
  await docker.docker('rmi', image);
  await store.stop();
});

test('a real Debian as base installs packages from the mirror that this machine uses', {
  skip: privateEngineMissing() ?? false,
}, async () => {
  const docker = await engine();
  await loadDebian(docker, 'support/debian:bookworm');
  await must('docker', ['build', '--quiet', '--tag', 'support/installed:1', '-'], {
    env: docker.env,
    input: [
      'FROM support/debian:bookworm',
      'RUN apt-get update && apt-get install --yes --no-install-recommends hello',
    ].join('\n'),
  });
  assert.match(await docker.docker('run', '--rm', 'support/installed:1', 'hello'), /Hello/);
});

/** Credentials that die while images are built, of every kind, and contexts of the user. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { faultyRegistry } from '../support/faultyRegistry.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';
import { shortHelper, shortLogins } from '../support/shortLogins.js';

const docker = await engine();
const base = 'logins/base:1';
await loadBase(docker, base);

/** The docker configuration of a user: the engine's own says where its plugins are. */
function userConfig(keys: object = {}): string {
  const folder = docker.env.DOCKER_CONFIG;
  const own = folder === undefined ? '{}' : readFileSync(join(folder, 'config.json'), 'utf8');
  return JSON.stringify({ ...JSON.parse(own), ...keys });
}

test('a helper whose passwords last 5 s: asked again for pushes, pulls of bake, tags and reads', async () => {
  const store = await registry();
  const { behave, refusedUsers } = shortLogins(5_000);
  const gate = await faultyRegistry(behave, { behind: store.host });
  const home = scratchTree({ log: '' });
  home.write(shortHelper('short', home.at('log')));
  home.write({ 'config/config.json': userConfig({ credHelpers: { [gate.host]: 'short' } }) });
  const env = {
    DOCKER_CONFIG: home.at('config'),
    PATH: `${home.at('bin')}:${docker.env.PATH}`,
  };
  const config = { registry: gate.host };
  const tree = buildTree(
    docker,
    config,
    { parent: { dockerfile: `FROM ${base}\nRUN echo parent > /parent\n` } },
    env,
  );
  const first = await tree.run('build', '--publish');
  assert.equal(first.status, 0, first.stderr);
  await docker.docker('image', 'rm', `${gate.host}/parent:1`);

  tree.sketch({
    // Longer than a password lasts; what is built after it pulls its published parent anew.
    aslow: { dockerfile: `FROM ${base}\nRUN sleep 7 && echo slow > /slow\n`, test: 'sleep 6' },
    child: { dockerfile: 'FROM {{ "parent" | image_tag }}\nRUN sleep 6 && echo child > /child\n' },
  });
  const built = await tree.run('build', '--publish', '--jobs', '1', '--report', 'report.json');
  assert.equal(built.status, 0, built.stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), {
    published: ['aslow:1', 'child:1'],
    untouched: ['parent:1'],
  });
  assert.equal(report.latest.length, 2);
  const asked = readFileSync(home.at('log'), 'utf8');
  assert.match(asked, /get by \S*docker push /);
  assert.match(asked, /get by \S*docker-buildx.* bake /);
  assert.match(asked, /get by \S*node /);
  assert.deepEqual([...refusedUsers], ['amy']);
  assert.ok(!`${built.stdout}${built.stderr}`.includes('given-'));
  await gate.stop();
});

test('a context with TLS, by DOCKER_CONTEXT and by `docker context use`, is kept for publishing', async (t) => {
  const socket = /^unix:\/\/(.*)$/.exec(
    docker.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
  )?.[1];
  if (socket === undefined) {
    t.skip('the engine is not on a socket');
    return;
  }
  const keys = scratchTree({ 'docker/config.json': userConfig() });
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  for (const name of ['server', 'client']) {
    const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', keys.at(`${name}.key`), '-out', keys.at(`${name}.pem`)];
    await must('openssl', [...request, ...names, ...files]);
  }
  const read = (name: string) => readFileSync(keys.at(name));
  let refused = 0;
  const far = createServer(
    {
      key: read('server.key'),
      cert: read('server.pem'),
      ca: read('client.pem'),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
    },
    (near) => {
      const daemon = connect(socket);
      near.on('error', () => daemon.destroy()).pipe(daemon);
      daemon.on('error', () => near.destroy()).pipe(near);
    },
  );
  far.on('tlsClientError', () => refused++);
  await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve));
  far.unref();
  t.after(() => far.close());
  const { port } = far.address() as AddressInfo;

  const store = await registry({ users: { robot: 'geheim' } });
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'robot', password: 'geheim' },
    { one: { dockerfile: `FROM ${base}\nRUN echo one > /one\n` } },
    { DOCKER_HOST: undefined, DOCKER_CONFIG: keys.at('docker') },
  );
  const endpoint = [
    `host=tcp://127.0.0.1:${port}`,
    `ca=${keys.at('server.pem')}`,
    `cert=${keys.at('client.pem')}`,
    `key=${keys.at('client.key')}`,
  ].join(',');
  await must('docker', ['context', 'create', 'far', '--docker', endpoint], { env: tree.env });
  Object.assign(tree.env, { DOCKER_CONTEXT: 'far' });
  const named = await tree.run('build', '--report', 'report.json');
  assert.equal(named.status, 0, named.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))), { published: ['one:1'] });

  Object.assign(tree.env, { DOCKER_CONTEXT: undefined });
  await must('docker', ['context', 'use', 'far'], { env: tree.env });
  tree.sketch({ two: { dockerfile: `FROM ${base}\nRUN echo two > /two\n` } });
  const used = await tree.run('build', '--report', 'report.json');
  assert.equal(used.status, 0, used.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))), {
    published: ['two:1'],
    untouched: ['one:1'],
  });
  assert.equal(refused, 0);
});

test('a password_file that is written anew during the run: what is pushed, pulled and moved later takes it', async () => {
  const store = await registry({ users: { robot: 'first' } });
  const home = scratchTree({ password: 'first\n' });
  const config = { registry: store.host, username: 'robot', password_file: home.at('password') };
  const tree = buildTree(
    docker,
    config,
    { parent: { dockerfile: `FROM ${base}\nRUN echo parent > /parent2\n` } },
    { GENERATE_BAKE_REGISTRY: store.host },
  );
  const first = await tree.run('build');
  assert.equal(first.status, 0, first.stderr);
  await docker.docker('image', 'rm', `${store.host}/parent:1`);

  tree.sketch({
    aslow: { dockerfile: `FROM ${base}\nRUN sleep 15 && echo slow > /slow2\n` },
    child: { dockerfile: 'FROM {{ "parent" | image_tag }}\nRUN echo child > /child2\n' },
  });
  const building = tree.run('build', '--jobs', '1', '--report', 'report.json');
  let isOver = false;
  void building.then(() => {
    isOver = true;
  });
  const log = tree.at('work/.generate-bake/logs/images/aslow.log');
  while (!(isOver || (existsSync(log) && readFileSync(log, 'utf8').includes('sleep 15')))) {
    await new Promise((wake) => setTimeout(wake, 100));
  }
  const users = await must('htpasswd', ['-niBC', '5', 'robot'], { input: 'second' });
  writeFileSync(join(dirname(store.logFile), 'htpasswd'), users);
  await store.restart();
  home.write({ password: 'second\n' });
  assert.ok(!isOver);
  const built = await building;
  assert.equal(built.status, 0, built.stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), {
    published: ['aslow:1', 'child:1'],
    untouched: ['parent:1'],
  });
  assert.equal(report.latest.length, 2);
});

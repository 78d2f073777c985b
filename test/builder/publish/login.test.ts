import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Credentials } from '#adapters/registry/credentials.js';
import { Secret } from '#adapters/registry/secret.js';
import { buildLogin, pushLogin, removeStaleLogins } from '#builder/publish/login.js';
import { scratchTree } from '../../support/scratch.js';

const credentials = {
  kind: 'password',
  username: 'amy',
  password: new Secret('ge:heim'),
  source: 'the test',
  mayPublish: true,
} as const;

test('a login holds one host, is for its owner only, and goes', () => {
  const login = pushLogin('/nonexistent', 'registry.example', credentials);
  const file = join(login.directory, 'config.json');
  const auth = Buffer.from('amy:ge:heim').toString('base64');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
    auths: { 'registry.example': { auth } },
    credHelpers: {},
  });
  assert.equal(statSync(login.directory).mode & 0o777, 0o700);
  login.remove();
  assert.ok(!existsSync(login.directory));
});

test('a build has its trees’ logins before those of DOCKER_AUTH_CONFIG, and docker no variable', () => {
  const own = scratchTree({
    'config.json': JSON.stringify({
      credsStore: 'store',
      auths: { 'registry.example': { auth: 'file' }, 'file.example': { auth: 'file' } },
    }),
  });
  const variable = JSON.stringify({
    auths: { 'registry.example': { auth: 'ci' }, 'ci.example': { auth: 'ci' } },
  });
  const login = buildLogin(own.path, variable, [['registry.example', credentials]]);
  const auth = Buffer.from('amy:ge:heim').toString('base64');
  assert.deepEqual(JSON.parse(readFileSync(join(login.directory, 'config.json'), 'utf8')), {
    credsStore: 'store',
    auths: {
      'registry.example': { auth },
      'file.example': { auth: 'file' },
      'ci.example': { auth: 'ci' },
    },
    credHelpers: { 'registry.example': '', 'ci.example': '' },
  });
  assert.deepEqual(login.env, { DOCKER_CONFIG: login.directory, DOCKER_AUTH_CONFIG: '' });
  login.remove();
  assert.equal(
    pushLogin('/nonexistent', 'registry.example', credentials).env.DOCKER_AUTH_CONFIG,
    '',
  );
});

const helped: Credentials = {
  kind: 'password',
  username: 'amy',
  password: new Secret('short-lived'),
  source: 'docker-credential-short',
  mayPublish: false,
  docker: { helper: 'short' },
};

test('docker asks its own helpers by itself: for each push, and for what bake fetches', () => {
  const written = {
    credHelpers: { 'registry.example': 'short', 'other.example': 'other' },
    credsStore: 'store',
  };
  const own = scratchTree({ 'config.json': JSON.stringify(written) });
  const push = pushLogin(own.path, 'registry.example', helped);
  const text = readFileSync(join(push.directory, 'config.json'), 'utf8');
  assert.deepEqual(JSON.parse(text), {
    auths: {},
    credHelpers: { 'registry.example': 'short' },
  });
  const build = buildLogin(own.path, undefined, [['registry.example', helped]]);
  assert.deepEqual(JSON.parse(readFileSync(join(build.directory, 'config.json'), 'utf8')), {
    ...written,
    auths: {},
  });
  push.remove();
  build.remove();
});

test('a password that changed is written anew', () => {
  const file = (directory: string) => readFileSync(join(directory, 'config.json'), 'utf8');
  const renewed = { ...credentials, password: new Secret('new') };
  const auth = Buffer.from('amy:new').toString('base64');
  const push = pushLogin('/nonexistent', 'registry.example', credentials);
  const build = buildLogin('/nonexistent', undefined, [['registry.example', credentials]]);
  push.renew(renewed);
  build.renew([['registry.example', renewed]]);
  for (const { directory, remove } of [push, build]) {
    assert.deepEqual(JSON.parse(file(directory)).auths, { 'registry.example': { auth } });
    assert.equal(statSync(join(directory, 'config.json')).mode & 0o777, 0o600);
    remove();
  }
});

test('a push knows the user’s contexts, and none of their other logins', () => {
  const own = scratchTree({
    'config.json': JSON.stringify({
      currentContext: 'far',
      HttpHeaders: { 'X-Gate': 'open' },
      credsStore: 'store',
      aliases: { builder: 'buildx' },
      auths: { 'registry.example': { auth: 'theirs' } },
    }),
    'contexts/meta/1/meta.json': '{"Name":"far"}',
    'contexts/tls/1/docker/key.pem': 'key',
  });
  const login = pushLogin(own.path, 'registry.example', credentials);
  const auth = Buffer.from('amy:ge:heim').toString('base64');
  assert.deepEqual(JSON.parse(readFileSync(join(login.directory, 'config.json'), 'utf8')), {
    currentContext: 'far',
    HttpHeaders: { 'X-Gate': 'open' },
    auths: { 'registry.example': { auth } },
    credHelpers: {},
  });
  assert.equal(readFileSync(join(login.directory, 'contexts/tls/1/docker/key.pem'), 'utf8'), 'key');
  login.remove();
  assert.ok(existsSync(own.at('contexts/tls/1/docker/key.pem')));
});

test('logins of builds that were killed are removed, those of running ones are not', () => {
  const own = pushLogin('/nonexistent', 'registry.example', credentials);
  const prefix = `generate-bake-login-${hostname()}`;
  assert.ok(basename(own.directory).startsWith(`${prefix}-${process.pid}-`));
  const { pid } = spawnSync('true');
  const elsewhere = `generate-bake-login-other.${hostname()}-${pid}-aB3xYz`;
  const names = [`${prefix}-${pid}-aB3xYz`, elsewhere, `${prefix}-1-aB3xYz`];
  const before = tmpdir();
  const folder = scratchTree(
    Object.fromEntries(names.map((name) => [`${name}/config.json`, '{}'])),
  );
  process.env.TMPDIR = folder.path;
  try {
    removeStaleLogins();
  } finally {
    process.env.TMPDIR = before;
  }
  assert.deepEqual(
    names.map((name) => existsSync(folder.at(name))),
    [false, true, true],
  );
  own.remove();
});

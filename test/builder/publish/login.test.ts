import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
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
  const login = pushLogin('registry.example', credentials);
  const file = join(login.directory, 'config.json');
  const auth = Buffer.from('amy:ge:heim').toString('base64');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
    auths: { 'registry.example': { auth } },
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
  assert.equal(pushLogin('registry.example', credentials).env.DOCKER_AUTH_CONFIG, '');
});

test('logins of builds that were killed are removed, those of running ones are not', () => {
  const own = pushLogin('registry.example', credentials);
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

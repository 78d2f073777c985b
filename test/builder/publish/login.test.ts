import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Secret } from '#adapters/registry/secret.js';
import { pushLogin, removeStaleLogins } from '#builder/publish/login.js';
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

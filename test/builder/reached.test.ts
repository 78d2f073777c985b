import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '#adapters/registry/secret.js';
import type { OpenedBuild } from '#builder/opened.js';
import { secretsIn } from '#builder/reached.js';

function login(password: string) {
  return {
    host: 'registry.example.org',
    credentials: { kind: 'password', username: 'robot', password: new Secret(password) },
  };
}

test('whatever a run logs in with is a secret: of trees, their pushes, staging and the results of jobs', () => {
  const keyring = { current: login('renewed-9').credentials };
  const build = {
    request: { trees: [{ config: { httpProxy: 'http://me:proxied-1@proxy.example.org' } }] },
    secrets: { values: [new Secret('mounted-2')] },
    registries: {
      accesses: new Map([['tree', { ...login('pulled-3'), push: login('pushed-4') }]]),
    },
    staging: { access: login('staged-5') },
    results: { access: { ...login('results-6'), keyring } },
  } as unknown as OpenedBuild;
  const secrets = secretsIn(build);
  const told = () => secrets().map((secret) => secret.reveal());
  const all = ['proxied-1', 'mounted-2', 'pulled-3', 'pushed-4', 'staged-5', 'renewed-9'];
  assert.deepEqual(
    all.filter((secret) => !told().includes(secret)),
    [],
  );
  keyring.current = login('renewed-again').credentials;
  assert.ok(told().includes('renewed-again'), 'what was renewed is one too');
  assert.ok(told().includes('renewed-9'), 'and what was before it stays one');
});

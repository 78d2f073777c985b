import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, isLoopback } from '#adapters/registry/address.js';
import { canonicalHost } from '#core/reference/hosts.js';

test('a repository is split as docker splits it', () => {
  const cases: [string, string, string][] = [
    ['registry.example/ns/golang1.24', 'registry.example', 'ns/golang1.24'],
    ['registry.example:5000/golang', 'registry.example:5000', 'golang'],
    ['localhost/x', 'localhost', 'x'],
    ['registry.example/a--b/c/d', 'registry.example', 'a--b/c/d'],
    ['golang', 'docker.io', 'library/golang'],
    ['company/golang', 'docker.io', 'company/golang'],
    ['docker.io/golang', 'docker.io', 'library/golang'],
    ['index.docker.io/company/golang', 'docker.io', 'company/golang'],
    ['Registry.Example/x', 'registry.example', 'x'],
    ['registry-1.docker.io/company/x', 'docker.io', 'company/x'],
    ['[::1]:5000/x', '[::1]:5000', 'x'],
  ];
  for (const [repository, host, name] of cases) {
    assert.deepEqual(addressOf(repository), { host, name }, repository);
  }
  for (const repository of ['', 'r.example/', 'r.example/Upper', 'r.example//x', '-r.example/x']) {
    assert.equal(addressOf(repository), undefined, repository);
  }
});

test('loopback is this machine only', () => {
  for (const host of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.8.9.1', '[::1]:80']) {
    assert.equal(isLoopback(host), true, host);
  }
  for (const host of ['localhost.example', '127.0.0.1.example', '128.0.0.1', 'registry:5000']) {
    assert.equal(isLoopback(host), false, host);
  }
});

test('Docker Hub has one name', () => {
  assert.equal(canonicalHost('registry-1.docker.io'), 'docker.io');
  assert.equal(canonicalHost('hub.example'), 'hub.example');
});

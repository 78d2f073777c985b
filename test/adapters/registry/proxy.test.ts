import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExempt, proxyFor } from '#adapters/registry/proxy.js';

test("the tree's proxy goes before the environment's, and neither leads to loopback", () => {
  const environment = { HTTPS_PROXY: 'http://env:1' };
  assert.equal(proxyFor('r.example', 'http://tree:2', environment), 'http://tree:2');
  assert.equal(proxyFor('r.example', undefined, environment), 'http://env:1');
  assert.equal(proxyFor('r.example', undefined, { https_proxy: 'env:3' }), 'http://env:3');
  assert.equal(proxyFor('r.example', undefined, {}), undefined);
  assert.equal(proxyFor('r.example', undefined, { HTTPS_PROXY: '' }), undefined);
  assert.equal(proxyFor('127.0.0.1:5000', 'http://tree:2', environment), undefined);
});

test("NO_PROXY exempts from the tree's proxy too", () => {
  assert.equal(proxyFor('r.example', 'http://tree:2', { no_proxy: 'example' }), undefined);
});

test('NO_PROXY is read as Go reads it', () => {
  const cases: [string, string, boolean][] = [
    ['r.example', '*', true],
    ['r.example', 'r.example', true],
    ['r.example', 'example', true],
    ['r.example', '.example', true],
    ['example', '.example', false],
    ['rexample', 'example', false],
    ['r.example', '*.example', true],
    ['R.Example', 'r.eXample', true],
    ['r.example:5000', 'r.example', true],
    ['r.example:5000', 'r.example:5000', true],
    ['r.example:5001', 'r.example:5000', false],
    ['r.example', 'r.example:443', true],
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3:5000', '10.1.2.3', true],
    ['110.1.2.3', '10.1.2.3', false],
    ['[fd00::1]:5000', 'fd00::/8', true],
    ['[fd00::1]:5000', 'fd00::1', true],
    ['r.example', '10.0.0.0/8', false],
    ['r.example', '10.0.0.0/99', false],
    ['r.example', ' a , r.example ,', true],
    ['r.example', '', false],
    ['r.example', ',', false],
  ];
  for (const [host, list, exempt] of cases) {
    assert.equal(isExempt(host, list), exempt, `${host} in ${list}`);
  }
});

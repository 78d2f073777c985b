import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attestedSecrets } from '#builder/attestedSecrets.js';
import type { Reference } from '#core/reference/brands.js';
import { graphOf, treeOf } from '../support/graph.js';
import { scratchTree } from '../support/scratch.js';

const secret = 'http://amy:hunter2@proxy.example:8080';
const guarded = treeOf('guarded', { httpProxy: secret });
const open = treeOf('open', { httpProxy: 'http://proxy.example:8080' });
const graph = graphOf([
  { name: 'closed', tree: guarded },
  { name: 'plain', tree: open },
]);
const [closed, plain] = graph.images.map(({ reference }) => reference) as [Reference, Reference];
const nowhere = '/nonexistent';

function refused(line: string, building = [closed, plain], directory = nowhere): string[] {
  const found = attestedSecrets(line.split(' '), graph, new Set(building), directory);
  for (const { code, severity, message, hint } of found) {
    assert.equal(`${severity} ${code}`, 'error proxy-credentials');
    assert.ok(!`${message}${hint}`.includes('hunter2'));
  }
  return found.map(({ message }) => message);
}

const told = ['http_proxy of guarded contains a user name or password'];

test('a provenance that has build arguments is refused where they have a password', () => {
  for (const line of [
    '--provenance=mode=max',
    '--provenance mode=max',
    '--provenance=true',
    '--provenance=max',
    '--provenance=version=v1',
    '--set *.attest=type=provenance,mode=max',
    '--set=*.attest+=type=provenance',
    '--set clos*.attest=type=provenance,mode=MAX',
    '--set *.attest=type=provenance,mode=min --provenance=mode=max',
    '--sbom=true --provenance=disabled=false',
  ]) {
    assert.deepEqual(refused(line), told, line);
  }
});

test('what has none of them, or is about other images, is not', () => {
  for (const line of [
    '',
    '--provenance=false',
    '--provenance=0',
    '--provenance=disabled=true',
    '--provenance=mode=min',
    '--provenance=min',
    '--sbom=true',
    '--set *.attest=type=sbom',
    '--set *.attest=type=provenance,mode=min',
    '--set *.attest=type=provenance,disabled=true',
    '--set plain.attest=type=provenance,mode=max',
    '--set *.labels.x=type=provenance',
    '--set --provenance=mode=max',
  ]) {
    assert.deepEqual(refused(line), [], line);
  }
  assert.deepEqual(refused('--provenance=mode=max', [plain]), []);
  assert.deepEqual(refused('--provenance=mode=max', []), []);
});

test("the proxies of docker's configuration are build arguments too", () => {
  const proxies = {
    default: { httpProxy: secret, httpsProxy: 'http://proxy.example', noProxy: 'a@b' },
    'tcp://far': { httpProxy: secret },
  };
  const { path } = scratchTree({ 'config.json': JSON.stringify({ proxies }) });
  const message = "httpProxy of docker's proxies contains a user name or password";
  assert.deepEqual(refused('--provenance=mode=max', [plain], path), [message]);
  assert.deepEqual(refused('--provenance=mode=min', [plain], path), []);
  for (const text of ['', '[]', '{"proxies":[1]}', '{"proxies":{"default":7}}']) {
    const odd = scratchTree({ 'config.json': text });
    assert.deepEqual(refused('--provenance=mode=max', [plain], odd.path), [], text);
  }
});

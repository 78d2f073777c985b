/**
 * Whole builds against a registry that misbehaves: a fake in front of a real one, since a real one
 * cannot be made to do so on demand.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { account, childOf, plain, putsVersion, reported, tagsOf } from '../support/faultTree.js';
import {
  always,
  by,
  faultyRegistry,
  type Misbehaviour,
  once,
  refusal,
} from '../support/faultyRegistry.js';

const docker = await engine();
const base = 'registryfaults/base:1';
await loadBase(docker, base);

test('while states are asked: faults that pass are waited out, others stop only the images concerned', async () => {
  const real = await registry();
  const manifest = JSON.stringify({ schemaVersion: 2, config: {}, layers: [] });
  const withType = (type: string, body: string): Misbehaviour => ({
    status: 200,
    headers: { 'content-type': type },
    body,
  });
  let ill = true;
  const behave = by({
    limited: once({ status: 429, headers: { 'retry-after': '1' } }),
    internal: once({ status: 500 }),
    gateway: once({ status: 502 }),
    unavailable: once({ status: 503 }),
    cut: once('reset'),
    slow: once('hang'),
    down: always({ status: 503 }),
    resets: always('reset'),
    forbidden: always(refusal(403, 'DENIED')),
    nothing: always({ status: 404, headers: { 'content-type': 'text/html' }, body: '<p>No' }),
    page: always(withType('text/html', '<!DOCTYPE html><p>Hello')),
    half: always(withType('application/vnd.oci.image.manifest.v1+json', manifest.slice(0, 30))),
    other: always({
      status: 200,
      headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` },
      body: manifest,
    }),
  });
  const fake = await faultyRegistry((asked) => (ill ? behave(asked) : 'pass'), {
    behind: real.host,
  });
  const well = ['cut', 'gateway', 'internal', 'limited', 'slow', 'unavailable', 'well'];
  const unknown = ['down', 'forbidden', 'half', 'nothing', 'other', 'page', 'resets'];
  const images: Sketch = {
    ...Object.fromEntries([...well, ...unknown].map((name) => [name, plain(base, name)])),
    child: childOf('down'),
  };
  const tree = buildTree(docker, { registry: fake.host, ...account }, images);
  const first = await reported(tree);
  assert.equal(first.status, 3, first.stderr);
  const versions = (names: readonly string[]): string[] => names.map((name) => `${name}:1`);
  assert.deepEqual(endings(first.report).published, versions(well));
  const reasons: Record<string, RegExp> = {
    down: /answers 503/,
    forbidden: /answers 403/,
    half: /does not answer as a registry does/,
    nothing: /404 without a registry's error code/,
    other: /do not make its digest/,
    page: /does not answer as a registry does/,
    resets: /connection reset/,
  };
  for (const [name, reason] of Object.entries(reasons)) {
    // Of the same trouble there is one line, which ends with the names.
    const lines = first.stderr.split('\n').filter((line) => line.includes(`${name}:1`));
    assert.match(lines[0] ?? '', new RegExp(`not built: .*${reason.source}`));
    assert.deepEqual(await tagsOf(real.host, name), [], name);
  }
  assert.match(first.stderr, /\/child:1: not built: /);
  for (const name of well) {
    assert.deepEqual(await tagsOf(real.host, name), ['1', 'latest'], name);
  }

  ill = false;
  const second = await reported(tree);
  assert.equal(second.status, 0, second.stderr);
  assert.deepEqual(endings(second.report).published, versions(['child', ...unknown].sort()));
  const puts = fake.asked.filter(putsVersion).map(({ path }) => path);
  assert.equal(puts.length, well.length + unknown.length + 1);
  assert.equal(new Set(puts).size, puts.length);
  await fake.stop();
});

test('a registry that never answers holds up neither the base images nor what is built on it', async () => {
  const fake = await faultyRegistry(({ path }) => (path === '/v2/' ? 'pass' : 'hang'));
  const fromFake = `FROM ${fake.host}/base:1\nRUN true\n`;
  const tree = buildTree(
    docker,
    { namespace: 'registryfaults' },
    {
      silent: { dockerfile: fromFake },
      child: childOf('silent'),
      // Silent for longer, and at work.
      busy: { dockerfile: `FROM ${base}\nRUN sleep 5 && echo busy > /busy\n` },
      after: childOf('busy'),
    },
  );
  const args = ['--retries', '0', '--transfer-timeout', '3'];
  const built = await reported(tree, ...args);
  assert.equal(built.status, 1, built.stderr);
  assert.deepEqual(endings(built.report), {
    built: ['after:1', 'busy:1'],
    failed: ['silent:1'],
    skipped: ['child:1'],
  });
  assert.match(
    built.stderr,
    /\/silent:1: FAILED: load metadata for .*: there was no output for 3 s/,
  );

  tree.configure({ namespace: 'registryfaults', base_images: [`${fake.host}/base:1`] });
  const bases = await reported(tree, ...args);
  assert.equal(bases.status, 3, bases.stderr);
  assert.match(bases.stderr, /cannot refresh the base image .*\/base:1: it took longer than 3 s/);
  assert.deepEqual(endings(bases.report), {
    failed: ['silent:1'],
    skipped: ['child:1'],
    untouched: ['after:1', 'busy:1'],
  });
  await fake.stop();
});

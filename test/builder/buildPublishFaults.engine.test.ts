/**
 * Whole builds that publish to a registry that misbehaves: a fake in front of a real one, since a
 * real one cannot be made to do so on demand.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTree, endings, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import {
  account,
  childOf,
  plain,
  putsLatest,
  putsVersion,
  reported,
  tagsOf,
} from '../support/faultTree.js';
import {
  always,
  type Behaviour,
  by,
  faultyRegistry,
  type Misbehaviour,
  once,
  refusal,
} from '../support/faultyRegistry.js';
import { putImage } from '../support/images.js';

const docker = await engine();
const base = 'publishfaults/base:1';
await loadBase(docker, base);

test('while versions are pushed: what can pass is tried again, the rest fails with its reason', async () => {
  const real = await registry();
  let ill = true;
  const behave = by({
    internal: once({ status: 500 }, putsVersion),
    limited: once(refusal(429, 'TOOMANYREQUESTS'), putsVersion),
    cut: once('reset', putsVersion),
    lost: once('lose', putsVersion),
    down: always({ status: 503 }, putsVersion),
    forbidden: always(refusal(403, 'DENIED', 'you may not'), putsVersion),
    page: always(
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' },
      putsVersion,
    ),
  });
  const fake = await faultyRegistry((asked) => (ill ? behave(asked) : 'pass'), {
    behind: real.host,
  });
  const well = ['cut', 'internal', 'limited', 'lost', 'well'];
  const failing = ['down', 'forbidden', 'page'];
  const images: Sketch = {
    ...Object.fromEntries([...well, ...failing].map((name) => [name, plain(base, name)])),
    child: childOf('forbidden'),
  };
  const tree = buildTree(docker, { registry: fake.host, ...account }, images);
  const first = await reported(tree, '--retries', '1');
  assert.equal(first.status, 1, first.stderr);
  const versions = (names: readonly string[]): string[] => names.map((name) => `${name}:1`);
  assert.deepEqual(endings(first.report), {
    published: versions(well),
    failed: versions(failing),
    skipped: ['child:1'],
  });
  for (const { ending, during } of first.report.images) {
    if (ending === 'failed') {
      assert.equal(during, 'publish');
    }
  }
  assert.match(first.stderr, /\/down:1: FAILED to publish: .*503/);
  assert.match(first.stderr, /\/forbidden:1: FAILED to publish: .*you may not/);
  assert.match(first.stderr, /\/page:1: FAILED to publish: /);
  assert.match(first.stderr, /\/child:1: skipped: parent .*\/forbidden:1 failed/);
  for (const name of well) {
    assert.deepEqual(await tagsOf(real.host, name), ['1', 'latest'], name);
  }
  for (const name of [...failing, 'child']) {
    assert.deepEqual(await tagsOf(real.host, name), [], name);
  }
  const puts = (name: string): number =>
    fake.asked.filter((asked) => putsVersion(asked) && asked.path.startsWith(`/v2/${name}/`))
      .length;
  // The registry had taken it, though nobody heard: it is read, not put again.
  assert.equal(puts('lost'), 1);
  assert.equal(puts('forbidden'), 1);

  // Nothing is built again, and what is there is not put again.
  ill = false;
  const from = fake.asked.length;
  const second = await reported(tree);
  assert.equal(second.status, 0, second.stderr);
  assert.deepEqual(endings(second.report).published, versions(['child', ...failing]));
  assert.ok(!/building/.test(second.stderr), second.stderr);
  const later = fake.asked.slice(from).filter(putsVersion);
  assert.equal(later.length, failing.length + 1);
  await fake.stop();
});

test('a registry that takes a push and is silent holds up that image alone, and not for ever', async () => {
  const real = await registry();
  const behave = by({ silent: always('hang', putsVersion) });
  const fake = await faultyRegistry(behave, { behind: real.host });
  const images = { silent: plain(base, 'silent'), well: plain(base, 'well') };
  const tree = buildTree(docker, { registry: fake.host, ...account }, images);
  const built = await reported(tree, '--retries', '0', '--transfer-timeout', '6');
  assert.equal(built.status, 1, built.stderr);
  assert.deepEqual(endings(built.report), { failed: ['silent:1'], published: ['well:1'] });
  assert.match(built.stderr, /\/silent:1: FAILED to publish: the push did not end within 6 s/);
  assert.deepEqual(await tagsOf(real.host, 'well'), ['1', 'latest']);
  await fake.stop();
});

test('a version that another machine publishes while the layers go up is not overwritten', async () => {
  const real = await registry();
  // Their layers take 5 s; the other machine is done after the first request of them.
  const slow = new Set(['met', 'alone']);
  const patched = new Set<string>();
  let theirs: string | undefined;
  const fake = await faultyRegistry(() => 'pass', {
    behind: real.host,
    delayMs: ({ method, path }) => {
      const name = path.split('/')[2] ?? '';
      // What a containerd store pushes goes up in one PUT, without a PATCH before.
      const isWhole = method === 'PUT' && path.includes('/blobs/uploads/') && !patched.has(name);
      if (method === 'PATCH') {
        patched.add(name);
      }
      if (!slow.has(name) || !(method === 'PATCH' || isWhole)) {
        return 0;
      }
      if (name === 'met' && theirs === undefined) {
        theirs = 'under way';
        void putImage({ host: real.host }, 'met', '1').then((digest) => {
          theirs = digest;
        });
      }
      return 5_000;
    },
  });
  const images = { met: plain(base, 'met'), alone: plain(base, 'alone') };
  // Where `latest` is not moved, nothing after the push would tell the two apart.
  const ours = { 'generate-bake': { latest: 'never' } };
  const tree = buildTree(docker, { registry: fake.host, ...account, ...ours }, images);
  const built = await reported(tree);
  assert.equal(built.status, 1, built.stderr);
  assert.deepEqual(endings(built.report), { failed: ['met:1'], published: ['alone:1'] });
  assert.match(
    built.stderr,
    new RegExp(`/met:1: FAILED to publish: another image of this version was .*${theirs}`),
  );
  const puts = fake.asked.filter(putsVersion).map(({ path }) => path);
  assert.deepEqual(puts, ['/v2/alone/manifests/1']);
  const now = await fetch(`http://${real.host}/v2/met/manifests/1`, {
    method: 'HEAD',
    headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
  });
  assert.equal(now.headers.get('docker-content-digest'), theirs);
  await fake.stop();
});

test('a manifest that arrives after its push was given up for another machine is taken back', async () => {
  const real = await registry();
  // The other machine is done while this one's manifest, sent whole, is still on its way.
  let theirs: string | undefined;
  let arrived = false;
  const fake = await faultyRegistry(() => 'pass', {
    behind: real.host,
    delayMs: (asked) => (putsVersion(asked) && asked.path.startsWith('/v2/late/') ? 3_000 : 0),
    meanwhile: async (asked) => {
      arrived ||= putsVersion(asked) && theirs !== undefined;
    },
  });
  const images = { late: plain(base, 'late') };
  const ours = { 'generate-bake': { latest: 'never' } };
  const tree = buildTree(docker, { registry: fake.host, ...account, ...ours }, images);
  const building = reported(tree);
  while (!fake.asked.some(putsVersion)) {
    await sleep(20);
  }
  theirs = await putImage({ host: real.host }, 'late', '1');
  const built = await building;
  assert.ok(arrived, 'the manifest did not arrive');
  assert.deepEqual(endings(built.report), { failed: ['late:1'] });
  assert.match(
    built.stderr,
    new RegExp(`/late:1: FAILED to publish: another image of this version was .*${theirs}`),
  );
  const now = await fetch(`http://${real.host}/v2/late/manifests/1`, {
    method: 'HEAD',
    headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
  });
  assert.equal(now.headers.get('docker-content-digest'), theirs);
  await fake.stop();
});

test('while a push is read back, and while latest is moved: what is owed is done by the next run', async () => {
  const real = await registry();
  let ill = true;
  const pushed = new Set<string>();
  /** Only for what asks after the version was put. */
  const after =
    (what: Misbehaviour): Behaviour =>
    (asked) => {
      const name = asked.path.split('/')[2] ?? '';
      if (putsVersion(asked)) {
        pushed.add(name);
      }
      return asked.method === 'GET' && pushed.has(name) ? what : 'pass';
    };
  const behave = by({
    down: after({ status: 502 }),
    vanished: after(refusal(404, 'MANIFEST_UNKNOWN')),
    swapped: after({ status: 200, body: '{"schemaVersion":2,"config":{},"layers":[]}' }),
    limited: once(refusal(429, 'TOOMANYREQUESTS'), putsLatest),
    cut: once('reset', putsLatest),
    refused: always({ status: 503 }, putsLatest),
    forbidden: always(refusal(403, 'DENIED'), putsLatest),
    // It says yes, and does nothing.
    lies: always({ status: 201 }, putsLatest),
  });
  const fake = await faultyRegistry((asked) => (ill ? behave(asked) : 'pass'), {
    behind: real.host,
  });
  const names = ['cut', 'down', 'forbidden', 'lies', 'limited', 'refused', 'swapped', 'vanished'];
  const tree = buildTree(
    docker,
    { registry: fake.host, ...account },
    Object.fromEntries(names.map((name) => [name, plain(base, name)])),
  );
  const first = await reported(tree);
  assert.equal(first.status, 1, first.stderr);
  assert.deepEqual(endings(first.report), {
    failed: ['down:1', 'swapped:1', 'vanished:1'],
    published: ['cut:1', 'forbidden:1', 'lies:1', 'limited:1', 'refused:1'],
  });
  assert.match(
    first.stderr,
    /\/down:1: FAILED to publish: pushed, but it cannot be read back: .*502/,
  );
  assert.match(first.stderr, /\/vanished:1: FAILED to publish: pushed, but the registry does not/);
  assert.match(first.stderr, /\/swapped:1: FAILED to publish: pushed as sha256:\S+, but .* gives/);
  for (const name of ['forbidden', 'lies', 'refused']) {
    assert.match(first.stderr, new RegExp(`/${name}:latest was not moved to 1: .*next build`));
  }
  for (const name of ['cut', 'limited']) {
    assert.deepEqual(await tagsOf(real.host, name), ['1', 'latest'], name);
  }
  for (const name of ['down', 'forbidden', 'lies', 'refused', 'swapped']) {
    assert.deepEqual(await tagsOf(real.host, name), ['1'], name);
  }

  ill = false;
  const from = fake.asked.length;
  const second = await reported(tree);
  assert.equal(second.status, 0, second.stderr);
  for (const name of names) {
    assert.deepEqual(await tagsOf(real.host, name), ['1', 'latest'], name);
  }
  assert.deepEqual(fake.asked.slice(from).filter(putsVersion), []);
  assert.deepEqual(readdirSync(tree.at('state/generate-bake')), ['durations', 'published']);
  await fake.stop();
});

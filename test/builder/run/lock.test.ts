import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { lock } from '#builder/run/lock.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'generate-bake-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const now = new Date('2026-11-21T00:00:00Z');

test('a second build on the same engine and registry is told who holds the lock', () => {
  const first = lock('engine', ['r1', 'r2'], '/tree', now, folder);
  assert.equal(first.kind, 'held');
  const second = lock('engine', ['r2', 'r3'], '/other', now, folder);
  assert.ok(second.kind === 'taken');
  assert.equal(second.by.pid, process.pid);
  assert.equal(second.by.directory, '/tree');
  assert.equal(lock('other engine', ['r1'], '/tree', now, folder).kind, 'held');
});

test('a released lock can be taken again, and leaves nothing behind', () => {
  const first = lock('engine', ['r'], '/tree', now, folder);
  assert.ok(first.kind === 'held');
  first.release();
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(lock('engine', ['r'], '/tree', now, folder).kind, 'held');
});

test('the lock of a process that is gone counts for nothing', () => {
  const first = lock('engine', ['r'], '/tree', now, folder);
  assert.ok(first.kind === 'held');
  const [file = ''] = readdirSync(folder);
  // The same number, but a process that was started at another time.
  const holder = { pid: process.pid, host: hostname(), mark: '1', directory: '/x', since: '' };
  writeFileSync(join(folder, file), JSON.stringify(holder));
  assert.equal(lock('engine', ['r'], '/tree', now, folder).kind, 'held');
  writeFileSync(join(folder, file), 'half');
  assert.equal(lock('engine', ['r'], '/tree', now, folder).kind, 'held');
});

test('a lock held from another host counts, whatever processes run here', () => {
  const first = lock('engine', ['r'], '/tree', now, folder);
  assert.ok(first.kind === 'held');
  const [file = ''] = readdirSync(folder);
  // No process of this number can run on this machine.
  const holder = { pid: 2 ** 30, host: `${hostname()}-other`, directory: '/x', since: 'then' };
  writeFileSync(join(folder, file), JSON.stringify(holder));
  const second = lock('engine', ['r'], '/tree', now, folder);
  assert.ok(second.kind === 'taken');
  assert.deepEqual(second.by, holder);
});

test('a lock file that no build has written counts for nothing', () => {
  const first = lock('engine', ['r'], '/tree', now, folder);
  assert.ok(first.kind === 'held');
  const [file = ''] = readdirSync(folder);
  const whole = { pid: process.pid, host: hostname(), directory: '/x', since: 'then' };
  const { host: _host, ...withoutHost } = whole;
  const texts = [
    'null',
    '{}',
    '[]',
    '1',
    '"x"',
    '{"pid":"1","host":1}',
    JSON.stringify(withoutHost),
  ];
  for (const text of texts) {
    writeFileSync(join(folder, file), text);
    const again = lock('engine', ['r'], '/tree', now, folder);
    assert.ok(again.kind === 'held', text);
    again.release();
  }
});

test('everybody may take away what the killed build of another user has left', () => {
  const shared = join(folder, 'shared', 'locks');
  const umask = process.umask(0o077);
  try {
    const held = lock('engine', ['r'], '/tree', now, shared);
    assert.equal(held.kind, 'held');
  } finally {
    process.umask(umask);
  }
  assert.equal(statSync(shared).mode & 0o7777, 0o777);
});

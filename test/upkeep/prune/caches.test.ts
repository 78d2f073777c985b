import assert from 'node:assert/strict';
import { existsSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { oldEntries, removeEntries } from '#upkeep/prune/caches.js';
import { scratchTree } from '../../support/scratch.js';

const digestOf = (digit: string): string => digit.repeat(64);

test('what is older than asked goes, whole; the newest root filesystem and git stay', () => {
  const scratch = scratchTree({
    'contexts/.gitignore': '*',
    [`contexts/${digestOf('a')}/file`]: '12345',
    [`contexts/${digestOf('a')}/deep/er`]: '123',
    [`contexts/${digestOf('b')}/file`]: '1',
    'logs/images/old.log': '12',
    'logs/images/new.log': '1',
    'rootfs/20260101-0123456789ab/rootfs.tar': '1',
    'rootfs/20260201-0123456789ab/rootfs.tar': '12',
    'elsewhere/file': 'kept',
    [`contexts/${digestOf('c')}`]: { symlink: '../elsewhere' },
  });
  const day = 86_400;
  const age = (path: string, days: number) => utimesSync(scratch.at(path), days * day, days * day);
  // Copied files keep their own times, which say nothing of when the context was made.
  age(`contexts/${digestOf('b')}/file`, 1);
  age(`contexts/${digestOf('a')}`, 10);
  age('logs/images/old.log', 20);
  age('rootfs/20260101-0123456789ab', 5);
  age('rootfs/20260201-0123456789ab', 6);
  const places = [
    { directory: scratch.at('contexts'), kind: 'digests', keepNewest: 0 },
    { directory: scratch.at('logs'), kind: 'logs', keepNewest: 0 },
    { directory: scratch.at('rootfs'), kind: 'rootfs', keepNewest: 1 },
    { directory: scratch.at('missing'), kind: 'digests', keepNewest: 0 },
  ] as const;
  const old = oldEntries(places, 30 * day * 1000);
  assert.deepEqual(old, [
    { path: scratch.at('rootfs/20260101-0123456789ab'), bytes: 1 },
    { path: scratch.at(`contexts/${digestOf('a')}`), bytes: 8 },
    { path: scratch.at('logs/images/old.log'), bytes: 2 },
  ]);
  assert.deepEqual(removeEntries(old), []);
  for (const { path } of old) {
    assert.ok(!existsSync(path), path);
  }
  for (const path of [
    `contexts/${digestOf('b')}/file`,
    'contexts/.gitignore',
    'logs/images/new.log',
    'elsewhere/file',
  ]) {
    assert.ok(existsSync(scratch.at(path)), path);
  }
  assert.deepEqual(oldEntries(places, 30 * day * 1000), []);
});

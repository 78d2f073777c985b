/** What may be published with nobody looking at it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evidence, judge } from '#builder/gate/judgement.js';
import type { Differences } from '#fleet/contents/compare.js';

const nothing: Differences = {
  verdict: 'same',
  packages: [],
  unread: [],
  settings: [],
  files: [],
};

function judged(differences: Partial<Differences>, more: Partial<Evidence> = {}) {
  return judge({
    tests: 'own',
    isTestWaived: false,
    before: '1.0',
    differences: { ...nothing, ...differences },
    notCompared: [],
    isExpected: (path) => path.startsWith('/opt/'),
    ...more,
  });
}

const passes = { kind: 'passes' };
const upgraded = {
  change: 'upgraded',
  name: 'libssl3',
  architecture: 'amd64',
  from: '3.0.15-1',
  to: '3.0.17-1',
} as const;

test('nothing, upgrades with their files, state, and what is expected pass', () => {
  assert.deepEqual(judged({}), passes);
  assert.deepEqual(
    judged({
      packages: [upgraded],
      files: [
        { path: 'usr/lib/libssl.so.3', change: 'changed', because: 'package', package: 'libssl3' },
        { path: 'var/log/dpkg.log', change: 'changed', because: 'state' },
        { path: 'opt/app/build-id', change: 'changed', because: 'other' },
      ],
      settings: [
        { key: 'label', name: 'org.opencontainers.image.version', to: '1.1', isExpected: true },
      ],
    }),
    passes,
  );
  assert.deepEqual(judged({}, { tests: 'inherited' }), passes);
  assert.deepEqual(judged({}, { tests: 'none', isTestWaived: true }), passes);
});

test('everything else waits, with what differs', () => {
  assert.deepEqual(judged({}, { tests: 'none' }), {
    kind: 'awaits',
    reason: 'it has no test',
    differences: [],
  });
  assert.deepEqual(
    judged({
      packages: [
        upgraded,
        { change: 'added', name: 'curl', architecture: 'amd64', to: '8.1' },
        { change: 'downgraded', name: 'bash', architecture: 'amd64', from: '6', to: '5' },
      ],
      settings: [{ key: 'user', from: '0', to: '7', isExpected: false }],
      files: [{ path: 'etc/x', change: 'removed', because: 'other' }],
    }),
    {
      kind: 'awaits',
      reason: 'more than upgrades differs from 1.0: 2 packages, 1 setting, 1 file',
      differences: [
        'package curl 8.1 added',
        'package bash 6 → 5 downgraded',
        'user: 0 → 7',
        '/etc/x removed',
      ],
    },
  );
  assert.deepEqual(judged({ unread: ['apk'] }, { notCompared: ['linux/arm64'] }), {
    kind: 'awaits',
    reason: 'its apk database is not read; not compared: linux/arm64',
    differences: [],
  });
});

test('what the image below differs by was judged there', () => {
  const file = (text: string) => ({
    path: 'etc/x',
    change: 'changed' as const,
    because: 'other' as const,
    to: { type: 'file', mode: 0o644, digest: text } as never,
  });
  const added = { change: 'added', name: 'curl', architecture: 'amd64', to: '8.1' } as const;
  const inherited: Differences = { ...nothing, files: [file('a')], packages: [added] };
  assert.deepEqual(judged({ files: [file('a')], packages: [added] }, { inherited }), passes);
  const other = judged({ files: [file('b')], packages: [{ ...added, to: '8.2' }] }, { inherited });
  assert.ok(other.kind === 'awaits');
  assert.deepEqual(other.differences, ['package curl 8.2 added', '/etc/x changed']);
});

test('of many differences the first are told, and how many there are', () => {
  const files = Array.from({ length: 40 }, (_, at) => ({
    path: `srv/${at}`,
    change: 'added' as const,
    because: 'other' as const,
  }));
  const found = judged({ files });
  assert.ok(found.kind === 'awaits');
  assert.equal(found.differences.length, 13);
  assert.equal(found.differences.at(-1), 'and 28 more');
});

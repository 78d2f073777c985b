import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLaterVersion, newestBefore } from '#fleet/status/laterVersion.js';

const later = (tag: string, version: string) => isLaterVersion(tag, version, ['s']);

test('a version that comes after another in dpkg’s order', () => {
  for (const [tag, version] of [
    ['1.0-3', '1.0-2'],
    ['1.0-10', '1.0-9'],
    ['1.10', '1.9-4'],
    ['2.0.1', '1.9'],
    ['1.0-1-s1', '1.0-1'],
    ['1.0-1-s2-20261101', '1.0-1-s1-20261101'],
    ['1.0-1-20261102', '1.0-1-20261101'],
    ['1.1-1', '1.0-1-20261101'],
    ['v20261104-1', 'v20261103-3'],
    ['20261102', '20261101'],
    ['1.0-1+deb12u2', '1.0-1+deb12u1'],
    ['3', '2'],
    ['3-s1', '3'],
    ['4', '3-s1'],
    ['4', '3-20261101'],
  ] as const) {
    assert.equal(later(tag, version), true, `${tag} after ${version}`);
    assert.equal(later(version, tag), false, `${version} after ${tag}`);
    assert.equal(later(version, version), false, version);
  }
});

test('other tags of a repository say nothing of a version', () => {
  for (const tag of [
    'latest',
    'latest-held',
    'stable',
    'main',
    '2.x',
    '1.x',
    '2',
    '20261127',
    '2026.11.27',
    '2026-11-27',
    '1.0-alpine',
    '1.0-rc1',
    '1.1-slim',
    'v2.0',
    'pr-17',
    'build-4711',
    '99',
    '1a2b3c4',
    '123456789012',
    '123456789abc-20261127',
    'sha256-0f3c4ed6c1dce0fd6ee4dd0b8e1e1eb1b8d18a51d0b1c0e32dd0ae1e38a3e0a4.sig',
    '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    // Nightly and snapshot builds of this version, and of the one before.
    '1.0-2-20261127',
    '1.0-1-20261127',
    '1.0-1-20261127-101500',
    '1.1-1-20261127',
    'under_score',
    '',
  ]) {
    assert.equal(later(tag, '1.0-2'), false, tag);
  }
  assert.equal(later('1.0-1-20261101-20261127', '1.0-1-20261101'), false);
  assert.equal(isLaterVersion('1.0-1-s1', '1.0-1', []), false);
});

test('the newest version before another one may have the date of a refresh, and no other words', () => {
  const before = (version: string, ...tags: string[]) => newestBefore(tags, version, ['s']);
  assert.equal(before('1.0-2', '0.9-3', '1.0-1', '0.8-1'), '1.0-1');
  assert.equal(before('1.0-2', '1.0-1', '1.0-1-20261101', '1.0-1-20261008'), '1.0-1-20261101');
  assert.equal(before('1.0-2', '1.0-1-s2-20261101', '1.0-2-20261127'), '1.0-1-s2-20261101');
  assert.equal(before('1.0-1-20261101', '1.0-1', '1.0-1-20261008'), '1.0-1-20261008');
  assert.equal(before('3-s1', '2', '3', '20261127'), '3');
  const others = ['1.0-2', '1.0-3', '0.9-alpine', '9', 'v0.9', '123456789abc', 'latest'];
  assert.equal(before('1.0-2', ...others), undefined);
});

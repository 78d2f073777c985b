import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { installedPackages } from '#formats/debian/installed.js';

const status = '/var/lib/dpkg/status';
const skip = !existsSync(status) && 'no dpkg on this machine';

test('the packages of this machine are those that dpkg-query lists', { skip }, () => {
  const format = '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n';
  const listed = execFileSync('dpkg-query', ['--show', `--showformat=${format}`], {
    encoding: 'utf8',
  });
  const expected = listed
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([state]) => state !== 'config-files' && state !== 'not-installed')
    .map(([, ...fields]) => fields.join(' '));
  const found = installedPackages(readFileSync(status, 'utf8')).map(
    ({ name, version, architecture }) => `${name} ${version} ${architecture}`,
  );
  assert.ok(found.length > 50);
  assert.deepEqual(found.sort(), expected.sort());
});

test('continued lines, blank lines with spaces, and a half-installed package', () => {
  const text = [
    '',
    'Package: one',
    'Status: install ok half-configured',
    'Version: 1~rc1-2',
    'Architecture: arm64',
    'Description: text',
    ' Package: none',
    ' .',
    '   ',
    'Package: two',
    'Status: purge ok not-installed',
    'Version: 2',
    '',
    'Package: without-version',
    '',
  ].join('\n');
  assert.deepEqual(installedPackages(text), [
    { name: 'one', version: '1~rc1-2', architecture: 'arm64' },
  ]);
  assert.deepEqual(installedPackages(''), []);
  const lines = 'Package: one\r\nVersion: 1\r\n\r\nPackage: two\r\nVersion: 2\r\n';
  assert.deepEqual(
    installedPackages(lines).map(({ name }) => name),
    ['one', 'two'],
  );
});

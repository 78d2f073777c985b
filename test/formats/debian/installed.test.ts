import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { installedPackages, readDatabase } from '#formats/debian/installed.js';
import { scratchTree } from '../../support/scratch.js';

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

const paragraph = (name: string, version: string, status = 'install ok installed') =>
  `Package: ${name}\nStatus: ${status}\nMaintainer: a <a@b.example>\nArchitecture: amd64\nVersion: ${version}\nDescription: x\n`;
const whole = `${paragraph('liblzma5', '5.6.0-1')}\n${paragraph('bash', '5.2-1')}`;

/** Databases that a full disk, a crash or a careless script leaves, and some that only look like those. */
const databases: Readonly<Record<string, string>> = {
  whole,
  empty: '',
  'blank lines': `\n\n${whole}\n\n`,
  'cut before a version': whole.slice(0, whole.lastIndexOf('Version:')),
  'cut in a version': whole.slice(0, whole.lastIndexOf('5.2-1') + 3),
  'cut in a version, and another name': whole.slice(0, whole.indexOf('5.6.0-1') + 3),
  'without the last newline': whole.slice(0, -1),
  'zeros in it': `${whole.slice(0, 60)}${'\0'.repeat(200)}${whole.slice(260)}`,
  'zeros alone': '\0'.repeat(4096),
  'two paragraphs in one': paragraph('a', '1') + paragraph('b', '2'),
  'two versions': paragraph('a', '1\nVersion: 2'),
  'no name': `${paragraph('a', '1')}\nStatus: install ok installed\nVersion: 2\n`,
  'no version': `${paragraph('a', '1')}\nPackage: b\nStatus: install ok unpacked\n`,
  'a name with a space': paragraph('a b', '1'),
  'a name with an escape': paragraph('a\u001b[31m', '1'),
  'a version with a space': paragraph('a', '1 2'),
  'a folded version': paragraph('a', '\n 1'),
  'a line of rubbish': `${paragraph('a', '1')}rubbish\n`,
  'half a status': paragraph('a', '1', 'install ok'),
  'another status': paragraph('a', '1', 'install ok there'),
  'more spaces and tabs': 'Package : a\nStatus:\tinstall ok installed\nVersion:  1\t\n',
  'a package in a file list': `${paragraph('a', '1')}Conffiles:\n Package: b\n /etc/Version: 2\n`,
  'other capitals': paragraph('a', '1', 'Deinstall OK Config-Files'),
  'half installed': `${paragraph('a', '1', 'install reinstreq half-installed')}\n${paragraph('b', '2', 'install ok half-configured')}`,
  sources: `${paragraph('a', '1')}Source: b (2:3)\n\n${paragraph('c', '1')}Source:\n\n${paragraph('d', '1')}Source: e ( 4 )\n`,
};

test('what dpkg refuses to read is a problem, and nothing else is', { skip }, () => {
  const format = '${db:Status-Status}\t${Package} ${Version} ${source:Package} ${source:Version}\n';
  const seen = { read: 0, refused: 0 };
  for (const [name, database] of Object.entries(databases)) {
    const admin = scratchTree({ status: database, 'info/': '', 'updates/': '' });
    const show = ['--show', `--showformat=${format}`];
    const { stdout, status: code } = spawnSync('dpkg-query', [`--admindir=${admin.path}`, ...show]);
    const { packages, problem } = readDatabase(database);
    if (code !== 0) {
      seen.refused++;
      assert.notEqual(problem, undefined, name);
      continue;
    }
    seen.read++;
    assert.equal(problem, undefined, name);
    const listed = stdout.toString().split('\n').filter(Boolean);
    const expected = listed.flatMap((line) => {
      const [state, ...rest] = line.split('\t');
      return state === 'config-files' || state === 'not-installed' ? [] : rest;
    });
    assert.deepEqual(
      packages
        .map(({ name: of, version, source, sourceVersion }) =>
          [of, version, source, sourceVersion].join(' '),
        )
        .sort(),
      expected.sort(),
      name,
    );
  }
  assert.ok(seen.read > 5 && seen.refused > 10, JSON.stringify(seen));
});

test('a problem has its line; a file of status.d may end without a newline, or be none of a package', () => {
  assert.deepEqual(readDatabase(`${paragraph('a', '1')}rubbish\n`).problem, {
    line: 7,
    message: 'the line is not a field',
  });
  assert.deepEqual(readDatabase(`${paragraph('a', '1')}\nVersion: 1\n\nzeros: \0\n`).problem, {
    line: 9,
    message: 'a paragraph has no Package',
  });
  assert.deepEqual(readDatabase('Package: a\nStatus: install ok installed').problem, {
    line: 3,
    message: 'the package a has no version',
  });
  assert.deepEqual(readDatabase('Package: a\nVersion: 1', 'status.d').packages.length, 1);
  assert.deepEqual(readDatabase('#!/bin/sh\nexit 0', 'status.d'), { packages: [] });
  assert.equal(
    readDatabase('Package: a\n', 'status.d').problem?.message,
    'the package a has no version',
  );
});

test('a line of many spaces takes no time', () => {
  const spaces = ' '.repeat(500_000);
  const begun = performance.now();
  readDatabase(`${paragraph('a', `1${spaces}x`)}Description:${spaces}x\n${spaces}\n${spaces}x`);
  assert.ok(performance.now() - begun < 2000);
});

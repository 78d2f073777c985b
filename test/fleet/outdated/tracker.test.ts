import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixesFor, readTracker } from '#fleet/outdated/tracker.js';
import { scratchTree } from '../../support/scratch.js';

/** In the form of the tracker's file data/json. */
const document = {
  openssl: {
    'CVE-2024-0001': {
      description: 'x',
      releases: {
        bookworm: { status: 'resolved', fixed_version: '3.0.14-1~deb12u1', urgency: 'low' },
        trixie: { status: 'resolved', fixed_version: '0', urgency: 'unimportant' },
      },
    },
    'CVE-2024-0002': { releases: { bookworm: { status: 'open', urgency: 'high' } } },
    'CVE-2023-0003': {
      releases: { bookworm: { status: 'resolved', fixed_version: '3.0.9-1' } },
    },
  },
};

test('what a release has fixed, as dpkg compares versions', () => {
  const tree = scratchTree({ 'data.json': JSON.stringify(document) });
  const read = readTracker(tree.at('data.json'), 'data.json');
  assert.ok(read.kind === 'read');
  const { tracker } = read;
  const ids = (sourceVersion: string, release = 'bookworm') =>
    fixesFor(tracker, release, { source: 'openssl', sourceVersion }).map(({ id }) => id);
  assert.deepEqual(ids('3.0.9-1~rc1'), ['CVE-2023-0003', 'CVE-2024-0001']);
  assert.deepEqual(ids('3.0.9-1'), ['CVE-2024-0001']);
  assert.deepEqual(ids('3.0.14-1'), []);
  assert.deepEqual(ids('1', 'trixie'), []);
  assert.deepEqual([...tracker.releases], ['bookworm', 'trixie']);
});

test('what is something else is refused', () => {
  const tree = scratchTree({ 'text.json': 'x', 'empty.json': '{}', 'list.json': '[1]' });
  const message = (name: string) => {
    const read = readTracker(tree.at(name), name);
    assert.ok(read.kind === 'wrong');
    assert.deepEqual([read.problem.code, read.problem.place?.file], ['cve-file', name]);
    return read.problem.message;
  };
  assert.equal(message('text.json'), 'not JSON');
  const other = 'not a file of the Debian security tracker: it names no release';
  assert.equal(message('empty.json'), other);
  assert.equal(message('list.json'), other);
  assert.equal(message('nowhere.json'), 'the file does not exist');
});

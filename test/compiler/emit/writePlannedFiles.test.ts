import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { contentDigest } from '#compiler/context/digest.js';
import { writePlannedFiles } from '#compiler/emit/writePlannedFiles.js';
import type { PlannedFile } from '#compiler/plan/plan.js';
import { scratchTree } from '../../support/scratch.js';

interface Sample {
  /** The directory of the copy, as a plan names it: by the digest of what is in it. */
  readonly context: string;
  readonly files: readonly PlannedFile[];
}

/** A copy with a directory and the file `source`, and a Dockerfile. */
function sample(source: string): Sample {
  const mode = statSync(source, { throwIfNoEntry: false })?.mode ?? 0o644;
  const entries = [
    { kind: 'directory', path: 'deep', mode: 0o750 },
    { kind: 'file', path: 'deep/run.sh', source },
  ] as const;
  const digest = contentDigest(entries, '', 'all').value.slice('sha256:'.length);
  const context = `.generate-bake/contexts/${digest}`;
  const files: PlannedFile[] = [
    { kind: 'directory', path: context, mode: 0o755 },
    { kind: 'directory', path: `${context}/deep`, mode: 0o750 },
    { kind: 'copy', path: `${context}/deep/run.sh`, source, mode: mode & 0o7777 },
    { kind: 'text', path: '.generate-bake/dockerfiles/45', text: 'FROM scratch\r\n' },
  ];
  return { context, files };
}

test('units are written whole, with modes and times', () => {
  const tree = scratchTree({ 'run.sh': '#!/bin/sh\n' });
  chmodSync(tree.at('run.sh'), 0o750);
  utimesSync(tree.at('run.sh'), 1_000_000, 2_000_000);
  const { context, files } = sample(tree.at('run.sh'));
  assert.deepEqual(writePlannedFiles(tree.path, files), []);

  const copy = statSync(tree.at(context, 'deep/run.sh'));
  assert.equal(copy.mode & 0o7777, 0o750);
  assert.equal(copy.mtimeMs, 2_000_000_000);
  assert.equal(readFileSync(tree.at(context, 'deep/run.sh'), 'utf8'), '#!/bin/sh\n');
  assert.equal(statSync(tree.at(context, 'deep')).mode & 0o7777, 0o750);
  assert.equal(readFileSync(tree.at('.generate-bake/dockerfiles/45'), 'utf8'), 'FROM scratch\r\n');
  assert.equal(readFileSync(tree.at('.generate-bake/.gitignore'), 'utf8'), '*\n');
  assert.deepEqual(readdirSync(tree.at('.generate-bake/contexts')), [basename(context)]);
  assert.deepEqual(readdirSync(tree.at('.generate-bake/dockerfiles')), ['45']);
});

test('what is there is used again; a text that was changed is written anew', () => {
  const tree = scratchTree({ 'run.sh': 'x' });
  const { context, files } = sample(tree.at('run.sh'));
  writePlannedFiles(tree.path, files);
  const before = statSync(tree.at(context)).ino;
  tree.write({ '.generate-bake/dockerfiles/45': 'FROM evil\n' });
  assert.deepEqual(writePlannedFiles(tree.path, files), []);
  assert.equal(statSync(tree.at(context)).ino, before);
  assert.equal(readFileSync(tree.at('.generate-bake/dockerfiles/45'), 'utf8'), 'FROM scratch\r\n');
});

test('a unit that cannot be written is an error and leaves nothing half made', () => {
  const tree = scratchTree();
  const { context, files } = sample(tree.at('gone'));
  const diagnostics = writePlannedFiles(tree.path, files);
  assert.deepEqual(
    diagnostics.map((each) => [each.severity, each.code, each.place?.file]),
    [['error', 'unwritable', context]],
  );
  assert.deepEqual(readdirSync(tree.at('.generate-bake/contexts')), []);
  assert.deepEqual(readdirSync(tree.at('.generate-bake/dockerfiles')), ['45']);
});

test('nothing is made where nothing is planned', () => {
  const tree = scratchTree();
  assert.deepEqual(writePlannedFiles(tree.path, []), []);
  assert.deepEqual(readdirSync(tree.path), []);
});

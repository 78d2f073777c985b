import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unifiedDiff } from '#compiler/render/diff.js';
import { noGit } from '../../support/gitRepository.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('a diff has three lines of context and says what changes', () => {
  const old = 'a\nb\nc\nd\ne\n';
  assert.equal(unifiedDiff('f', old, old), '');
  assert.equal(
    unifiedDiff('i/f', old, `new\n${old}`),
    '--- a/i/f\n+++ b/i/f\n@@ -1,3 +1,4 @@\n+new\n a\n b\n c\n',
  );
});

test('git applies what is printed', { skip: noGit }, (t) => {
  const cases: [string, string | undefined, string | undefined][] = [
    ['plain', 'a\nb\n', 'b\nc\n'],
    ['sub dir/ä "q"', 'x\n', 'y\n'],
    ['crlf', 'a\r\nb\r\n', 'new\r\na\r\nb\r\n'],
    ['no newline', 'a\nb', 'z\na\nb'],
    ['added', undefined, 'a\n'],
    ['removed', 'a\n', undefined],
  ];
  for (const [file, before, after] of cases) {
    const root = temporaryDirectory(t);
    mkdirSync(join(root, 'sub dir'));
    if (before !== undefined) {
      writeFileSync(join(root, file), before);
    }
    const input = unifiedDiff(file, before, after);
    const applied = spawnSync('git', ['-C', root, 'apply', '--whitespace=nowarn', '-'], {
      input,
      encoding: 'utf8',
    });
    assert.equal(applied.stderr, '', file);
    if (after === undefined) {
      assert.throws(() => readFileSync(join(root, file)), file);
    } else {
      assert.equal(readFileSync(join(root, file), 'utf8'), after, file);
    }
  }
});

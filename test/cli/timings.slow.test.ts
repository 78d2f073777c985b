/** `build --timings FILE`: what is wrong with the file is said before anything is done. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { scratchTree } from '../support/scratch.js';

test('a file that is not ours is an error, and stays as it is', async () => {
  const tree = scratchTree({ Dockerfile: 'FROM scratch\n', 'notes.md': '# Notes\n' });
  for (const more of [[], ['--dry-run']]) {
    const run = await runCli(['build', '--timings', 'notes.md', ...more], { cwd: tree.path });
    assert.deepEqual(run, {
      status: 2,
      stdout: '',
      stderr: [
        'notes.md: error: not a file of durations that this version reads [durations]',
        '  hint: name a file that build --timings wrote, or one that does not exist',
        '',
      ].join('\n'),
    });
  }
  assert.equal(readFileSync(tree.at('notes.md'), 'utf8'), '# Notes\n');
});

test('a place that cannot be written is one error, before anything is done', async () => {
  const tree = scratchTree({ Dockerfile: 'FROM scratch\n' });
  const run = await runCli(['build', '--timings', 'nodir/x'], { cwd: tree.path });
  assert.deepEqual([run.status, run.stdout], [2, '']);
  assert.match(run.stderr, /^nodir\/x: error: nodir\/x cannot be written: .* \[unwritable\]\n$/);
});

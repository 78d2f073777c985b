/** What doc/blubber.md shows of a terminal is what the program says. */
import { test } from 'node:test';
import { scratchTree } from '../support/scratch.js';
import { filesOf, runSteps, sessionsOf } from '../support/sessions.js';

test('doc/blubber.md', async () => {
  const tree = scratchTree(filesOf('doc/blubber.md'));
  for (const steps of sessionsOf('doc/blubber.md').values()) {
    await runSteps(steps, { cwd: tree.at('work'), env: process.env });
  }
});

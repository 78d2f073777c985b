/** What doc/references.md shows of a terminal is what the program says. */
import { test } from 'node:test';
import { scratchTree } from '../support/scratch.js';
import { filesOf, runSteps, sessionsOf } from '../support/sessions.js';

test('doc/references.md: from a search to what is moved', async () => {
  const tree = scratchTree(filesOf('doc/references.md'));
  for (const steps of sessionsOf('doc/references.md').values()) {
    await runSteps(steps, { cwd: tree.at('work/images'), env: process.env });
  }
});

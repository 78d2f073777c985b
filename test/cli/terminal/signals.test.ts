import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withSignals } from '#cli/terminal/signals.js';

test('a hundred may wait for the signal without a warning of node’s', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  await withSignals(async (signal) => {
    for (let at = 0; at < 100; at++) {
      signal.addEventListener('abort', () => {});
    }
  });
  await nextTurn();
  process.off('warning', onWarning);
  assert.deepEqual(warnings, []);
});

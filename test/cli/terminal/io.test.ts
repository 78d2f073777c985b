import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colored } from '#cli/terminal/io.js';

test('colours: --color first, then NO_COLOR, FORCE_COLOR and the terminal', () => {
  assert.equal(colored('auto', {}, true), true);
  assert.equal(colored('auto', {}, false), false);
  assert.equal(colored('auto', { NO_COLOR: '1' }, true), false);
  assert.equal(colored('auto', { NO_COLOR: '' }, true), true);
  assert.equal(colored('auto', { FORCE_COLOR: '1' }, false), true);
  assert.equal(colored('auto', { FORCE_COLOR: '0' }, true), false);
  assert.equal(colored('auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true), false);
  assert.equal(colored('always', { NO_COLOR: '1' }, false), true);
  assert.equal(colored('never', { FORCE_COLOR: '1' }, true), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineWords } from './words.js';

test('npm run engine takes a kind, a name and --stop, and refuses every other word', () => {
  assert.deepEqual(engineWords([]), { kind: 'current', name: 'default', stop: false });
  assert.deepEqual(engineWords(['--stop', 'baseline', '--name', 'two']), {
    kind: 'baseline',
    name: 'two',
    stop: true,
  });
  assert.equal(engineWords(['baseline', '--help']), 'help');
  assert.deepEqual(engineWords(['stop']), { error: 'unknown argument: stop' });
  assert.deepEqual(engineWords(['--stopp']), { error: 'unknown argument: --stopp' });
  for (const words of [['--name'], ['--name', '--stop'], ['--name', '../x']]) {
    const asked = engineWords(words);
    assert.ok(asked !== 'help' && 'error' in asked, words.join(' '));
  }
});

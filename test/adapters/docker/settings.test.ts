import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argumentsFor, settingsIn } from '#adapters/docker/settings.js';

test('a setting is read as bake reads it', () => {
  const read = (...args: string[]) => settingsIn(args).map(({ setting }) => setting);
  assert.deepEqual(read('--set', '*.labels.org.x=a.b=c'), [
    { pattern: '*', key: 'labels', subkey: 'org.x', value: 'a.b=c' },
  ]);
  assert.deepEqual(read('--set=a.cache-from+=type=x', '--allow', 'y', '--set', 'b.network=host'), [
    { pattern: 'a', key: 'cache-from', value: 'type=x' },
    { pattern: 'b', key: 'network', value: 'host' },
  ]);
  assert.deepEqual(read('--set'), [{ pattern: '', key: '', value: '' }]);
});

test('a call gets the settings for its own targets', () => {
  const args = ['--set', 'a*.network=x', '--allow', 'y', '--set=[^a].network=z'];
  assert.deepEqual(argumentsFor(args, ['a1', 'b']), args);
  assert.deepEqual(argumentsFor(args, ['a1']), ['--set', 'a*.network=x', '--allow', 'y']);
  assert.deepEqual(argumentsFor(args, ['b']), ['--allow', 'y', '--set=[^a].network=z']);
});

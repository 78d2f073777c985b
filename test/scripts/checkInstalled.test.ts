import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/cli.js';
import { run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const check = (directory: string) =>
  run(process.execPath, [join(root, 'scripts/checkInstalled.js'), directory]);

test('a build after a pull without npm ci is told so: missing and old packages, not those of other machines', async () => {
  const tree = scratchTree({
    'package-lock.json': JSON.stringify({
      packages: {
        '': { version: '0.1.0' },
        'node_modules/current': { version: '2.0.0' },
        'node_modules/old': { version: '1.1.0' },
        'node_modules/@types/new': { version: '1.0.0' },
        'node_modules/elsewhere': { version: '1.0.0', optional: true },
      },
    }),
    'node_modules/current/package.json': '{"version":"2.0.0"}',
    'node_modules/old/package.json': '{"version":"1.0.0"}',
  });
  assert.deepEqual(await check(tree.path), {
    stdout: '',
    stderr:
      'error: node_modules is not what package-lock.json says: node_modules/old, node_modules/@types/new\nhint: run npm ci\n',
    status: 1,
  });

  tree.write({
    'node_modules/old/package.json': '{"version":"1.1.0"}',
    'node_modules/@types/new/package.json': '{"version":"1.0.0"}',
  });
  assert.deepEqual(await check(tree.path), { stdout: '', stderr: '', status: 0 });
});

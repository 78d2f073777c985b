import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../support/cli.js';
import { run } from '../../support/process.js';

test('loading the registry code prints nothing, and leaves the process as it was', async () => {
  const script = `
    await import(${JSON.stringify(join(root, 'dist/adapters/registry/registry.js'))});
    console.log('noDeprecation' in process);`;
  // Node 20 tells of punycode only when asked to; some newer ones always do.
  const args = ['--pending-deprecation', '--input-type=module', '--eval', script];
  const { stdout, stderr, status } = await run(process.execPath, args);
  assert.deepEqual({ stdout, stderr, status }, { stdout: 'false\n', stderr: '', status: 0 });
});

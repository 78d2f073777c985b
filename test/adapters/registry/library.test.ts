import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { send } from '#adapters/registry/send.js';
import { root } from '../../support/cli.js';
import { run } from '../../support/process.js';

test('nothing is deleted: only an upload that was begun is cancelled', async () => {
  const connection = {} as Parameters<typeof send>[0];
  const digest = `sha256:${'a'.repeat(64)}`;
  for (const path of [`manifests/${digest}`, 'manifests/latest', `blobs/${digest}`, 'tags/1']) {
    for (const more of [{}, { cancelsUpload: true } as const]) {
      const request = { method: 'DELETE', path: `/v2/app/${path}`, ...more };
      await assert.rejects(
        send(connection, 'https://r.example', request),
        /^Error: a registry is never sent DELETE \/v2\/app\//,
      );
    }
  }
  const upload = { method: 'DELETE', path: '/v2/app/blobs/uploads/1' };
  await assert.rejects(send(connection, 'https://r.example', upload), /never sent/);
});

test('no other line of the program sends a DELETE', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts'),
  );
  const sending = sources.filter((file) =>
    /['"`]DELETE['"`]/.test(readFileSync(join(root, 'src', file), 'utf8')),
  );
  assert.deepEqual(sending, ['adapters/registry/upload.ts']);
});

test('loading the registry code prints nothing, and leaves the process as it was', async () => {
  const script = `
    await import(${JSON.stringify(join(root, 'dist/adapters/registry/registry.js'))});
    console.log('noDeprecation' in process);`;
  // Node 20 tells of punycode only when asked to; some newer ones always do.
  const args = ['--pending-deprecation', '--input-type=module', '--eval', script];
  const { stdout, stderr, status } = await run(process.execPath, args);
  assert.deepEqual({ stdout, stderr, status }, { stdout: 'false\n', stderr: '', status: 0 });
});

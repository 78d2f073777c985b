import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planInsideTest, type TestHost } from '#builder/verify/inside.js';
import type { InsideTest } from '#compiler/definitions/definition.js';

const script: InsideTest = { kind: 'script', file: '/t/run/test.sh', shown: 't/run/test.sh' };
const goss: InsideTest = { kind: 'goss', file: '/t/run/goss.yaml', shown: 't/run/goss.yaml' };
const bare: TestHost = { exists: () => false, start: () => '#!/b' };

function plan(insideTest: InsideTest, host: TestHost) {
  return planInsideTest(insideTest, 'r/x:1', 'name', '/stage', host);
}

test('a script is copied into a container of its own and is its only process', () => {
  assert.deepEqual(plan(script, bare), {
    files: [{ source: '/t/run/test.sh', name: 'test.sh', mode: 0o755 }],
    create: ['create', '--name', 'name', '--entrypoint', '/generate-bake-test/test.sh', 'r/x:1'],
    copy: ['cp', '--quiet', '/stage/.', 'name:/generate-bake-test'],
    start: ['start', '--attach', 'name'],
    remove: ['rm', '--force', '--volumes', 'name'],
  });
  const plain = plan(script, { ...bare, start: () => 'set ' });
  assert.deepEqual(plain.create.slice(3), [
    '--entrypoint',
    '/bin/sh',
    'r/x:1',
    '/generate-bake-test/test.sh',
  ]);
});

test('goss is the host’s, copied along, or else the image’s', () => {
  const own = plan(goss, {
    ...bare,
    goss: '/usr/bin/goss',
    exists: (file) => file === '/t/run/goss_vars.yaml',
  });
  assert.deepEqual(
    own.files.map(({ source, name, mode }) => `${source} ${name} ${mode.toString(8)}`),
    [
      '/t/run/goss.yaml goss.yaml 644',
      '/t/run/goss_vars.yaml goss_vars.yaml 644',
      '/usr/bin/goss .goss 755',
    ],
  );
  assert.deepEqual(own.create.slice(3), [
    ...['--entrypoint', '/generate-bake-test/.goss', 'r/x:1', '--gossfile'],
    ...[
      '/generate-bake-test/goss.yaml',
      '--vars',
      '/generate-bake-test/goss_vars.yaml',
      'validate',
    ],
  ]);
  assert.equal(own.askStatus, undefined);
  const theirs = plan(goss, bare);
  assert.deepEqual(theirs.create.slice(3, 6), ['--entrypoint', 'goss', 'r/x:1']);
  assert.deepEqual(theirs.askStatus, ['inspect', '--format', '{{.State.ExitCode}}', 'name']);
});

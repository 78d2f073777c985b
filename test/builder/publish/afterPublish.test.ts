/** The hook of a tree: what it gets, and how it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type HookOptions, runAfterPublish } from '#builder/publish/afterPublish.js';
import { missingHooks } from '#builder/publish/hookPrograms.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { treeOf } from '../../support/graph.js';
import { scratchTree } from '../../support/scratch.js';

const access = { host: 'r', asking: {} } as unknown as RegistryAccess;
const digest = `sha256:${'a'.repeat(64)}` as Digest;

async function run(script: string, options: Partial<HookOptions> = {}) {
  const directory = scratchTree({ 'hooks/': '' }).at('hooks');
  const tree = treeOf('images', {
    afterPublish: {
      program: '/bin/sh',
      args: ['-c', script, 'sh', 'an argument'],
      directory,
      place: { file: 'config.yaml' },
    },
  });
  let output = '';
  const result = await runAfterPublish(
    { tree, repository: 'r/app' as Repository, version: '1', digest },
    access,
    {
      env: { PATH: process.env.PATH },
      isPrivate: false,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      onOutput: (text) => {
        output += text;
      },
      ...options,
    },
  );
  return { result, output, directory };
}

test('it gets the image, its digest and the report, and runs in the directory of its file', async () => {
  const { result, output, directory } = await run(
    'env | grep ^GENERATE_BAKE_ | sort; pwd; echo "$1"',
    {
      reportFile: '/there/report.json',
    },
  );
  assert.deepEqual(result, { kind: 'passed' });
  assert.deepEqual(output.trim().split('\n'), [
    `GENERATE_BAKE_DIGEST=${digest}`,
    'GENERATE_BAKE_IMAGE=r/app:1',
    'GENERATE_BAKE_PRIVATE=',
    'GENERATE_BAKE_REPORT=/there/report.json',
    'GENERATE_BAKE_REPOSITORY=r/app',
    'GENERATE_BAKE_TREE=images',
    'GENERATE_BAKE_VERSION=1',
    directory,
    'an argument',
  ]);
});

test('it gets the environment without what this program reads credentials from', async () => {
  const secrets = {
    GENERATE_BAKE_USERNAME: 'secret-user',
    GENERATE_BAKE_PASSWORD: 'secret-word',
    DOCKER_AUTH_CONFIG: '{"auths":{"r":{"auth":"secret-auth"}}}',
  };
  const env = { PATH: process.env.PATH, COSIGN_KEY: 'its own', ...secrets };
  const { output } = await run('env', { env });
  assert.match(output, /COSIGN_KEY=its own/);
  assert.doesNotMatch(output, /secret/);
});

test('it fails with the end of its output', async () => {
  const { result } = await run(
    'for i in $(seq 30); do echo line $i; done; echo no key >&2; exit 7',
  );
  assert.ok(result.kind === 'failed');
  assert.equal(result.reason, 'after_publish exited with status 7');
  assert.equal(result.tail.length, 20);
  assert.ok(result.tail.includes('no key'));
});

test('it ends at its time limit, and with the run', async () => {
  const slow = await run('sleep 60', { timeoutMs: 200 });
  assert.ok(slow.result.kind === 'failed');
  assert.equal(slow.result.reason, 'after_publish did not end within 0.2 s');
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 200);
  const started = performance.now();
  const { result } = await run('sleep 60', { signal: stop.signal });
  assert.deepEqual(result, { kind: 'cancelled' });
  assert.ok(performance.now() - started < 8_000);
});

test('it is told that an image is private', async () => {
  const { output } = await run('echo "$GENERATE_BAKE_PRIVATE"', { isPrivate: true });
  assert.equal(output, 'true\n');
});

test('a program that is not there is a failure of the image', async () => {
  const tree = treeOf('images', {
    afterPublish: { program: '/no/such/program', args: [], directory: '/', place: { file: 'x' } },
  });
  const result = await runAfterPublish(
    { tree, repository: 'r/app' as Repository, version: '1', digest },
    access,
    {
      env: {},
      isPrivate: false,
      timeoutMs: 1_000,
      signal: new AbortController().signal,
      onOutput: () => {},
    },
  );
  assert.ok(result.kind === 'failed');
  assert.match(result.reason, /after_publish cannot be run: no program \/no\/such\/program/);
});

test('a program that cannot be run is known beforehand, once for all trees of one file', () => {
  const scratch = scratchTree({
    'bin/sign': { text: '#!/bin/sh\n', mode: 0o755 },
    'bin/plain': { text: '#!/bin/sh\n', mode: 0o644 },
    'bin/directory/': '',
  });
  const env = { PATH: `/nonexistent:${scratch.at('bin')}` };
  const place = { file: 'generate-bake.toml', line: 3 };
  const found = (program: string) => {
    const directory = scratch.path;
    const trees = ['a', 'b'].map((name) =>
      treeOf(name, { afterPublish: { program, args: [], directory, place } }),
    );
    const problems = missingHooks(trees, env);
    assert.ok(problems.every((problem) => problem.place === place && problem.hint !== undefined));
    return problems.map(({ message }) => message);
  };
  for (const program of ['sign', scratch.at('bin/sign')]) {
    assert.deepEqual(found(program), []);
  }
  for (const program of ['plain', 'directory', 'absent']) {
    assert.deepEqual(found(program), [`after_publish: no program ${program} in PATH`]);
    const path = scratch.at(`bin/${program}`);
    assert.deepEqual(found(path), [`after_publish: ${path} is not a program that can be run`]);
  }
  assert.deepEqual(missingHooks([treeOf('c', {})], env), []);
});

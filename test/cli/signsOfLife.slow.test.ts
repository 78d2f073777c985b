/** Whoever waits for a registry, its token service or a credential helper hears of it. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import {
  type Asked,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../support/faultyRegistry.js';
import { onlyLong } from '../support/long.js';
import { scratchTree } from '../support/scratch.js';

/** A tree of one image on this registry, and a home whose helper takes some seconds. */
function treeFor(host: string, extra = '') {
  const tree = scratchTree({
    'home/.docker/config.json': JSON.stringify({ credHelpers: { [host]: 'slow' } }),
    'bin/docker-credential-slow': '#!/bin/sh\nsleep "${HELPER_SECONDS:-0}"\necho "{}"\n',
    'generate-bake.toml': `registry = "${host}"\nversion = "1"\n${extra}`,
    'api/Dockerfile': 'FROM scratch\n',
  });
  chmodSync(tree.at('bin/docker-credential-slow'), 0o755);
  const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCli(args, {
      cwd: tree.path,
      env: {
        PATH: `${tree.at('bin')}:${process.env.PATH}`,
        HOME: tree.at('home'),
        DOCKER_HOST: 'unix:///nonexistent/docker.sock',
        ...env,
      },
    });
  return { tree, cli };
}

/** What is said of waiting, without the number of seconds. */
function signs(stderr: string): readonly string[] {
  return stderr
    .split('\n')
    .filter((line) => /^waiting for |so far\)$/.test(line))
    .map((line) => line.replace(/\d+ s\b/g, 'N s').replace(/127[.0-9]+:\d+/g, 'HOST'));
}

/** A registry that has nothing. */
const absent = ({ path }: Asked): Misbehaviour =>
  path === '/v2/' ? 'pass' : refusal(404, 'MANIFEST_UNKNOWN');

/** The registry has answered to the greeting before, a moment ago or not. */
const waits = /^waiting for HOST: (no answer for|\d+ answers? in) N s$/;

const isManifest = ({ path }: Asked) => path.includes('/manifests/');

test('a registry, a token service and a helper that are slow are told, one line each in a pipe', async () => {
  const slow = await faultyRegistry(absent, {
    delayMs: (asked) => (isManifest(asked) ? 3_200 : 0),
  });
  const tokens = await faultyRegistry(() => ({ status: 200, body: '{"token":"t"}' }), {
    delayMs: () => 3_200,
  });
  const bearer = `Bearer realm="http://${tokens.host}/t",service="s"`;
  const guarded = await faultyRegistry((asked) =>
    asked.headers.authorization === undefined
      ? { status: 401, headers: { 'www-authenticate': bearer } }
      : absent(asked),
  );
  const quick = await faultyRegistry(absent);
  let refused = 0;
  const limited = await faultyRegistry((asked) =>
    isManifest(asked) && ++refused % 5 !== 0
      ? { status: 429, headers: { 'retry-after': '1' } }
      : absent(asked),
  );
  const cases: [host: string, seconds: string, expected?: RegExp][] = [
    [slow.host, '0', waits],
    [guarded.host, '0', /^waiting for HOST \(token service of HOST\): no answer for N s$/],
    [quick.host, '3', /^waiting for docker-credential-slow: no answer for N s$/],
    [limited.host, '0', /^HOST answers 429: too many requests; waiting N s \(N s so far\)$/],
    [quick.host, '0'],
  ];
  await Promise.all(
    cases.map(async ([host, seconds, expected]) => {
      const { stderr } = await treeFor(host).cli(['status'], { HELPER_SECONDS: seconds });
      const found = signs(stderr);
      assert.equal(found.length, expected === undefined ? 0 : 1, `${host}: ${stderr}`);
      assert.match(found[0] ?? '', expected ?? /^$/, stderr);
    }),
  );
  await Promise.all([slow, tokens, guarded, quick, limited].map((one) => one.stop()));
});

test('every command that asks a registry says so', async () => {
  const slow = await faultyRegistry(absent, {
    delayMs: ({ path }) => (path === '/v2/' ? 0 : 2_700),
  });
  const { cli } = treeFor(slow.host);
  const commands = [
    ['plan', '--unpublished'],
    ['prune', '--registry'],
    ['promote', 'api', '1'],
    ['rollback', 'api'],
  ];
  await Promise.all(
    commands.map(async (args) => {
      const { stderr } = await cli(args);
      assert.match(signs(stderr).join('\n'), waits, `${args}: ${stderr}`);
    }),
  );
  await slow.stop();
});

test('a repository that hangs is given up after half a minute, and the others are told', {
  skip: onlyLong,
}, async () => {
  const fake = await faultyRegistry((asked) =>
    isManifest(asked) && asked.path.includes('/hangs/') ? 'hang' : absent(asked),
  );
  const { tree, cli } = treeFor(fake.host);
  tree.write({ 'hangs/Dockerfile': 'FROM scratch\n' });
  const began = performance.now();
  const { status, stdout, stderr } = await cli(['status']);
  const seconds = (performance.now() - began) / 1000;
  await fake.stop();
  assert.equal(status, 3, stderr);
  assert.ok(seconds > 28 && seconds < 40, `${seconds} s`);
  assert.match(stdout, /api:1 +absent/);
  assert.match(stdout, /hangs:1 +unknown.* did not answer within 15 s/);
  assert.match(signs(stderr).join('\n'), waits);
});

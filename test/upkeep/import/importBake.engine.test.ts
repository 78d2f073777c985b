/** Imports by bake itself: what the new file plans is what the bake or compose file says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../../support/cli.js';
import { engine } from '../../support/engine/engine.js';
import { run } from '../../support/process.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';

const { env } = await engine();

interface Target {
  readonly context: string;
  readonly tags?: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platforms?: readonly string[];
  readonly contexts?: Readonly<Record<string, string>>;
}

/** The targets of a file, by what they are tagged as, as far as the import carries them. */
async function targetsOf(tree: ScratchTree, file: string, names: readonly string[] = []) {
  const printed = await run('docker', ['buildx', 'bake', '-f', file, '--print', ...names], {
    cwd: tree.path,
    env,
  });
  assert.equal(printed.status, 0, printed.stderr);
  const { target } = JSON.parse(printed.stdout) as { target: Record<string, Target> };
  const shared = Object.entries(target).map(([name, each]) => {
    const { BUILDKIT_SANDBOX_HOSTNAME: _, ...args } = each.args ?? {};
    const { context, tags = [], target: stage = '', platforms = [] } = each;
    const key = tags.find((tag) => !tag.endsWith(':latest')) ?? name;
    return [key, { context, tags: [...tags].sort(), args, stage, platforms }] as const;
  });
  return Object.fromEntries(shared.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const dockerfiles = {
  'base/Dockerfile': 'FROM scratch\nCOPY . /\n',
  'api/Dockerfile': 'FROM acme/base AS build\nARG MODE\nFROM build AS fast\nFROM build AS slow\n',
};

test('a bake file with functions, a matrix, links and outputs', async () => {
  const tree = scratchTree({
    ...dockerfiles,
    'kept.tar': 'not emptied',
    'docker-bake.hcl': `
      variable "TAG" { default = "1.2" }
      function "tag" {
        params = [name]
        result = "acme/\${name}:\${TAG}"
      }
      group "default" { targets = ["api"] }
      target "base" {
        context = "base"
        tags = [tag("base"), "acme/base:latest"]
      }
      target "api" {
        name = "api-\${mode}"
        matrix = { mode = ["fast", "slow"] }
        context = "api"
        target = mode
        contexts = { "acme/base" = "target:base" }
        args = { MODE = mode }
        tags = [tag("api-\${mode}")]
        platforms = ["linux/amd64"]
        output = ["type=tar,dest=kept.tar"]
      }
    `,
  });
  const imported = await runCli(['import', 'bake'], { cwd: tree.path, env });
  assert.equal(imported.status, 0, imported.stderr);
  assert.match(imported.stderr, /\ncarried over: 3 of 3 targets of docker-bake\.hcl\n/);
  assert.match(imported.stderr, /\ncarried over: fixed variable TAG = "1\.2"\n/);
  assert.equal(readFileSync(tree.at('kept.tar'), 'utf8'), 'not emptied');
  const plan = await runCli(['plan', '-o', 'plan.json'], { cwd: tree.path, env });
  assert.equal(plan.status, 0, plan.stderr);
  const names = ['base', 'api-fast', 'api-slow'];
  const before = await targetsOf(tree, 'docker-bake.hcl', names);
  assert.deepEqual(await targetsOf(tree, 'plan.json'), before);
  assert.deepEqual(Object.keys(before), [
    'acme/api-fast:1.2',
    'acme/api-slow:1.2',
    'acme/base:1.2',
  ]);
  const { target } = JSON.parse(readFileSync(tree.at('plan.json'), 'utf8')) as {
    target: Record<string, Target>;
  };
  assert.deepEqual(target['acme__api-fast']?.contexts, { 'acme/base': 'target:acme__base' });

  // What is there stays, unless it is asked for.
  const again = await runCli(['import', 'bake'], { cwd: tree.path, env });
  assert.equal(again.status, 2);
  assert.match(again.stderr, /generate-bake\.toml exists already/);
  assert.equal((await runCli(['import', 'bake', '--force'], { cwd: tree.path, env })).status, 0);
});

test('a compose file, from another directory: its paths are its own', async () => {
  const tree = scratchTree({
    ...Object.fromEntries(Object.entries(dockerfiles).map(([path, text]) => [`sub/${path}`, text])),
    'sub/compose.yaml': `
services:
  base:
    image: acme/base:2
    build: base
  api:
    image: acme/api:\${VERSION:-7}
    build:
      context: api
      target: fast
      args: { MODE: quick }
      additional_contexts: { "acme/base": "service:base" }
  db:
    image: postgres:16
`,
  });
  const imported = await runCli(['import', 'compose', 'sub/compose.yaml'], { cwd: tree.path, env });
  assert.equal(imported.status, 0, imported.stderr);
  assert.match(imported.stderr, /^wrote sub\/generate-bake\.toml\n/);
  assert.match(imported.stderr, /fixed variable VERSION/);
  const cwd = tree.at('sub');
  const plan = await runCli(['plan', '-o', 'plan.json'], { cwd, env });
  assert.equal(plan.status, 0, plan.stderr);
  const sub = { ...tree, path: cwd };
  assert.deepEqual(await targetsOf(sub, 'plan.json'), await targetsOf(sub, 'compose.yaml'));
});

test('a compose file that bake does not take', async () => {
  const tree = scratchTree({
    'compose.yaml': 'services:\n  ok:\n    build: .\n  web:\n    build: { context: ., bogus: 1 }\n',
    'pulled.yaml': 'services:\n  db:\n    image: postgres:16\n',
    'privileged.yaml': 'services:\n  web:\n    build:\n      context: .\n      privileged: true\n',
  });
  const wrong = async (...args: string[]) => {
    const done = await runCli(['import', ...args], { cwd: tree.path, env });
    assert.equal(done.status, 2, done.stderr);
    return done.stderr.split('\n')[0];
  };
  assert.match(
    (await wrong('compose')) ?? '',
    /^compose\.yaml:4:3: error: bake refuses the file: .*bogus.* \[import-bake\]$/,
  );
  assert.equal(
    await wrong('compose', 'privileged.yaml'),
    'privileged.yaml:5:7: error: bake cannot take privileged in the build of service web [import-compose]',
  );
  assert.match(
    (await wrong('bake')) ?? '',
    /^error: no docker-bake\.hcl or docker-bake\.json here/,
  );
  assert.match((await wrong('bake', 'no.hcl')) ?? '', /^error: no file no\.hcl/);
});

test('a file reads no environment variable but those that are allowed', async () => {
  const tree = scratchTree({
    ...dockerfiles,
    'docker-bake.hcl': `
      variable "TOKEN" { default = "none" }
      target "api" {
        context = "api"
        args = { MODE = TOKEN }
      }
    `,
    'compose.yaml':
      'services:\n  api:\n    build:\n      context: api\n      args:\n        MODE: "x${TOKEN}"\n',
  });
  const secret = 'bait-hunter2';
  for (const kind of ['bake', 'compose']) {
    for (const words of [[], ['--env', 'TOKEN']]) {
      const done = await runCli(['import', kind, '--force', ...words], {
        cwd: tree.path,
        env: { ...env, TOKEN: secret },
      });
      assert.equal(done.status, 0, done.stderr);
      const written = readFileSync(tree.at('generate-bake.toml'), 'utf8');
      const isShown = `${written}${done.stdout}${done.stderr}`.includes(secret);
      assert.equal(isShown, words.length > 0, `${kind} ${words.join(' ')}\n${written}`);
    }
  }
});

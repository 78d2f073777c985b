/** Images that are named by their paths, and by others without the first part: on the real command line. */
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { gitRepository } from '../support/gitRepository.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test('three Dockerfiles and nothing else: list, and its graph', async (t) => {
  const repository = gitRepository(t, {
    'base/Dockerfile': `FROM debian:13@${digest}\nRUN true\n`,
    'services/api/docker/Dockerfile': 'FROM company/base:latest\nRUN true\n',
    'web/Dockerfile': 'FROM company/base\nRUN true\n',
    'node_modules/x/Dockerfile': 'FROM scratch\n',
    '.devcontainer/Dockerfile': 'FROM scratch\n',
    'README.md': '',
  });
  const { stdout, stderr, status } = await runCli(['list', '--tree'], { cwd: repository });
  assert.equal(status, 0, stderr);
  assert.equal(
    stdout.replace(/:[^\n]+/g, ''),
    lines(`
      company/base
      ├── company/services/api
      └── company/web
    `),
  );
  assert.equal(stderr, '3 images in 2 levels, 2 links to parents\n');
  const table = await runCli(['list'], { cwd: repository });
  const cells = table.stdout
    .split('\n')
    .slice(0, -1)
    .map((row) => row.split(/ {2,}/));
  const of = (column: string) => cells.map((row) => row[cells[0]?.indexOf(column) ?? 0]);
  assert.deepEqual(of('NAME'), ['NAME', 'base', 'services/api', 'web']);
  assert.deepEqual(of('BASE'), ['BASE', 'debian:13@sha256:0123456789ab', 'base', 'base']);
  const plan = await runCli(['plan'], { cwd: repository });
  assert.equal(plan.status, 0, plan.stderr);
  const targets = JSON.parse(plan.stdout).target;
  assert.deepEqual(
    Object.entries<{ context: string; contexts?: object }>(targets).map(
      ([name, { context, contexts }]) => [name, context, contexts],
    ),
    [
      ['company__base', 'base', undefined],
      ['company__services__api', 'services/api/docker', { 'company/base': 'target:company__base' }],
      ['company__web', 'web', { 'company/base': 'target:company__base' }],
    ],
  );
});

test('images of one directory that others name without it: the warning has the line that links them', async (t) => {
  const repository = gitRepository(t, {
    'images/base/Dockerfile': 'FROM debian:13\n',
    'images/java/Dockerfile': 'FROM quay.io/company/base\n',
    'images/api/Dockerfile': 'ARG FROM=quay.io/company/java:latest\nFROM $FROM\n',
    'examples/Dockerfile': 'FROM scratch\n',
  });
  const before = await runCli(['list', '--tree'], { cwd: repository });
  assert.equal(before.status, 0);
  assert.match(before.stderr, /2 images of quay\.io\/company are pulled/);
  const hint = /hint: to link them, set (directory = "images") in generate-bake\.toml/;
  const [, line] = hint.exec(before.stderr) ?? [];
  assert.ok(line !== undefined, before.stderr);
  writeFileSync(join(repository, 'generate-bake.toml'), `${line}\n`);
  const { stdout, stderr } = await runCli(['list', '--tree'], { cwd: repository });
  assert.match(stdout, /base:.*\n└── .*java:.*\n {4}└── .*api:/);
  assert.match(stderr, /^3 images in 3 levels, 2 links to parents$/m);
});

test('a namespace that is found by convention links below a registry too', async (t) => {
  const repository = gitRepository(t, {
    'base/Dockerfile': 'FROM debian:13\n',
    'api/Dockerfile': 'FROM company/base:latest\n',
    'generate-bake.toml': 'registry = "registry.example"\nversion = "1.0"\n',
  });
  const { stdout, stderr } = await runCli(['list', '--tree'], { cwd: repository });
  assert.equal(
    stdout,
    lines(`
      company/base:1.0
      └── company/api:1.0
    `),
    stderr,
  );
});

test('a Dockerfile that is a link to itself is broken, and so is one that leads nowhere', async (t) => {
  const repository = gitRepository(t, { 'base/Dockerfile': 'FROM debian:13\n', 'loop/x': '' });
  symlinkSync('Dockerfile', join(repository, 'loop/Dockerfile'));
  symlinkSync('nowhere', join(repository, 'loop/web.Dockerfile'));
  const { stdout, stderr, status } = await runCli(['list'], { cwd: repository });
  assert.equal(status, 0, stderr);
  assert.match(stdout, / base .*debian:13/);
  assert.equal(stdout.match(/broken: /g)?.length, 2, stdout);
  const named = await runCli(['list', 'loop/Dockerfile'], { cwd: repository });
  assert.ok([0, 2].includes(named.status ?? -1), named.stderr);
});

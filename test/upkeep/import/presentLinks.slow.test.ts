/** An import keeps the links that `list` shows without it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBakeTargets } from '#upkeep/import/bakeTargets.js';
import { importBake } from '#upkeep/import/importBake.js';
import { presentLinks } from '#upkeep/import/presentLinks.js';
import { runCli } from '../../support/cli.js';
import { lines } from '../../support/explain.js';
import { run } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

/** Imports the targets into the directory `at`; what its generate-bake.toml is, and which links it makes. */
async function imported(
  files: Readonly<Record<string, string>>,
  target: object,
  found: readonly string[],
  at = '.',
) {
  const tree = scratchTree(files);
  await run('git', ['init', '-q'], { cwd: tree.path });
  await run('git', ['add', '.'], { cwd: tree.path });
  const root = tree.at(at);
  const targets = readBakeTargets(JSON.stringify({ target })) ?? [];
  const {
    files: made,
    said = [],
    left,
  } = importBake({
    file: 'docker-bake.hcl',
    targets,
    found: new Set(found),
    read: (file) => readFileSync(join(root, file), 'utf8'),
    linksOf: presentLinks({ cwd: root, env: {}, home: tree.path, directories: [] }, root),
  });
  const text = made[0]?.text ?? '';
  writeFileSync(join(root, 'generate-bake.toml'), text);
  const { stdout, stderr } = await runCli(['list', '--tree'], { cwd: root });
  const graph = stdout.replace(/:[0-9a-f]{12}/g, '');
  return { text: text.replace(/^.*\n/, ''), said, left, graph, stderr };
}

const dockerfiles = {
  'base/Dockerfile': 'FROM scratch\nLABEL a=b\nONBUILD COPY --from=acme/tools / /\n',
  'tools/Dockerfile': 'FROM scratch\nLABEL a=b\n',
  'middle/Dockerfile': 'FROM acme/base\nLABEL b=c\n',
  'services/api/Dockerfile': 'ARG BASE=scratch\nFROM $BASE\nLABEL c=d\n',
  'old/Dockerfile': 'FROM acme/base\n',
};
const found = Object.keys(dockerfiles);
const api = { context: 'services/api', args: { BASE: 'acme/middle:latest' } };

test('what imported images are built on stays, however far up, by ONBUILD, by arguments', async () => {
  const { text, said, graph } = await imported(dockerfiles, { api }, found);
  assert.match(text, /^namespace = "acme"\nexclude = \["old\/Dockerfile"\]\n/);
  assert.deepEqual(said, [
    'kept, since imported images are built on it: base/Dockerfile, middle/Dockerfile, tools/Dockerfile',
    'excluded, since no target needs it: old/Dockerfile',
  ]);
  assert.equal(
    graph,
    lines(`
      acme/base
      └── acme/middle  (also acme/tools)
          └── acme/api
      acme/tools
    `),
  );
});

test('where tags name other images than FROM lines do, these become aliases', async () => {
  const tagged = { ...api, tags: ['r.example/shop/api:1.2'] };
  const { text, graph } = await imported(dockerfiles, { api: tagged }, found);
  assert.match(text, /\npath = "middle\/Dockerfile"\naliases = \["acme\/middle:latest"\]\n/);
  assert.match(graph, /^shop\/base\n└── shop\/middle .*\n {4}└── shop\/api:1\.2\n/);
  const plain = await imported(dockerfiles, { api: { ...api, tags: ['api:1.2'] } }, found);
  assert.match(plain.text, /^namespace = ""\n/);
  assert.match(plain.graph, /^base\n└── middle .*\n {4}└── api:1\.2\n/);
});

test('an imported image whose name is another one than Dockerfiles write', async () => {
  const { text, graph } = await imported(
    dockerfiles,
    {
      app: { ...api, tags: ['acme/app:1'] },
      mid: { context: 'middle', tags: ['acme/mid:1'] },
    },
    found,
  );
  assert.match(text, /\nname = "mid"\n(?:.+\n)*aliases = \["acme\/middle:latest"\]\n/);
  assert.match(graph, /^acme\/base\n└── acme\/mid:1 .*\n {4}└── acme\/app:1\n/);
});

test('the file is in a directory below, and what it needs is beside it', async () => {
  const target = { api: { ...api, context: '../services/api' } };
  const { text, graph } = await imported({ ...dockerfiles, 'deploy/x': '' }, target, [], 'deploy');
  assert.match(
    text,
    /\ndockerfile = "\.\.\/middle\/Dockerfile"\nname = "middle"\ncontext = "\.\.\/middle"\n/,
  );
  assert.match(graph, /^acme\/base\n└── acme\/middle .*\n {4}└── acme\/api\n/);
});

/** `cache`: where it may be written, which one counts, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

type Files = Readonly<Record<string, ScratchFile>>;

/** The caches of each image of a repository of plain Dockerfiles, and what is wrong. */
function caches(files: Files, writes = false) {
  const tree = scratchTree({
    'base/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n',
    'app/Dockerfile': 'FROM r.example/base:1\nCOPY Dockerfile /app\n',
    'tool/Dockerfile': 'FROM scratch\nCOPY --from=r.example/app:1 /app /\n',
    ...files,
  });
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph, selected } = compile({ workspace: opened.value, selection }).value;
  const context = new Contexts(cwd).of;
  const options = { ...printed, context, writesCache: () => writes };
  const { value, diagnostics } = makePlan(graph, selected, options);
  const places = value.targets.map(({ name, cacheFrom, cacheTo }) => [
    name,
    [...cacheFrom.map((each) => each.replace('type=registry,ref=', '')), ...cacheTo],
  ]);
  const broken = graph.broken.flatMap(({ image }) => image.diagnostics);
  const problems = explain([...opened.diagnostics, ...broken, ...diagnostics])
    .split('\n')
    .filter((line) => /error|hint/.test(line));
  return { caches: Object.fromEntries(places), problems };
}

const short = 'registry = "r.example"\nversion = "1"\n';

test('each image has its own below that of the tree, and reads those of what it is linked to', () => {
  const found = caches({ 'generate-bake.toml': `${short}cache = "c.example/cache"\n` });
  assert.deepEqual(found, {
    problems: [],
    caches: {
      base: ['c.example/cache/base:cache'],
      app: ['c.example/cache/app:cache', 'c.example/cache/base:cache'],
      tool: [
        'c.example/cache/tool:cache',
        'c.example/cache/app:cache',
        'c.example/cache/base:cache',
      ],
    },
  });
});

test('without the key there is none, and nothing is written unless somebody says so', () => {
  const none = { base: [], app: [], tool: [] };
  assert.deepEqual(caches({ 'generate-bake.toml': short }, true), { caches: none, problems: [] });
  const file = `${short}cache = { ref = "c.example/x-{name}", mode = "max" }\n`;
  const { base } = caches({ 'generate-bake.toml': file }, true).caches;
  assert.deepEqual(base, [
    'c.example/x-base:cache',
    'type=registry,ref=c.example/x-base:cache,mode=max,ignore-error=true',
  ]);
});

test('an image has another one, or none; a private one is in no cache', () => {
  const images = [
    '[[image]]\nname = "app"\npath = "app"\ncache = "c.example/app:v1"\n',
    '[[image]]\nname = "tool"\npath = "tool"\ncache = false\n',
  ];
  const file = `${short}cache = "c.example/cache"\n${images.join('')}`;
  assert.deepEqual(caches({ 'generate-bake.toml': file }, true).caches, {
    base: [
      'c.example/cache/base:cache',
      'type=registry,ref=c.example/cache/base:cache,mode=min,ignore-error=true',
    ],
    app: [
      'c.example/app:v1',
      'c.example/cache/base:cache',
      'type=registry,ref=c.example/app:v1,mode=min,ignore-error=true',
    ],
    tool: ['c.example/app:v1', 'c.example/cache/base:cache'],
  });
  const privates = `${short}cache = "c.example/cache"\nprivate = true\nprivate_registries = ["r.example"]\n`;
  const none = { base: [], app: [], tool: [] };
  assert.deepEqual(caches({ 'generate-bake.toml': privates }, true), {
    caches: none,
    problems: [],
  });
});

test('what cannot be a place for caches is refused where it is written', () => {
  const refused = (value: string) =>
    caches({ 'generate-bake.toml': `${short}cache = ${value}\n` }).problems.filter((line) =>
      line.includes('error'),
    );
  const at = 'generate-bake.toml:3:';
  const place = 'is not a place for caches';
  assert.deepEqual(refused('"cache"'), [
    `${at}9: error: cache: "cache" ${place}: it names no registry [workspace-file]`,
  ]);
  assert.deepEqual(refused('"c.example/all:tag"'), [
    `${at}9: error: cache: "c.example/all:tag" ${place}: with a tag, all images would have one cache [workspace-file]`,
  ]);
  assert.match(refused('"c.example/x:{name}"')[0] ?? '', /is not a place for caches/);
  assert.match(refused('"C.example/UP"')[0] ?? '', /no upper-case letters/);
  assert.match(refused(`"c.example/x@sha256:${'a'.repeat(64)}"`)[0] ?? '', /has no digest/);
  assert.match(refused('false')[0] ?? '', /must be a reference or a table/);
  assert.match(refused('["c.example/x"]')[0] ?? '', /must be a reference or a table/);
  assert.match(refused('{ mode = "max" }')[0] ?? '', /cache needs a ref/);
  assert.match(refused('{ ref = "c.example/x", mode = "most" }')[0] ?? '', /mode cannot be "most"/);
  assert.match(refused('{ ref = "c.example/x", modes = 1 }')[0] ?? '', /unknown key "modes"/);
});

test('no cache is in a repository where images are published', () => {
  const { problems } = caches({ 'generate-bake.toml': `${short}cache = "r.example"\n` });
  assert.equal(problems.filter((line) => line.includes('[cache-place]')).length, 3);
  assert.match(
    problems[0] ?? '',
    /^generate-bake\.toml:3:9: error: the cache r\.example\/base:cache would be in r\.example\/base/,
  );
  const alias = `${short}cache = "c.example"\nregistry_aliases = { "c.example" = "r.example" }\n`;
  assert.match(caches({ 'generate-bake.toml': alias }).problems[0] ?? '', /\[cache-place\]/);
});

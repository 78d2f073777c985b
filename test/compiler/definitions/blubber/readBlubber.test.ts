import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../../support/explain.js';
import { type ScratchFile, scratchTree } from '../../../support/scratch.js';
import { readToldDefinitions } from '../../../support/told.js';

const syntax = '# syntax=r.example/buildkit:v1.8.0\n';
const simple = `${syntax}version: v4\nbase: r.example/debian:12\nvariants:\n  production: {}\n  build: {}\n`;

/** What publishes these variants of `.pipeline/blubber.yaml`. */
const publishing = (...variants: string[]) =>
  `pipelines:\n  publish:\n    blubberfile: blubber.yaml\n    stages:\n${variants
    .map((name) => `      - { name: ${name}, build: ${name}, publish: { image: true } }\n`)
    .join('')}`;

const workspace = (more = '') =>
  lines(`
  [[tree]]
  kind = "blubber"
  directory = "services"
  registry = "r.example"
`) + more;

function read(files: Readonly<Record<string, ScratchFile>>, toml = workspace()) {
  const tree = scratchTree({ 'services/': '', 'generate-bake.toml': toml, ...files });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: '/none' });
  const { value, diagnostics } = readToldDefinitions(opened.value.trees);
  return { images: value, told: explain([...opened.diagnostics, ...diagnostics]), at: tree.at };
}

/** The repository of each image, its variant, and its context. */
const named = (images: readonly ImageDefinition[]) =>
  images.map(({ repository, stage, context }) => `${repository} ${stage} in ${context}`);

test('what pipelines publish, of the usual file of each repository', () => {
  const { images, told, at } = read({
    'services/one/.pipeline/blubber.yaml': simple,
    'services/one/.pipeline/config.yaml': publishing('production'),
    'services/one/.pipeline/goss.yaml': '',
    'services/two/.pipeline/blubber.yaml': simple,
    'services/two/.pipeline/config.yaml': publishing('production', 'build'),
    'services/none/README.md': '',
    'services/.hidden/.pipeline/blubber.yaml': simple,
    'services/node_modules/.pipeline/blubber.yaml': simple,
    'services/deep/three/.pipeline/blubber.yaml': simple,
  });
  assert.equal(told, '');
  assert.deepEqual(named(images), [
    'r.example/one production in services/one',
    'r.example/two production in services/two',
    'r.example/two-build build in services/two',
  ]);
  const [one] = images;
  assert.equal(one?.directory, at('services/one'));
  assert.equal(one?.home, at('services/one/.pipeline'));
  assert.equal(one?.definedIn, 'services/one/.pipeline/blubber.yaml');
  assert.equal(one?.version, 'content');
  assert.deepEqual(
    one?.tests?.inside.map(({ shown }) => shown),
    ['services/one/.pipeline/goss.yaml'],
  );
});

test('one repository: the directory of the tree itself', () => {
  const toml = 'kind = "blubber"\nname = "here"\nvariants = ["production"]\nversion = "1.2"\n';
  const { images, told } = read({ 'blubber.yaml': '', '.pipeline/blubber.yaml': simple }, toml);
  assert.equal(told, '');
  assert.match(named(images).join(), /^generate-bake-test-[\w-]+ production in \.$/i);
  assert.equal(images[0]?.version, '1.2');
});

test('repositories, files and variants that the workspace file names', () => {
  const toml = workspace(
    'checkouts = ["a*/b", "one"]\nfiles = ["blubber.yaml", ".pipeline/*/blubber*.yaml"]\nvariants = ["production", "build"]\n',
  );
  const { images, told } = read(
    {
      'services/ab/b/blubber.yaml': simple,
      'services/ac/b/.pipeline/blubber.yaml': simple,
      'services/one/.pipeline/worker/blubber.yaml': simple,
      'services/one/.pipeline/worker/blubber_cpu.yaml': simple.replace('  build: {}\n', ''),
    },
    toml,
  );
  assert.equal(told, '');
  assert.deepEqual(named(images), [
    'r.example/ab/b production in services/ab/b',
    'r.example/ab/b-build build in services/ab/b',
    'r.example/one/worker production in services/one',
    'r.example/one/worker-build build in services/one',
    'r.example/one/worker/cpu production in services/one',
  ]);
});

test('an [[tree.image]] says more of a variant, or makes one more image', () => {
  const { images, told } = read(
    {
      'services/one/.pipeline/blubber.yaml': simple,
      'services/one/.pipeline/config.yaml': publishing('production'),
      'services/two/.pipeline/blubber.yaml': simple,
    },
    workspace(`
      frontend = "r.example/buildkit@sha256:${'a'.repeat(64)}"
      [[tree.image]]
      path = "services/one"
      name = "first"
      tags = ["stable"]
      [[tree.image]]
      path = "services/one"
      target = "build"
      version = "7"
      [[tree.image]]
      path = "services/two/.pipeline/blubber.yaml"
      target = "production"
      context = "services"
    `),
  );
  assert.equal(told, '');
  assert.deepEqual(named(images), [
    'r.example/first production in services/one',
    'r.example/one-build build in services/one',
    'r.example/two production in services',
  ]);
  assert.deepEqual(
    images.map(({ version, extraTags }) => [version, ...extraTags]),
    [['content', 'stable'], ['7'], ['content']],
  );
  assert.equal(
    images[0]?.args.get('BUILDKIT_SYNTAX'),
    `r.example/buildkit@sha256:${'a'.repeat(64)}`,
  );
});

test('where pipelines build, and what they call an image', () => {
  const { images, told } = read({
    'services/one/.pipeline/worker/blubber.yaml': simple,
    'services/one/src/worker/x': '',
    'services/one/.pipeline/config.yaml': lines(`
      pipelines:
        worker:
          directory: src/worker
          stages:
            - { name: production, build: production, publish: { image: { name: the-worker } } }
    `),
  });
  assert.equal(told, '');
  assert.deepEqual(named(images), ['r.example/the-worker production in services/one/src/worker']);
});

test('a file that is wrong costs only its images', () => {
  const { images, told } = read({
    'services/bad/.pipeline/blubber.yaml': simple.replace('base:', 'bsae:'),
    'services/bad/.pipeline/config.yaml': publishing('production'),
    'services/old/.pipeline/blubber.yaml': 'version: v4\nvariants: { production: {} }\n',
    'services/old/.pipeline/config.yaml': publishing('production'),
    'services/lost/.pipeline/config.yaml': publishing('production'),
    'services/odd/.pipeline/blubber.yaml': simple,
    'services/odd/.pipeline/config.yaml': publishing('prodution'),
    'services/good/.pipeline/blubber.yaml': simple,
    'services/good/.pipeline/config.yaml': publishing('production'),
  });
  assert.deepEqual(named(images), ['r.example/good production in services/good']);
  assert.equal(
    told,
    lines(`
      services/bad/.pipeline/blubber.yaml:3:1: error: unknown key "bsae" here [blubber-file]
          3 | bsae: r.example/debian:12
            | ^^^^
        hint: did you mean "base"?
      services/lost/.pipeline/config.yaml:5:34: error: the file services/lost/.pipeline/blubber.yaml does not exist [file-unreadable]
          5 |       - { name: production, build: production, publish: { image: true } }
            |                                    ^^^^^^^^^^
        hint: create it, or correct its name
      services/odd/.pipeline/config.yaml:5:33: error: there is no variant "prodution" [blubber-variant]
          5 |       - { name: prodution, build: prodution, publish: { image: true } }
            |                                   ^^^^^^^^^
        hint: did you mean "production"?
      services/old/.pipeline/blubber.yaml:1:1: error: the file does not say which frontend builds it [blubber-syntax]
          1 | version: v4
            | ^^^^^^^^^^^
        hint: begin it with "# syntax=" and the image of Blubber's frontend, or set frontend in its [[tree]]
    `)
      .replace('5:34', '5:36')
      .replace('5:33', '5:35'),
  );
});

test('what names nothing', () => {
  const files = {
    'services/one/.pipeline/blubber.yaml': simple,
    'services/one/.pipeline/config.yaml': publishing('production'),
    'services/two/.pipeline/blubber.yaml': simple,
  };
  const problem = (more: string) =>
    read(files, workspace(more)).told.replace(/\n {2,}\d* \|.*/g, '');
  assert.equal(
    problem(''),
    lines(`
      services/two/.pipeline/blubber.yaml: warning: no variant of this file is an image: no pipeline publishes one [blubber-unpublished]
        hint: name them in [[tree]]: variants = ["production"]
    `),
  );
  assert.equal(
    problem('variants = ["prodution"]\n'),
    lines(`
      generate-bake.toml:5:13: error: no file has a variant "prodution" [blubber-variant]
        hint: did you mean "production"?
      services/one/.pipeline/blubber.yaml: warning: no variant of this file is an image: no pipeline publishes one [blubber-unpublished]
        hint: name them in [[tree]]: variants = ["production"]
      services/two/.pipeline/blubber.yaml: warning: no variant of this file is an image: no pipeline publishes one [blubber-unpublished]
        hint: name them in [[tree]]: variants = ["production"]
    `),
  );
  assert.match(
    problem('checkouts = ["onne", "one"]\n'),
    /^generate-bake\.toml:5:14: error: there is no directory onne \[directory\]\n/,
  );
  assert.match(
    problem('checkouts = ["../one"]\n'),
    /^generate-bake\.toml:5:14: error: checkouts has a path that leads out: \.\.\/one \[workspace-file\]\n/,
  );
  assert.match(
    problem('[[tree.image]]\npath = "services/three"\n'),
    /generate-bake\.toml:6:8: error: no Blubber file is found at services\/three \[image-path\]\n/,
  );
  assert.match(
    problem('[[tree.image]]\npath = "services/two"\n'),
    /generate-bake\.toml:6:8: error: services\/two does not say which variant \[image-path\]\n {2}hint: add target = the variant: production, build\n/,
  );
  assert.match(
    problem('[[tree.image]]\ndockerfile = "services/two"\n'),
    /error: a Blubber file has no dockerfile \[workspace-file\]/,
  );
  assert.match(read({}).told, /^services: error: no Blubber file in this directory \[tree-empty\]/);
});

test('a repository of which no variant is known is broken by itself', () => {
  const { images, told } = read({
    'services/bad/.pipeline/blubber.yaml': `${syntax}version: v3\n`,
    'services/worse/.pipeline/config.yaml': 'pipelines: [\n',
    'services/good/.pipeline/blubber.yaml': simple,
    'services/good/.pipeline/config.yaml': publishing('production'),
  });
  assert.deepEqual(named(images), ['r.example/good production in services/good']);
  assert.match(
    told,
    /^services\/bad\/\.pipeline\/blubber\.yaml:2:10: error: Blubber reads files of/,
  );
  assert.match(told, /^services\/worse\/\.pipeline\/config\.yaml:2:1: error: not valid YAML/m);
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { readDefinitions } from '#compiler/definitions/read.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import { explain, lines } from '../../../support/explain.js';
import { gitRepository, noGit } from '../../../support/gitRepository.js';
import { type ScratchFile, scratchTree } from '../../../support/scratch.js';
import { readToldDefinitions } from '../../../support/told.js';

const from = 'FROM scratch\nCOPY . /\n';

function opened(cwd: string): Workspace {
  const { value, diagnostics } = openWorkspace({ cwd, directories: [], env: {}, home: '/none' });
  assert.equal(explain(diagnostics), '');
  return value;
}

/** In a directory `repo`, so that its name is known. */
function read(files: Readonly<Record<string, ScratchFile>>) {
  const inRepo = Object.entries(files).map(([name, file]) => [`repo/${name}`, file]);
  const tree = scratchTree(Object.fromEntries(inRepo));
  const { value, diagnostics } = readToldDefinitions(opened(tree.at('repo')).trees);
  return { images: value, told: explain(diagnostics), at: (path: string) => tree.at('repo', path) };
}

/** Where each image is defined, and its repository. */
function named(images: readonly ImageDefinition[]): Record<string, string> {
  return Object.fromEntries(
    images.map(({ definedIn, context, repository }) => [definedIn ?? context, repository]),
  );
}

test('three Dockerfiles and nothing else', () => {
  const { images, told, at } = read({
    'base/Dockerfile': 'FROM debian\n',
    'api/Dockerfile': 'FROM company/base:latest\n',
    'web/Dockerfile': 'FROM company/base\n',
  });
  assert.equal(told, '');
  assert.deepEqual(named(images), {
    api: 'company/api',
    base: 'company/base',
    web: 'company/web',
  });
  const [api] = images;
  assert.equal(api?.directory, at('api'));
  assert.deepEqual(api?.tests, { inside: [] }, 'a test.sh of theirs is not run on the host');
});

test('what is found, and what is not searched', () => {
  const { images, told } = read({
    Dockerfile: from,
    'Dockerfile.dev': from,
    'Dockerfile.dev.dockerignore': 'x\n',
    'Dockerfile.j2': 'FROM {{ x }}\n',
    'api.Dockerfile': from,
    'a/Dockerfile/file': '',
    'a/Containerfile': from,
    'b/Dockerfile': from,
    'b/Containerfile': { symlink: 'Dockerfile' },
    'docker/c/Dockerfile': from,
    'd/Dockerfile': { symlink: '../b/Dockerfile' },
    link: { symlink: 'b' },
    '.github/x/Dockerfile': from,
    'node_modules/x/Dockerfile': from,
    'deep/vendor/x/Dockerfile': from,
    'module/.git': 'gitdir: elsewhere\n',
    'module/Dockerfile': from,
    'goss.yaml': '',
  });
  assert.equal(told, '');
  assert.deepEqual(named(images), {
    '.': 'repo',
    'Dockerfile.dev': 'repo-dev',
    a: 'a',
    'api.Dockerfile': 'api',
    b: 'b',
    d: 'd',
    'docker/c': 'c',
  });
  const variant = images.find(({ name }) => name === 'repo-dev');
  assert.equal(variant?.context, '.');
  assert.equal(variant?.ignoreRules?.text, 'x\n');
  assert.deepEqual(
    variant?.tests?.inside.map(({ shown }) => shown),
    ['goss.yaml'],
  );
});

test('what git ignores is not found, but what it tracks all the same is', { skip: noGit }, (t) => {
  const root = gitRepository(t, { 'a/Dockerfile': from, 'dist/kept/Dockerfile': from });
  const put = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  put('dist/made/Dockerfile', from);
  put('new/Dockerfile', from);
  const names = () => readDefinitions(opened(root).trees).images.map(({ name }) => name);
  assert.deepEqual(names(), ['a', 'dist/kept', 'dist/made', 'new']);
  put('.gitignore', 'dist\n');
  assert.deepEqual(names(), ['a', 'dist/kept', 'new']);
});

test('a file says what the convention does not', () => {
  const { images, told, at } = read({
    'generate-bake.toml': lines(`
      registry = "r.example"
      namespace = "team"
      version = "1.4"
      tags = ["{version}-x"]
      inputs = ["go.mod"]
      [[image]]
      path = "services/api"
      name = "api"
      target = "run"
      context = "/"
      inputs = ["services/api"]
      tags = ["{version}", "stable"]
      args = { A = "b" }
      [[image]]
      path = "services/web/Dockerfile.dev"
      version = "7"
      [[image]]
      path = "services/deep"
      description = "found in its docker directory"
      [[image]]
      dockerfile = "shared/Dockerfile"
      name = "one"
      context = "shared/context"
      [[image]]
      dockerfile = "shared/Dockerfile"
      name = "two"
    `),
    'services/api/Dockerfile': from,
    'services/api/Dockerfile.debug': from,
    'services/web/Dockerfile.dev': from,
    'services/deep/docker/Dockerfile': from,
    'shared/Dockerfile': from,
    'shared/context/x': '',
  });
  assert.equal(told, '');
  assert.deepEqual(
    images.map(({ reference, extraTags }) => `${reference} ${extraTags.join(' ')}`),
    [
      'r.example/team/api:1.4 1.4-x 1.4 stable',
      'r.example/team/services/api-debug:1.4 1.4-x',
      'r.example/team/services/deep:1.4 1.4-x',
      'r.example/team/services/web-dev:7 7-x',
      'r.example/team/one:1.4 1.4-x',
      'r.example/team/two:1.4 1.4-x',
    ],
  );
  const [api, , deep, web, one, two] = images;
  assert.deepEqual([api?.context, api?.directory, api?.home], ['.', at('.'), at('services/api')]);
  assert.deepEqual([api?.stage, api?.args.get('A')], ['run', 'b']);
  assert.deepEqual(
    [api?.inputs, api?.moreInputs].map((inputs) => inputs?.map(({ path }) => path)),
    [[at('services/api')], [at('go.mod')]],
  );
  assert.equal(deep?.description, 'found in its docker directory');
  assert.equal(web?.versionSpot?.file, at('generate-bake.toml'));
  assert.deepEqual([one?.context, two?.context], ['shared/context', 'shared']);
});

test('an image.toml, with several images if need be', () => {
  const { images, told } = read({
    'a/image.toml': lines(`
      [[image]]
      target = "run"
      [[image]]
      dockerfile = "Dockerfile.dev"
      [[image]]
      name = "third"
      target = "test"
    `),
    'a/Dockerfile': from,
    'a/Dockerfile.dev': from,
    'a/Dockerfile.other': from,
    'b/image.toml': 'name = "bee"\ncontext = "/a"\n',
    'b/Dockerfile': from,
  });
  assert.equal(told, '');
  assert.deepEqual(
    images.map(
      ({ name, definedIn, context, stage = '-' }) => `${name} ${definedIn} ${context} ${stage}`,
    ),
    [
      'a a/Dockerfile a run',
      'third a/Dockerfile a test',
      'a-dev a/Dockerfile.dev a -',
      'a-other a/Dockerfile.other a -',
      'bee b a -',
    ],
  );
});

test('tables about Dockerfiles that are not there, or not clearly one', () => {
  const { told, images } = read({
    'generate-bake.toml': lines(`
      exclude = ["attic"]
      [[image]]
      path = "servics/api"
      [[image]]
      path = "two"
      [[image]]
      path = "said"
      [[image]]
      dockerfile = "none/Dockerfile"
      name = "none"
      [[image]]
      path = "attic/old"
    `),
    'services/api/Dockerfile': from,
    'attic/old/Dockerfile': from,
    'two/Dockerfile.a': from,
    'two/Dockerfile.b': from,
    'said/Dockerfile': from,
    'said/image.toml': '',
    'gone/image.toml': 'version = "1"\n',
  });
  assert.equal(
    told,
    lines(`
      generate-bake.toml:3:8: error: no Dockerfile is found at servics/api [image-path]
          3 | path = "servics/api"
            |        ^^^^^^^^^^^^^
        hint: did you mean "services/api"?
      generate-bake.toml:5:8: error: two has 2 Dockerfiles: two/Dockerfile.a, two/Dockerfile.b [image-path]
          5 | path = "two"
            |        ^^^^^
        hint: name one of them in path
      generate-bake.toml:7:8: error: the image of said is described twice: said/image.toml is there too [image-path]
          7 | path = "said"
            |        ^^^^^^
        hint: move these keys into said/image.toml, or remove it
      generate-bake.toml:9:14: error: the file none/Dockerfile does not exist [file-unreadable]
          9 | dockerfile = "none/Dockerfile"
            |              ^^^^^^^^^^^^^^^^^
        hint: create it, or correct its name
      generate-bake.toml:12:8: error: attic/old is not searched: exclude has "attic" [image-path]
          12 | path = "attic/old"
             |        ^^^^^^^^^^^
        hint: name the file with dockerfile, not path, or remove that pattern
      gone/image.toml: error: the file gone/Dockerfile does not exist [file-unreadable]
        hint: create it, or correct its name
    `),
  );
  assert.deepEqual(Object.keys(named(images)), [
    'said',
    'services/api',
    'two/Dockerfile.a',
    'two/Dockerfile.b',
  ]);
});

test('a directory of docker-pkg is docker-pkg’s, whatever else is in it', () => {
  const { told, images } = read({
    'a/Dockerfile': from,
    'both/Dockerfile': from,
    'both/Dockerfile.template': from,
    'both/changelog': '',
    'half/Dockerfile.template': from,
  });
  assert.deepEqual(Object.keys(named(images)), ['a']);
  assert.equal(
    told,
    lines(`
      .: warning: docker-pkg images (Dockerfile.template and changelog) are left out: both [docker-pkg-apart]
        hint: have a config.yaml for them at the top (it may be empty), and run: generate-bake init (it writes one [[tree]] for them, and one for the Dockerfiles)
    `),
  );
});

test('no Dockerfile at all', () => {
  assert.equal(
    read({ 'README.md': '' }).told,
    lines(`
      .: error: no Dockerfile in this directory [tree-empty]
        hint: "generate-bake init DIR" makes a repository to start from; -c FILE names the configuration of docker-pkg images
    `),
  );
});

test('exclude leaves out directories and files, and none that a table names', () => {
  const { told, images } = read({
    'generate-bake.toml': lines(`
      exclude = ["examples", "**/testdata", "a/Dockerfile.old*", "nothing"]
      [[image]]
      dockerfile = "examples/x/Dockerfile"
      name = "x"
    `),
    'a/Dockerfile': from,
    'a/Dockerfile.old1': from,
    'a/testdata/Dockerfile': from,
    'examples/x/Dockerfile': from,
  });
  assert.deepEqual(named(images), { a: 'a', 'examples/x/Dockerfile': 'x' });
  assert.equal(
    told,
    lines(`
      generate-bake.toml:1:60: warning: exclude leaves nothing out: "nothing" [exclude-unused]
          1 | exclude = ["examples", "**/testdata", "a/Dockerfile.old*", "nothing"]
            |                                                            ^^^^^^^^^
        hint: remove it, or correct it: paths are relative to .
    `),
  );
});

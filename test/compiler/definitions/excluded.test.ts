/** `exclude`: what the search for images leaves out, by the configuration or the workspace file. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readDefinitions } from '#compiler/definitions/read.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../support/explain.js';
import { changelogOf } from '../../support/refused.js';
import { type ScratchFile, type ScratchTree, scratchTree } from '../../support/scratch.js';

function open(tree: ScratchTree, directories: readonly string[] = []) {
  return openWorkspace({ cwd: tree.path, directories, env: {}, home: tree.at('none') });
}

/** Paths of docker-pkg images, each with the two files that make it one. */
function imagesAt(...paths: readonly string[]): Record<string, ScratchFile> {
  const files: Record<string, ScratchFile> = {};
  for (const path of paths) {
    files[`${path}/changelog`] = changelogOf(path.replace(/^.*\//, ''));
    files[`${path}/Dockerfile.template`] = 'FROM scratch\nCOPY . /\n';
  }
  return files;
}

function found(tree: ScratchTree, directories: readonly string[] = []) {
  const opened = open(tree, directories);
  assert.equal(explain(opened.diagnostics), '');
  const { images, broken, excluded, ofTrees } = readDefinitions(opened.value.trees);
  assert.deepEqual(broken, []);
  return {
    images: images.map(({ context }) => context).sort(),
    excluded: excluded.map(({ shown, pattern }) => `${shown} by ${pattern.text}`).sort(),
    told: explain(ofTrees.map(({ diagnostic }) => diagnostic)),
  };
}

suite('which paths a pattern leaves out', () => {
  const paths = ['a', 'a/b', 'ab', 'x/a', 'x/testdata/deep/er', 'testdata', 'x/y/a1', 'x/y/a2'];
  const cases: Readonly<Record<string, readonly string[]>> = {
    // A path and what is below it; not what has the name elsewhere, nor what begins like it.
    a: ['a', 'a/b'],
    'a/': ['a', 'a/b'],
    './a': ['a', 'a/b'],
    'a/b': ['a/b'],
    // Not the directory itself, but the files that make it an image.
    'a/*': ['a', 'a/b'],
    'a/**': ['a', 'a/b'],
    'a*': ['a', 'a/b', 'ab'],
    '**/a': ['a', 'a/b', 'x/a'],
    '**/testdata': ['testdata', 'x/testdata/deep/er'],
    'x/**/er': ['x/testdata/deep/er'],
    'x/**/a': ['x/a'],
    // A star stays within a name.
    'x/a*': ['x/a'],
    'x/*/a?': ['x/y/a1', 'x/y/a2'],
    'x/y/a[!1]': ['x/y/a2'],
    '**/**/a1': ['x/y/a1'],
    // The file that makes the directory an image.
    '**/a/changelog': ['a', 'x/a'],
  };
  for (const [pattern, left] of Object.entries(cases)) {
    test(pattern, () => {
      const tree = scratchTree({
        'config.yaml': JSON.stringify({ 'generate-bake': { exclude: [pattern] } }),
        ...imagesAt(...paths.map((path) => `images/${path}`)),
      });
      const { images, told } = found(tree, ['images']);
      assert.deepEqual(
        images,
        paths
          .filter((path) => !left.includes(path))
          .map((path) => `images/${path}`)
          .sort(),
      );
      assert.equal(told, '');
    });
  }
});

test('every kind of definition is left out, and contexts are not', () => {
  const tree = scratchTree({
    'config.yaml': lines(`
      dockerfile_version: '1'
      generate-bake:
        exclude: [examples, 'app/Dockerfile.old', 'web/sub/Dockerfile']
    `),
    ...imagesAt('examples/pkg', 'app'),
    'examples/plain/image.toml': 'version = "1"\n',
    'examples/plain/Dockerfile': 'FROM scratch\n',
    'examples/root/rootfs.toml': 'suite = "trixie"\n',
    'examples/bare/Dockerfile': 'FROM scratch\n',
    'web/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'web/sub/Dockerfile': 'FROM scratch\n',
  });
  assert.deepEqual(found(tree), {
    images: ['app', 'web'],
    excluded: ['examples by examples', 'web/sub/Dockerfile by web/sub/Dockerfile'],
    told: lines(`
      config.yaml:3:24: warning: exclude leaves nothing out: "app/Dockerfile.old" [exclude-unused]
          3 |   exclude: [examples, 'app/Dockerfile.old', 'web/sub/Dockerfile']
            |                        ^^^^^^^^^^^^^^^^^^
        hint: remove it, or correct it: paths are relative to .
    `),
  });
});

test('a [[tree]] has the key, beside that of its configuration', () => {
  const tree = scratchTree({
    'generate-bake.toml': lines(`
      [[tree]]
      directory = "one"
      config = "config.yaml"
      exclude = ["old"]

      [[tree]]
      directory = "two"
      config = "config.yaml"
      exclude = ["none"]
    `),
    'config.yaml': 'namespace: n\ngenerate-bake: {exclude: ["**/testdata"]}\n',
    ...imagesAt('one/old', 'one/a', 'one/testdata/x', 'two/old', 'two/b'),
  });
  const { images, excluded, told } = found(tree);
  assert.deepEqual(images, ['one/a', 'two/b', 'two/old']);
  assert.deepEqual(excluded, ['one/old by old', 'one/testdata by **/testdata']);
  // That of the configuration is of use in one of its trees.
  assert.equal(
    told,
    lines(`
      generate-bake.toml:9:12: warning: exclude leaves nothing out: "none" [exclude-unused]
          9 | exclude = ["none"]
            |            ^^^^^^
        hint: remove it, or correct it: paths are relative to two
    `),
  );
});

test('what is left out is not looked into, and a half definition there is no warning', () => {
  const tree = scratchTree({
    'config.yaml': 'generate-bake: {exclude: [half, "x/changelog"]}\n',
    ...imagesAt('a'),
    'half/changelog': changelogOf('half'),
    'x/changelog': 'no changelog of an image\n',
  });
  const { images, told } = found(tree);
  assert.deepEqual(images, ['a']);
  assert.equal(told, '');
});

test('a tree of which all is left out says so', () => {
  const tree = scratchTree({
    'config.yaml': 'generate-bake: {exclude: "*"}\n',
    ...imagesAt('images/a'),
  });
  assert.equal(
    found(tree, ['images']).told,
    lines(`
      images: error: no images in this directory [tree-empty]
        hint: exclude leaves out what is in it
    `),
  );
});

suite('what is refused, at its place', () => {
  const cases: Readonly<Record<string, string>> = {
    '{exclude: [""]}': 'exclude has an empty path [config-key]',
    '{exclude: ["/a"]}': 'exclude has an absolute path: "/a" [config-key]',
    '{exclude: ["../a"]}': 'exclude leads out of the tree: "../a" [config-key]',
    '{exclude: ["a/../.."]}': 'exclude leads out of the tree: "a/../.." [config-key]',
    '{exclude: ["!a"]}': 'exclude has a pattern with "!": "!a" [config-key]',
    '{exclude: ["."]}': 'exclude leaves out the whole tree: "." [config-key]',
    '{exclude: ["**"]}': 'exclude leaves out the whole tree: "**" [config-key]',
    '{exclude: 1}': 'exclude must be a list of strings, not an integer [config-key]',
    '{exclude: [1]}': 'exclude[0] must be a path, not an integer [config-key]',
    '{excludes: [a]}': 'unknown key "excludes" here [config-key]',
    '[a]': 'generate-bake must be a mapping, not a list [config-type]',
    '': 'generate-bake must be a mapping, not nothing (null) [config-type]',
  };
  for (const [value, message] of Object.entries(cases)) {
    test(value || 'nothing', () => {
      const tree = scratchTree({ 'config.yaml': `generate-bake: ${value}\n`, ...imagesAt('a') });
      const told = explain(open(tree).diagnostics);
      assert.match(told, /^config\.yaml:1:\d+: error: /);
      assert.ok(told.includes(`error: ${message}\n`), told);
    });
  }

  test('a key of stages, which are not searched for', () => {
    const tree = scratchTree({
      'generate-bake.toml':
        '[[tree]]\ndirectory = "s"\nkind = "stages"\nversion = "1"\nexclude = ["a"]\n',
      's/Dockerfile.a': 'FROM scratch\n',
    });
    assert.match(explain(open(tree).diagnostics), /:5:1: error: unknown key "exclude" here/);
  });

  test('did you mean', () => {
    const tree = scratchTree({
      'config.yaml': 'generate-bake: {exlude: [a]}\n',
      ...imagesAt('a'),
    });
    assert.match(explain(open(tree).diagnostics), /hint: did you mean "exclude"\?/);
    tree.write({ 'config.yaml': 'generate_bake: {exclude: [a]}\n' });
    assert.match(
      explain(open(tree).diagnostics),
      /warning: "generate_bake" is not a built-in key.*\n.*\n.*\n.*did you mean "generate-bake"\?/,
    );
  });
});

test('templates do not see the key', () => {
  const tree = scratchTree({
    'config.yaml': 'generate-bake: {exclude: [old]}\nmine: 1\n',
    ...imagesAt('a', 'old'),
  });
  const [only] = open(tree).value.trees;
  assert.equal(only?.config.variables.has('generate-bake'), false);
  assert.equal(only?.config.variables.get('mine'), 1);
});

test('a thousand patterns with stars on a deep tree end soon', () => {
  const deep = Array.from({ length: 40 }, () => 'a').join('/');
  const patterns = Array.from({ length: 1000 }, (_, at) => `**/a/**/*a*a*/**/a/**/b${at}`);
  const tree = scratchTree({
    'config.yaml': JSON.stringify({ 'generate-bake': { exclude: patterns } }),
    ...imagesAt('x', `images/${deep}`),
  });
  // With backtracking this would not end at all.
  assert.equal(found(tree).images.length, 2);
  tree.write({
    'config.yaml': JSON.stringify({ 'generate-bake': { exclude: [...patterns, 'more'] } }),
  });
  assert.match(explain(open(tree).diagnostics), /exclude has more than 1000 entries/);
});

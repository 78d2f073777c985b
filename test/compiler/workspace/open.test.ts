import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type OpenInput, openWorkspace, type Workspace } from '#compiler/workspace/open.js';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import { explain, lines } from '../../support/explain.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';

const uid = process.getuid?.();

/** Opens from a directory of a scratch tree, in a home without a configuration. */
function open(
  tree: ScratchTree,
  rest: Partial<OpenInput> & { readonly from?: string } = {},
): Outcome<Workspace> {
  const { from = '', ...input } = rest;
  return openWorkspace({
    cwd: tree.at(from),
    directories: [],
    env: {},
    home: tree.at('no-home'),
    ...(uid === undefined ? {} : { uid }),
    ...input,
  });
}

function opened(tree: ScratchTree, rest: Parameters<typeof open>[1] = {}): Workspace {
  const { value, diagnostics } = open(tree, rest);
  assert.equal(explain(diagnostics), '');
  return value;
}

function explained(tree: ScratchTree, rest: Parameters<typeof open>[1] = {}): string {
  return explain(open(tree, rest).diagnostics);
}

const classic = {
  'config.yaml': 'registry: r.example\n',
  'other.yaml': 'registry: other.example\n',
  'images/a/changelog': 'x',
  'more/b/changelog': 'x',
};

test('-c FILE DIR…: each directory a tree, all with that configuration', () => {
  const tree = scratchTree(classic);
  const { trees, file, within, notes } = opened(tree, {
    configFile: 'other.yaml',
    directories: ['./images/', 'more'],
  });
  assert.deepEqual(
    trees.map(({ name, directory, shownDirectory, refresh, config }) => [
      name,
      directory,
      shownDirectory,
      refresh,
      config.registry,
    ]),
    [
      ['images', tree.at('images'), 'images', true, 'other.example'],
      ['more', tree.at('more'), 'more', true, 'other.example'],
    ],
  );
  assert.equal(file, undefined);
  assert.deepEqual([within, notes], [[], []]);
});

test('without arguments and without a workspace file: config.yaml and this directory', () => {
  const tree = scratchTree(classic);
  const [only] = opened(tree, { from: 'images', configFile: '../config.yaml' }).trees;
  assert.deepEqual(
    [only?.name, only?.directory, only?.shownDirectory],
    ['images', tree.at('images'), '.'],
  );
  assert.equal(opened(tree).trees[0]?.config.registry, 'r.example');
});

test('an absolute directory with the working directory elsewhere', () => {
  const tree = scratchTree({ ...classic, 'elsewhere/': '' });
  const [only] = opened(tree, {
    from: 'elsewhere',
    configFile: tree.at('config.yaml'),
    directories: [tree.at('images')],
  }).trees;
  assert.deepEqual([only?.name, only?.directory], ['images', tree.at('images')]);
});

test('two directories of one last name keep theirs apart', () => {
  const tree = scratchTree({ 'config.yaml': '', 'a/images/': '', 'b/images/': '' });
  const directories = [tree.at('a/images'), tree.at('b/images')];
  assert.deepEqual(
    opened(tree, { directories }).trees.map((t) => t.name),
    directories,
  );
});

test('the user’s configuration lies under every other', () => {
  const tree = scratchTree({
    ...classic,
    'home/.config/docker-pkg.yaml': 'apt_only_proxy: http://home\nregistry: home.example\n',
    'xdg/docker-pkg.yaml': 'apt_only_proxy: http://xdg\n',
  });
  const home = opened(tree, { home: tree.at('home') }).trees[0]?.config;
  assert.deepEqual([home?.aptOnlyProxy, home?.registry], ['http://home', 'r.example']);
  assert.deepEqual(home?.files, ['home/.config/docker-pkg.yaml', 'config.yaml']);
  const env = { XDG_CONFIG_HOME: tree.at('xdg') };
  const xdg = opened(tree, { home: tree.at('home'), env }).trees[0]?.config;
  assert.equal(xdg?.aptOnlyProxy, 'http://xdg');
  const empty = opened(tree, { home: tree.at('home'), env: { XDG_CONFIG_HOME: '' } });
  assert.equal(empty.trees[0]?.config.aptOnlyProxy, 'http://home');
});

test('what is wrong on a command line', () => {
  const tree = scratchTree(classic);
  assert.equal(
    explained(tree, { from: 'images' }),
    lines(`
      error: no config.yaml here, and no generate-bake.toml or generate-bake.yaml here or in a parent directory [config-missing]
        hint: name a configuration with -c FILE, or make a new repository: generate-bake init DIR
    `),
  );
  assert.equal(
    explained(tree, { configFile: 'nope.yaml', directories: ['image', 'config.yaml'] }),
    lines(`
      error: the configuration file nope.yaml does not exist [config-missing]
      error: no directory "image" [directory]
        hint: did you mean "images"?
      error: config.yaml is not a directory [directory]
        hint: pass the directory that contains the image directories
    `),
  );
  assert.equal(
    explained(tree, { directories: ['images', 'images/', 'images/a'] }),
    lines(`
      error: images/ is named twice [directory-twice]
        hint: name each directory once: images of both would be compiled twice
      error: images/a is inside images, which is a tree of its own [directory-twice]
        hint: name each directory once: images of both would be compiled twice
    `),
  );
  assert.equal(
    explained(tree, { configFile: 'config.yaml', workspaceFile: 'w.toml' }),
    lines(`
      error: --workspace and -c cannot be given together [options]
        hint: a workspace file names the configuration of each tree
    `),
  );
});

const workspace = {
  'generate-bake.toml': lines(`
    [[tree]]
    directory = "images"
    config = "config.yaml"

    [[tree]]
    name = "istio"
    directory = "more"
    config = ["config.yaml", "other.yaml"]
    refresh = false
  `),
  ...classic,
};

test('a workspace file here: its trees', () => {
  const tree = scratchTree(workspace);
  const { trees, file, within, notes } = opened(tree);
  assert.deepEqual(
    trees.map((t) => [t.name, t.directory, t.shownDirectory, t.refresh, t.config.registry]),
    [
      ['images', tree.at('images'), 'images', true, 'r.example'],
      ['istio', tree.at('more'), 'more', false, 'other.example'],
    ],
  );
  assert.equal(file, 'generate-bake.toml');
  assert.deepEqual(within, []);
  assert.deepEqual(notes, ['workspace file generate-bake.toml (2 trees)']);
});

test('the nearest one above is found, and everything is shown from here', () => {
  const tree = scratchTree({ ...workspace, 'images/a/deep/': '' });
  const { trees, file, notes } = opened(tree, { from: 'images/a/deep' });
  assert.equal(file, '../../../generate-bake.toml');
  assert.deepEqual(notes, ['workspace file ../../../generate-bake.toml (2 trees)']);
  assert.deepEqual(
    trees.map((t) => [t.name, t.directory, t.shownDirectory]),
    [
      ['images', tree.at('images'), '../..'],
      ['istio', tree.at('more'), '../../../more'],
    ],
  );
});

test('the same in YAML, with an absolute configuration', () => {
  const tree = scratchTree(classic);
  const config = JSON.stringify([tree.at('config.yaml'), 'other.yaml']);
  tree.write({
    'generate-bake.yaml': `tree:\n- directory: ${tree.at('images')}\n  config: ${config}\n`,
  });
  const [only] = opened(tree).trees;
  assert.equal(only?.config.registry, 'other.example');
  assert.deepEqual(only?.config.files, ['config.yaml', 'other.yaml']);
});

test('config = [] is the defaults alone', () => {
  const tree = scratchTree({ 'generate-bake.toml': '[[tree]]\ndirectory = "."\nconfig = []\n' });
  assert.equal(opened(tree).trees[0]?.config.registry, '');
});

test('with a workspace, directories narrow it, and the trees stay whole', () => {
  const tree = scratchTree({ ...workspace, 'link/more': { symlink: '../more' } });
  const within = (...directories: string[]) => {
    const value = opened(tree, { directories });
    assert.equal(value.trees.length, 2);
    return value.within;
  };
  assert.deepEqual(within('images'), [tree.at('images')]);
  assert.deepEqual(within('images/a', 'more/'), [tree.at('images/a'), tree.at('more')]);
  assert.deepEqual(within('.'), [tree.at('images'), tree.at('more')]);
  assert.deepEqual(within('link/more/b'), [tree.at('more/b')]);
});

test('with -c, a workspace file is left alone', () => {
  const tree = scratchTree(workspace);
  const value = opened(tree, { configFile: 'other.yaml', directories: ['images'] });
  assert.deepEqual([value.file, value.trees.length], [undefined, 1]);
});

test('a directory outside the workspace', () => {
  const tree = scratchTree({ ...workspace, 'docs/': '' });
  assert.equal(
    explained(tree, { directories: ['docs', 'imagse'] }),
    lines(`
      error: docs is not in a tree of the workspace file generate-bake.toml [directory-elsewhere]
        hint: its trees are images, more; to ignore it, pass -c with a configuration file
      error: no directory "imagse" [directory]
        hint: did you mean "images"?
    `),
  );
});

test('a workspace file of another user is taken only by name', {
  skip: uid === 0 ? false : 'only root can give a file away',
}, () => {
  const tree = scratchTree(workspace);
  chownSync(tree.at('generate-bake.toml'), 12345, 12345);
  assert.equal(
    explained(tree, { from: 'images' }),
    lines(`
      ../generate-bake.toml: error: the workspace file ../generate-bake.toml belongs to another user (id 12345) [workspace-owner]
        hint: if you trust it, pass --workspace ../generate-bake.toml
    `),
  );
  const named = opened(tree, { from: 'images', workspaceFile: '../generate-bake.toml' });
  assert.equal(named.trees.length, 2);
});

test('two workspace files side by side', () => {
  const tree = scratchTree({ ...workspace, 'generate-bake.yaml': 'tree: []\n' });
  assert.equal(
    explained(tree),
    lines(`
      generate-bake.toml: error: two workspace files found: generate-bake.toml and generate-bake.yaml [workspace-ambiguous]
        hint: remove one of them, or choose one with --workspace generate-bake.toml
    `),
  );
});

test('everything wrong in a workspace file is told at once', () => {
  const tree = scratchTree({
    ...classic,
    'generate-bake.toml': lines(`
      tress = 1
      [[tree]]
      directroy = "images"
      [[tree]]
      directory = "more"
      config = 3
      kind = "docker-pgk"
      [[tree]]
      directory = "nowhere"
      config = ["absent.yaml", 7]
      name = "a b"
      [[tree]]
      name = "more"
      directory = "images"
      config = "absent.yaml"
      refresh = "no"
    `),
  });
  assert.equal(
    explained(tree),
    lines(`
      generate-bake.toml:1:1: error: unknown key "tress" here [workspace-file]
          1 | tress = 1
            | ^^^^^
        hint: did you mean "tree"?
      generate-bake.toml:2:3: error: a tree needs a directory [workspace-file]
          2 | [[tree]]
            |   ^^^^
        hint: add directory = "images"
      generate-bake.toml:2:3: error: a tree needs a config [workspace-file]
          2 | [[tree]]
            |   ^^^^
        hint: write config = "config.yaml", or config = [] for the defaults alone
      generate-bake.toml:3:1: error: unknown key "directroy" here [workspace-file]
          3 | directroy = "images"
            | ^^^^^^^^^
        hint: did you mean "directory"?
      generate-bake.toml:6:10: error: config must be a path or a list of paths, not an integer [workspace-file]
          6 | config = 3
            |          ^
        hint: write config = "config.yaml", or config = [] for the defaults alone
      generate-bake.toml:7:8: error: there is no kind of tree "docker-pgk" [workspace-file]
          7 | kind = "docker-pgk"
            |        ^^^^^^^^^^^^
        hint: did you mean "docker-pkg"?
      generate-bake.toml:10:26: error: config[1] must be a path, not an integer [workspace-file]
          10 | config = ["absent.yaml", 7]
             |                          ^
      generate-bake.toml:11:8: error: a tree name contains only letters, digits and . _ / - [workspace-file]
          11 | name = "a b"
             |        ^^^^^
      generate-bake.toml:13:8: error: two trees are named "more" [workspace-file]
          13 | name = "more"
             |        ^^^^^^
        hint: give one of them another name
        generate-bake.toml:4:3: the other one
            4 | [[tree]]
              |   ^^^^
      generate-bake.toml:16:11: error: refresh must be true or false, not a string [workspace-file]
          16 | refresh = "no"
             |           ^^^^
    `),
  );
});

test('files and directories that a workspace file names and that are not there', () => {
  const tree = scratchTree({
    ...classic,
    'generate-bake.yaml': lines(`
      tree:
      - directory: imagse
        config: config.yaml
      - directory: images
        config: absent.yaml
      - directory: images/a
        config: [config.yaml]
    `),
  });
  assert.equal(
    explained(tree),
    lines(`
      generate-bake.yaml:2:14: error: the directory imagse does not exist [directory]
          2 | - directory: imagse
            |              ^^^^^^
        hint: did you mean "images"?
      generate-bake.yaml:5:11: error: the configuration file absent.yaml does not exist [settings-unreadable]
          5 |   config: absent.yaml
            |           ^^^^^^^^^^^
      generate-bake.yaml:6:14: error: images/a is inside images, which is a tree of its own [directory-twice]
          6 | - directory: images/a
            |              ^^^^^^^^
        hint: name each directory once: images of both would be compiled twice
        generate-bake.yaml:4:14: the other one
            4 | - directory: images
              |              ^^^^^^
    `),
  );
});

test('a workspace file without trees', () => {
  const tree = scratchTree({ 'generate-bake.toml': '' });
  assert.equal(
    explained(tree),
    lines(`
      generate-bake.toml: error: the workspace file has no trees [workspace-empty]
        hint: add [[tree]] with directory = "images" and config = "config.yaml"
    `),
  );
});

test('a named workspace file that is not there', () => {
  const tree = scratchTree(classic);
  assert.equal(
    explained(tree, { workspaceFile: join('up', 'w.toml') }),
    'up/w.toml: error: the workspace file up/w.toml does not exist [settings-unreadable]\n',
  );
});

test('a tree of stages: its values, the environment it names, its paths', () => {
  const tree = scratchTree({
    'base/Dockerfile.root': 'FROM scratch\n',
    'generate-bake.toml': lines(`
      [[tree]]
      kind = "stages"
      directory = "base"
      vars = "vars.sh"
      environment = ["CI_TAG", "CI_NONE"]
      prefix = "acme/base-"
      stages = ["root"]
      trailer = "USER 0"
      tests = "docker/{stage}/goss.yaml"
      [tree.values]
      STAGE_X = "1"
    `),
  });
  const [found] = opened(tree, {
    env: { CI_TAG: 'v2', SECRET: 'x' },
    allowed: ['CI_TAG', 'CI_NONE'],
  }).trees;
  const stages = found?.stages;
  assert.equal(found?.config.registry, '');
  assert.deepEqual(
    stages?.vars.map(({ path, shown }) => [path, shown]),
    [[tree.at('base/vars.sh'), 'base/vars.sh']],
  );
  assert.deepEqual([...(stages?.environment ?? [])], [['CI_TAG', 'v2']]);
  assert.deepEqual([...(stages?.values ?? [])], [['STAGE_X', '1']]);
  assert.equal(stages?.version.value, '${VERSION}');
  assert.equal(stages?.prefix.place.line, 6);
});

test('what a tree of stages cannot have', () => {
  const tree = scratchTree({
    'base/': '',
    'generate-bake.toml': lines(`
      [[tree]]
      kind = "stages"
      directory = "base"
      prefx = "a"
      values = { A = 1 }
      environment = ["A-B"]
      [[tree]]
      directory = "more"
      config = []
      vars = "vars.sh"
    `),
    'more/': '',
  });
  assert.equal(
    explained(tree),
    lines(`
      generate-bake.toml:4:1: error: unknown key "prefx" here [workspace-file]
          4 | prefx = "a"
            | ^^^^^
        hint: did you mean "prefix"?
      generate-bake.toml:5:16: error: values.A must be a string, not an integer [workspace-file]
          5 | values = { A = 1 }
            |                ^
        hint: put it in quotes
      generate-bake.toml:6:16: error: "A-B" is not the name of a variable [workspace-file]
          6 | environment = ["A-B"]
            |                ^^^^^
      generate-bake.toml:10:1: error: unknown key "vars" here [workspace-file]
          10 | vars = "vars.sh"
             | ^^^^
        hint: the keys here are: directory, kind, config, refresh, name, exclude
    `),
  );
});

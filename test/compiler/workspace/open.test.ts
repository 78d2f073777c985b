import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { OpenInput, Workspace } from '#compiler/workspace/workspace.js';
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

test('a directory with a configuration of its own beside the one in use', () => {
  const tree = scratchTree({ ...classic, 'config-more.yaml': '', 'config-none.yaml': '' });
  const warned = lines(`
    config-more.yaml: warning: this configuration is not read, though a directory has its name [config-unread]
      hint: \`generate-bake import docker-pkg\` writes a workspace file with all configurations
  `);
  assert.equal(explained(tree), warned);
  // Whoever names directories, or a configuration, knows.
  assert.equal(explained(tree, { directories: ['images'] }), '');
  assert.equal(explained(tree, { directories: ['images', 'more'] }), warned);
  assert.equal(explained(tree, { configFile: 'config.yaml' }), '');
  tree.write({ 'config-images.yaml': '' });
  assert.match(
    explained(tree),
    /^config-images\.yaml: warning: config-images\.yaml, config-more\.yaml are not read, though directories have their names/,
  );
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
  const tree = scratchTree({ ...classic, 'images/generate-bake.yml': '' });
  assert.equal(
    explained(tree, { from: 'images' }),
    lines(`
      error: no config.yaml here, and no generate-bake.toml or generate-bake.yaml here or in a parent directory [config-missing]
        hint: generate-bake.yml is here: rename it to generate-bake.yaml
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
  const { trees, file, within, notes, found } = opened(tree);
  assert.deepEqual(
    trees.map((t) => [t.name, t.directory, t.shownDirectory, t.refresh, t.config.registry]),
    [
      ['images', tree.at('images'), 'images', true, 'r.example'],
      ['istio', tree.at('more'), 'more', false, 'other.example'],
    ],
  );
  assert.equal(file, 'generate-bake.toml');
  assert.deepEqual(within, []);
  assert.deepEqual([notes, found], [[], 'workspace file generate-bake.toml (2 trees)']);
});

test('the nearest one above is found, and everything is shown from here', () => {
  const tree = scratchTree({ ...workspace, 'images/a/deep/': '' });
  const { trees, file, notes, found } = opened(tree, { from: 'images/a/deep' });
  assert.equal(file, '../../../generate-bake.toml');
  assert.deepEqual([notes, found], [[], 'workspace file ../../../generate-bake.toml (2 trees)']);
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
        hint: write true or false without quotes
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
  const tree = scratchTree({ 'generate-bake.toml': 'tree = []\n' });
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
        hint: it is a key of trees with kind = "stages"
    `),
  );
});

/** What of the trees is of plain Dockerfiles. */
function ofDockerfiles(tree: ScratchTree, rest: Parameters<typeof open>[1] = {}) {
  const { trees, within, notes, file } = opened(tree, rest);
  return {
    trees: trees.map(({ name, directory, dockerfiles }) => [name, directory, dockerfiles?.apart]),
    within,
    notes,
    file,
  };
}

test('no file at all: the Dockerfiles below the top of the git work tree, outside of one those here', (t) => {
  const bare = scratchTree({ 'a/Dockerfile': '', 'a/b/c/': '' });
  assert.deepEqual(ofDockerfiles(bare, { from: 'a' }), {
    trees: [['a', bare.at('a'), []]],
    within: [],
    notes: [],
    file: undefined,
  });
  bare.write({ '.git/HEAD': '' });
  const inside = ofDockerfiles(bare, { from: 'a/b', directories: ['c', '..'] });
  assert.deepEqual(inside.trees, [[basename(bare.path), bare.path, []]]);
  assert.deepEqual(inside.within, [bare.at('a/b/c'), bare.at('a')]);
  assert.match(
    explained(bare, { from: 'a', directories: ['nowhere'] }),
    /error: no directory "nowhere"/,
  );
  if (uid !== 0) {
    t.skip('only root can give a directory to another user');
    return;
  }
  chownSync(bare.path, 4711, 4711);
  const foreign = ofDockerfiles(bare, { from: 'a' });
  assert.deepEqual(foreign.trees, [['a', bare.at('a'), []]]);
  assert.deepEqual(foreign.notes, [
    `only this directory is searched: the git work tree ${bare.path} belongs to another user (id 4711)`,
  ]);
});

test('a workspace file without [[tree]] is about the Dockerfiles of its own directory', () => {
  const tree = scratchTree({ 'repo/generate-bake.toml': '', 'repo/x/': '', 'c.yaml': 'jobs: 3\n' });
  assert.deepEqual(ofDockerfiles(tree, { from: 'repo/x' }), {
    trees: [['repo', tree.at('repo'), []]],
    within: [],
    notes: [],
    file: '../generate-bake.toml',
  });
  tree.write({
    'generate-bake.toml': lines(`
      registry = "r.example"
      namespace = "team"
      version = "7"
      tags = ["{version}-{date}", "stable"]
      inputs = ["go.mod"]
      config = "c.yaml"
      directory = "repo/x"
      name = "mine"
      [[image]]
      path = "a"
      context = "/"
    `),
  });
  const [only] = opened(tree).trees;
  assert.ok(only?.dockerfiles !== undefined);
  const { config, dockerfiles, name, directory, root } = only;
  assert.deepEqual([name, directory], ['mine', tree.at('repo/x')]);
  assert.deepEqual([config.registry, config.namespace, config.jobs], ['r.example', 'team', 3]);
  assert.deepEqual(root, { directory: tree.path, shown: '.' });
  const { version, tags, inputs, images } = dockerfiles;
  assert.equal(version?.value, '7');
  assert.deepEqual(
    [tags, inputs, images].map((all) => all.length),
    [2, 1, 1],
  );
});

test('trees inside of a tree of Dockerfiles are apart from it', () => {
  const tree = scratchTree({
    ...classic,
    'generate-bake.toml': lines(`
      [[tree]]
      kind = "dockerfiles"
      directory = "."
      [[tree]]
      directory = "images"
      config = "config.yaml"
    `),
  });
  const [outer, inner] = opened(tree).trees;
  assert.deepEqual(outer?.dockerfiles?.apart, [tree.at('images')]);
  assert.equal(inner?.dockerfiles, undefined);
});

test('what is wrong with a tree of Dockerfiles', () => {
  const wrong = (text: string) => explained(scratchTree({ 'generate-bake.toml': lines(text) }));
  assert.equal(
    wrong(`
      versoin = "1"
      registry = "https://r.example/"
      tags = ["{verison}", "a b", "ok-{version}"]
    `),
    lines(`
      generate-bake.toml:1:1: error: unknown key "versoin" here [workspace-file]
          1 | versoin = "1"
            | ^^^^^^^
        hint: did you mean "version"?
      generate-bake.toml:2:12: error: registry must be \`host[:port]\`, without a scheme or a trailing slash [workspace-file]
          2 | registry = "https://r.example/"
            |            ^^^^^^^^^^^^^^^^^^^^
        hint: write registry = "r.example"
      generate-bake.toml:3:9: error: "{verison}" has {verison}, which is not replaced [workspace-file]
          3 | tags = ["{verison}", "a b", "ok-{version}"]
            |         ^^^^^^^^^^^
        hint: write {version} or {date}
      generate-bake.toml:3:22: error: "a b" is not a valid tag: it contains " " [workspace-file]
          3 | tags = ["{verison}", "a b", "ok-{version}"]
            |                      ^^^^^
    `),
  );
  assert.equal(
    wrong(`
      [[image]]
      name = "a"
      [[image]]
      dockerfile = "Dockerfile"
      [[image]]
      path = "a"
      dockerfile = "Dockerfile"
      [[image]]
      path = "a/"
    `),
    lines(`
      generate-bake.toml:1:3: error: an image needs a path [workspace-file]
          1 | [[image]]
            |   ^^^^^
        hint: add path = "services/api", or dockerfile and name
      generate-bake.toml:3:3: error: an image with dockerfile needs a name [workspace-file]
          3 | [[image]]
            |   ^^^^^
        hint: add name = "…", or write path for a Dockerfile that is found
      generate-bake.toml:7:14: error: path and dockerfile cannot be given together [workspace-file]
          7 | dockerfile = "Dockerfile"
            |              ^^^^^^^^^^^^
        hint: path is for an image that is found, dockerfile (with name) is for one more
      generate-bake.toml:9:8: error: two [[image]] tables are about a/ [workspace-file]
          9 | path = "a/"
            |        ^^^^
        hint: write all of it in one table; for a second image, write dockerfile and name
    `),
  );
  assert.equal(
    wrong(`
      namespace = "team"
      [[tree]]
      directory = "."
      kind = "dockerfiles"
    `),
    lines(`
      generate-bake.toml:1:1: error: namespace is a key of a tree [workspace-file]
          1 | namespace = "team"
            | ^^^^^^^^^
        hint: move it into the [[tree]] that it is about
    `),
  );
});

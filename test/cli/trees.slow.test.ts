/** Which trees a command line means, on the real command line: docker-pkg's ways and workspaces. */
import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { fleetTree, registry } from '../support/fleet.js';
import { changelogOf, imageFiles, sound } from '../support/refused.js';
import { scratchTree } from '../support/scratch.js';

const fleet = fleetTree();

test('docker-pkg’s places for options: before the command, after it, between the words', async () => {
  const cwd = fleet.path;
  const first = await runCli(['list', '-c', 'docks.yaml', '--select', '*ink*', 'docks'], { cwd });
  assert.equal(
    first.stdout,
    lines(`
      TREE   NAME  VERSION  PATH       BASE   PARENTS
      docks  ink   1.0.0    docks/ink  slate  slate*
    `),
  );
  assert.equal(first.status, 0);
  for (const args of [
    ['-c', 'docks.yaml', 'list', '--select', '*ink*', 'docks'],
    ['--configfile=docks.yaml', 'list', 'docks', '--select=*ink*'],
    ['-cdocks.yaml', 'list', 'docks', '--select', '*ink*'],
    ['list', 'docks', '--select', '*ink*', '--configfile', 'docks.yaml'],
    ['-c', fleet.at('docks.yaml'), '--color', 'never', 'list', '--select', '*ink*', 'docks/'],
  ]) {
    assert.deepEqual(await runCli(args, { cwd }), first, args.join(' '));
  }
});

test('directories in whatever form: paths are relative and tidy, out of here as they were written', async () => {
  const tree = scratchTree({
    ...sound,
    'more/better/changelog': changelogOf('better'),
    'more/better/Dockerfile.template': 'FROM {{ "good" | image_tag }}\nCOPY . /\n',
    'more/better/control': 'Depends: good\n',
  });
  const table = (path: string) =>
    lines(`
      TREE    NAME    VERSION  PATH${' '.repeat(path.length - 4)}  BASE     PARENTS
      images  good    1        ${'images/good'.padEnd(path.length)}  scratch  -
      more    better  1        ${path}  good     good
    `);
  const stderr = '2 images in 2 levels, 1 link to parents\n';
  assert.deepEqual(await runCli(['list', './images/', tree.at('more/')], { cwd: tree.path }), {
    stdout: table('more/better'),
    stderr,
    status: 0,
  });
  const elsewhere = scratchTree({
    'config.yaml': 'registry: r.example\n',
    ...imageFiles('good', 'FROM scratch\nCOPY . /\n'),
  });
  const args = ['list', 'images', tree.at('more')];
  assert.deepEqual(await runCli(args, { cwd: elsewhere.path }), {
    stdout: table(tree.at('more/better')),
    stderr,
    status: 0,
  });
});

test('without arguments: the workspace file here or above, else config.yaml and this directory', async () => {
  const words = ['list', '--select', 'ink'];
  const above = await runCli([...words, '--info'], { cwd: fleet.at('docks/quill') });
  assert.equal(above.status, 0);
  assert.match(above.stderr, /^workspace file \.\.\/\.\.\/generate-bake\.toml \(4 trees\)\n/);
  assert.match(above.stdout, /\ndocks {2}ink {3}1\.0\.0 {4}\.\.\/ink {2}slate {2}slate\*\n$/);

  const tree = scratchTree({ 'config.yaml': 'registry: r.example\n', ...flat('good') });
  const here = await runCli(['list'], { cwd: tree.path });
  assert.equal(here.status, 0, here.stderr);
  assert.match(here.stdout, / {2}good {2}1 {8}good {2}scratch {2}-\n$/);

  const bare = scratchTree(flat('good'));
  assert.deepEqual(await runCli(['list'], { cwd: bare.path }), {
    stdout: '',
    stderr: lines(`
      .: error: no Dockerfile in this directory, and no configuration for its docker-pkg images: good [config-missing]
        hint: pass -c FILE, or write config.yaml here (it may be empty)
    `),
    status: 2,
  });
});

function flat(name: string) {
  return Object.fromEntries(
    Object.entries(imageFiles(name, 'FROM scratch\nCOPY . /\n')).map(([path, file]) => [
      path.replace('images/', ''),
      file,
    ]),
  );
}

test('a directory narrows the workspace, whose trees stay whole', async () => {
  const done = await runCli(['list', 'mesh', 'docks/quill'], { cwd: fleet.path });
  assert.equal(
    done.stdout,
    lines(`
      TREE   NAME      VERSION          PATH             BASE                                      PARENTS
      docks  quill1.4  1.4-2-20261101   docks/quill/1.4  slate                                     slate
      docks  quill1.5  1.5-20261101     docks/quill/1.5  slate                                     slate*
      mesh   build     1.29-1-20261101  mesh/build       quill1.4                                  quill1.4
      mesh   proxy     1.29-1-20261101  mesh/proxy       registry.harbour.example/bookworm:latest  mesh/build
    `),
  );
});

test('the user’s own docker-pkg.yaml comes first, the file of -c on top of it', async () => {
  const tree = scratchTree({
    ...imageFiles('e', 'FROM {{ registry }}/x:{{ tide }}\n'),
    'config.yaml': `registry: ${registry}\n`,
    'home/.config/docker-pkg.yaml': 'registry: mine.example\ntide: low\n',
    'xdg/docker-pkg.yaml': 'tide: high\n',
  });
  const dockerfile = async (env: NodeJS.ProcessEnv) => {
    const done = await runCli(['list', '--json', 'images'], { cwd: tree.path, env });
    assert.equal(done.status, 0, done.stderr);
    const { images } = JSON.parse(done.stdout) as { images: { dockerfile: string }[] };
    return images[0]?.dockerfile;
  };
  const { XDG_CONFIG_HOME: _, ...env } = process.env;
  const home = { ...env, HOME: tree.at('home') };
  assert.equal(await dockerfile(home), `FROM ${registry}/x:low`);
  assert.equal(
    await dockerfile({ ...home, XDG_CONFIG_HOME: tree.at('xdg') }),
    `FROM ${registry}/x:high`,
  );
});

test('a workspace file that another user owns is taken only when it is named', {
  skip: process.getuid?.() === 0 ? false : 'only root can give a file away',
}, async () => {
  const tree = scratchTree({
    ...sound,
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
  });
  chownSync(tree.at('generate-bake.toml'), 65534, 65534);
  const found = await runCli(['list'], { cwd: tree.path });
  assert.deepEqual([found.stdout, found.status], ['', 2]);
  assert.match(found.stderr, /^generate-bake\.toml: error: .*another user/);
  const named = await runCli(['list', '--workspace', 'generate-bake.toml'], { cwd: tree.path });
  assert.equal(named.status, 0, named.stderr);
});

/** What the words behind a command mean: images, where the trees are known without them. */
import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { fleetTree } from '../support/fleet.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { imageFiles } from '../support/refused.js';
import { scratchTree } from '../support/scratch.js';

const fleet = fleetTree();

/** The names in the table, and what is said. */
async function listed(args: readonly string[], cwd: string) {
  const { stdout, stderr, status } = await runCli(['list', ...args], { cwd });
  const rows = stdout
    .split('\n')
    .slice(1)
    .filter((row) => row !== '');
  const names = rows.map((row) => {
    const [tree = '', name = ''] = row.split(/ {2,}/);
    return `${tree}/${name}`;
  });
  return { names, stderr, status };
}

test('in a workspace, words are names, globs, directories and Dockerfiles of images', async () => {
  const namesOf = async (...args: string[]) => {
    const { names, stderr, status } = await listed(args, fleet.path);
    assert.equal(status, 0, stderr);
    return names;
  };
  assert.deepEqual(await namesOf('ink'), ['docks/ink']);
  assert.deepEqual(await namesOf('quill*'), ['docks/quill1.4', 'docks/quill1.5']);
  assert.deepEqual(await namesOf('docks/quill/*'), ['docks/quill1.4', 'docks/quill1.5']);
  assert.deepEqual(await namesOf('mesh/build', 'ink'), ['docks/ink', 'mesh/build']);
  assert.deepEqual(await namesOf('press/build'), ['press/build']);
  assert.deepEqual(await namesOf('docks/ink/Dockerfile.template'), ['docks/ink']);
  assert.deepEqual(await namesOf('mesh', 'gloss'), ['docks/gloss', 'mesh/build', 'mesh/proxy']);
  // Both trees have one: as with --select.
  assert.deepEqual(await namesOf('build'), ['mesh/build', 'press/build']);
});

test('a word that means nothing, and a directory without images', async () => {
  const wrong = async (args: readonly string[], cwd = fleet.path) => {
    const { names, stderr, status } = await listed(args, cwd);
    assert.deepEqual([names, status], [[], 2]);
    return stderr
      .split('\n')
      .filter((line) => /^error|^ {2}hint/.test(line))
      .join('\n');
  };
  assert.equal(
    await wrong(['gloos', 'nib*', './docks/inks']),
    lines(`
      error: no directory "./docks/inks" [directory]
        hint: did you mean "ink"?
    `).trimEnd(),
  );
  assert.equal(
    await wrong(['gloos', 'nib*']),
    lines(`
      error: no image or directory "gloos" [select-nothing]
        hint: did you mean "gloss"?
      error: no image matches 'nib*' [select-nothing]
        hint: a glob is compared with names and directories, one with a / also with references; generate-bake list shows all images
    `).trimEnd(),
  );
  const tree = scratchTree({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = []\n',
    ...imageFiles('good', 'FROM scratch\nCOPY . /\n'),
    'images/docs/text': '',
    'docs/text': '',
  });
  assert.equal(
    await wrong(['images/docs'], tree.path),
    'error: no images in images/docs [select-nothing]\n  hint: generate-bake list shows all images',
  );
  assert.equal(
    await wrong(['docs'], tree.path),
    lines(`
      error: docs is not in a tree of the workspace file generate-bake.toml [directory-elsewhere]
        hint: its trees are images; to ignore it, pass -c with a configuration file
    `).trimEnd(),
  );
});

test('a directory and an image of one name: the directory, if the image is in it', async () => {
  const plain = 'FROM scratch\nCOPY . /\n';
  const tree = scratchTree({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = []\n',
    ...imageFiles('api', plain),
    ...imageFiles('web', plain),
    'api/main.c': '',
    'images/sub/main.c': '',
  });
  assert.deepEqual((await listed(['api'], tree.at('images'))).names, ['images/api']);
  const both = await listed(['api'], tree.path);
  assert.equal(both.status, 2);
  assert.equal(
    both.stderr,
    lines(`
      error: "api" is a directory, and an image that is not in it [select-ambiguous]
        hint: write ./api for the directory, or --select api for the image
    `),
  );
  assert.deepEqual((await listed(['--select', 'api'], tree.path)).names, ['images/api']);
});

test('below a root this directory is meant, and one line says so', async () => {
  const below = await listed([], fleet.at('docks/quill'));
  assert.deepEqual(below.names, ['docks/quill1.4', 'docks/quill1.5']);
  assert.match(
    below.stderr,
    /^workspace file \.\.\/\.\.\/generate-bake\.toml \(4 trees\): only the images below this directory \(name \.\.\/\.\. for all\)\n/,
  );
  assert.equal((await listed(['../..'], fleet.at('docks/quill'))).names.length, 14);
  // Inside an image's directory: that image.
  const { path } = scratchTree({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = []\n',
    ...imageFiles('good', 'FROM scratch\nCOPY . /\n'),
    ...imageFiles('other', 'FROM scratch\nCOPY . /\n'),
    'images/good/src/main.c': '',
    'images/docs/text': '',
    'docs/text': '',
  });
  assert.deepEqual((await listed([], join(path, 'images/good/src'))).names, ['images/good']);
  const none = await listed([], join(path, 'images/docs'));
  assert.equal(none.status, 2);
  assert.match(
    none.stderr,
    /\nerror: no images in this directory \[select-nothing\]\n {2}hint: generate-bake list \.\.\/\.\. shows all images\n/,
  );
  const outside = await listed([], join(path, 'docs'));
  assert.equal(outside.status, 2);
  assert.match(outside.stderr, /error: \. is not in a tree of the workspace file/);
  // A name or a pattern is looked for everywhere.
  assert.deepEqual((await listed(['other'], join(path, 'images/good'))).names, ['images/other']);
  const selected = await listed(['--select', 'other'], join(path, 'images/good'));
  assert.deepEqual(selected.names, ['images/other']);
});

const flat = (name: string) =>
  Object.fromEntries(
    Object.entries(imageFiles(name, 'FROM scratch\nCOPY . /\n')).map(([path, file]) => [
      path,
      typeof file === 'string' ? file : '',
    ]),
  );

test('config.yaml is found in a directory above, up to the top of the git work tree', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, {
    'config.yaml': 'registry: r.example\n',
    ...flat('a'),
    ...flat('b'),
  });
  const found = await listed([], join(root, 'images/a'));
  assert.equal(found.status, 0, found.stderr);
  assert.equal(found.names.length, 1);
  assert.match(
    found.stderr,
    /^configuration \.\.\/\.\.\/config\.yaml: only the images below this directory \(name \.\.\/\.\. for all\)\n/,
  );
  const named = await listed(['b'], join(root, 'images/a'));
  assert.deepEqual([named.names.length, named.status], [1, 0]);
  assert.match(named.names[0] ?? '', /\/b$/);
  assert.equal(named.stderr.includes('config.yaml'), false);
  // A repository inside of it ends the search.
  gitIn(join(root, 'images/a'), 'init', '--quiet');
  const inner = await listed([], join(root, 'images/a'));
  assert.doesNotMatch(inner.stderr, /^configuration/);
});

test('a config.yaml above that another user owns is taken only by name', {
  skip: noGit || (process.getuid?.() === 0 ? false : 'only root can give a file away'),
}, async (t) => {
  const root = gitRepository(t, { 'config.yaml': '', ...flat('a') });
  chownSync(join(root, 'config.yaml'), 65534, 65534);
  const found = await listed([], join(root, 'images'));
  assert.equal(
    found.stderr,
    lines(`
      ../config.yaml: error: the configuration file ../config.yaml belongs to another user (id 65534) [workspace-owner]
        hint: if you trust it, pass -c ../config.yaml
    `),
  );
  assert.equal(found.status, 2);
});

const siblings = {
  'config.yaml': 'registry: r.example\ndockerfile_version: "1"\nnamespace: corp\n',
  'base/Dockerfile': 'FROM scratch\nCOPY . /\n',
  'api/Dockerfile': 'FROM r.example/corp/base:latest\nCOPY . /\n',
};

test('docker-pkg’s DIR is a tree: an image of it that names one around it is an error', async () => {
  const { path } = scratchTree(siblings);
  const whole = await runCli(['plan', '--select', 'api', '--with-parents'], { cwd: path });
  assert.equal(whole.status, 0, whole.stderr);
  for (const args of [['api'], ['-c', 'config.yaml', 'api']]) {
    const done = await runCli(['plan', ...args], { cwd: path });
    assert.equal(
      done.stderr,
      lines(`
        api/Dockerfile:1:6: error: r.example/corp/base:latest is defined by base, which is not in the directory api [image-around]
            1 | FROM r.example/corp/base:latest
              |      ^^^^^^^^^^^^^^^^^^^^^^^^^^
          hint: to build both, select the image by its name: --select api
      `),
    );
    assert.equal(done.status, 1);
  }
  // What is a tree of its own by a configuration elsewhere has nothing around it.
  const { path: far } = scratchTree({ 'config.yaml': siblings['config.yaml'] });
  const apart = await runCli(['plan', '-c', join(far, 'config.yaml'), 'api'], { cwd: path });
  assert.equal(apart.status, 0, apart.stderr);
});

test('a template that names an image around its tree', async () => {
  const { path } = scratchTree({
    'config.yaml': 'registry: r.example\n',
    ...imageFiles('base', 'FROM scratch\nCOPY . /\n'),
    ...imageFiles('api', 'FROM {{ "base" | image_tag }}\nCOPY . /\n'),
  });
  const done = await runCli(['plan', 'images/api'], { cwd: path });
  assert.equal(done.status, 1);
  assert.match(
    done.stderr,
    /Image r\.example\/base not found: images\/base defines it, which is not in images\/api; select images by their names, with --select, instead of the directory/,
  );
});

test('docker-pkg’s command line: a word that is no directory selects an image', async () => {
  const { path } = scratchTree({
    'config.yaml': 'registry: r.example\ndockerfile_version: "1"\n',
    'docker/t1/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'docker/t2/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'other/t4/Dockerfile': 'FROM scratch\nCOPY . /\n',
    file: '',
  });
  const named = async (...args: string[]) => {
    const done = await runCli(['list', '--json', ...args], { cwd: path });
    assert.equal(done.status, 0, done.stderr);
    const { images } = JSON.parse(done.stdout) as { images: { name: string }[] };
    return images.map(({ name }) => name);
  };
  assert.deepEqual(await named('t2'), ['t2']);
  assert.deepEqual(await named('-c', 'config.yaml', 't4', 't2'), ['t2', 't4']);
  assert.deepEqual(await named('t[12]'), ['t1', 't2']);
  assert.deepEqual(await named('r.example/t1:1'), ['t1']);
  // The directories are the trees, as in docker-pkg, and the names select in them.
  assert.deepEqual(await named('docker'), ['t1', 't2']);
  assert.deepEqual(await named('docker', 't2'), ['t2']);
  const rendered = await runCli(['render', 't2', '-o', 'out'], { cwd: path });
  assert.equal(rendered.status, 0, rendered.stderr);
  assert.match(rendered.stderr, /\b1 Dockerfile\b/);

  const refusal = async (...args: string[]) => {
    const done = await runCli(['list', ...args], { cwd: path });
    assert.deepEqual([done.status, done.stdout], [2, '']);
    return done.stderr;
  };
  assert.equal(
    await refusal('dcoker', 't3'),
    lines(`
      error: no image or directory "dcoker" [select-nothing]
        hint: did you mean "docker"?
      error: no image or directory "t3" [select-nothing]
        hint: did you mean "t1" or "t2" or "t4"?
      2 errors
    `),
  );
  assert.match(await refusal('docker', 't4'), /^error: no image or directory "t4"/);
  assert.match(await refusal('x*'), /^error: no image matches 'x\*'/);
  // What is written as a path, or is a file, is not a name.
  assert.match(await refusal('./t2'), /^error: no directory "\.\/t2"/);
  assert.match(await refusal('file'), /^error: file is not a directory/);
});

test('a named image that is broken is an error, one of a named directory is not', async () => {
  const { path } = scratchTree({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = []\n',
    ...imageFiles('good', 'FROM scratch\nCOPY . /\n'),
    ...imageFiles('bad', 'FROM {{ nothing( }}\n'),
  });
  assert.equal((await runCli(['plan', 'bad'], { cwd: path })).status, 2);
  assert.equal((await runCli(['plan', 'images'], { cwd: path })).status, 1);
  assert.equal((await runCli(['plan', 'good'], { cwd: path })).status, 0);
});

/** Directories, settings, options and outputs that are wrong, on the real command line. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { changelogOf, imageFiles, refused, sound } from '../support/refused.js';
import { scratchTree } from '../support/scratch.js';

test('no such directory, a file for one, no images in it', async () => {
  await refused(sound, 'error: no directory "./nowhere" [directory]\n', ['./nowhere']);
  await refused(
    { ...sound, more: 'a file\n' },
    lines(`
      error: more is not a directory [directory]
        hint: pass the directory that contains the image directories
    `),
    ['more'],
  );
  await refused(
    { ...sound, 'more/README': '', 'more/half/Dockerfile.template': 'FROM debian\n' },
    lines(`
      more: error: no images in this directory [tree-empty]
        hint: an image is a directory with a Dockerfile.template and a changelog
      more/half: warning: ignored: it has a Dockerfile.template but no changelog [changelog-missing]
        hint: add a changelog, or remove the Dockerfile.template
      1 error, 1 warning
    `),
    ['images', 'more'],
  );
});

test('--select that matches nothing, and --exclude that leaves nothing', async () => {
  await refused(
    sound,
    lines(`
      error: no image matches --select goood [select-nothing]
        hint: did you mean "good"?
    `),
    ['--select', 'goood', 'images'],
  );
  await refused(
    sound,
    lines(`
      error: no image matches --select ood* [select-nothing]
        hint: globs match whole names and references; try '*ood*' (1 image)
    `),
    ['--select', 'ood*', 'images'],
  );
  await refused(
    sound,
    lines(`
      error: no image is left: --exclude matches every selected image [select-empty]
        hint: generate-bake list shows all images
    `),
    ['--exclude', '*', 'images'],
  );
});

test('a configuration that is not a mapping', () =>
  refused(
    { ...sound, 'config.yaml': '- a\n' },
    lines(`
      config.yaml:1:1: error: the file contains a list where \`key: value\` lines are expected [not-a-mapping]
          1 | - a
            | ^^^
    `),
  ));

test('a configuration with duplicate keys', () =>
  refused(
    { ...sound, 'config.yaml': 'registry: a\nnamespace: b\nregistry: c\n' },
    lines(`
      config.yaml:3:1: error: the key \`registry\` appears twice [duplicate-key]
          3 | registry: c
            | ^^^^^^^^
        hint: remove one of the two: docker-pkg takes the last one silently
        config.yaml:1:1: first here
            1 | registry: a
              | ^^^^^^^^
    `),
  ));

test('configurations that do not parse, YAML and TOML', async () => {
  await refused(
    { ...sound, 'config.yaml': 'registry: a\n\tnamespace: b\n' },
    lines(`
      config.yaml:2:1: error: not valid YAML: tab characters must not be used in indentation [yaml-syntax]
          2 |  namespace: b
            | ^
    `),
  );
  await refused(
    { ...sound, 'config.toml': 'registry = a\n' },
    lines(`
      config.toml:1:12: error: not valid TOML: unexpected character, expecting string, number, datetime, boolean, inline array or inline table [toml-syntax]
          1 | registry = a
            |            ^
    `),
    ['-c', 'config.toml', 'images'],
  );
});

test('values of a wrong type, at their lines; a configuration that is not there or not UTF-8', async () => {
  await refused(
    { ...sound, 'config.yaml': 'registry: 5\nbase_images: x\n' },
    lines(`
      config.yaml:1:11: error: registry must be a string, not an integer [config-type]
          1 | registry: 5
            |           ^
        hint: put it in quotes
      config.yaml:2:14: error: base_images must be a list of strings, not a string [config-type]
          2 | base_images: x
            |              ^
        hint: write it as ["…"]
      2 errors
    `),
  );
  await refused(
    sound,
    'error: the configuration file other.yaml does not exist [config-missing]\n',
    ['-c', 'other.yaml', 'images'],
  );
  await refused(
    { ...sound, 'config.yaml': Buffer.from('registry: r\nauthor: é\n', 'latin1') },
    lines(`
      config.yaml:2:9: error: byte 0xe9 (number 21 of the file) is not UTF-8 [not-utf8]
          2 | author: \ufffd
            |         ^
        hint: save the file as UTF-8, for example: iconv -f latin1 -t utf-8 config.yaml
    `),
  );
});

test('a misspelt key is a warning, and the plan is made', async () => {
  const tree = scratchTree({ ...sound, 'config.yaml': 'registrry: r.example\n' });
  const done = await runCli(['plan', 'images'], { cwd: tree.path });
  assert.equal(
    done.stderr,
    lines(`
      config.yaml:1:1: warning: "registrry" is not a built-in key, so it is a template variable only [config-misspelt]
          1 | registrry: r.example
            | ^^^^^^^^^
        hint: did you mean "registry"?
    `),
  );
  assert.equal(done.status, 0);
});

test('a workspace file with several problems', () =>
  refused(
    {
      ...sound,
      'generate-bake.toml':
        '[[tree]]\ndirectory = "images"\nconfg = "config.yaml"\n\n[[tree]]\ndirectory = "nowhere"\nconfig = "config.yaml"\n',
    },
    lines(`
      generate-bake.toml:1:3: error: a tree needs a config [workspace-file]
          1 | [[tree]]
            |   ^^^^
        hint: write config = "config.yaml", or config = [] for the defaults alone
      generate-bake.toml:3:1: error: unknown key "confg" here [workspace-file]
          3 | confg = "config.yaml"
            | ^^^^^
        hint: did you mean "config"?
      generate-bake.toml:6:13: error: the directory nowhere does not exist [directory]
          6 | directory = "nowhere"
            |             ^^^^^^^^^
      3 errors
    `),
    [],
  ));

test('output that cannot be written', async () => {
  const tree = scratchTree({ ...sound, 'a-file': 'kept\n', link: { symlink: 'nothing' } });
  mkdirSync(tree.at('a-directory'));
  const before = readdirSync(tree.path, { recursive: true }).sort();
  for (const [args, stderr] of [
    [
      ['plan', '-o', 'no/such/bake.json'],
      `no/such/bake.json: error: no/such/bake.json cannot be written: it would be in ${tree.at('no/such')}, which does not exist [unwritable]\n`,
    ],
    [
      ['plan', '-o', 'a-directory'],
      'a-directory: error: a-directory cannot be written: it is a directory [unwritable]\n',
    ],
    [
      ['plan', '-o', 'a-file/bake.json'],
      'a-file/bake.json: error: a-file/bake.json cannot be written: it has a part that is not a directory [unwritable]\n',
    ],
    [
      ['plan', '-o', 'link'],
      'link: error: link cannot be written: it is a symlink to nothing [unwritable]\n',
    ],
    [
      ['plan', '--split-waves', 'a-file'],
      'a-file/wave-001.json: error: a-file/wave-001.json cannot be written: it has a part that is not a directory [unwritable]\n',
    ],
    [
      ['render', '-o', 'a-file'],
      'a-file/images/good.Dockerfile: error: a-file/images/good.Dockerfile cannot be written: it has a part that is not a directory [unwritable]\n',
    ],
  ] as const) {
    const done = await runCli([...args, 'images'], { cwd: tree.path });
    assert.deepEqual(done, { stdout: '', stderr, status: 2 }, args.join(' '));
  }
  assert.equal(readFileSync(tree.at('a-file'), 'utf8'), 'kept\n');
  assert.deepEqual(readdirSync(tree.path, { recursive: true }).sort(), before);
});

test('all problems of a tree in one run, sorted by file; no wave and no Dockerfile is written', async () => {
  const tree = scratchTree({
    ...sound,
    ...imageFiles('z', 'FROM {{ nothing }}\n'),
    ...imageFiles('m', 'FROM debian\n', { changelog: '' }),
    ...imageFiles('c', 'FROM debian\nRNU x\n', { control: 'Depends: sugar\n' }),
    ...imageFiles('a', 'FROM debian\n', { changelog: changelogOf('a', '1~2') }),
  });
  const before = readdirSync(tree.path, { recursive: true }).sort();
  const stderr = lines(`
    images/a/changelog:1:5: error: "1~2" is not a valid tag: it contains "~", which Debian sorts before the end of a version [version-illegal]
        1 | a (1~2) unstable; urgency=low
          |     ^
      hint: a tag is made of letters, digits, "_", "." and "-", and begins with none of ".-"
    images/c/Dockerfile.template:2:1: error: "RNU" is not an instruction of a Dockerfile [dockerfile-unknown-instruction]
        2 | RNU x
          | ^^^
      hint: did you mean "RUN" or "ENV"?
    images/c/control:1:10: warning: no image is named sugar [dangling-depends]
        1 | Depends: sugar
          |          ^^^^^
      hint: remove it from control, or add the tree that defines it
    images/m/changelog:1:1: error: the changelog has no block, so the image has no name and no version [changelog-empty]
        1 | {nothing}
          | ^
      hint: start it with a line such as "name (1.2.3-1) wikimedia; urgency=medium", indented changes, and " -- Name <name@example.org>  Sun, 16 Aug 2026 06:00:34 +0000"
    images/z/Dockerfile.template:1:9: error: UndefinedError: 'nothing' is undefined [template]
        1 | FROM {{ nothing }}
          |         ^
    4 errors, 1 warning
  `).replace('{nothing}\n', '\n');
  for (const args of [
    ['plan'],
    ['plan', '--split-waves', 'waves'],
    ['render', '-o', 'out'],
    ['list'],
  ]) {
    assert.deepEqual(
      await runCli([...args, '--strict', 'images'], { cwd: tree.path }),
      { stdout: '', stderr, status: 2 },
      args.join(' '),
    );
  }
  assert.deepEqual(readdirSync(tree.path, { recursive: true }).sort(), before);
});

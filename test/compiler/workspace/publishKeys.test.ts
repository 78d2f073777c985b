/** `latest` and `after_publish`: where they may be written, which one counts, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../support/explain.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

function open(files: Readonly<Record<string, ScratchFile>>) {
  const tree = scratchTree({ 'images/a/changelog': 'x', 'more/b/changelog': 'x', ...files });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  return { ...opened, tree };
}

function modes(files: Readonly<Record<string, ScratchFile>>) {
  const { value, diagnostics } = open(files);
  assert.equal(explain(diagnostics), '');
  return value.trees.map(({ config }) => config.latest);
}

/** The messages with their places, without excerpts. */
function refused(files: Readonly<Record<string, ScratchFile>>): string {
  return explain(open(files).diagnostics)
    .split('\n')
    .filter((line) => /error|hint/.test(line))
    .join('\n');
}

const twoTrees = lines(`
  [[tree]]
  directory = "images"
  config = "config.yaml"
  [[tree]]
  directory = "more"
  config = "more.yaml"
`);
const config = (latest: string): string => `generate-bake:\n  latest: ${latest}\n`;

test('the nearest one counts: a tree, its configuration, the top of the workspace file', () => {
  const all = { 'config.yaml': config('manual'), 'more.yaml': '' };
  assert.deepEqual(modes({ ...all, 'generate-bake.toml': twoTrees }), ['manual', undefined]);
  const top = `latest = "never"\n${twoTrees}`;
  assert.deepEqual(modes({ ...all, 'generate-bake.toml': top }), ['manual', 'never']);
  const own = `${top}latest = "auto"\n`;
  assert.deepEqual(modes({ ...all, 'generate-bake.toml': own }), ['manual', 'auto']);
  // Two trees of one configuration do not share what only one of them says.
  const shared = own.replace('more.yaml', 'config.yaml');
  assert.deepEqual(modes({ ...all, 'generate-bake.toml': shared }), ['manual', 'auto']);
});

test('without [[tree]], and in a configuration alone', () => {
  const file = { Dockerfile: 'FROM scratch\n', 'generate-bake.toml': 'latest = "manual"\n' };
  assert.deepEqual(modes(file), ['manual']);
  assert.deepEqual(modes({ 'config.yaml': config('never') }), ['never']);
});

test('templates do not see it, and a variable of that name is nobody else', () => {
  const { value } = open({ 'config.yaml': `latest: anything\n${config('never')}` });
  const [tree] = value.trees;
  assert.equal(tree?.config.latest, 'never');
  assert.equal(tree?.config.variables.get('latest'), 'anything');
  assert.equal(open({ 'config.yaml': 'latest: never\n' }).value.trees[0]?.config.latest, undefined);
});

test('other words are refused at their place', () => {
  assert.match(
    refused({ 'config.yaml': config('newer') }),
    /config\.yaml:2.*latest cannot be "newer".*\n.*hint: .*"never"/,
  );
  assert.match(
    refused({ 'generate-bake.toml': 'latest = true\n', Dockerfile: 'FROM scratch\n' }),
    /generate-bake\.toml:1.*latest must be a string, not/,
  );
});

test('after_publish is relative to its file, and a word without a slash is looked for in PATH', () => {
  const hooks = (files: Readonly<Record<string, ScratchFile>>) => {
    const { value, diagnostics, tree } = open(files);
    assert.equal(explain(diagnostics), '');
    return value.trees.map(({ config: { afterPublish } }) => {
      const { program, args, directory } = afterPublish ?? assert.fail();
      return [program.replace(tree.path, '.'), args, directory.replace(tree.path, '.')];
    });
  };
  const yaml = 'generate-bake:\n  after_publish: [../sign.sh, "two words"]\n';
  const file = twoTrees.replace('"config.yaml"', '"conf/config.yaml"');
  const all = { 'conf/config.yaml': yaml, 'more.yaml': '' };
  assert.deepEqual(
    hooks({ ...all, 'generate-bake.toml': `after_publish = ["cosign", "sign"]\n${file}` }),
    [
      ['./sign.sh', ['two words'], './conf'],
      ['cosign', ['sign'], '.'],
    ],
  );
  assert.deepEqual(
    hooks({
      'generate-bake.toml': `after_publish = ["bin/all"]\n${file}after_publish = ["./own"]\n`,
      ...all,
    }),
    [
      ['./sign.sh', ['two words'], './conf'],
      ['./own', [], '.'],
    ],
  );
});

test('after_publish is refused where no program can be meant, and in an image.toml', () => {
  const hook = (value: string) =>
    refused({ 'config.yaml': `generate-bake:\n  after_publish: ${value}\n` });
  assert.match(
    hook('[]'),
    /config\.yaml:2.*after_publish names no program\S*.*\n.*hint: write the program/,
  );
  assert.match(hook('[""]'), /config\.yaml:2.*names no program/);
  assert.match(
    hook('["./sign.sh --all"]'),
    /config\.yaml:2.*is not the name of a program[\s\S]*no shell/,
  );
  // A line is not a list: the hint has it as one, in the language of the file.
  assert.match(
    hook('./sign.sh --all'),
    /config\.yaml:2.*is a list of words.*\n.*: after_publish: \["\.\/sign\.sh", "--all"\]$/,
  );
  assert.match(
    refused({ 'generate-bake.toml': 'after_publish = "sign"\n', Dockerfile: 'FROM scratch\n' }),
    /generate-bake\.toml:1.*is a list of words.*\n.*: after_publish = \["sign"\]$/,
  );
  assert.match(hook('{a: b}'), /config\.yaml:2.*after_publish must be a list of strings/);
  assert.match(
    hook('[sign, 1]'),
    /config\.yaml:2.*after_publish\[1\] must be a word of the command/,
  );
});

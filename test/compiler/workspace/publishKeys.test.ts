/** `latest`: where it may be written, which one counts, and what is refused. */
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

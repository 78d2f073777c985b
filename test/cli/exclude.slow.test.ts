/** `exclude` on the command line's output: what is left out is said, and is no image anywhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runCli } from '../support/cli.js';
import { imageFiles } from '../support/refused.js';
import { scratchTree } from '../support/scratch.js';

const files = {
  'config.yaml': 'registry: r.example\ngenerate-bake: {exclude: [old, "**/testdata"]}\n',
  ...imageFiles('good', 'FROM debian:13\nCOPY . /\n', { 'testdata/changelog': 'a fixture\n' }),
  ...imageFiles('old', 'FROM {{ gone.for.good }}\n'),
};

test('list, plan and render know nothing of it; --info and --json say what is left out', async () => {
  const tree = scratchTree(files);
  const cli = (...args: string[]) => runCli(args, { cwd: tree.path });
  const list = await cli('list', '--json', 'images');
  const document = JSON.parse(list.stdout) as {
    readonly images: readonly { readonly name: string }[];
    readonly excluded: unknown;
  };
  assert.deepEqual(
    document.images.map(({ name }) => name),
    ['good'],
  );
  assert.deepEqual(document.excluded, [
    { tree: 'images', path: 'images/good/testdata', pattern: '**/testdata' },
    { tree: 'images', path: 'images/old', pattern: 'old' },
  ]);
  assert.match(list.stderr, /1 image in 1 level, 0 links to parents; 2 paths excluded/);
  const info = await cli('plan', '--info', 'images');
  assert.equal(info.status, 0, info.stderr);
  assert.match(info.stderr, /^images\/old is not searched for images: exclude has "old"$/m);
  assert.deepEqual(Object.keys((JSON.parse(info.stdout) as { target: object }).target), ['good']);
  const quiet = await cli('plan', 'images');
  assert.doesNotMatch(quiet.stderr, /exclude/);
  // A context has it all the same.
  const { target } = JSON.parse(quiet.stdout) as {
    readonly target: { readonly good: { readonly context: string } };
  };
  const fixture = join(tree.path, target.good.context, 'testdata/changelog');
  assert.equal(readFileSync(fixture, 'utf8'), 'a fixture\n');
  const refresh = await cli('refresh', 'images');
  assert.equal(refresh.status, 0, refresh.stderr);
  assert.match(readFileSync(tree.at('images/old/changelog'), 'utf8'), /^old \(1\)/);
});

test('a directory that is excluded cannot be asked for by name', async () => {
  const tree = scratchTree({
    ...files,
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
    'images/old/sub/': '',
  });
  for (const named of ['images/old', 'images/old/sub']) {
    const plan = await runCli(['plan', named], { cwd: tree.path });
    assert.deepEqual([plan.stdout, plan.status], ['', 2]);
    assert.match(
      plan.stderr,
      /config\.yaml:2:\d+: error: old(?:\/sub)? of images is excluded: exclude has "old" \[directory-excluded\]/,
    );
  }
  assert.equal((await runCli(['plan', 'images/good'], { cwd: tree.path })).status, 0);
});

test('the schema of list has the field', () => {
  const schema = JSON.parse(readFileSync(join(root, 'doc/list.schema.json'), 'utf8')) as {
    readonly required: readonly string[];
    readonly properties: Readonly<Record<string, unknown>>;
  };
  assert.deepEqual(schema.required, ['schema', 'images']);
  assert.ok('excluded' in schema.properties);
});

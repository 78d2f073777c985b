/** `untested` and `expected_changes`: where they may be written, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { isExpectedChange } from '#compiler/workspace/gateKeys.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

function opened(file: string) {
  const tree = scratchTree({
    'app/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n',
    'web/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n',
    'generate-bake.toml': `registry = "r.example"\nversion = "1"\n${file}`,
  });
  const cwd = tree.path;
  const found = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph } = compile({ workspace: found.value, selection }).value;
  const problems = explain([
    ...found.diagnostics,
    ...graph.broken.flatMap(({ image }) => image.diagnostics),
  ]);
  const expects = (name: string, path: string): boolean => {
    const definition = graph.byReference.get(`r.example/${name}:1` as never)?.rendered.definition;
    assert.ok(definition !== undefined);
    const all = [
      ...(definition.tree.config.expectedChanges ?? []),
      ...(definition.expectedChanges ?? []),
    ];
    return isExpectedChange(all, name, path);
  };
  return { problems, expects, config: found.value.trees[0]?.config };
}

test('a list is about all images of a tree, a table about those that its keys match', () => {
  const { problems, expects, config } = opened(
    'untested = "publish"\nexpected_changes = ["/srv/*", "/etc/stamp"]\n',
  );
  assert.equal(problems, '');
  assert.equal(config?.untested, 'publish');
  assert.ok(expects('app', '/srv/deep/down') && expects('web', '/etc/stamp'));
  assert.ok(!expects('app', '/etc/stamps') && !expects('app', '/srv'));
  const table = opened('[expected_changes]\n"a*" = ["/opt/*"]\n"web" = "/x"\n');
  assert.equal(table.problems, '');
  assert.ok(table.expects('app', '/opt/y') && table.expects('web', '/x'));
  assert.ok(!table.expects('web', '/opt/y') && !table.expects('app', '/x'));
});

test('an image has its own beside those of its tree', () => {
  const { problems, expects } = opened(
    'expected_changes = "/srv/*"\n[[image]]\nname = "app"\npath = "app"\nexpected_changes = ["/opt/*"]\n',
  );
  assert.equal(problems, '');
  assert.ok(expects('app', '/opt/y') && expects('app', '/srv/y'));
  assert.ok(!expects('web', '/opt/y') && expects('web', '/srv/y'));
});

test('what is not a path in the image, and another word, are refused where they are', () => {
  const refused = (file: string) => opened(file).problems;
  assert.match(
    refused('expected_changes = ["etc/x"]\n'),
    /^generate-bake\.toml:3:21: error: expected_changes: "etc\/x" does not begin with \/ \[workspace-file\]/,
  );
  assert.match(
    refused('[expected_changes]\napp = ["x"]\n'),
    /^generate-bake\.toml:4:8: error: expected_changes: "x" does not begin with \//,
  );
  assert.match(refused('expected_changes = 7\n'), /must be a list of strings/);
  assert.match(refused('untested = "no"\n'), /untested cannot be "no"/);
});

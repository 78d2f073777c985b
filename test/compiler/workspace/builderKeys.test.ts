/** `builders` and `staging` of a workspace file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

function open(text: string, file = 'generate-bake.toml') {
  const trees = file.endsWith('.toml')
    ? '[[tree]]\ndirectory = "images"\nconfig = []\n'
    : 'tree:\n- directory: images\n  config: []\n';
  const tree = scratchTree({ 'images/a/changelog': 'x', [file]: `${text}\n${trees}` });
  return openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
}

test('builders by their names, and the repository between them, in TOML and YAML', () => {
  for (const { value, diagnostics } of [
    open('builders = ["near", "far.example_1"]\nstaging = "b.example/staging"'),
    open('builders: [near, far.example_1]\nstaging: b.example/staging', 'generate-bake.yaml'),
  ]) {
    assert.equal(explain(diagnostics), '');
    const { builders = [], staging } = value.building ?? {};
    assert.deepEqual(
      builders.map((one) => one.value),
      ['near', 'far.example_1'],
    );
    assert.equal(staging?.value, 'b.example/staging');
    assert.equal(staging?.place.line, 2);
  }
});

test('what docker would take for an option, or for nothing, is refused', () => {
  for (const [text, says] of [
    ['builders = ["--load"]', /:1:\d+.*"--load" is not the name of a builder/],
    ['builders = ["a", ""]', /:1:\d+.*"" is not the name of a builder/],
    ['builders = [1]', /:1:\d+/],
    ['staging = ["a"]', /:1:\d+.*staging/],
  ] as const) {
    assert.match(explain(open(text).diagnostics), says);
  }
});

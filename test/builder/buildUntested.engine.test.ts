/** What failed its test, or was ended before it, is not done for the next run, though the engine has it. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';

test('without a registry, an image counts as done once it has passed its test', async () => {
  const docker = await engine();
  await loadBase(docker, 'store/base:1');
  const tree = buildTree(
    docker,
    {},
    {
      'untested-a': {
        dockerfile: 'FROM store/base:1\nRUN echo a > /a\n',
        test: 'test -e "$HOME/good"',
      },
      'untested-b': { dockerfile: 'FROM {{ "untested-a" | image_tag }}\nRUN echo b > /b\n' },
    },
  );
  const ran = async (status: number) => {
    const run = await tree.run('build', '--report', 'report.json');
    assert.equal(run.status, status, run.stderr);
    return { ended: endings(readReport(tree.at('work/report.json'))), stderr: run.stderr };
  };
  assert.deepEqual((await ran(1)).ended.failed, ['untested-a:1']);
  const status = await tree.run('status');
  assert.match(
    status.stdout,
    /untested-a:1 +local +test +it is built, and its test has not passed yet/,
  );
  const dry = await tree.run('build', '--dry-run');
  assert.match(dry.stdout + dry.stderr, /Would test 1 image built already:/);

  const again = await ran(1);
  assert.match(again.stderr, /^1 image to test$/m);
  assert.deepEqual([again.ended.failed, again.ended.built], [['untested-a:1'], undefined]);

  tree.write({ 'home/good': '' });
  const passed = await ran(0);
  assert.match(passed.stderr, /untested-a:1: test passed/);
  assert.match((await ran(0)).stderr, /nothing to do/);

  // A run that was killed between build and test leaves the image and no record of a test.
  rmSync(tree.at('state/generate-bake/tested'));
  assert.match((await ran(0)).stderr, /untested-a:1: test passed/);
  assert.match((await ran(0)).stderr, /nothing to do/);
});

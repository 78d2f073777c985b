/** What `status` shows: what is to be done and what that drags along; everything with --all. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { sketchFiles } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

const from = (parent: string) => `FROM {{ "${parent}" | image_tag }}\nCOPY . /\n`;

suite('what status shows', { skip }, () => {
  let real: Registry;
  let tree: ScratchTree;
  before(async () => {
    real = await registry();
    tree = scratchTree({
      'home/': '',
      'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
      'config.yaml': `registry: ${real.host}\nnamespace: acme\n`,
      ...sketchFiles('images', {
        base: { dockerfile: 'FROM scratch\nCOPY . /\n' },
        other: { dockerfile: 'FROM scratch\nCOPY . /\n' },
        lib: { dockerfile: from('base') },
        app: { dockerfile: from('lib') },
      }),
    });
    // As docker-pkg publishes: without a label that a definition could be compared with.
    for (const name of ['base', 'other', 'lib', 'app']) {
      await putImage(real, `acme/${name}`, '1');
    }
  });

  const at = (cwd: string, ...args: string[]) =>
    runCli(args, {
      cwd,
      env: { PATH: process.env.PATH, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('home') },
    });
  const cli = (...args: string[]) => at(tree.path, ...args);
  const rows = (table: string) =>
    table
      .split('\n')
      .slice(1, -1)
      .map((line) => line.replaceAll(`${real.host}/acme/`, '').replace(/ +/g, ' '));

  test('where nothing is to be done it is one line', async () => {
    const { status, stdout, stderr } = await cli('status', '--exit-code');
    assert.deepEqual([status, stdout], [0, '']);
    assert.match(stderr, /^4 images: 4 published; nothing to do \(--all shows them\)$/m);
  });

  test('--all shows every image, --json too; one that is named is shown', async () => {
    const all = await cli('status', '--all');
    assert.deepEqual(
      rows(all.stdout).map((row) => row.split(' ', 3).join(' ')),
      ['base:1 published -', 'other:1 published -', 'lib:1 published -', 'app:1 published -'],
    );
    assert.match(all.stderr, /^4 images: 4 published; nothing to do$/m);
    const json = JSON.parse((await cli('status', '--json')).stdout);
    assert.equal(json.images.length, 4);
    const named = await at(tree.path, 'status', 'lib', '--with-children');
    assert.deepEqual(rows(named.stdout), ['lib:1 published - it is published']);
    assert.match(named.stderr, /2 images: 1 published; nothing to do; 1 published, not shown/);
    const glob = await at(tree.path, 'status', '*');
    assert.equal(glob.stdout, '');
    // A selection of one image is about that image, however it is made.
    const here = await at(tree.at('images/app'), 'status');
    assert.deepEqual(rows(here.stdout), ['app:1 published - it is published']);
    const selected = await cli('status', '--select', 'other');
    assert.deepEqual(rows(selected.stdout), ['other:1 published - it is published']);
  });

  test('what is dragged along is next to its cause, and nothing else is there', async () => {
    tree.write(
      sketchFiles('images', {
        base: { dockerfile: 'FROM scratch\nCOPY . /\n', version: '2' },
        lib: { dockerfile: from('base'), version: '2' },
        app: { dockerfile: from('lib'), version: '2' },
        aside: { dockerfile: 'FROM scratch\nCOPY . /\n' },
      }),
    );
    const { status, stdout, stderr } = await cli('status', '--exit-code');
    assert.equal(status, 1);
    assert.deepEqual(rows(stdout), [
      'aside:1 absent build not in the registry',
      'base:2 absent build not in the registry',
      'lib:2 absent build not in the registry',
      'app:2 absent build not in the registry',
    ]);
    assert.match(
      stderr,
      /^5 images: 4 absent; 4 to build; 1 published, not shown \(--all shows it\)$/m,
    );
    // Broken, it stops what is built on it.
    tree.write({ 'images/base/Dockerfile.template': 'FROM {{ nothing }}\n' });
    const broken = await cli('status');
    assert.equal(broken.status, 1);
    assert.deepEqual(
      rows(broken.stdout).map((row) => row.split(' ', 3).join(' ')),
      [
        'aside:1 absent build',
        'base:2 absent broken',
        'lib:2 absent blocked',
        'app:2 absent blocked',
      ],
    );
  });
});

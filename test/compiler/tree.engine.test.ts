/** Trees of our own, compiled by the real command line and built by the real bake. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engines } from '../support/engine/engine.js';
import { bake } from '../support/engine/printed.js';
import { gitIn } from '../support/gitRepository.js';
import { firstUnlessLong } from '../support/long.js';
import { changelogOf } from '../support/refused.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

const random = 'RUN cat /proc/sys/kernel/random/uuid';

/** 150 images in three levels, none of which runs anything. */
function manyImages(): Record<string, ScratchFile> {
  const files: Record<string, ScratchFile> = { 'config.yaml': 'registry: ""\nnamespace: many\n' };
  const add = (name: string, from: string) => {
    files[`images/${name}/Dockerfile.template`] = `FROM ${from}\nCOPY changelog /${name}\n`;
    files[`images/${name}/changelog`] = changelogOf(name);
  };
  for (let root = 0; root < 10; root++) {
    add(`root${root}`, 'scratch');
    for (let child = 0; child < 4; child++) {
      add(`child${root}-${child}`, `{{ "root${root}" | image_tag }}`);
      for (let leaf = 0; leaf < (child < 2 ? 3 : 2); leaf++) {
        add(`leaf${root}-${child}-${leaf}`, `{{ "child${root}-${child}" | image_tag }}`);
      }
    }
  }
  return files;
}

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: a version bump with an unchanged Dockerfile runs its RUN again, the same version does not`, async () => {
    await loadBase(engine, 'bump-base:1');
    const tree = scratchTree({
      'config.yaml': 'registry: ""\nnamespace: bump\n',
      'images/parent/changelog': changelogOf('parent', '1'),
      'images/parent/Dockerfile.template': `FROM bump-base:1\n${random} > /parent\n`,
      'images/child/changelog': changelogOf('child', '1'),
      'images/child/Dockerfile.template': `FROM {{ "parent" | image_tag }}\n${random} > /child\n`,
    });
    const build = async (parent: string, child: string) => {
      const planned = await runCli(['plan', '-o', 'bake.json', 'images'], { cwd: tree.path });
      assert.equal(planned.status, 0, planned.stderr);
      await bake(engine, tree.path, '-f', 'bake.json');
      const read = (image: string, file: string) =>
        engine.docker('run', '--rm', image, 'cat', file);
      return {
        parent: await read(`bump/parent:${parent}`, '/parent'),
        inherited: await read(`bump/child:${child}`, '/parent'),
        child: await read(`bump/child:${child}`, '/child'),
      };
    };
    const first = await build('1', '1');
    assert.equal(first.inherited, first.parent);
    assert.deepEqual(await build('1', '1'), first);

    tree.write({ 'images/child/changelog': changelogOf('child', '2') });
    const bumped = await build('1', '2');
    assert.notEqual(bumped.child, first.child);
    assert.equal(bumped.inherited, first.parent);
    assert.deepEqual(await build('1', '2'), bumped);

    tree.write({ 'images/parent/changelog': changelogOf('parent', '2') });
    const rebased = await build('2', '2');
    assert.notEqual(rebased.parent, first.parent);
    assert.equal(rebased.inherited, rebased.parent);
    assert.notEqual(rebased.child, bumped.child);
  });

  test(`${engine.name}: 150 images build wave by wave on the plain docker driver`, async () => {
    const tree = scratchTree(manyImages());
    const planned = await runCli(['plan', '-o', 'bake.json', 'images'], { cwd: tree.path });
    assert.equal(planned.status, 0, planned.stderr);
    const { group, target } = JSON.parse(readFileSync(tree.at('bake.json'), 'utf8')) as {
      group: Record<string, unknown>;
      target: Record<string, { tags: string[] }>;
    };
    assert.equal(Object.keys(target).length, 150);
    assert.equal('default' in group, false);
    const waves = Object.keys(group).filter((name) => name.startsWith('wave-'));
    for (const wave of waves) {
      await bake(engine, tree.path, '-f', 'bake.json', wave);
    }
    const format = '{{.Repository}}:{{.Tag}}';
    const made = await engine.docker('images', '--filter', 'reference=many/*', '--format', format);
    const tags = Object.values(target).flatMap((each) => each.tags);
    assert.deepEqual(made.split('\n').sort(), tags.sort());
    // What a leaf stands on is what was tagged.
    const layersOf = async (name: string) =>
      (
        await engine.docker(
          'image',
          'inspect',
          '--format',
          '{{join .RootFS.Layers " "}}',
          `many/${name}:1`,
        )
      ).split(' ');
    const [root, child, leaf] = [
      await layersOf('root7'),
      await layersOf('child7-1'),
      await layersOf('leaf7-1-2'),
    ];
    assert.deepEqual([root.length, child.length, leaf.length], [1, 2, 3]);
    assert.deepEqual(leaf.slice(0, 2), child);
    assert.deepEqual(child.slice(0, 1), root);
  });

  test(`${engine.name}: contexts elsewhere build with the command that stderr shows`, async () => {
    const trees = scratchTree({
      'shared/note': 'of all\n',
      'config.yaml': 'registry: ""\nnamespace: elsewhere\n',
      'images/one/changelog': changelogOf('one'),
      'images/one/Dockerfile.template': 'FROM scratch\nCOPY own note /\n',
      'images/one/own': 'of one\n',
      'images/one/note': { symlink: '../../shared/note' },
      'images/two/changelog': changelogOf('two'),
      'images/two/Dockerfile.template': 'FROM {{ "one" | image_tag }}\nCOPY own /two\n',
      'images/two/own': 'of two\n',
    });
    // A link may lead to whatever is of the same repository.
    gitIn(trees.path, 'init', '--quiet');
    const { path: cwd } = scratchTree();
    const args = ['-c', trees.at('config.yaml'), '-o', 'bake.json', trees.at('images')];
    const planned = await runCli(args, { cwd });
    assert.equal(planned.status, 0, planned.stderr);
    const shown = /docker buildx bake (--allow=\S+) (-f bake\.json)\n/.exec(planned.stderr);
    const [, allow = '', file = ''] = shown ?? [];
    assert.equal(allow, `--allow=fs.read=${trees.at('images')}`);
    const help = await engine.docker('buildx', 'bake', '--help');
    await bake(engine, cwd, ...(help.includes('--allow') ? [allow] : []), ...file.split(' '));
    const container = await engine.docker('create', 'elsewhere/two:1', 'none');
    await engine.docker('cp', `${container}:/`, `${cwd}/found`);
    await engine.docker('rm', container);
    for (const [name, text] of [
      ['own', 'of one\n'],
      ['note', 'of all\n'],
      ['two', 'of two\n'],
    ]) {
      assert.equal(readFileSync(`${cwd}/found/${name}`, 'utf8'), text);
    }
  });
}

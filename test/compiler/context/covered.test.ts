/** What of a context the digest of a plain image covers: what its Dockerfile takes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { type ScratchFile, type ScratchTree, scratchTree } from '../../support/scratch.js';

type Files = Readonly<Record<string, ScratchFile>>;
const everything = { select: [], exclude: [], withParents: false, withChildren: false };

/** The recipes and digests of the contexts of all images by name, and what is wrong with them. */
function contexts(tree: ScratchTree, change: (definition: ImageDefinition) => object = () => ({})) {
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  assert.equal(explain(opened.diagnostics), '');
  const { value } = compile({ workspace: opened.value, selection: everything });
  const found = new Contexts(cwd);
  const digests: Record<string, string> = {};
  for (const image of value.graph.images) {
    const { definition } = image.rendered;
    const rendered = { ...image.rendered, definition: { ...definition, ...change(definition) } };
    const { recipe = 1, digest } = found.of({ ...image, rendered });
    digests[definition.name] = `${recipe} ${digest}`;
  }
  const faults = [...found.faults.values()].flat().map(({ message }) => message);
  return { digests, faults };
}

/** A tree at its root, with what `changed` looks at. */
function repository(files: Files) {
  const tree = scratchTree({ 'config.yaml': 'registry: r.example\n', ...files });
  let before = contexts(tree).digests;
  return {
    tree,
    recipe: (name: string) => before[name]?.split(' ')[0],
    /** The images whose digests are others once these files are written. */
    changed: (more: Files): readonly string[] => {
      tree.write(more);
      const after = contexts(tree).digests;
      const names = Object.keys(after).filter((name) => after[name] !== before[name]);
      before = after;
      return names;
    },
  };
}

const inRoot = (dockerfile: string): Files => ({
  'svc/image.toml': 'version = "1"\ncontext = ".."\n',
  'svc/Dockerfile': dockerfile,
});

test('of a context at the root only what is taken counts', () => {
  const { recipe, changed } = repository({
    ...inRoot('FROM scratch\nCOPY lib svc/*.txt /\nADD t.tar /\n'),
    'lib/a': 'a',
    'svc/b.txt': 'b',
    't.tar': '',
    'README.md': 'read',
  });
  assert.equal(recipe('svc'), '3');
  assert.deepEqual(changed({ 'README.md': 'other', 'new/file': '', 'svc/b.md': '' }), []);
  assert.deepEqual(changed({ 'svc/image.toml': 'version = "1"\ncontext = ".."\n# more\n' }), []);
  for (const path of ['lib/a', 'lib/new/deep', 'svc/b.txt', 'svc/c.txt', 't.tar']) {
    assert.deepEqual(changed({ [path]: 'changed' }), ['svc'], path);
  }
});

test('what the ignore rules leave out does not count, and .git never', () => {
  const { changed } = repository({
    ...inRoot('FROM scratch\nCOPY lib .git /\n'),
    '.dockerignore': '*.md\nlib/skipped\n',
    'lib/a': 'a',
  });
  assert.deepEqual(changed({ 'lib/skipped/x': '', '.git/HEAD': 'x', '.git/index': '' }), []);
  assert.deepEqual(changed({ '.dockerignore': 'lib/a\n' }), ['svc']);
});

test('the whole context counts where that is taken', () => {
  for (const source of ['.', '$UNKNOWN', '*']) {
    const { recipe, changed } = repository(inRoot(`FROM debian\nCOPY ${source} /\n`));
    assert.equal(recipe('svc'), '3');
    assert.deepEqual(changed({ 'any/file': '' }), ['svc'], source);
    assert.deepEqual(changed({ '.git/HEAD': 'x' }), [], source);
  }
});

test('what is taken through symlinks counts where it lies, and nothing else does', () => {
  const files = (source: string, target: string): Files => ({
    ...inRoot(`FROM scratch\nCOPY ${source} /\n`),
    link: { symlink: target },
    'dir/up': { symlink: '../../../link/deep' },
    'real/in': 'x',
    'real/deep/x': 'x',
    'README.md': 'read',
  });
  const cases = [
    ['link', 'real', ['real/in', 'real/deep/x', 'real/new'], []],
    ['link/in', 'real', ['real/in'], ['real/deep/x', 'real/new']],
    ['link/in', '/real', ['real/in'], ['real/new']],
    ['link/in', '../../real', ['real/in'], ['real/new']],
    ['link/d*', './real/.', ['real/deep/x', 'real/deeper'], ['real/in']],
    ['dir/up/x', 'real', ['real/deep/x'], ['real/in', 'real/deep/y']],
    ['link/gone', 'real', ['real/gone'], ['real/in']],
  ] as const;
  for (const [source, target, counts, no] of cases) {
    const { changed } = repository(files(source, target));
    for (const path of [...no, 'README.md', 'dir/y']) {
      assert.deepEqual(changed({ [path]: 'changed' }), [], `${source} -> ${target}: ${path}`);
    }
    for (const path of counts) {
      assert.deepEqual(changed({ [path]: 'changed' }), ['svc'], `${source} -> ${target}: ${path}`);
    }
  }
  // Where the link itself leads is seen by what is there.
  const moved = repository({ ...files('link', 'real'), 'other/in': 'y' });
  execFileSync('ln', ['-sfn', 'other', moved.tree.at('link')]);
  assert.deepEqual(moved.changed({}), ['svc']);
  assert.deepEqual(moved.changed({ 'real/in': 'z' }), []);
});

test('where it cannot be said what links lead to, the whole context counts', () => {
  for (const [source, target] of [
    ['l*', 'real'],
    ['link', 'link'],
    ['link/x', '.'],
    ['link', '/'],
  ] as const) {
    const { changed } = repository({
      ...inRoot(`FROM scratch\nCOPY ${source} /\n`),
      link: { symlink: target },
      'real/in': 'x',
    });
    const expected = source === 'link/x' ? [] : ['svc'];
    assert.deepEqual(changed({ 'real/in': 'y' }), expected, `${source} -> ${target}`);
  }
});

test('a link below what is taken is copied as a link', () => {
  const { tree, changed } = repository({
    ...inRoot('FROM scratch\nCOPY d /\n'),
    'd/link': { symlink: '../real' },
    real: 'x',
  });
  assert.deepEqual(changed({ real: 'y' }), []);
  execFileSync('ln', ['-sfn', '../other', tree.at('d/link')]);
  assert.deepEqual(changed({}), ['svc']);
});

test('an image in its own directory keeps its digest where every file is taken', () => {
  const own = { 'svc/image.toml': 'version = "1"\n', 'svc/Dockerfile': 'FROM scratch\nCOPY a /\n' };
  const { recipe, changed, tree } = repository({ ...own, 'svc/a': 'a', 'svc/.dockerignore': '' });
  assert.equal(recipe('svc'), '1');
  tree.write({ 'svc/README.md': 'read' });
  assert.equal(contexts(tree).digests.svc?.[0], '3');
  assert.deepEqual(changed({ 'svc/a': 'b' }), ['svc']);
  assert.deepEqual(changed({ 'svc/README.md': 'other' }), []);
});

test('stages share their context, and docker-pkg copies it: all of it counts', () => {
  const { recipe, changed } = repository({
    'generate-bake.toml':
      '[[tree]]\ndirectory = "s"\nkind = "stages"\nversion = "1"\n[[tree]]\ndirectory = "d"\nconfig = "config.yaml"\n',
    's/Dockerfile.one': 'FROM scratch\nCOPY Dockerfile.one /\n',
    'd/t/Dockerfile.template': 'FROM scratch\nCOPY a /\n',
    'd/t/changelog':
      't (1) w; urgency=low\n\n  * A.\n\n -- A <a@e>  Mon, 02 Mar 2026 10:00:00 +0000\n',
  });
  assert.deepEqual([recipe('one'), recipe('t')], ['1', '1']);
  assert.deepEqual(changed({ 's/README': '', 'd/t/README': '' }), ['one', 't']);
});

test('the ONBUILDs of a parent in the trees take files too', () => {
  const { changed } = repository({
    'base/image.toml': 'version = "1"\n',
    'base/Dockerfile': 'FROM scratch\nONBUILD COPY lib /\n',
    ...inRoot('FROM r.example/base\nCOPY svc/a /\n'),
    'lib/x': 'x',
  });
  assert.deepEqual(changed({ 'lib/x': 'y' }), ['svc']);
  assert.deepEqual(changed({ 'other/x': 'y' }), []);
});

test('what is taken may depend on the platform', () => {
  const { changed } = repository({
    'svc/image.toml': 'version = "1"\ncontext = ".."\nplatforms = ["linux/amd64", "linux/arm64"]\n',
    'svc/Dockerfile': 'FROM scratch\nARG TARGETARCH\nCOPY bin/$TARGETARCH /\n',
  });
  assert.deepEqual(changed({ 'bin/arm64': '' }), ['svc']);
  assert.deepEqual(changed({ 'bin/amd64': '' }), ['svc']);
  assert.deepEqual(changed({ 'bin/riscv64': '' }), []);
});

test('what is not taken is not even looked at', () => {
  const tree = scratchTree({
    'config.yaml': '',
    ...inRoot('FROM scratch\nCOPY svc/a /\n'),
    'svc/a': '',
  });
  mkdirSync(tree.at('other'));
  execFileSync('mkfifo', [tree.at('other/fifo')]);
  assert.deepEqual(contexts(tree).faults, []);
  execFileSync('mkfifo', [tree.at('svc/a2')]);
  tree.write({ 'svc/Dockerfile': 'FROM scratch\nCOPY svc/a* /\n' });
  assert.deepEqual(contexts(tree).faults, ['not a file, directory or symlink']);
});

const input = (tree: ScratchTree, path: string) => ({
  path: tree.at(path),
  shown: path,
  place: { file: 'image.toml' },
});

test('inputs replace what the Dockerfile takes; more of them are added to it', () => {
  const tree = scratchTree({
    'config.yaml': '',
    'svc/image.toml': 'version = "1"\n',
    'svc/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'svc/a': '',
    'svc/b': '',
    'go.mod': '',
    'lib/x/y': '',
  });
  const changed = (change: object, files: Files) => {
    const before = contexts(tree, () => change).digests.svc;
    tree.write(files);
    return contexts(tree, () => change).digests.svc !== before;
  };
  const inputs = ['svc/a', 'go.mod', 'lib/*/'].map((path) => input(tree, path));
  assert.equal(changed({ inputs }, { 'svc/b': '1', other: '1', 'svc/c': '' }), false);
  tree.write({ 'svc/Dockerfile': 'FROM scratch\nCOPY a /\n' });
  for (const path of ['svc/a', 'go.mod', 'lib/x/y', 'lib/z/new']) {
    assert.equal(changed({ inputs }, { [path]: '2' }), true, path);
  }
  const moreInputs = [input(tree, 'go.mod'), input(tree, 'svc/b')];
  for (const path of ['svc/a', 'svc/b', 'go.mod']) {
    assert.equal(changed({ moreInputs }, { [path]: '3' }), true, path);
  }
  assert.equal(changed({ moreInputs }, { 'svc/c': '3', 'lib/x/y': '3' }), false);
  // The directory of the whole tree.
  assert.equal(changed({ inputs: [input(tree, '')] }, { 'lib/x/y': '4' }), true);
});

test('an input that is not there, has no file, or is of somebody else', () => {
  const tree = scratchTree({
    'config.yaml': '',
    'svc/image.toml': 'version = "1"\n',
    'svc/Dockerfile': 'FROM scratch\n',
    'empty/': '',
  });
  const fault = (path: string) =>
    contexts(tree, () => ({ inputs: [input(tree, path)] })).faults.join('\n');
  assert.equal(fault('svc/none'), 'the input svc/none does not exist');
  assert.equal(fault('none/deep/x'), 'the input none/deep/x does not exist');
  assert.equal(fault('svc/*.go'), 'the input svc/*.go matches no file');
  assert.equal(fault('empty'), 'the input empty has no file');
  assert.equal(fault('../x*'), 'the input ../x* points outside the tree');
});

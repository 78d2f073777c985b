/** Rebuilds that generate-bake.lock counts: in versions, in digests, in links. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { rebuildsText } from '#compiler/workspace/rebuilds.js';
import { explain } from '../../support/explain.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';

const files = {
  'generate-bake.toml': `[[tree]]
directory = "images"
config = "config.yaml"
[[tree]]
kind = "stages"
directory = "base"
vars = "vars.sh"
prefix = "co/"
`,
  'config.yaml': 'registry: r.example\nnamespace: co\ndockerfile_version: content\n',
  'images/fixed/Dockerfile': 'FROM scratch\nCOPY a /\n',
  'images/fixed/a': 'a',
  'images/fixed/image.toml': 'version = "2.0"\ntags = ["2", "v{version}"]\n',
  'images/child/Dockerfile': 'FROM r.example/co/fixed:2.0\nRUN x\n',
  'images/child/image.toml': 'version = "environment:TAG"\n',
  'images/made/Dockerfile': 'FROM scratch\nCOPY a /\n',
  'images/made/a': 'a',
  'images/deb/Dockerfile.template': 'FROM {{ "fixed" | image_tag }}\n',
  'images/deb/changelog':
    'deb (1) unstable; urgency=low\n\n  * x\n\n -- A <a@b>  Sun, 16 Aug 2026 06:00:34 +0000\n',
  'images/deb/control': 'Package: deb\nBuild-Depends: fixed\n',
  'base/vars.sh': 'VERSION=7\n',
  'base/Dockerfile.root': 'FROM scratch\nCOPY vars.sh /\n',
  'base/Dockerfile.run': 'ARG VERSION\nFROM co/root:${VERSION}\nRUN y\n',
};

function compiled(tree: ScratchTree) {
  const opened = openWorkspace({
    cwd: tree.path,
    directories: [],
    env: { TAG: '5' },
    allowed: ['TAG'],
    home: tree.at('none'),
  });
  assert.equal(explain(opened.diagnostics), '');
  const { value, diagnostics } = compile({
    workspace: opened.value,
    selection: { select: [], exclude: [], withParents: false, withChildren: false },
    read: { variables: opened.value.variables },
  });
  const { graph } = value;
  const contexts = new Contexts(tree.path);
  const wanted = new Set(graph.images.map(({ reference }) => reference));
  const digests = definitionDigests(graph, wanted, (image) => contexts.of(image));
  const images = new Map(
    graph.images.map((image) => [
      image.rendered.definition.name as string,
      { ...image, digest: digests.get(image.reference) },
    ]),
  );
  return { images, graph, diagnostics };
}

function told(tree: ScratchTree): string {
  const { diagnostics } = openWorkspace({
    cwd: tree.path,
    directories: [],
    env: {},
    home: tree.at('none'),
  });
  return explain(diagnostics);
}

const lock = rebuildsText(
  new Map([
    ['co/fixed', 2],
    ['co/child', 10],
    ['co/made', 1],
    ['co/root', 3],
  ]),
);

test('a rebuild is appended to versions, is in content ones, and all links stay', () => {
  const tree = scratchTree(files);
  const before = compiled(tree);
  tree.write({ 'generate-bake.lock': lock });
  const after = compiled(tree);
  assert.equal(explain(after.diagnostics), '');
  const versions = (of: typeof after) =>
    Object.fromEntries(
      [...of.images].map(([name, image]) => [name, image.rendered.definition.version]),
    );
  const { made: madeBefore, ...others } = versions(before);
  assert.deepEqual(others, { child: '5', 'co/root': '7', 'co/run': '7', deb: '1', fixed: '2.0' });
  const { made, ...rest } = versions(after);
  assert.deepEqual(rest, {
    child: '5-r10',
    'co/root': '7-r3',
    'co/run': '7',
    deb: '1',
    fixed: '2.0-r2',
  });
  assert.match(made ?? '', /^[0-9a-f]{12}$/);
  assert.notEqual(made, madeBefore);
  const parents = (name: string) => after.images.get(name)?.parents.map(({ parent }) => parent);
  assert.deepEqual(parents('child'), ['r.example/co/fixed:2.0-r2']);
  assert.deepEqual(parents('deb'), ['r.example/co/fixed:2.0-r2']);
  assert.deepEqual(parents('co/run'), ['co/root:7-r3']);
  assert.deepEqual(after.images.get('fixed')?.rendered.definition.extraTags, ['2', 'v2.0-r2']);
});

test('definition digests change with a line of the image or of a parent, and with nothing else', () => {
  const tree = scratchTree(files);
  const digests = () =>
    new Map([...compiled(tree).images].map(([name, { digest }]) => [name, digest]));
  const before = digests();
  const changed = (text: string): readonly string[] => {
    tree.write({ 'generate-bake.lock': text });
    const now = digests();
    return [...now.keys()].filter((name) => now.get(name) !== before.get(name)).sort();
  };
  // The file alone, without a line, is in no digest: contexts may have it.
  assert.deepEqual(changed(rebuildsText(new Map())), []);
  // A template has the version of its parent in its text.
  assert.deepEqual(changed(rebuildsText(new Map([['co/fixed', 1]]))), ['child', 'deb', 'fixed']);
  assert.deepEqual(changed(rebuildsText(new Map([['co/made', 1]]))), ['made']);
  assert.deepEqual(changed(rebuildsText(new Map([['co/root', 1]]))), ['co/root', 'co/run']);
});

test('the file is no part of a context that has it', () => {
  const tree = scratchTree({
    'generate-bake.toml': '[[tree]]\nkind = "dockerfiles"\ndirectory = "."\n',
    'app/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'app/x': '',
    'all/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'all/image.toml': 'context = "/"\n',
    'generate-bake.lock': rebuildsText(new Map()),
  });
  const all = () => compiled(tree).images.get('all');
  const before = all();
  assert.ok(before?.digest !== undefined);
  tree.write({ 'generate-bake.lock': rebuildsText(new Map([['app', 1]])) });
  assert.equal(all()?.digest, before.digest);
});

test('lines of no image, and of one with a changelog, are told with their places', () => {
  const tree = scratchTree({
    ...files,
    'images/odd/Dockerfile': 'FROM\n',
    'generate-bake.lock': '[rebuilds]\n"co/deb" = 2\n"co/fxed" = 1\n"co/odd" = 1\n"nobody" = 1\n',
  });
  assert.deepEqual(
    explain(compiled(tree).diagnostics)
      .split('\n')
      .filter((line) => /rebuilds-unknown|hint/.test(line)),
    [
      'generate-bake.lock:2:1: warning: deb has a changelog, so this line changes nothing [rebuilds-unknown]',
      '  hint: remove the line',
      'generate-bake.lock:3:1: warning: no image of the trees is named "co/fxed" [rebuilds-unknown]',
      '  hint: did you mean "co/fixed"?',
      'generate-bake.lock:5:1: warning: no image of the trees is named "nobody" [rebuilds-unknown]',
      '  hint: remove the line',
    ],
  );
});

test('a line of an image that was not read is no doubt', () => {
  const tree = scratchTree({
    'config.yaml': 'namespace: co\ndockerfile_version: "1"\n',
    'images/app/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'images/app/x': '',
    'more/web/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'more/web/x': '',
    'generate-bake.lock': '[rebuilds]\n"co/app" = 1\n"co/web" = 1\n',
  });
  const doubts = (...directories: string[]) => {
    const opened = openWorkspace({ cwd: tree.path, directories, env: {}, home: tree.at('none') });
    const selection = { select: [], exclude: [], withParents: false, withChildren: false };
    return explain(compile({ workspace: opened.value, selection }).diagnostics);
  };
  assert.equal(doubts('images'), '');
  assert.equal(doubts('images', 'more'), '');
  assert.equal(doubts(), '');
  tree.write({ 'generate-bake.lock': '[rebuilds]\n"co/none" = 1\n' });
  assert.match(doubts(), /no image of the trees is named "co\/none"/);
});

test('what is not a number of rebuilds is an error at its line, and so is half a merge', () => {
  const cases: readonly (readonly [text: string, line: number, message: RegExp, hint: RegExp])[] = [
    ['[rebuilds]\n"a" = 0\n', 2, /a must be from 1 to 999999/, /remove the line/],
    ['[rebuilds]\n"a" = -1\n', 2, /a must be from 1 to 999999/, /remove the line/],
    ['[rebuilds]\n"a" = 9007199254740993\n', 2, /a must be from 1 to 999999/, /remove the line/],
    ['[rebuilds]\n"a" = 99999999999999999999\n', 2, /at most 64 bits/, /a whole number from 1/],
    ['[rebuilds]\n"a" = "2"\n', 2, /a must be a whole number, not a string/, /^$/],
    ['[rebuilds]\n"a" = 1.5\n', 2, /whole number/, /^$/],
    ['[rebuilds]\n"a" = 1000000\n', 2, /from 1 to 999999/, /remove/],
    ['[rebuild]\n"a" = 1\n', 1, /unknown key "rebuild"/, /did you mean "rebuilds"/],
    ['rebuilds = 3\n', 1, /rebuilds must be a table/, /^$/],
    ['[rebuilds]\na = \n', 2, /not valid TOML/, /^$/],
    ['[rebuilds]\n"a" = 1\n"a" = 2\n', 3, /a/, /keep one line .* larger number/],
    [
      '[rebuilds]\n<<<<<<< HEAD\n"a" = 1\n=======\n"a" = 2\n>>>>>>> other\n',
      2,
      /conflict markers/,
      /keep one line .* larger number/,
    ],
  ];
  for (const [text, line, message, hint] of cases) {
    const tree = scratchTree({ ...files, 'generate-bake.lock': text });
    const shown = told(tree);
    assert.match(shown, new RegExp(`^generate-bake\\.lock:${line}:\\d+: error: `), text);
    assert.match(shown, message, text);
    assert.match(/hint: (.*)/.exec(shown)?.[1] ?? '', hint, text);
  }
});

test('what is not a file of the repository is refused', () => {
  const cases: readonly (readonly [file: { symlink: string } | undefined, message: RegExp])[] = [
    [undefined, /generate-bake\.lock is a directory/],
    [{ symlink: '/etc/passwd' }, /is a symbolic link that points outside/],
    [{ symlink: 'nowhere' }, /is a symbolic link that leads nowhere/],
  ];
  for (const [file, message] of cases) {
    const lockOf =
      file === undefined ? { 'generate-bake.lock/': '' } : { 'generate-bake.lock': file };
    const shown = told(scratchTree({ ...files, '.git/HEAD': '', ...lockOf }));
    assert.match(shown, message);
    assert.match(shown, /^generate-bake\.lock: error: .*\[rebuilds-file\]/);
  }
});

test('a version that has no room for the number breaks its image, at the line that counts', () => {
  const long = '1'.repeat(126);
  const tree = scratchTree({
    ...files,
    'images/fixed/image.toml': `version = "${long}"\n`,
    'images/child/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'images/child/x': 'x',
    'images/deb/Dockerfile.template': 'FROM scratch\nCOPY changelog /\n',
    'generate-bake.lock': '[rebuilds]\n"co/fixed" = 1\n',
  });
  const { graph } = compiled(tree);
  assert.match(
    explain(graph.broken.flatMap(({ image }) => image.diagnostics)),
    /^generate-bake\.lock:2:1: error: .*\[version-illegal\]/,
  );
});

test('without a workspace file it is beside the configuration, or at the root of the Dockerfiles', () => {
  const configured = scratchTree({
    'config.yaml': 'namespace: co\ndockerfile_version: "1"\n',
    'images/app/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'images/app/x': '',
    'generate-bake.lock': '[rebuilds]\n"co/app" = 4\n',
  });
  assert.equal(compiled(configured).images.get('app')?.rendered.definition.version, '1-r4');
  const plain = scratchTree({
    '.git/HEAD': '',
    'app/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'app/x': '',
    'generate-bake.lock': '[rebuilds]\n"app" = 1\n',
  });
  const { digest } = compiled(plain).images.get('app') ?? {};
  plain.write({ 'generate-bake.lock': '[rebuilds]\n"app" = 2\n' });
  assert.notEqual(compiled(plain).images.get('app')?.digest, digest);
});

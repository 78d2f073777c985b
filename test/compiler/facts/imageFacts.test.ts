import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gitHistories } from '#adapters/git/history.js';
import { compile } from '#compiler/compile.js';
import { imageFacts } from '#compiler/facts/imageFacts.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';

function factsIn(cwd: string, directory = 'images') {
  const opened = openWorkspace({ cwd, directories: [directory], env: {}, home: join(cwd, 'none') });
  const { value } = compile({
    workspace: opened.value,
    selection: { select: [], exclude: [], withParents: false, withChildren: false },
  });
  const { graph, broken, owners } = value;
  const all = [...graph.images, ...broken.selected];
  const of = imageFacts(graph, all, { owners, histories: gitHistories() });
  const name = (image: (typeof all)[number]) =>
    'rendered' in image ? image.rendered.definition.name : (image.image.name ?? image.image.shown);
  return new Map(all.map((image) => [name(image) as string, of(image)]));
}

const block = (version: string, change: string, date: string) =>
  `a (${version}) wikimedia; urgency=low\n\n  * ${change}\n\n -- Ann <ann@example.org>  ${date}\n`;

test('the last change is the newest block that is not a rebuild', { skip: noGit }, (t) => {
  const changelog = [
    block('3', 'Weekly rebuild.', 'Mon, 02 Mar 2026 10:00:00 +0000'),
    block('2', 'Weekly rebuild.', 'Mon, 23 Feb 2026 10:00:00 +0000'),
    block('1', 'Use trixie.', 'Sun, 01 Feb 2026 23:30:00 +0200'),
    block('0', 'Begin.', 'Sun, 04 Jan 2026 10:00:00 +0000'),
  ].join('\n');
  const root = gitRepository(t, {
    'config.yaml': '',
    'images/a/Dockerfile.template': 'FROM scratch\n',
    'images/a/changelog': changelog,
    'images/b/Dockerfile.template': 'FROM scratch\n',
    'images/b/changelog': block('2', 'Weekly rebuild.', 'Mon, 02 Mar 2026 10:00:00 +0000').replace(
      /^a/,
      'b',
    ),
    // Broken by what it makes: its files can be read all the same.
    'images/c/Dockerfile.template': 'FROM {{ nosuch() }}\n',
    'images/c/control': 'Package: c\nMaintainer: Bo <bo@example.org>\n',
    'images/c/changelog': block('1', 'Begin.', 'no date').replace(/^a/, 'c'),
    // Broken by its changelog: what control says is known.
    'images/d/Dockerfile.template': 'FROM scratch\n',
    'images/d/control': 'Package: d\nMaintainer: Bo <bo@example.org>\n',
    'images/d/changelog': '',
  });
  const facts = factsIn(root);
  assert.deepEqual(facts.get('a'), {
    tests: 'none',
    lastChange: {
      from: 'changelog',
      version: '1',
      date: '2026-02-01T23:30:00+02:00',
      author: 'Ann <ann@example.org>',
    },
  });
  assert.deepEqual(facts.get('b'), { tests: 'none' });
  const { lastChange, ...others } = facts.get('c') ?? {};
  assert.deepEqual(others, { owner: 'Bo <bo@example.org>', ownerFrom: 'control' });
  assert.deepEqual([lastChange?.version, lastChange?.date], ['1', undefined]);
  assert.deepEqual(facts.get('images/d'), { owner: 'Bo <bo@example.org>', ownerFrom: 'control' });
});

test('without a changelog it is the newest commit of what the image is made of', {
  skip: noGit,
}, (t) => {
  const root = gitRepository(t, {
    'generate-bake.toml': lines(
      'kind = "dockerfiles"',
      'registry = "r.example"',
      'version = "1"',
      '[[image]]',
      'path = "web"',
      'description = "x"',
    ),
    'web/Dockerfile': 'FROM scratch\nCOPY used /\n',
    'web/used/file': '1',
    'web/unused': '1',
    'api/Dockerfile': 'FROM scratch\n',
  });
  const first = head(root);
  const second = commit(root, t, { 'web/used/file': '2' }, '2026-03-01T10:00:00Z');
  // Neither an input of web, nor the file that says something of many images.
  commit(root, t, { 'web/unused': '2', README: 'x' }, '2026-03-02T10:00:00Z');
  writeFileSync(join(root, 'web/used/file'), 'not committed');
  const facts = factsIn(root, '.');
  assert.deepEqual(facts.get('web')?.lastChange, {
    from: 'git',
    commit: second,
    date: '2026-03-01T10:00:00.000Z',
  });
  assert.equal(facts.get('api')?.lastChange?.commit, first);
});

test('a shallow clone does not say what changed last', { skip: noGit }, (t) => {
  const root = gitRepository(t, { 'api/Dockerfile': 'FROM scratch\n' });
  commit(root, t, { other: '1' }, '2026-03-02T10:00:00Z');
  const clone = join(gitRepository(t), 'clone');
  gitIn(dirname(clone), 'clone', '--quiet', '--depth=1', `file://${root}`, clone);
  assert.equal(factsIn(clone, '.').get('api')?.lastChange, undefined);
});

function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}

function head(root: string): string {
  return gitIn(root, 'rev-parse', 'HEAD').trim();
}

function commit(
  root: string,
  t: TestContext,
  files: Readonly<Record<string, string>>,
  date: string,
): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const before = process.env.GIT_COMMITTER_DATE;
  process.env.GIT_COMMITTER_DATE = date;
  t.after(() => {
    process.env.GIT_COMMITTER_DATE = before ?? '';
  });
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'change');
  if (before === undefined) {
    delete process.env.GIT_COMMITTER_DATE;
  }
  return head(root);
}

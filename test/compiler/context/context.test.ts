import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { contextDigest, planContext } from '#compiler/context/context.js';
import { listContext } from '#compiler/context/listing.js';
import type { PlannedFile } from '#compiler/plan/plan.js';
import { listDirectory, rememberDirectories } from '#core/files/directories.js';
import { scratchTree } from '../../support/scratch.js';

/** A path to a text, `x text` for an executable one, `-> target` for a symlink, null: a directory. */
type Files = Record<string, string | null>;

const roots: string[] = [];
after(() => {
  for (const root of roots) {
    rmSync(root, { recursive: true, force: true });
  }
});

function made(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'generate-bake-context-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(text === null ? full : dirname(full), { recursive: true });
    if (text === null) {
      continue;
    }
    if (text.startsWith('-> ')) {
      symlinkSync(text.slice(3).replace('ROOT', root), full);
    } else {
      writeFileSync(full, text.replace(/^x /, ''));
      chmodSync(full, text.startsWith('x ') ? 0o755 : 0o644);
    }
  }
  return root;
}

const list = (files: Files) => listContext(join(made(files), 'c'), 'shown/c');
const listed = (files: Files) =>
  list(files).value.entries.map(({ kind, path }) => `${kind} ${path}`);
const problems = (files: Files) =>
  planContext(join(made(files), 'c'), 'shown/c').diagnostics.map(
    ({ code, place }) => `${code} ${place?.file}`,
  );
const digest = (files: Files) => planContext(join(made(files), 'c'), 'c').value.digest;

test('a context is listed in order, after the ignore rules of Docker', () => {
  assert.deepEqual(listed({ 'c/b': '', 'c/a/x': '', 'c/a.md': '', 'c/.h': '', 'c/empty': null }), [
    'file .h',
    'directory a',
    'file a.md',
    'file a/x',
    'file b',
    'directory empty',
  ]);
  assert.deepEqual(
    listed({
      'c/.dockerignore': 'a\n!a/keep\n*.md',
      'c/a/drop': '',
      'c/a/keep': '',
      'c/x.md': '',
      'c/.generate-bake/x': '',
    }),
    ['file .dockerignore', 'file a/keep'],
  );
});

test('symlinks: inside, outside, and what is an error', () => {
  const { value, diagnostics } = list({
    'c/file': '',
    'c/d/e': '',
    'out/file': '',
    'c/in': '-> file',
    'c/d/up': '-> ../file',
    'c/dir': '-> d',
    'c/out': '-> ../out/file',
    'c/outdir': '-> ../out',
    'c/absolute': '-> ROOT/c/file',
    'c/chain': '-> out',
    'c/detour': '-> ../c/file',
  });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    value.entries.flatMap((entry) =>
      entry.kind === 'symlink' ? [`${entry.path} ${entry.leaves} ${entry.isDirectory}`] : [],
    ),
    [
      'absolute true false',
      'chain true false',
      'd/up false false',
      // Out and back: to BuildKit there is nothing above the top.
      'detour true false',
      'dir false true',
      'in false false',
      'out true false',
      'outdir true true',
    ],
  );
  assert.deepEqual(
    problems({ 'c/a': '-> gone', 'c/b': '-> b', 'c/d/c': '-> ../d', 'c/x/e': '-> .' }),
    [
      'broken-symlink shown/c/a',
      'symlink-loop shown/c/b',
      'symlink-loop shown/c/d/c',
      'symlink-loop shown/c/x/e',
    ],
  );
  assert.deepEqual(problems({ 'c/.dockerignore': 'a', 'c/a': '-> gone' }), []);
});

test('what cannot be read is told with its path', async () => {
  assert.deepEqual(problems({}), ['context-unreadable shown/c']);
  assert.deepEqual(problems({ 'c/.dockerignore': 'a\n[' }), [
    'dockerignore-pattern shown/c/.dockerignore',
  ]);
  const root = made({ 'c/x': '' });
  const server = createServer().listen(join(root, 'c', 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const { diagnostics } = planContext(join(root, 'c'), '.');
  server.close();
  assert.deepEqual(
    diagnostics.map(({ code, place }) => [code, place?.file]),
    [['special-file', 'socket']],
  );
});

test('an unreadable file', () => {
  const root = made({ 'c/x': '' });
  chmodSync(root, 0o755);
  chmodSync(join(root, 'c/x'), 0);
  // Root reads everything, so this is nobody for the moment.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) {
    process.seteuid?.(65534);
  }
  const { diagnostics } = planContext(join(root, 'c'), 'c');
  if (isRoot) {
    process.seteuid?.(0);
  }
  assert.deepEqual(
    diagnostics.map(({ code, place }) => [code, place?.file]),
    [['unreadable', 'c/x']],
  );
});

test('a file that goes while it is read (a fake of that fault)', () => {
  const root = made({ 'c/x': '', 'c/y': '' });
  const listing = listContext(join(root, 'c'), 'c').value;
  rmSync(join(root, 'c/x'));
  const { diagnostics } = contextDigest(listing);
  assert.deepEqual(
    diagnostics.map(({ code, message }) => [code, message]),
    [['unreadable', 'the file does not exist']],
  );
});

test('the digest is that of the documented recipe', () => {
  const text = 'generate-bake context 1 content\nfile x 1:a 2\nhifile - 3:b/c 0\nsymlink 1:l 1:a\n';
  const expected = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  assert.equal(digest({ 'c/a': 'x hi', 'c/b/c': '', 'c/l': '-> a', 'c/empty': null }), expected);
});

test('the digest changes with names, contents, executable bits and targets, with nothing else', () => {
  const files: Files = { 'c/a': 'one', 'c/b': 'two', 'c/l': '-> a' };
  const before = digest(files);
  assert.equal(digest({ ...files, 'c/empty': null }), before);
  assert.equal(digest({ ...files, 'c/.dockerignore': 'x\n.dockerignore', 'c/x': 'y' }), before);
  const root = made(files);
  chmodSync(join(root, 'c/a'), 0o600);
  assert.equal(planContext(join(root, 'c'), 'c').value.digest, before);
  for (const changed of [
    { 'c/a': 'two', 'c/b': 'one' },
    { 'c/a': 'x one' },
    { 'c/l': '-> b' },
    { 'c/n': '' },
    { 'c/a': 'onetwo', 'c/b': '' },
  ]) {
    assert.notEqual(digest({ ...files, ...changed }), before);
  }
});

test('files that do not fit into memory at once are digested alike', () => {
  const big = 'a'.repeat(700_000);
  const small = 'b'.repeat(200_000);
  const text = `generate-bake context 1 content\nfile - 1:a ${big.length}\n${big}file - 1:b ${small.length}\n${small}file - 1:c ${small.length}\n${small}`;
  const expected = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  assert.equal(digest({ 'c/a': big, 'c/b': small, 'c/c': small }), expected);
});

test('a digest may regard some files only', () => {
  const listing = (files: Files) => listContext(join(made(files), 'c'), 'c').value;
  const regards = (path: string) => path !== 'changelog';
  const one = contextDigest(listing({ 'c/a': '', 'c/changelog': '1' }), regards);
  const two = contextDigest(listing({ 'c/a': '', 'c/changelog': '2' }), regards);
  assert.equal(one.value, two.value);
});

test('a context that stays inside is used in place', () => {
  const { value } = planContext(join(made({ 'c/a': '', 'c/l': '-> a' }), 'c'), 'images/c');
  assert.deepEqual([value.path, value.files], ['images/c', []]);
});

function shownFile(file: PlannedFile, root: string, unit: string): string {
  const path = file.path === unit ? '.' : file.path.slice(unit.length + 1);
  if (file.kind === 'symlink') {
    return `${path} -> ${file.target}`;
  }
  if (file.kind === 'text') {
    return `${path}: ${file.text}`;
  }
  const mode = file.mode.toString(8);
  return file.kind === 'directory'
    ? `${mode} ${path}/`
    : `${mode} ${path} = ${file.source.replace(root, '')}`;
}
const shownFiles = (files: readonly PlannedFile[], root: string, unit: string) =>
  files.map((file) => shownFile(file, root, unit));

test('a context that is left is copied: links followed, modes kept, ignore rules applied', () => {
  const root = made({
    'c/own.sh': 'x own',
    'c/in': '-> own.sh',
    'c/out.sh': '-> ../out/run.sh',
    'c/outdir': '-> ../out',
    'c/test': '',
    'c/x.md': '',
    'c/README.md': '',
    'c/d/x.md': '',
    'c/.dockerignore': 'test\n*.md\n!README.md\n**/deep\n',
    'out/run.sh': 'x run',
    'out/sub/f': '',
    'out/sub/deep/g': '',
    'out/l': '-> run.sh',
    'out/empty': null,
  });
  chmodSync(join(root, 'out/empty'), 0o700);
  const { value, diagnostics } = planContext(join(root, 'c'), 'c');
  assert.deepEqual(diagnostics, []);
  assert.match(value.path, /^\.generate-bake\/contexts\/[0-9a-f]{64}$/);
  assert.deepEqual(shownFiles(value.files, root, value.path), [
    '755 ./',
    '644 .dockerignore = /c/.dockerignore',
    // README.md is gone: docker-pkg knows no exceptions, and comes first.
    '755 d/',
    '644 d/x.md = /c/d/x.md',
    'in -> own.sh',
    '755 out.sh = /out/run.sh',
    '755 outdir/',
    '700 outdir/empty/',
    '755 outdir/l = /out/run.sh',
    '755 outdir/run.sh = /out/run.sh',
    '755 outdir/sub/',
    '644 outdir/sub/f = /out/sub/f',
    '755 own.sh = /c/own.sh',
  ]);
});

test('copies share a place only where they are alike in everything', () => {
  const files: Files = { 'c/a': '-> ../a', a: 'one' };
  const path = (root: string) => planContext(join(root, 'c'), 'c').value.path;
  const before = path(made(files));
  assert.equal(path(made(files)), before);
  assert.notEqual(path(made({ ...files, a: 'two' })), before);
  assert.notEqual(path(made({ ...files, 'c/d': null })), before);
  const root = made(files);
  chmodSync(join(root, 'a'), 0o600);
  assert.notEqual(path(root), before);
});

test('a copy is digested as what it copies', () => {
  const copied = digest({ 'c/a': '-> ../a', 'c/b': 'two', a: 'x one' });
  assert.equal(copied, digest({ 'c/a': 'x one', 'c/b': 'two' }));
});

test('loops and broken links where links are followed', () => {
  assert.deepEqual(
    problems({ 'c/a': '-> ../a', 'a/b': '-> ../b', 'b/a': '-> ../a', 'a/gone': '-> nowhere' }),
    ['symlink-loop shown/c/a/b/a', 'broken-symlink shown/c/a/gone'],
  );
  assert.deepEqual(problems({ 'c/up': '-> ..' }), ['symlink-loop shown/c/up']);
});

test('a directory that was read before is not read again', () => {
  const root = made({ 'c/a': '', 'c/d/b': '' });
  const read: string[] = [];
  const list = rememberDirectories((directory) => {
    read.push(directory.replace(root, ''));
    return listDirectory(directory);
  });
  list(join(root, 'c'));
  const { value } = planContext(join(root, 'c'), 'c', list);
  assert.equal(value.digest, planContext(join(root, 'c'), 'c').value.digest);
  assert.deepEqual(read, ['/c', '/c/d']);
});

test('git’s own files are no part of a definition, whatever is committed', () => {
  const tree = scratchTree({ 'c/Dockerfile': 'FROM scratch\n', 'c/.git/HEAD': 'one\n' });
  const digest = () => planContext(tree.at('c'), 'c').value.digest;
  const before = digest();
  tree.write({ 'c/.git/HEAD': 'two\n', 'c/.git/index': 'x' });
  assert.equal(digest(), before);
  tree.write({ 'c/.gitignore': '*.o\n' });
  assert.notEqual(digest(), before);
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { contextDigest, planContext as planned } from '#compiler/context/context.js';
import { listContext } from '#compiler/context/listing.js';
import type { PlannedFile } from '#compiler/plan/plan.js';
import { Boundary } from '#core/files/boundary.js';
import { type ListDirectory, listDirectory, rememberDirectories } from '#core/files/directories.js';
import { boundedBy } from '../../support/boundary.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';
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

/** Of the context `c` in a tree: as docker-pkg has it, unless links are kept. */
const planContext = (
  directory: string,
  shown: string,
  links: 'kept' | 'followed' = 'followed',
  list: ListDirectory = listDirectory,
) => planned(directory, shown, { links, list, boundary: boundedBy(dirname(directory)) });
const list = (files: Files) => {
  const root = made(files);
  return listContext(join(root, 'c'), 'shown/c', { boundary: boundedBy(root) });
};
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

test('as docker build sends a context: links as links, whatever they lead to', () => {
  const files: Files = {
    'c/file': '',
    'c/d/up': '-> ../file',
    'c/out': '-> ../out/file',
    'c/absolute': '-> /etc/shadow',
    'c/gone': '-> nowhere',
    'c/loop': '-> loop',
    'c/self': '-> .',
    'c/.#file': '-> someone@host.1234:5678',
    'out/file': '',
  };
  const { value, diagnostics } = list(files);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    value.entries.flatMap((entry) =>
      entry.kind === 'symlink' ? [`${entry.path} -> ${entry.target}`] : [],
    ),
    [
      '.#file -> someone@host.1234:5678',
      'absolute -> /etc/shadow',
      'd/up -> ../file',
      'gone -> nowhere',
      'loop -> loop',
      'out -> ../out/file',
      'self -> .',
    ],
  );
  const kept = planContext(join(made(files), 'c'), 'c', 'kept');
  assert.deepEqual(kept.diagnostics, []);
  assert.deepEqual([kept.value.path, kept.value.files, kept.value.rules], ['c', [], undefined]);
});

test('as docker-pkg copies a context: links that lead nowhere or in circles are errors', () => {
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

test('the recipe of a digest is the second only where the first saw something else', () => {
  const recipe = (files: Files, links: 'kept' | 'followed') =>
    planContext(join(made(files), 'c'), 'c', links).value.recipe ?? 1;
  const inside: Files = { 'c/a': '', 'c/l': '-> a' };
  const outside: Files = { 'c/a': '', 'c/l': '-> ../b', b: '' };
  assert.equal(recipe(inside, 'kept'), 1);
  assert.equal(recipe(inside, 'followed'), 2);
  assert.equal(recipe(outside, 'kept'), 2);
  assert.equal(recipe(outside, 'followed'), 1);
  assert.equal(recipe({ ...inside, ...outside, 'c/k': '-> a' }, 'followed'), 2);
  assert.equal(recipe({ ...inside, 'c/.dockerignore': 'l' }, 'followed'), 1);
  // What the link leads to may be there or not: two machines agree.
  assert.equal(recipe({ 'c/l': '-> /nowhere' }, 'kept'), 2);
  assert.equal(recipe({ 'c/d/l': '-> ../../b' }, 'kept'), 2);
  assert.equal(recipe({ 'c/d/l': '-> ../b' }, 'kept'), 1);
});

test('what cannot be read is told with its path', async () => {
  assert.deepEqual(problems({}), ['context-unreadable shown/c']);
  assert.deepEqual(problems({ 'c/.dockerignore': 'a\n[' }), [
    'dockerignore-pattern shown/c/.dockerignore',
  ]);
  const root = made({ 'c/x': '' });
  const server = createServer().listen(join(root, 'c', 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const { diagnostics } = planContext(join(root, 'c'), '.', 'kept');
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
  const boundary = boundedBy(root);
  const listing = listContext(join(root, 'c'), 'c', { boundary }).value;
  rmSync(join(root, 'c/x'));
  const { diagnostics } = contextDigest(listing, boundary);
  assert.deepEqual(
    diagnostics.map(({ code, message }) => [code, message]),
    [['unreadable', 'the file does not exist']],
  );
});

test('the digest is that of the documented recipe', () => {
  const text = 'generate-bake context 1 content\nfile x 1:a 2\nhifile - 3:b/c 0\nsymlink 1:l 1:a\n';
  const expected = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const root = made({ 'c/a': 'x hi', 'c/b/c': '', 'c/l': '-> a', 'c/empty': null });
  assert.equal(planContext(join(root, 'c'), 'c', 'kept').value.digest, expected);
});

test('the digest changes with names, contents, executable bits and targets, with nothing else', () => {
  const digest = (files: Files) => planContext(join(made(files), 'c'), 'c', 'kept').value.digest;
  const files: Files = { 'c/a': 'one', 'c/b': 'two', 'c/l': '-> a' };
  const before = digest(files);
  assert.equal(digest({ ...files, 'c/empty': null }), before);
  assert.equal(digest({ ...files, 'c/.dockerignore': 'x\n.dockerignore', 'c/x': 'y' }), before);
  const root = made(files);
  chmodSync(join(root, 'c/a'), 0o600);
  assert.equal(planContext(join(root, 'c'), 'c', 'kept').value.digest, before);
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
  const digestOf = (files: Files) => {
    const root = made(files);
    const boundary = boundedBy(root);
    const listing = listContext(join(root, 'c'), 'c', { boundary }).value;
    return contextDigest(listing, boundary, (path) => path !== 'changelog');
  };
  const one = digestOf({ 'c/a': '', 'c/changelog': '1' });
  const two = digestOf({ 'c/a': '', 'c/changelog': '2' });
  assert.equal(one.value, two.value);
});

test('a context without links is used in place', () => {
  const { value } = planContext(join(made({ 'c/a': '', 'c/d/l': '' }), 'c'), 'images/c');
  assert.deepEqual([value.path, value.files], ['images/c', []]);
});

function shownFile(file: PlannedFile, root: string, unit: string): string {
  const path = file.path === unit ? '.' : file.path.slice(unit.length + 1);
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

test('a context with links is copied as docker-pkg does: links followed, modes kept, ignore rules applied', () => {
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
    '755 in = /c/own.sh',
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
  const { value } = planContext(join(root, 'c'), 'c', 'followed', list);
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

test('what is generate-bake’s own is left out, by rules that BuildKit finds', () => {
  const root = made({ 'c/a': '', 'c/.dockerignore': 'x', 'c/d/.generate-bake/logs/l': '' });
  const rules = (directory: string, cwd: string) =>
    planned(directory, 'c', { links: 'kept', boundary: boundedBy(root), cwd }).value.rules;
  const context = join(root, 'c');
  assert.equal(rules(context, root), 'x\n**/.generate-bake\n');
  // It is not there yet, and will be once the plan is written.
  const plain = join(made({ 'c/a': '' }), 'c');
  assert.equal(rules(plain, plain), '\n**/.generate-bake\n');
  assert.equal(rules(plain, dirname(plain)), undefined);
  assert.equal(rules(plain, join(plain, 'a/b')), '\n**/.generate-bake\n');
  const ignored = join(made({ 'c/a': '', 'c/.dockerignore': '.generate-bake' }), 'c');
  assert.equal(rules(ignored, ignored), undefined);
  const takenBack = made({ 'c/.dockerignore': '*\n!a', 'c/a': '', 'c/.generate-bake/x': '' });
  assert.equal(rules(join(takenBack, 'c'), root), '*\n!a\n**/.generate-bake\n');
});

test('rules that BuildKit would not find are written for it', () => {
  const root = made({ 'c/a': '', 'c/b': '', 'c/.dockerignore': '-> ../rules', rules: 'b' });
  const { value, diagnostics } = planContext(join(root, 'c'), 'c', 'kept');
  assert.deepEqual(diagnostics, []);
  assert.equal(value.rules, 'b\n**/.generate-bake\n');
  const out = join(made({ 'c/.dockerignore': '-> /etc/hostname' }), 'c');
  assert.deepEqual(
    planContext(out, 'c', 'kept').diagnostics.map(({ message }) => message),
    ['the file is a symbolic link that points outside the tree'],
  );
});

test('rules beside the Dockerfile replace those of the context', () => {
  const root = made({ 'c/.dockerignore': 'a', 'c/a': '', 'c/b': '' });
  const options = { links: 'kept', boundary: boundedBy(root) } as const;
  const rules = { text: 'b', shown: 'Dockerfile.dockerignore' };
  const { value } = planned(join(root, 'c'), 'c', { ...options, rules });
  assert.equal(value.rules, 'b\n**/.generate-bake\n');
  assert.equal(value.recipe, 2);
  const alike = made({ 'c/.dockerignore': 'a', 'c/a': '' });
  const without = planned(join(alike, 'c'), 'c', { ...options, rules: { ...rules, text: 'b' } });
  assert.equal(value.digest, without.value.digest);
});

test('links are followed to what git has, and to nothing else', { skip: noGit }, (t) => {
  const root = gitRepository(t, {
    '.gitignore': 'ignored\n',
    'shared/run.sh': 'run\n',
    'shared/dir/a': 'a\n',
    'images/c/own': 'own\n',
  });
  const refusedAt = (files: Record<string, string>): string[] => {
    for (const [path, target] of Object.entries(files)) {
      symlinkSync(target, join(root, path));
    }
    const directory = join(root, 'images/c');
    const boundary = new Boundary(join(root, 'images'), gitWorkTrees());
    const { diagnostics } = planned(directory, 'c', { links: 'followed', boundary });
    for (const path of Object.keys(files)) {
      rmSync(join(root, path));
    }
    return diagnostics.map(({ code, place, message }) => `${code} ${place?.file}: ${message}`);
  };
  writeFileSync(join(root, 'ignored'), 'secret\n');
  writeFileSync(join(root, 'shared/new'), 'git would add it\n');
  const outside = join(made({ secret: 'x', 'sub/secret': 'x' }), 'secret');
  assert.deepEqual(
    refusedAt({
      'images/c/file': '../../shared/run.sh',
      'images/c/dir': '../../shared/dir',
      'images/c/new': '../../shared/new',
      'images/c/absolute': join(root, 'shared/run.sh'),
      'images/c/inside': 'own',
    }),
    [],
  );
  const out = 'symlink-refused c/l: the symlink points outside the repository';
  assert.deepEqual(refusedAt({ 'images/c/l': '/etc/shadow' }), [out]);
  assert.deepEqual(refusedAt({ 'images/c/l': '/proc/self/environ' }), [out]);
  assert.deepEqual(refusedAt({ 'images/c/l': '/proc' }), [out]);
  assert.deepEqual(refusedAt({ 'images/c/l': outside }), [out]);
  assert.deepEqual(refusedAt({ 'shared/two': outside, 'images/c/l': '../../shared/two' }), [out]);
  assert.deepEqual(
    refusedAt({ 'shared/d': dirname(outside), 'images/c/l': '../../shared/d/secret' }),
    [out],
  );
  assert.deepEqual(refusedAt({ 'images/c/l': '../../ignored' }), [
    'symlink-refused c/l: the symlink points to a file that git ignores',
  ]);
  assert.deepEqual(refusedAt({ 'images/c/l': '../../.git/config' }), [
    'symlink-refused c/l: the symlink points to a file of git or of generate-bake',
  ]);
  assert.deepEqual(refusedAt({ 'images/c/l': '../../.git' }), [
    'symlink-refused c/l: the symlink is of git or of generate-bake',
  ]);
  // A link in a directory that a link leads to.
  assert.deepEqual(refusedAt({ 'shared/dir/l': outside, 'images/c/dir': '../../shared/dir' }), [
    'symlink-refused c/dir/l: the symlink points outside the repository',
  ]);
  writeFileSync(join(root, 'shared/dir/ignored'), 'secret\n');
  assert.deepEqual(refusedAt({ 'images/c/dir': '../../shared/dir' }), [
    'symlink-refused c/dir/ignored: a symlink on the way points to a file that git ignores',
  ]);
  // What no link leads to is sent, whether git has it or not.
  writeFileSync(join(root, 'images/c/ignored'), 'built\n');
  assert.deepEqual(refusedAt({ 'images/c/inside': 'own' }), []);
  gitIn(root, 'status');
});

test('the file of password_file is in no context, under whatever name', () => {
  const root = made({ 'c/a': '', 'c/l': '-> ../secret', secret: 'hunter2' });
  const boundary = new Boundary(root, () => undefined, [join(root, 'secret'), join(root, 'c/a')]);
  for (const links of ['followed', 'kept'] as const) {
    const { diagnostics } = planned(join(root, 'c'), 'c', { links, boundary });
    assert.deepEqual(
      diagnostics.map(({ place, message }) => `${place?.file}: ${message}`),
      ['c/a', ...(links === 'followed' ? ['c/l'] : [])].map(
        (file) => `${file}: the file is the file of password_file, which no image may read`,
      ),
    );
  }
});

test('a name that is not UTF-8 is a fault of its context, unless it is ignored', () => {
  const root = made({ 'c/a': '' });
  const name = Buffer.concat([Buffer.from(`${root}/c/caf`), Buffer.from([0xe9])]);
  writeFileSync(name, '');
  const { diagnostics } = planContext(join(root, 'c'), 'c');
  assert.deepEqual(
    diagnostics.map(({ code, place }) => [code, place?.file]),
    [['context-name', 'c/caf\ufffd']],
  );
  writeFileSync(join(root, 'c/.dockerignore'), 'caf*\n');
  assert.deepEqual(planContext(join(root, 'c'), 'c').diagnostics, []);
});

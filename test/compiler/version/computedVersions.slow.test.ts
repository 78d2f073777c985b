import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { runCli } from '../../support/cli.js';
import { explain } from '../../support/explain.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';
import { scratchTree } from '../../support/scratch.js';
import { temporaryDirectory } from '../../support/temporary.js';

type Files = Readonly<Record<string, string>>;
const everything = { select: [], exclude: [], withParents: false, withChildren: false };

function compiled(cwd: string, now?: Date) {
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: '/none' });
  assert.equal(explain(opened.diagnostics), '');
  const { value, diagnostics } = compile({
    workspace: opened.value,
    selection: everything,
    ...(now === undefined ? {} : { dated: { kind: 'nightly', now } }),
  });
  return { ...value, diagnostics };
}

/** The versions of the sound images by name. */
function versions(cwd: string): Readonly<Record<string, string>> {
  const { graph } = compiled(cwd);
  return Object.fromEntries(
    graph.images.map(({ rendered: { definition } }) => [definition.name, definition.version]),
  );
}

function faults(cwd: string): string {
  const { graph } = compiled(cwd);
  return explain(graph.broken.flatMap(({ image }) => image.diagnostics));
}

function put(cwd: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
}

/** base, a service on it with its context at the root, and one on nothing. */
const family: Files = {
  'config.yaml': 'registry: r.example\nnamespace: co\ndockerfile_version: content\n',
  'base/Dockerfile': 'FROM debian:13\nCOPY a /\n',
  'base/a': 'a',
  'svc/Dockerfile': 'FROM r.example/co/base\nCOPY lib svc/main /\n',
  'svc/image.toml': 'context = ".."\nlabels = { team = "x" }\n',
  'svc/main': 'm',
  'lib/x': 'x',
  'alone/Dockerfile': 'FROM scratch\nCOPY a /\n',
  'alone/a': 'a',
};

test('content: a version of twelve digits that changes with what the image is made of', () => {
  const tree = scratchTree(family);
  let before = versions(tree.path);
  assert.deepEqual(Object.keys(before).sort(), ['alone', 'base', 'svc']);
  for (const version of Object.values(before)) {
    assert.match(version, /^[0-9a-f]{12}$/);
  }
  const changed = (files: Files): readonly string[] => {
    put(tree.path, files);
    const after = versions(tree.path);
    const names = Object.keys(after).filter((name) => after[name] !== before[name]);
    before = after;
    return names.sort();
  };
  assert.deepEqual(changed({}), []);
  assert.deepEqual(changed({ 'README.md': 'r', 'svc/README.md': 'r', 'base/README.md': 'r' }), []);
  assert.deepEqual(changed({ 'svc/main': 'n' }), ['svc']);
  assert.deepEqual(changed({ 'lib/y': 'y' }), ['svc']);
  assert.deepEqual(changed({ 'base/a': 'b' }), ['base', 'svc']);
  assert.deepEqual(changed({ 'base/Dockerfile': 'FROM debian:14\nCOPY a /\n' }), ['base', 'svc']);
  assert.deepEqual(changed({ 'svc/image.toml': 'context = ".."\nlabels = { team = "y" }\n' }), [
    'svc',
  ]);
  assert.deepEqual(changed({ 'svc/image.toml': 'context = ".."\nargs = { A = "y" }\n' }), ['svc']);
  // What only tells something of it.
  const told = 'context = ".."\nargs = { A = "y" }\ndescription = "d"\ntags = ["t"]\n';
  assert.deepEqual(changed({ 'svc/image.toml': told }), []);
  // Another registry holds the same images.
  const config = 'registry: s.example\nnamespace: co\ndockerfile_version: content\n';
  assert.deepEqual(
    changed({
      'config.yaml': config,
      'svc/Dockerfile': 'FROM r.example/co/base\nCOPY lib svc/main /\n',
    }),
    ['svc'],
  );
});

test('content: two definitions of one version have one digest, which the version begins', () => {
  const tree = scratchTree(family);
  const digest = () => {
    const { graph } = compiled(tree.path);
    const all = new Set(graph.byReference.keys());
    const digests = definitionDigests(graph, all, new Contexts(tree.path).of);
    return new Map(
      graph.images.map(({ reference, rendered: { definition } }) => [
        definition.name as string,
        { version: definition.version, digest: digests.get(reference) ?? '' },
      ]),
    );
  };
  for (const { version, digest: whole } of digest().values()) {
    assert.equal(whole.startsWith(`3:sha256:${version}`), true, whole);
  }
});

test('content: parents of other kinds count by their references, and templates see the versions', () => {
  const changelog = (name: string, version: string) =>
    `${name} (${version}) w; urgency=low\n\n  * A.\n\n -- A <a@e>  Mon, 02 Mar 2026 10:00:00 +0000\n`;
  const tree = scratchTree({
    ...family,
    'tmpl/Dockerfile.template': 'FROM {{ "base" | image_tag }}\n',
    'tmpl/changelog': changelog('tmpl', '1.0'),
    'top/Dockerfile': 'FROM r.example/co/tmpl\nCOPY Dockerfile /\n',
  });
  const { graph, diagnostics } = compiled(tree.path);
  assert.equal(explain(diagnostics.filter(({ code }) => code !== 'undeclared-parent')), '');
  const before = versions(tree.path);
  const rendered = graph.images.find(({ rendered: { definition } }) => definition.name === 'tmpl');
  assert.equal(rendered?.rendered.dockerfile, `FROM r.example/co/base:${before.base}`);
  assert.deepEqual(
    rendered?.parents.map(({ parent }) => parent),
    [`r.example/co/base:${before.base}`],
  );
  // The template drifts, which its own version has to say.
  tree.write({ 'base/a': 'other' });
  assert.equal(versions(tree.path).top, before.top);
  tree.write({ 'tmpl/changelog': changelog('tmpl', '1.1') });
  assert.notEqual(versions(tree.path).top, before.top);
});

test('content: what is broken, or built on it, keeps the word; the others have their versions', () => {
  const tree = scratchTree({ ...family, 'base/Dockerfile': 'FROM\n' });
  const { graph } = compiled(tree.path);
  assert.deepEqual(
    graph.broken.map(({ image }) => image.reference),
    ['r.example/co/base:content'],
  );
  const { alone, svc } = versions(tree.path);
  assert.match(alone ?? '', /^[0-9a-f]{12}$/);
  assert.equal(svc, 'content');
});

const broken = {
  'tmpl/Dockerfile.template': 'FROM debian\nRUN {{ nothing.here }}\n',
  'tmpl/changelog':
    'tmpl (1.0) w; urgency=low\n\n  * A.\n\n -- A <a@e>  Mon, 02 Mar 2026 10:00:00 +0000\n',
  'on/Dockerfile': 'FROM r.example/co/tmpl\nCOPY Dockerfile /\n',
};

test('content: a broken parent whose version somebody wrote counts by it', () => {
  const tree = scratchTree({ ...family, ...broken });
  const { on } = versions(tree.path);
  assert.match(on ?? '', /^[0-9a-f]{12}$/);
  tree.write({ 'tmpl/Dockerfile.template': 'FROM debian\n' });
  assert.equal(versions(tree.path).on, on);
});

test('content: what takes all of one context is looked at once', async () => {
  const tree = scratchTree({
    'config.yaml': 'dockerfile_version: content\n',
    'd/e/f': 'f',
    ...Object.fromEntries(
      ['a', 'b', 'c'].flatMap((name) => [
        [`${name}/Dockerfile`, 'FROM scratch\nCOPY . /\n'],
        [`${name}/image.toml`, 'context = ".."\n'],
      ]),
    ),
  });
  const listed: string[] = [];
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: '/none' });
  const list = (directory: string) => {
    listed.push(directory);
    return readdirSync(directory, { withFileTypes: true });
  };
  const { graph } = compile({
    workspace: opened.value,
    selection: everything,
    read: { variables: opened.value.variables, list },
  }).value;
  // Once for the search, once for the versions.
  assert.equal(listed.filter((directory) => directory.endsWith('/d/e')).length, 2);
  const contexts = new Contexts(tree.path, list);
  for (const image of graph.images) {
    contexts.of(image);
  }
  assert.equal(listed.filter((directory) => directory.endsWith('/d/e')).length, 3);
  // They are the same but for their Dockerfiles, which are the same too.
  assert.equal(new Set(graph.images.map(({ rendered }) => rendered.definition.version)).size, 1);
});

test('content: a context that cannot be read breaks its image already in a list', () => {
  const tree = scratchTree(family);
  execFileSync('mkfifo', [tree.at('lib/fifo')]);
  assert.match(faults(tree.path), /lib\/fifo: error: not a file, directory or symlink/);
  assert.deepEqual(Object.keys(versions(tree.path)).sort(), ['alone', 'base']);
});

test('content: nightly builds have their date behind it, and are selected by it', async () => {
  const tree = scratchTree(family);
  const { base } = versions(tree.path);
  const { selected } = compiled(tree.path, new Date(2026, 10, 26));
  assert.equal(selected.has(`r.example/co/base:${base}-20261126` as never), true);
  const listed = await runCli(['list', '--json', '--select', `co/base:${base}`], {
    cwd: tree.path,
  });
  assert.equal(listed.status, 0, listed.stderr);
  const { images } = JSON.parse(listed.stdout) as { images: { version: string }[] };
  assert.deepEqual(
    images.map(({ version }) => version),
    [base],
  );
});

test('a word that is near none of ours is a version', () => {
  const tree = scratchTree({
    'config.yaml': '',
    'a/Dockerfile': 'FROM scratch\n',
    'a/image.toml': 'version = "base"\n',
    'b/Dockerfile': 'FROM scratch\n',
    'b/image.toml': 'version = "comit1"\n',
  });
  assert.deepEqual(versions(tree.path), { a: 'base', b: 'comit1' });
});

test('date: today in UTC', () => {
  const tree = scratchTree({
    'config.yaml': 'dockerfile_version: date\n',
    'a/Dockerfile': 'FROM scratch\n',
  });
  const before = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const { a } = versions(tree.path);
  const after = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  assert.equal([before, after].includes(a ?? ''), true, a);
});

test('a source without what is to be taken from it, and latest, are no versions', () => {
  for (const [written, hint] of [
    ['git', /"git:v\*"/],
    ['file', /"file:VERSION"/],
    ['variable', /"variable:app_version"/],
    ['environment', /"environment:CI_COMMIT_TAG"/],
    ['comit', /did you mean "commit"\?/],
    ['Contents', /did you mean "content"\?/],
    ['dat', /did you mean "date"\?/],
    ['latest', /"latest" is moved to what was published last: write a version, or "content"/],
  ] as const) {
    const tree = scratchTree({
      'config.yaml': '',
      'a/Dockerfile': 'FROM scratch\n',
      'a/image.toml': `version = "${written}"\n`,
    });
    const told = faults(tree.path);
    assert.match(told, new RegExp(`a/image.toml:1:11: error: "${written}" is not a version`));
    assert.match(told, hint);
  }
});

const commits = (t: TestContext, files: Files = {}) => {
  const config = 'registry: r.example\nnamespace: co\ndockerfile_version: commit\n';
  const root = gitRepository(t, { ...family, 'config.yaml': config, ...files });
  return {
    root,
    /** Commits these files, and gives the version that the commit is. */
    commit: (more: Files): string => {
      put(root, more);
      gitIn(root, 'add', '--all');
      gitIn(root, 'commit', '--quiet', '--allow-empty', '-m', 'x');
      return gitIn(root, 'rev-parse', 'HEAD').slice(0, 12);
    },
  };
};

test('commit: the newest one of what the image or an ancestor is made of', { skip: noGit }, (t) => {
  const { root, commit } = commits(t);
  const first = gitIn(root, 'rev-parse', 'HEAD').slice(0, 12);
  assert.deepEqual(versions(root), { alone: first, base: first, svc: first });
  commit({ 'README.md': 'r', 'svc/README.md': 'r', 'base/README.md': 'r' });
  assert.deepEqual(versions(root), { alone: first, base: first, svc: first });
  const second = commit({ 'lib/x': '2' });
  assert.deepEqual(versions(root), { alone: first, base: first, svc: second });
  const third = commit({ 'base/a': '3' });
  assert.deepEqual(versions(root), { alone: first, base: third, svc: third });
  const fourth = commit({ 'svc/image.toml': 'context = ".."\n' });
  assert.deepEqual(versions(root), { alone: first, base: third, svc: fourth });
  rmSync(join(root, 'lib/x'));
  const fifth = commit({ 'lib/y': '' });
  assert.deepEqual(versions(root), { alone: first, base: third, svc: fifth });
});

test('commit: what is taken through a symlink counts where it lies', { skip: noGit }, (t) => {
  const { root, commit } = commits(t);
  symlinkSync('../lib', join(root, 'svc/link'));
  const first = commit({ 'svc/Dockerfile': 'FROM r.example/co/base\nCOPY svc/link/x /\n' });
  const { svc } = versions(root);
  assert.equal(svc, first);
  put(root, { 'lib/x': 'edited' });
  assert.equal(versions(root).svc, `${first}-dirty`);
  const second = commit({});
  assert.equal(versions(root).svc, second);
  commit({ 'lib/z': 'not taken' });
  assert.equal(versions(root).svc, second);
});

test('commit: a submodule that something is taken of counts as a whole', { skip: noGit }, (t) => {
  const { root, commit } = commits(t);
  const other = gitRepository(t, { 'o/f': '1' });
  const add = ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other, 'sub'];
  gitIn(root, ...add);
  const first = commit({
    'alone/image.toml': 'context = ".."\n',
    'alone/Dockerfile': 'FROM scratch\nCOPY sub/o /\n',
  });
  assert.equal(versions(root).alone, first);
  const inner = join(root, 'sub');
  put(inner, { 'o/f': '2' });
  assert.equal(versions(root).alone, `${first}-dirty`);
  gitIn(inner, '-c', 'user.name=T', '-c', 'user.email=t@example.org', 'commit', '-qam', 'x');
  assert.equal(versions(root).alone, `${first}-dirty`);
  const second = commit({});
  const { alone, svc } = versions(root);
  assert.equal(alone, second);
  assert.notEqual(svc, second);
  commit({ 'README.md': 'other' });
  assert.equal(versions(root).alone, second);
});

test('commit: what is taken of a repository that is not committed is not', { skip: noGit }, (t) => {
  const { root, commit } = commits(t);
  const other = gitRepository(t, { 'o/f': '1' });
  const first = commit({
    'alone/image.toml': 'context = ".."\n',
    'alone/Dockerfile': 'FROM scratch\nCOPY a* nested/o /\n',
  });
  gitIn(root, 'clone', '--quiet', other, 'nested');
  assert.equal(versions(root).alone, `${first}-dirty`);
  gitIn(root, 'clone', '--quiet', other, 'apart');
  assert.equal(versions(root).svc?.endsWith('-dirty'), false);
});

test('commit: a merge is one change, however old what it brings', { skip: noGit }, (t) => {
  const { root, commit } = commits(t);
  gitIn(root, 'checkout', '--quiet', '-b', 'side');
  commit({ 'alone/a': 'side' });
  gitIn(root, 'checkout', '--quiet', 'main');
  const newer = commit({ 'alone/Dockerfile': 'FROM scratch\nCOPY a /b\n' });
  assert.equal(versions(root).alone, newer);
  gitIn(root, 'merge', '--quiet', '--no-edit', 'side');
  assert.equal(versions(root).alone, gitIn(root, 'rev-parse', 'HEAD').slice(0, 12));
});

test('commit: what is not committed makes it dirty, and all that is built on it', {
  skip: noGit,
}, (t) => {
  const { root } = commits(t, { '.gitignore': '*.o\n' });
  const head = gitIn(root, 'rev-parse', 'HEAD').slice(0, 12);
  put(root, { 'README.md': 'r', 'lib/x.o': 'ignored' });
  assert.deepEqual(versions(root), { alone: head, base: head, svc: head });
  put(root, { 'lib/new': '' });
  assert.deepEqual(versions(root), { alone: head, base: head, svc: `${head}-dirty` });
  rmSync(join(root, 'lib/new'));
  appendFileSync(join(root, 'base/a'), 'more');
  const dirty = `${head}-dirty`;
  assert.deepEqual(versions(root), { alone: head, base: dirty, svc: dirty });
  put(root, { 'new/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' });
  assert.equal(versions(root).new, dirty);
});

test('commit: what a broken parent is made of is not known', { skip: noGit }, (t) => {
  const { root } = commits(t, broken);
  assert.match(
    faults(root),
    /its newest commit is not known: it is built on r\.example\/co\/tmpl:1\.0, which is broken/,
  );
  assert.deepEqual(Object.keys(versions(root)).sort(), ['alone', 'base', 'svc']);
});

test('commit: no git, no commit, a shallow clone', { skip: noGit }, (t) => {
  const files = { 'config.yaml': 'dockerfile_version: commit\n', 'a/Dockerfile': 'FROM scratch\n' };
  const tree = scratchTree(files);
  const place = 'config.yaml:1:21: error: ';
  assert.ok(faults(tree.path).includes(`${place}git cannot tell the version: this is not a git`));
  gitIn(tree.path, 'init', '--quiet');
  assert.ok(faults(tree.path).includes('git cannot tell the version: it has no commit yet'));
  const { root, commit } = commits(t);
  commit({ 'base/a': '2' });
  const shallow = temporaryDirectory(t);
  gitIn(shallow, 'clone', '--quiet', '--depth', '1', `file://${root}`, 'clone');
  const told = faults(join(shallow, 'clone'));
  assert.match(told, /a shallow clone does not have the commits that versions are taken from/);
  assert.match(told, /hint: git fetch --unshallow/);
  gitIn(join(shallow, 'clone'), 'fetch', '--quiet', '--unshallow');
  assert.equal(versions(join(shallow, 'clone')).base, versions(root).base);
});

test('commit: a signed log, aliases and hooks of the repository run nothing', {
  skip: noGit,
}, (t) => {
  const { root } = commits(t);
  const evil = `touch ${root}/EVIL`;
  gitIn(root, 'config', 'log.showSignature', 'true');
  gitIn(root, 'config', 'gpg.program', evil);
  gitIn(root, 'config', 'core.fsmonitor', evil);
  gitIn(root, 'config', 'diff.external', evil);
  assert.equal(Object.keys(versions(root)).length, 3);
  assert.equal(existsSync(join(root, 'EVIL')), false);
});

test('commit: the configuration of a submodule runs nothing', { skip: noGit }, (t) => {
  const { root } = commits(t);
  const inner = join(root, 'lib/inner');
  put(root, { 'lib/inner/f': '', 'lib/inner/.gitattributes': '* filter=x\n' });
  gitIn(inner, 'init', '--quiet');
  gitIn(inner, 'add', '--all');
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@e'];
  gitIn(inner, ...who, 'commit', '--quiet', '-m', 'x');
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'x');
  gitIn(inner, 'config', 'core.fsmonitor', `touch ${root}/EVIL`);
  gitIn(inner, 'config', 'filter.x.clean', `touch ${root}/EVIL; cat`);
  const head = gitIn(root, 'rev-parse', 'HEAD').slice(0, 12);
  assert.equal(versions(root).svc, head);
  put(root, { 'lib/inner/f': 'changed' });
  assert.equal(versions(root).svc, `${head}-dirty`);
  assert.equal(existsSync(join(root, 'EVIL')), false);
});

test('commit: render --diff has the versions of that revision', { skip: noGit }, async (t) => {
  const { root, commit } = commits(t, {
    'tmpl/Dockerfile.template': 'FROM {{ "base" | image_tag }}\n',
    'tmpl/changelog':
      'tmpl (1) w; urgency=low\n\n  * A.\n\n -- A <a@e>  Mon, 02 Mar 2026 10:00:00 +0000\n',
  });
  const first = gitIn(root, 'rev-parse', 'HEAD').slice(0, 12);
  const second = commit({ 'base/a': '2' });
  const { stdout, stderr } = await runCli(['render', '--diff', 'HEAD~1'], { cwd: root });
  assert.match(stdout, new RegExp(`-FROM r.example/co/base:${first}\n`), stderr);
  assert.match(stdout, new RegExp(`\\+FROM r.example/co/base:${second}\n`), stderr);
});

/** `render` over the fleet: the files that it writes, and what it says of others. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { fleetFolded, fleetImages, fleetTree, registry } from '../support/fleet.js';
import { gitIn, noGit } from '../support/gitRepository.js';

const fleet = fleetTree();
const cwd = fleet.path;

const expected = new Map(
  fleetImages.map(({ tree, name, dockerfile }) => [`${tree}/${name}.Dockerfile`, dockerfile]),
);

function written(...parts: string[]): Map<string, string> {
  const names = readdirSync(fleet.at(...parts), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(fleet.at(...parts, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(fleet.at(...parts, name), 'utf8')]));
}

test('-o OUT: every Dockerfile as docker-pkg renders it', async () => {
  const done = await runCli(['render', '-o', 'out/files'], { cwd });
  const stderr = `${fleetFolded}14 Dockerfiles in out/files\n`;
  assert.deepEqual(done, { stdout: '', stderr, status: 0 });
  assert.deepEqual(
    [...written('out/files')].sort(),
    [...expected].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
});

test('--diff DIR: nothing to say of the same files, a patch for what differs', async () => {
  await runCli(['render', '-o', 'other'], { cwd });
  const same = await runCli(['render', '--diff', 'other'], { cwd });
  const stderr = (count: number) => `${fleetFolded}${count} of 14 Dockerfiles differ from other\n`;
  assert.deepEqual(same, { stdout: '', stderr: stderr(0), status: 0 });

  fleet.write({
    'other/docks/quill1.4.Dockerfile': `FROM ${registry}/slate:1\nUSER 4100\n`,
    'other/press/build.Dockerfile': `FROM ${registry}/slate:2.0.1-3-20261101\nRUN echo`,
  });
  const stdout = lines(`
    --- a/docks/quill1.4.Dockerfile
    +++ b/docks/quill1.4.Dockerfile
    @@ -1,2 +1,3 @@
    -FROM ${registry}/slate:1
    -USER 4100
    +FROM ${registry}/slate:2.0.1-3-20261101
    +RUN groupadd -o -g 4100 -r scribe && useradd -l -o -r -m -d /var/lib/scribe -g scribe -u 4100 scribe
    +USER 4100
    \\ No newline at end of file
    --- a/press/build.Dockerfile
    +++ b/press/build.Dockerfile
    @@ -1,2 +1,2 @@
     FROM ${registry}/slate:2.0.1-3-20261101
    -RUN echo
    \\ No newline at end of file
    +RUN echo "\${PATH%%:*}"
    \\ No newline at end of file
  `);
  const differs = await runCli(['render', '--diff', 'other'], { cwd });
  assert.deepEqual(differs, { stdout, stderr: stderr(2), status: 1 });
});

test('--diff LOG: what docker-pkg logged, image by image', async () => {
  const tree = fleetTree();
  const say = (message: string) =>
    `2026-11-27 01:02:03,456 [docker-pkg-build] INFO - ${message} (image.py:185)\n`;
  const logged = fleetImages.map(({ repository, version, dockerfile }) =>
    say(`Generated dockerfile for ${registry}/${repository}:${version}:\n${dockerfile}`),
  );
  const render = () => runCli(['render', '--diff', 'docker-pkg-build.log'], { cwd: tree.path });
  tree.write({ 'docker-pkg-build.log': say('begin') + logged.join(say('built')) });
  const same = await render();
  assert.deepEqual([same.stdout, same.status], ['', 0], same.stderr);
  assert.match(same.stderr, /\n0 of 14 Dockerfiles differ from docker-pkg-build\.log\n$/);

  // A run after it made one of them otherwise; the first run had not all.
  const [first, second] = fleetImages;
  assert.ok(first !== undefined && second !== undefined);
  const again = say(
    `Generated dockerfile for ${registry}/${second.repository}:${second.version}:\n${second.dockerfile}\nUSER 7`,
  );
  tree.write({ 'docker-pkg-build.log': logged.slice(1).join('') + again });
  const differs = await render();
  assert.equal(differs.status, 1);
  assert.match(differs.stdout, /^-USER 7$/m);
  assert.match(
    differs.stderr,
    /\n1 of 13 Dockerfiles differs from docker-pkg-build\.log\n1 image is not in the log: /,
  );
  assert.ok(
    differs.stderr.endsWith(`not in the log: ${registry}/${first.repository}:${first.version}\n`),
  );

  // Between Dockerfiles, a byte that is not UTF-8 is no matter; in one that is compared it is.
  const bytes = (...texts: string[]) =>
    Buffer.concat(texts.map((text) => Buffer.from(text, 'latin1')));
  writeFileSync(tree.at('docker-pkg-build.log'), bytes(say('caf\u00e9'), ...logged));
  const stray = await render();
  assert.deepEqual([stray.stdout, stray.status], ['', 0], stray.stderr);
  const latin = again.replace('USER 7', 'USER caf\u00e9');
  writeFileSync(tree.at('docker-pkg-build.log'), bytes(...logged, latin));
  const inside = await render();
  assert.deepEqual([inside.stdout, inside.status], ['', 2]);
  assert.match(inside.stderr, /docker-pkg-build\.log:\d+:\d+: error: byte 0xe9 .* is not UTF-8/);

  tree.write({ 'docker-pkg-build.log': say('nothing') });
  const none = await render();
  assert.deepEqual([none.stdout, none.status], ['', 2]);
  assert.match(
    none.stderr,
    /error: docker-pkg-build\.log has no Dockerfile of the selected images/,
  );
});

test('--diff REVISION: what a branch changes, links and added images too', {
  skip: noGit,
}, async () => {
  const tree = fleetTree();
  const git = (...words: string[]) => gitIn(tree.path, ...words);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=T', '-c', 'user.email=t@example.org', 'commit', '--quiet', '-m', 'first');

  const same = await runCli(['render', '--diff', 'HEAD'], { cwd: tree.path });
  assert.deepEqual([same.stdout, same.status], ['', 0]);
  assert.match(same.stderr, /\n0 of 14 Dockerfiles differ from HEAD\n$/);

  tree.write({
    'press/folio/colours.inc': 'ENV PAPER={{ paper }}\nENV INK=red\n',
    'press/errata/Dockerfile.template': 'FROM {{ "folio" | image_tag }}\n',
    'press/errata/changelog': `errata (1) harbour; urgency=low\n\n  * New.\n\n -- I Q <i@harbour.example>  Sun, 01 Nov 2026 06:30:00 +0100\n`,
    'press/errata/control': 'Build-Depends: folio\n',
  });
  const stdout = [
    '--- /dev/null',
    '+++ b/press/errata.Dockerfile',
    '@@ -0,0 +1,1 @@',
    `+FROM ${registry}/press/folio:0.4.0-1`,
    '\\ No newline at end of file',
    '--- a/press/folio.Dockerfile',
    '+++ b/press/folio.Dockerfile',
    '@@ -1,5 +1,5 @@',
    ` FROM ${registry}/press/build:0.4.0-1 AS build`,
    ` FROM ${registry}/gloss:5.1-1`,
    ' ENV PAPER=laid',
    '-ENV INK=black',
    '+ENV INK=red',
    ' COPY --from=build /out /srv/folio',
    '\\ No newline at end of file',
    '',
  ].join('\n');
  for (const [dir, ...all] of [['.'], ['docks', '..']]) {
    const changed = await runCli(['render', '--diff', 'main', ...all], { cwd: tree.at(dir ?? '') });
    assert.equal(changed.stdout, stdout, dir);
    assert.equal(changed.status, 1);
    assert.match(changed.stderr, /\n2 of 15 Dockerfiles differ from main\n$/);
  }

  const neither = await runCli(['render', '--diff', 'no-such-branch'], { cwd: tree.path });
  assert.deepEqual([neither.stdout, neither.status], ['', 2]);
  assert.match(neither.stderr, /\nerror: --diff no-such-branch: no such directory or log, and /);
});

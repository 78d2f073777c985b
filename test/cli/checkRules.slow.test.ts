/** The rules of `check`: a tree that breaks each of them, and the same tree well kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

const block = (name: string, version: string): string =>
  `${name} (${version}) w; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n`;

type Files = Readonly<Record<string, ScratchFile>>;

function image(name: string, dockerfile: string, more: Files = {}): Files {
  const own = {
    'Dockerfile.template': dockerfile,
    changelog: block(name, '1.0'),
    control: `Package: ${name}\nMaintainer: Ada <a@example.org>\nDescription: x\n`,
    ...more,
  };
  return Object.fromEntries(
    Object.entries(own).map(([file, text]) => [`images/${name}/${file}`, text]),
  );
}

const all = `
generate-bake:
  check:
    no-owner: warning
    no-test: warning
    pip-unhashed: error
    user-not-numeric: warning
    large_file_size: 20kB
`;
const config = `registry: r.example\nbase_images: [r.example/trixie:latest]\n${all}`;
const base = 'FROM {{ "trixie" | image_tag }}\n';
const key =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nTOPSECRET=hunter2\n-----END OPENSSH PRIVATE KEY-----\n';

const bad = scratchTree({
  'config.yaml': config,
  ...image('bases', 'FROM debian AS a\nFROM r.example/bullseye:latest\nCOPY --from=a /x /x\n'),
  ...image(
    'fetches',
    `${base}RUN git clone https://a.example/a.git \\\n    && curl -O https://a.example/b \\\n    && pip install c\n` +
      'RUN pip install d==1\nADD https://a.example/e /\n',
  ),
  ...image('files', `${base}COPY . /\n`, {
    id_rsa: key,
    deploy_key: key,
    'account.json': '{"private_key": "-----BEGIN PRIVATE KEY-----hunter2"}\n',
    'etc/.env': 'TOPSECRET=hunter2\n',
    'etc/server.pem': key.replace('OPENSSH ', ''),
    'large.bin': 'x'.repeat(20_001),
  }),
  ...image('keeping', `${base}USER nobody\n`, {
    changelog: `${block('keeping', '1.9')}\n${block('keeping', '1.10')}`,
    control: 'Package: keeping\nDescription: x\nBuild-Depends: bases\n',
  }),
});

const good = scratchTree({
  'config.yaml': config,
  ...image(
    'bases',
    `FROM debian:13.1 AS a\n${base}COPY --from=a /x /x\nCOPY --from=b@sha256:${'0'.repeat(64)} /x /x\n`,
    { 'test.sh': { text: '#!/bin/sh\n', mode: 0o755 } },
  ),
  ...image(
    'fetches',
    `${base}RUN git clone https://a.example/a.git && git -C a checkout v1 \\\n` +
      '    && curl -O https://a.example/b && echo "$SUM  b" | sha256sum -c\n' +
      'RUN pip install --require-hashes -r c.txt && pip install -r d.txt\n' +
      'ADD --checksum=sha256:00 https://a.example/e /\n',
    {
      'd.txt': 'd==1 --hash=sha256:00\n',
      'goss.yaml': '{}\n',
    },
  ),
  ...image('files', `${base}COPY . /\n`, {
    '.dockerignore': 'id_rsa\nlarge.bin\n**/.env\n',
    id_rsa: key,
    'etc/.env': 'TOPSECRET=hunter2\n',
    'etc/.env.example': 'TOKEN=\n',
    'etc/public_key': '-----BEGIN PUBLIC KEY-----\n',
    'package.json': '{"private": true}\n',
    'etc/ca.pem': '-----BEGIN CERTIFICATE-----\n',
    'large.bin': 'x'.repeat(20_001),
    'small.bin': 'x'.repeat(20_000),
    'goss.yaml': '{}\n',
  }),
  ...image('keeping', `${base}ARG ID=65534\nUSER ${'${ID}'}:${'${ID}'}\n`, {
    changelog: `${block('keeping', '1.10')}\n${block('keeping', '1.9')}`,
    'goss.yaml': '{}\n',
  }),
});

const check = (cwd: string, ...more: string[]) =>
  runCli(['check', '-c', 'config.yaml', ...more, 'images'], { cwd });

test('each rule finds what breaks it, at its place and level', async () => {
  const { status, stdout, stderr } = await check(bad.path);
  assert.equal(
    stderr,
    `images/bases/Dockerfile.template:1:6: warning: debian has no tag: it may be another image tomorrow [base-untagged]
    1 | FROM debian AS a
      |      ^^^^^^
  hint: write a version, or a digest
images/bases/Dockerfile.template:2:6: warning: r.example/bullseye:latest has the tag latest: it may be another image tomorrow [base-untagged]
    2 | FROM r.example/bullseye:latest
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: write a version, or a digest
images/bases/Dockerfile.template:2:6: warning: r.example/bullseye:latest is Debian 11 (bullseye), which has no security updates since 2026-08-31 [distribution-ended]
    2 | FROM r.example/bullseye:latest
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: move to a newer release
images/bases/changelog:1:1: warning: no test is run for bases [no-test]
    1 | bases (1.0) w; urgency=low
      | ^^^^^
  hint: write test.sh or goss.yaml in its directory
images/fetches/Dockerfile.template:2:5: warning: git clone takes what the default branch is that day [git-unpinned]
    2 | RUN git clone https://a.example/a.git \\
      |     ^^^
  hint: check out a commit: git checkout COMMIT; or clone a tag: --branch TAG
images/fetches/Dockerfile.template:3:8: warning: what curl downloads is not compared with a checksum [download-unchecked]
    3 |     && curl -O https://a.example/b \\
      |        ^^^^
  hint: compare it in the same RUN: echo "SHA256  FILE" | sha256sum -c
images/fetches/Dockerfile.template:4:8: warning: pip takes the newest version of c that day [pip-unpinned]
    4 |     && pip install c
      |        ^^^
  hint: write a version, NAME==VERSION, or versions with hashes: pip install --require-hashes -r FILE
images/fetches/Dockerfile.template:5:5: error: what pip installs is not compared with hashes [pip-unhashed]
    5 | RUN pip install d==1
      |     ^^^
  hint: list versions with hashes in a file: pip install --require-hashes -r FILE
images/fetches/Dockerfile.template:6:5: warning: what ADD downloads is not compared with a checksum [download-unchecked]
    6 | ADD https://a.example/e /
      |     ^^^^^^^^^^^^^^^^^^^
  hint: add --checksum=sha256:…
images/fetches/changelog:1:1: warning: no test is run for fetches [no-test]
    1 | fetches (1.0) w; urgency=low
      | ^^^^^^^
  hint: write test.sh or goss.yaml in its directory
images/files/account.json: error: the key of a service account is in the context [secret-in-context]
  hint: list it in .dockerignore, and mount it where it is needed: RUN --mount=type=secret
images/files/changelog:1:1: warning: no test is run for files [no-test]
    1 | files (1.0) w; urgency=low
      | ^^^^^
  hint: write test.sh or goss.yaml in its directory
images/files/deploy_key: error: a private key is in the context [secret-in-context]
  hint: list it in .dockerignore, and mount it where it is needed: RUN --mount=type=secret
images/files/etc/.env: error: a file of environment variables is in the context [secret-in-context]
  hint: list it in .dockerignore, and mount it where it is needed: RUN --mount=type=secret
images/files/etc/server.pem: error: a private key is in the context [secret-in-context]
  hint: list it in .dockerignore, and mount it where it is needed: RUN --mount=type=secret
images/files/id_rsa: error: a private SSH key is in the context [secret-in-context]
  hint: list it in .dockerignore, and mount it where it is needed: RUN --mount=type=secret
images/files/large.bin: warning: the file has 20 kB, and is in the context [large-file]
  hint: fetch it in the build, or list it in .dockerignore
images/keeping/Dockerfile.template:2:6: warning: the last USER is nobody, not a number [user-not-numeric]
    2 | USER nobody
      |      ^^^^^^
  hint: write UID or UID:GID: Kubernetes cannot tell whether a name is root
images/keeping/changelog:1:1: warning: nobody answers for keeping [no-owner]
    1 | keeping (1.9) w; urgency=low
      | ^^^^^^^
  hint: add Maintainer to control, owner to image.toml, or a line to CODEOWNERS
images/keeping/changelog:1:1: warning: no test is run for keeping [no-test]
    1 | keeping (1.9) w; urgency=low
      | ^^^^^^^
  hint: write test.sh or goss.yaml in its directory
images/keeping/changelog:1:10: warning: the version 1.9 is lower than 1.10, the one before it [version-lower]
    1 | keeping (1.9) w; urgency=low
      |          ^^^
  hint: give it a greater one: dpkg --compare-versions says which is
images/keeping/control:3:16: warning: keeping declares bases and does not use it [unused-depends]
    3 | Build-Depends: bases
      |                ^^^^^
  hint: remove it from control: nothing in the Dockerfile refers to it
6 errors, 16 warnings
`,
  );
  assert.deepEqual([status, stdout], [1, '']);
  assert.doesNotMatch(stderr, /hunter2/);
});

test('a tree that is well kept', async () => {
  const { status, stdout, stderr } = await check(good.path, '--fail-on-warnings');
  assert.deepEqual([status, stdout, stderr], [0, '', '4 images: no problems\n']);
});

/** A workspace file with these lines before and in its one tree, over the bad tree. */
function workspace(top: string, inTree = '', own = ''): string {
  bad.write({
    'own.yaml': `registry: r.example\nbase_images: [r.example/trixie:latest]\n${own}`,
    'generate-bake.toml': `${top}\n[[tree]]\ndirectory = "images"\nconfig = "own.yaml"\n${inTree}`,
  });
  return bad.at('generate-bake.toml');
}

const codes = (stderr: string): string[] =>
  Array.from(
    stderr.matchAll(/ (error|warning): .* \[([a-z-]+)\]$/gm),
    ([, level, code]) => `${level} ${code}`,
  );

test('a level of the tree comes before one of its configuration, and that before one of the workspace file', async () => {
  const off =
    'base-untagged = "off"\ndistribution-ended = "off"\ngit-unpinned = "off"\ndownload-unchecked = "off"\n' +
    'pip-unpinned = "off"\nversion-lower = "off"\n';
  const file = workspace(
    `[check]\n${off}secret-in-context = "off"\nlarge-file = "error"\nlarge_file_size = "20kB"\nunused-depends = "error"`,
    'check = { unused-depends = "warning" }\n',
    'generate-bake:\n  check: {git-unpinned: error, unused-depends: off, pip-unpinned: off}\n',
  );
  const { status, stderr } = await runCli(['check', '--workspace', file], { cwd: bad.path });
  assert.deepEqual(codes(stderr), [
    'error git-unpinned',
    'error large-file',
    'warning unused-depends',
  ]);
  assert.equal(status, 1);
  const list = await runCli(['list', '--workspace', file], { cwd: bad.path });
  assert.deepEqual([list.status, codes(list.stderr)], [0, ['warning unused-depends']]);
});

test('what is wrong in the table', async () => {
  const told = async (table: string): Promise<string> => {
    const file = workspace(`[check]\n${table}`);
    const { status, stderr } = await runCli(['check', '--workspace', file], { cwd: bad.path });
    assert.equal(status, 2);
    return stderr;
  };
  assert.equal(
    await told('base-untaged = "off"\nlarge_file_sise = "1MB"\nlist = "off"\n'),
    `generate-bake.toml:2:1: error: check has no rule "base-untaged" [workspace-file]
    2 | base-untaged = "off"
      | ^^^^^^^^^^^^
  hint: did you mean "base-untagged"?
generate-bake.toml:3:1: error: check has no rule "large_file_sise" [workspace-file]
    3 | large_file_sise = "1MB"
      | ^^^^^^^^^^^^^^^
  hint: did you mean "large_file_size"?
generate-bake.toml:4:1: error: check has no rule "list" [workspace-file]
    4 | list = "off"
      | ^^^^
  hint: doc/check.md has a table of the rules
3 errors
`,
  );
  assert.equal(
    await told('base-untagged = "of"\nlarge_file_size = "1 TB"\nno-test = 1\n'),
    `generate-bake.toml:2:17: error: base-untagged cannot be "of" [workspace-file]
    2 | base-untagged = "of"
      |                 ^^^^
  hint: did you mean "off"?
generate-bake.toml:3:19: error: large_file_size: "1 TB" is not a size [workspace-file]
    3 | large_file_size = "1 TB"
      |                   ^^^^^^
  hint: write large_file_size = "50MB": a whole number of kB, MB or GB
generate-bake.toml:4:11: error: no-test must be a string, not an integer [workspace-file]
    4 | no-test = 1
      |           ^
  hint: write one of: error, warning, off
3 errors
`,
  );
  bad.remove();
});

/**
 * Where nothing changed for an image, its definition digest is the one that earlier versions wrote
 * into its label: else all that is published would look drifted. The digests in
 * test/fixtures/definitionDigests.json were made of this tree by commit ba18b40, with
 * `generate-bake plan`, and are never made anew.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { definitionLabel } from '#compiler/plan/labels.js';
import { runCli } from '../../support/cli.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

const changelog = (name: string) =>
  `${name} (1.0) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n`;

const dockerPkg = (
  name: string,
  template: string,
  files: Readonly<Record<string, ScratchFile>> = {},
): Record<string, ScratchFile> => ({
  [`images/${name}/Dockerfile.template`]: template,
  [`images/${name}/changelog`]: changelog(name),
  [`images/${name}/control`]: `Package: ${name}\nDescription: ${name}\n`,
  ...Object.fromEntries(
    Object.entries(files).map(([path, file]) => [`images/${name}/${path}`, file]),
  ),
});

const plain = (
  name: string,
  files: Readonly<Record<string, ScratchFile>>,
): Record<string, ScratchFile> =>
  Object.fromEntries(Object.entries(files).map(([path, file]) => [`images/${name}/${path}`, file]));

/** Every kind of definition, in every way that earlier versions built alike. */
const tree: Readonly<Record<string, ScratchFile>> = {
  'generate-bake.toml': [
    '[[tree]]',
    'directory = "images"',
    'config = "config.yaml"',
    '[[tree]]',
    'directory = "stages"',
    'kind = "stages"',
    'prefix = "st-"',
    'version = "2.0"',
    'values = { USER_ID = "900" }',
    'config = "config.yaml"',
    '',
  ].join('\n'),
  'config.yaml':
    'registry: registry.example.org\nnamespace: ns\napt_options: -y\nhttp_proxy: http://proxy.example.org:8080\nowner: us\n',
  ...dockerPkg('base', 'FROM scratch\nCOPY run.sh /\nLABEL owner={{ owner }}\n', {
    'run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
    'etc/a/b': 'deep\n',
    'empty/': '',
  }),
  ...dockerPkg('child', 'FROM {{ "base" | image_tag }}\nRUN {{ "curl" | apt_install }}\n'),
  ...dockerPkg('copies', 'FROM scratch\nCOPY --from={{ "base" | image_tag }} / /\n'),
  ...dockerPkg('ignores', 'FROM {{ "child" | image_tag }}\nCOPY . /\n', {
    '.dockerignore': '# none\n*.md\n!README.md\n**/deep\n',
    'README.md': 'read\n',
    'x.md': 'left out\n',
    'd/deep/f': 'left out\n',
    'd/f': 'there\n',
    'odd/naïve file': 'x',
  }),
  ...dockerPkg('left', 'FROM {{ "base" | image_tag }}\nCOPY . /\n', {
    'file.sh': { symlink: '../../images/common/run.sh' },
    dir: { symlink: '../common/dir' },
    '.dockerignore': '*.md\n',
    'x.md': 'left out\n',
  }),
  ...dockerPkg('below-left', 'FROM {{ "left" | image_tag }}\n'),
  'images/common/run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
  'images/common/dir/a': 'a\n',
  'images/common/dir/in': { symlink: 'a' },
  'images/common/dir/sub/b': 'b\n',
  ...plain('bare', {
    'image.toml': 'version = "3"\n',
    Dockerfile: 'FROM scratch\nCOPY a /\n',
    a: 'a',
  }),
  ...plain('full', {
    'image.toml': [
      'name = "sub/full"',
      'version = "4"',
      'target = "two"',
      'platforms = ["linux/arm64", "linux/amd64"]',
      'tags = ["four"]',
      'labels = { "org.opencontainers.image.licenses" = "MIT", team = "x" }',
      'args = { B = "2", A = "1" }',
      '',
    ].join('\n'),
    Dockerfile:
      'ARG A\nFROM scratch AS one\nCOPY in /\nFROM one AS two\nCOPY a /\nFROM two AS three\n',
    a: 'a',
    in: { symlink: 'a' },
    up: { symlink: 'd/../a' },
    'd/e': 'e',
    dir: { symlink: 'd' },
  }),
  ...plain('rooted', {
    'rootfs.toml': [
      'name = "rooted"',
      'suite = "trixie"',
      'mirrors = ["http://deb.example.org/debian"]',
      'timestamp = "2026-03-01"',
      '[[files]]',
      'source = "motd"',
      'target = "/etc/motd"',
      '',
    ].join('\n'),
    motd: 'hello\n',
  }),
  'stages/Dockerfile.one': 'ARG USER_ID\nFROM scratch\nCOPY Dockerfile.one /\n',
  'stages/Dockerfile.two': 'ARG STAGE\nFROM st-one:2.0\n',
  'stages/link': { symlink: 'Dockerfile.one' },
};

interface Bake {
  readonly target: Readonly<Record<string, { readonly labels: Readonly<Record<string, string>> }>>;
}

test('definition digests of every kind of image are those of earlier versions', async () => {
  const { status, stdout, stderr } = await runCli(['plan'], { cwd: scratchTree(tree).path });
  assert.equal(status, 0, stderr);
  const { target } = JSON.parse(stdout) as Bake;
  const digests = Object.entries(target).map(([name, { labels }]) => [
    name,
    labels[definitionLabel],
  ]);
  const fixture = readFileSync('test/fixtures/definitionDigests.json', 'utf8');
  assert.deepEqual(Object.fromEntries(digests), JSON.parse(fixture));
});

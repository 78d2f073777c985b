/** Keys of generate-bake at the top of a configuration, where they are template variables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { scratchTree } from '../../support/scratch.js';

const changelog =
  'a (1) wikimedia; urgency=low\n\n  * x\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n';

/** The warnings of a tree with this configuration and template. */
function warnings(config: string, template = 'FROM scratch\n', more: Record<string, string> = {}) {
  const tree = scratchTree({
    'images/a/changelog': changelog,
    'images/a/Dockerfile.template': template,
    'config.yaml': config,
    ...more,
  });
  const opened = openWorkspace({
    cwd: tree.path,
    directories: [],
    env: {},
    home: tree.at('none'),
  });
  assert.deepEqual(opened.diagnostics, []);
  const selection = { select: [], exclude: [], withParents: false, withChildren: false, words: [] };
  return compile({ workspace: opened.value, selection } as never).diagnostics.map(
    ({ code, message, place, hint, severity }) =>
      `${severity} ${place?.file}:${place?.line} ${message} | ${hint} [${code}]`,
  );
}

const about = (key: string, line = 1) =>
  `warning config.yaml:${line} ${key} is a template variable here, and no template reads it | if it is for generate-bake, write it below generate-bake: [config-misplaced]`;

test('a value that would be good below generate-bake, and that no template reads, is a warning', () => {
  for (const [key, value] of [
    ['latest', 'manual'],
    ['registry_aliases', '{in.example: pub.example}'],
    ['push_registry', 'in.example'],
    ['pull_through', '{docker.io: mirror.example/hub}'],
    ['after_publish', '[./sign.sh]'],
    ['exclude', '[old]'],
  ] as const) {
    assert.deepEqual(warnings(`# its own\n${key}: ${value}\n`), [about(key, 2)]);
  }
});

test('a hold or a stop file that is meant for the workspace file', () => {
  const message = (key: string, where: string) =>
    `warning config.yaml:1 ${key} is a template variable here, and no template reads it | if it is for generate-bake, ${where} [config-misplaced]`;
  assert.deepEqual(warnings('stop_file: STOP\n'), [
    message('stop_file', 'write it into the workspace file, generate-bake.toml'),
  ]);
  assert.deepEqual(warnings('hold: [{images: [a], reason: x}]\n'), [
    message('hold', 'write it as [[hold]] into the workspace file, generate-bake.toml'),
  ]);
  assert.deepEqual(warnings('hold: back\n'), []);
});

test('no warning where it is read, has another shape, or is in its place', () => {
  const latest = 'latest: manual\n';
  assert.deepEqual(warnings(latest, 'FROM scratch\nLABEL x={{ latest }}\n'), []);
  assert.deepEqual(warnings(latest, 'FROM scratch\n{% if latest == "x" %}{% endif %}\n'), []);
  const include = '{% include "part.j2" %}';
  const part = { 'images/a/part.j2': 'FROM scratch\nLABEL x="{{ latest|upper }}"\n' };
  assert.deepEqual(warnings(latest, include, part), []);
  // A tag of that name is not the variable.
  assert.deepEqual(warnings(latest, 'FROM debian:latest\n'), [about('latest')]);
  for (const other of [
    'latest: newest\n',
    'latest: {a: b}\n',
    'after_publish: []\n',
    'pull_through: {}\n',
    'push_registry: 7\n',
    'registry_aliases: [a]\n',
    'exclude: /absolute\n',
    'anything: manual\n',
    'generate-bake:\n  latest: manual\n',
  ]) {
    assert.deepEqual(warnings(other), [], other);
  }
});

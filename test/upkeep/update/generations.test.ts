/** Updates and refreshes of images that have no changelog: their versions stand elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import type { ChangelogEdit } from '#upkeep/update/changelogEdit.js';
import { planRefresh } from '#upkeep/update/planRefresh.js';
import { planUpdate } from '#upkeep/update/planUpdate.js';
import { lines } from '../../support/explain.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';
import { changelogText, context } from './graphs.js';

const files = {
  'generate-bake.toml': lines(`
    [[tree]]
    directory = "images"
    config = "config.yaml"
    [[tree]]
    kind = "stages"
    directory = "base"
    vars = "vars.sh"
    prefix = "base-"
  `),
  'config.yaml': 'namespace: ns\n',
  'images/bookworm/rootfs.toml': 'suite = "bookworm"\ntimestamp = "2026-03-01" # when\n',
  'images/curl/Dockerfile.template': 'FROM ns/bookworm\nRUN x\n',
  'images/curl/changelog': changelogText('curl', '1.0-1'),
  'images/web/Dockerfile': 'FROM ns/curl\n',
  'images/web/image.toml': 'name = "web"\nversion = "2.0" # now 2.0\n',
  'images/api/Dockerfile': 'FROM ns/web\n',
  'images/api/image.toml': 'version = "file:VERSION"\n',
  'images/api/VERSION': '7\n',
  'images/ci/Dockerfile': 'FROM ns/web\n',
  'images/ci/image.toml': 'version = "environment:TAG"\n',
  'base/vars.sh': "export VERSION='1.2'\n",
  'base/Dockerfile.root': 'FROM ns/bookworm\n',
  'base/Dockerfile.run': 'ARG VERSION\nFROM base-root:${VERSION}\n',
};

function compiled(tree: ScratchTree) {
  const opened = openWorkspace({
    cwd: tree.path,
    directories: [],
    env: { TAG: 'b3' },
    allowed: ['TAG'],
    home: tree.at('none'),
  });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  return compile({
    workspace: opened.value,
    selection,
    read: { variables: opened.value.variables },
  }).value.graph;
}

function told({ value, diagnostics }: Outcome<readonly ChangelogEdit[]>, tree: ScratchTree) {
  return [
    ...value.map(({ file, fromVersion, toVersion, after }) => {
      const lineOf = after.split('\n').find((line) => line.includes(toVersion)) ?? after;
      return `${file.slice(tree.path.length + 1)}: ${fromVersion} -> ${toVersion}: ${lineOf}`;
    }),
    ...diagnostics.map(({ severity, message }) => `${severity}: ${message}`),
  ].sort();
}

test('an update of a root filesystem reaches every generation, each where its version stands', () => {
  const tree = scratchTree(files);
  const options = { ...context(), reason: 'Security update' };
  const update = planUpdate(compiled(tree), ['bookworm'], options);
  assert.deepEqual(told(update, tree), [
    "base/vars.sh: 1.2 -> 1.2-s1: export VERSION='1.2-s1'",
    'images/api/VERSION: 7 -> 7-s1: 7-s1',
    'images/bookworm/rootfs.toml: 20260301 -> 20260831: suite = "bookworm"\ntimestamp = "2026-08-31" # when\n',
    'images/curl/changelog: 1.0-1 -> 1.0-1-s1: curl (1.0-1-s1) wikimedia; urgency=high',
    'images/web/image.toml: 2.0 -> 2.0-s1: version = "2.0-s1" # now 2.0',
    'warning: ci was not bumped: its version is not written in its own files',
  ]);
});

test('a chosen date, one that is no date, and one that it has already', () => {
  const tree = scratchTree({
    'generate-bake.toml': '[[tree]]\ndirectory = "i"\nconfig = []\n',
    'i/b/rootfs.toml': 'suite = "b"\ntimestamp = "20260301T000000Z"\n',
  });
  const graph = compiled(tree);
  const update = (version: string) =>
    told(planUpdate(graph, ['b'], { ...context(), reason: 'x', version }), tree);
  assert.deepEqual(update('20260401'), [
    'i/b/rootfs.toml: 20260301 -> 20260401: timestamp = "20260401"',
  ]);
  assert.deepEqual(update('1.0'), ['error: --version "1.0" is not a date such as 20260301']);
  assert.deepEqual(update('20260301'), ['warning: b is of 20260301 already']);
});

test('the weekly refresh dates root filesystems and leaves other versions to their owners', () => {
  const tree = scratchTree(files);
  const images = compiled(tree).images.map(({ rendered }) => rendered.definition);
  const { value, diagnostics } = planRefresh(images, { ...context(), excludes: () => false });
  assert.deepEqual(told({ value: value.edits, diagnostics }, tree), [
    'images/bookworm/rootfs.toml: 20260301 -> 20260831: suite = "bookworm"\ntimestamp = "2026-08-31" # when\n',
    'images/curl/changelog: 1.0-1 -> 1.0-1-20260901: curl (1.0-1-20260901) wikimedia; urgency=medium',
  ]);
  assert.deepEqual(
    value.excluded.map(({ image, because }) => `${image.name} ${because}`).sort(),
    ['api', 'base-root', 'base-run', 'ci', 'web'].map((name) => `${name} it has no changelog`),
  );
});

test('a computed version is nothing to bump, and what is built on it gets its new version', () => {
  const tree = scratchTree({
    'config.yaml': 'namespace: ns\ndockerfile_version: content\n',
    'base/Dockerfile': 'FROM debian\n',
    'mid/Dockerfile': 'FROM ns/base\n',
    'top/Dockerfile.template': 'FROM {{ "mid" | image_tag }}\n',
    'top/changelog': changelogText('top', '1.0-1'),
  });
  const options = { ...context(), reason: 'x' };
  assert.deepEqual(told(planUpdate(compiled(tree), ['base'], options), tree), [
    'top/changelog: 1.0-1 -> 1.0-1-s1: top (1.0-1-s1) wikimedia; urgency=high',
    'warning: base has no version to bump: it follows what it is made of',
  ]);
  const images = compiled(tree).images.map(({ rendered }) => rendered.definition);
  const refresh = planRefresh(images, { ...context(), excludes: () => false });
  assert.deepEqual(
    refresh.value.excluded.map(({ image, because }) => `${image.name}: ${because}`),
    ['base', 'mid'].map((name) => `${name}: its version follows what it is made of`),
  );
});

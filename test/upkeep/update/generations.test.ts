/** Updates and refreshes of images that have no changelog: their versions stand elsewhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
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
      const shown = lineOf.slice(lineOf.indexOf('[rebuilds]\n') + 1).replace('rebuilds]\n', '');
      const from = fromVersion.replace(/^[0-9a-f]{12}$/, 'VERSION');
      return `${file.slice(tree.path.length + 1)}: ${from} -> ${toVersion}: ${shown}`;
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
    'generate-bake.lock: b3 -> b3-r1: "ns/ci" = 1\n',
    'images/api/VERSION: 7 -> 7-s1: 7-s1',
    'images/bookworm/rootfs.toml: 20260301 -> 20260831: suite = "bookworm"\ntimestamp = "2026-08-31" # when\n',
    'images/curl/changelog: 1.0-1 -> 1.0-1-s1: curl (1.0-1-s1) wikimedia; urgency=high',
    'images/web/image.toml: 2.0 -> 2.0-s1: version = "2.0-s1" # now 2.0',
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
  assert.deepEqual(update('20260301'), [
    'error: --version "20260301" is the current version, so nothing would be built',
  ]);
});

test('a root filesystem is made twice a day: a time in its recipe, and a rebuild that is counted', () => {
  const timed = (timestamp: string) =>
    scratchTree({
      'generate-bake.toml': '[[tree]]\ndirectory = "i"\nconfig = []\n',
      'i/b/rootfs.toml': `suite = "b"\ntimestamp = "${timestamp}"\n`,
      'i/c/Dockerfile.template': 'FROM b\n',
      'i/c/changelog': changelogText('c', '1'),
    });
  // The moment is 22:03:04 in UTC on that day.
  for (const [before, after] of [
    ['2026-08-31', '2026-08-31T22:03:04Z'],
    ['20260831', '20260831T220304Z'],
    ['@1788134400', '@1788213784'],
  ] as const) {
    const tree = timed(before);
    const plan = planUpdate(compiled(tree), ['b'], { ...context(), reason: 'x' });
    assert.deepEqual(plan.diagnostics, []);
    assert.deepEqual(
      plan.value.map((edit) => [edit.shownFile, edit.toVersion]),
      [
        ['i/b/rootfs.toml', '20260831-1'],
        ['i/c/changelog', '1-s1'],
        ['generate-bake.lock', '20260831-1'],
      ],
    );
    assert.equal(plan.value[0]?.after, `suite = "b"\ntimestamp = "${after}"\n`);
    assert.match(plan.value[2]?.after ?? '', /\n\[rebuilds\]\n"b" = 1\n$/);
  }
  // The next day it has a date that it never had.
  const tree = timed('2026-08-30T10:00:00Z');
  tree.write({ 'generate-bake.lock': '[rebuilds]\n"b" = 4\n' });
  const graph = compiled(tree);
  const [image] = graph.images;
  assert.equal(image?.rendered.definition.version, '20260830-4');
  const next = planUpdate(graph, ['b'], { ...context(), reason: 'x' });
  assert.deepEqual(
    next.value.map((edit) => edit.toVersion),
    ['20260831', '1-s1', '20260831'],
  );
  assert.match(next.value[2]?.after ?? '', /\[rebuilds\]\n$/);
});

test('the weekly refresh dates root filesystems and changelogs, and counts other rebuilds', () => {
  const tree = scratchTree(files);
  const images = compiled(tree).images.map(({ rendered }) => rendered.definition);
  const { value, diagnostics } = planRefresh(images, { ...context(), excludes: () => false });
  const counted = value.edits.filter(({ isShared }) => isShared);
  const others = value.edits.filter((edit) => !counted.includes(edit));
  assert.deepEqual(told({ value: others, diagnostics }, tree), [
    'images/bookworm/rootfs.toml: 20260301 -> 20260831: suite = "bookworm"\ntimestamp = "2026-08-31" # when\n',
    'images/curl/changelog: 1.0-1 -> 1.0-1-20260901: curl (1.0-1-20260901) wikimedia; urgency=medium',
  ]);
  assert.deepEqual(value.excluded, []);
  assert.deepEqual(counted.map(({ image, toVersion }) => `${image.name} ${toVersion}`).sort(), [
    'api 7-r1',
    'base-root 1.2-r1',
    'base-run 1.2-r1',
    'ci b3-r1',
    'web 2.0-r1',
  ]);
  const names = ['base-root', 'base-run', 'ns/api', 'ns/ci', 'ns/web'];
  for (const { after, isNew, file } of counted) {
    assert.deepEqual([file, isNew], [tree.at('generate-bake.lock'), true]);
    const lines = after.split('\n').filter((line) => line.startsWith('"'));
    assert.deepEqual(
      lines,
      names.map((name) => `"${name}" = 1`),
    );
  }
});

test('versions of several images in one file are all bumped, in one text', () => {
  const tree = scratchTree({
    'generate-bake.toml': lines(`
      namespace = "ns"
      [[image]]
      path = "base"
      version = "1.0"
      [[image]]
      path = "one"
      version = "1.0"
      [[image]]
      path = "two"
      version = "2.9"
    `),
    'base/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'base/x': '',
    'one/Dockerfile': 'FROM ns/base\n',
    'two/Dockerfile': 'FROM ns/one\n',
  });
  const plan = planUpdate(compiled(tree), ['base'], { ...context(), reason: 'x' });
  assert.deepEqual(plan.diagnostics, []);
  assert.deepEqual(
    plan.value.map(({ image, toVersion }) => `${image.name} ${toVersion}`),
    ['base 1.0-s1', 'one 1.0-s1', 'two 2.9-s1'],
  );
  const before = readFileSync(tree.at('generate-bake.toml'), 'utf8');
  const after = before.replaceAll('"1.0"', '"1.0-s1"').replace('"2.9"', '"2.9-s1"');
  for (const edit of plan.value) {
    assert.deepEqual([edit.before, edit.after], [before, after]);
  }
});

test('of computed versions the named one is counted; what has its parent in its version is not', () => {
  const tree = scratchTree({
    'config.yaml': 'namespace: ns\ndockerfile_version: content\n',
    'base/Dockerfile': 'FROM debian\n',
    'mid/Dockerfile': 'FROM ns/base\n',
    'top/Dockerfile.template': 'FROM {{ "mid" | image_tag }}\n',
    'top/changelog': changelogText('top', '1.0-1'),
  });
  const options = { ...context(), reason: 'x' };
  assert.deepEqual(told(planUpdate(compiled(tree), ['base'], options), tree), [
    'generate-bake.lock: VERSION -> rebuild 1: "ns/base" = 1\n',
    'top/changelog: 1.0-1 -> 1.0-1-s1: top (1.0-1-s1) wikimedia; urgency=high',
  ]);
  // Of a base from elsewhere nothing is in its children's versions.
  assert.deepEqual(told(planUpdate(compiled(tree), ['debian'], options), tree), [
    'generate-bake.lock: VERSION -> rebuild 1: "ns/base" = 1\n',
    'top/changelog: 1.0-1 -> 1.0-1-s1: top (1.0-1-s1) wikimedia; urgency=high',
  ]);
  const images = compiled(tree).images.map(({ rendered }) => rendered.definition);
  const refresh = planRefresh(images, { ...context(), excludes: () => false });
  assert.deepEqual(
    refresh.value.edits.map(({ image, toVersion }) => `${image.name} ${toVersion}`),
    ['top 1.0-1-20260901', 'base rebuild 1', 'mid rebuild 1'],
  );
});

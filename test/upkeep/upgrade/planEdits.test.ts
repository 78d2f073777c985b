/** What an upgrade writes of images of every kind, and that the next one reads it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { Reference } from '#core/reference/brands.js';
import { upgradeHistory } from '#upkeep/upgrade/history.js';
import {
  type Bumped,
  firstStep,
  isUpgradeMessage,
  planUpgradeEdits,
  upgradeMessage,
} from '#upkeep/upgrade/planEdits.js';
import { lines } from '../../support/explain.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';
import { changelogText, context } from '../update/graphs.js';

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
  'images/ci/Dockerfile': 'FROM ns/web\n',
  'images/ci/image.toml': 'version = "environment:TAG"\n',
  'images/made/Dockerfile': 'FROM ns/web\n',
  'images/made/image.toml': 'version = "content"\n',
  'base/vars.sh': "export VERSION='1.2'\n",
  'base/Dockerfile.root': 'FROM ns/bookworm\n',
  'base/Dockerfile.run': 'ARG VERSION\nFROM base-root:${VERSION}\n',
};

function graphOf(tree: ScratchTree): Graph {
  const opened = openWorkspace({
    cwd: tree.path,
    directories: [],
    env: { TAG: 'b3' },
    allowed: ['TAG'],
    home: tree.at('none'),
  });
  assert.deepEqual(opened.diagnostics, []);
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  return compile({
    workspace: opened.value,
    selection,
    read: { variables: opened.value.variables },
  }).value.graph;
}

function referenceOf(graph: Graph, name: string): Reference {
  const found = graph.images.find(({ rendered }) => rendered.definition.name === name);
  assert.ok(found !== undefined, name);
  return found.reference;
}

const read = (file: string) => ({ value: readFileSync(file, 'utf8'), diagnostics: [] });
const ssl = { name: 'libssl3', candidate: '3.0.17-1', isSecurity: true };
const zip = { name: 'zip', candidate: '2', isSecurity: false };

/** Writes what an upgrade of these does, parents first; gives versions before and after. */
function upgraded(tree: ScratchTree, names: readonly string[], more: Partial<Bumped> = {}) {
  const graph = graphOf(tree);
  const images = names.map(
    (name): Bumped => ({
      reference: referenceOf(graph, name),
      role: 'entering',
      packages: [ssl],
      ...more,
    }),
  );
  const { value, diagnostics } = planUpgradeEdits(graph, images, context({ read }));
  assert.deepEqual(diagnostics, []);
  for (const { file, after } of value) {
    writeFileSync(file, after);
  }
  return value.map(
    ({ image, fromVersion, toVersion }) => `${image.name} ${fromVersion} ${toVersion}`,
  );
}

const lockOf = (tree: ScratchTree) => {
  const text = readFileSync(tree.at('generate-bake.lock'), 'utf8');
  return text.slice(text.indexOf('[rebuilds]'));
};

test('images of every kind get a version, and it is known what for', () => {
  const tree = scratchTree(files);
  const names = ['bookworm', 'curl', 'web', 'ci', 'base-root'];
  upgraded(tree, names);
  const graph = graphOf(tree);
  const versions = names.map(
    (name) => graph.byReference.get(referenceOf(graph, name))?.rendered.definition.version ?? '',
  );
  assert.equal(
    lockOf(tree),
    [
      '[rebuilds]',
      '"ns/ci" = 1',
      '',
      '# Which packages versions of these images were made for, by "generate-bake upgrade": none is tried twice.',
      '[upgrades]',
      ...[
        ['base-root', versions[4]],
        ['ns/bookworm', versions[0]],
        ['ns/ci', versions[3]],
        ['ns/web', versions[2]],
      ].flatMap(([name, version]) => [`"${name}" = [`, `  "libssl3 3.0.17-1 ${version}",`, ']']),
      '',
    ].join('\n'),
  );
  const history = upgradeHistory(graph, { read });
  for (const [at, name] of names.entries()) {
    const reference = referenceOf(graph, name);
    assert.equal(history.triedIn(reference, 'libssl3', '3.0.17-1'), versions[at], name);
    assert.equal(history.triedIn(reference, 'libssl3', '3.0.18-1'), undefined, name);
    assert.equal(history.triedIn(reference, 'zip', '2'), undefined, name);
    assert.equal(history.isUpgraded(reference), true, name);
  }
  // The other stage has the version of its root, and was not made for anything.
  assert.equal(history.isUpgraded(referenceOf(graph, 'base-run')), false);
});

test('what was tried of other packages stays known, and of the same one the newest', () => {
  const tree = scratchTree(files);
  upgraded(tree, ['ci', 'curl']);
  upgraded(tree, ['ci', 'curl'], { packages: [zip] });
  upgraded(tree, ['ci', 'curl'], { packages: [{ ...zip, candidate: '3' }] });
  const graph = graphOf(tree);
  const history = upgradeHistory(graph, { read });
  const tried = (name: string) =>
    [
      ['libssl3', '3.0.17-1'],
      ['zip', '2'],
      ['zip', '3'],
    ].map(([binary = '', candidate = '']) =>
      history.triedIn(referenceOf(graph, name), binary, candidate),
    );
  assert.deepEqual(tried('ci'), ['b3-r1', undefined, 'b3-r3']);
  assert.deepEqual(tried('curl'), ['1.0-1-s1', '1.0-1-s2', '1.0-1-s3']);
});

test('a version that follows from its parent is not written, and one that another made is no upgrade', () => {
  const tree = scratchTree(files);
  const steps = upgraded(tree, ['web', 'made'], { role: 'below' });
  assert.deepEqual([...new Set(steps.map((step) => step.split(' ')[0]))], ['web', 'made']);
  assert.match(lockOf(tree), /^\[rebuilds\]\n\n/);
  const alone = scratchTree(files);
  assert.deepEqual(upgraded(alone, ['made']).length, 1);
  const graph = graphOf(alone);
  const history = upgradeHistory(graph, { read });
  assert.equal(history.triedIn(referenceOf(graph, 'made'), 'libssl3', '3.0.17-1'), 'rebuild-1');
  assert.equal(history.isUpgraded(referenceOf(graph, 'made')), true);
  alone.write({ 'images/web/image.toml': 'version = "2.1"\n' });
  const web = graphOf(alone);
  assert.equal(upgradeHistory(web, { read }).isUpgraded(referenceOf(web, 'web')), false);
});

test('an image that has the version of another, or follows from one, is known too', () => {
  const tree = scratchTree(files);
  upgraded(tree, ['web', 'made', 'base-root', 'base-run'], { role: 'below' });
  const graph = graphOf(tree);
  const history = upgradeHistory(graph, { read });
  const run = referenceOf(graph, 'base-run');
  assert.equal(history.triedIn(run, 'libssl3', '3.0.17-1'), '1.2-s1');
  assert.equal(history.isUpgraded(run), true);
  const made = referenceOf(graph, 'made');
  assert.equal(history.triedIn(made, 'libssl3', '3.0.17-1'), 'rebuild-0');
  // Else a run that is killed before it publishes leaves it to nobody.
  assert.equal(history.isUpgraded(made), true);
});

test('the first step has what follows from it by itself, with all that this brings', () => {
  const graph = graphOf(scratchTree(files));
  const image = (name: string, role: 'entering' | 'below') => ({
    reference: referenceOf(graph, name),
    role,
    packages: [ssl, zip],
    entering: role === 'entering' ? [zip] : [],
  });
  const first = (...images: ReturnType<typeof image>[]) =>
    firstStep(graph, images, context({ read })).map(
      ({ reference, packages }) =>
        `${graph.byReference.get(reference)?.rendered.definition.name} ${packages.map((each) => each.name).join(' ')}`,
    );
  assert.deepEqual(
    first(image('curl', 'entering'), image('web', 'below'), image('made', 'below')),
    ['curl zip'],
  );
  assert.deepEqual(first(image('web', 'entering'), image('ci', 'below'), image('made', 'below')), [
    'web zip',
    'made libssl3 zip',
  ]);
  // The stages of a tree have one version.
  assert.deepEqual(first(image('base-root', 'entering'), image('base-run', 'below')), [
    'base-root zip',
    'base-run libssl3 zip',
  ]);
});

test('a version of a person is no upgrade, whatever its lines are', () => {
  const tree = scratchTree(files);
  upgraded(tree, ['curl']);
  const isUpgraded = () => {
    const graph = graphOf(tree);
    return upgradeHistory(graph, { read }).isUpgraded(referenceOf(graph, 'curl'));
  };
  assert.equal(isUpgraded(), true);
  const made = readFileSync(tree.at('images/curl/changelog'), 'utf8');
  for (const [version, line] of [
    ['1.1-1', 'Upgrade: curl 8'],
    ['1.0-1-s3', 'Upgrade: curl 8'],
    ['1.0-1-s2', 'Upgrade: curl to the newest version.'],
  ] as const) {
    const block = changelogText('curl', version).replace(/^ {2}\* .*$/m, `   ${line}`);
    assert.ok(block.includes(line), block);
    tree.write({ 'images/curl/changelog': `${block}\n${made}` });
    assert.equal(isUpgraded(), false, version);
  }
  const graph = graphOf(tree);
  const history = upgradeHistory(graph, { read });
  assert.equal(history.triedIn(referenceOf(graph, 'curl'), 'libssl3', '3.0.17-1'), '1.0-1-s1');
});

test('what was tried is in no definition digest', () => {
  const tree = scratchTree(files);
  const digests = () => {
    const graph = graphOf(tree);
    const contexts = new Contexts(tree.path);
    const all = new Set(graph.images.map(({ reference }) => reference));
    return [...definitionDigests(graph, all, (image) => contexts.of(image))];
  };
  const before = digests();
  tree.write({ 'generate-bake.lock': '[upgrades]\n"ns/web" = ["zip 2 2.0", "libssl3 3 1.9"]\n' });
  assert.deepEqual(digests(), before);
});

test('odd lines are errors at their places', () => {
  for (const [text, place, message] of [
    ['[upgrades]\n"ns/web" = ["zip"]\n', '2:13', '"zip" does not say what was upgraded'],
    ['[upgrades]\n"ns/web" = 3\n', '2:12', 'ns/web must be a list of strings, not an integer'],
    ['[upgrade]\n', '1:2', 'unknown key "upgrade" here'],
  ] as const) {
    const tree = scratchTree({ ...files, 'generate-bake.lock': text });
    const { diagnostics } = openWorkspace({
      cwd: tree.path,
      directories: [],
      env: {},
      home: tree.at('none'),
    });
    const [first] = diagnostics;
    const { line, column } = first?.place ?? {};
    assert.deepEqual(
      [first?.code, `${line}:${column}`, first?.message],
      ['rebuilds-file', place, message],
    );
  }
});

test('the message of a commit names packages, and is known again', () => {
  const image = { reference: 'r/secret:1' as Reference, role: 'entering' } as const;
  const message = upgradeMessage([{ ...image, packages: [zip, ssl] }], 2, undefined);
  assert.equal(
    message,
    [
      'Upgrade libssl3, zip: new versions of 2 images',
      'Upgrade: libssl3 3.0.17-1 (security), zip 2',
      'Generate-Bake: upgrade',
    ].join('\n\n'),
  );
  assert.ok(isUpgradeMessage(`${message}\n`));
  assert.ok(!isUpgradeMessage(`${message}\n\nSigned-off-by: x`));
  // As git's interpret-trailers puts them, which hooks use.
  assert.ok(isUpgradeMessage(`${message}\nChange-Id: I0123\n`));
  assert.ok(isUpgradeMessage(message.replace('Generate-Bake:', 'Bug: T1\nGenerate-Bake:')));
  assert.ok(!isUpgradeMessage('Generate-Bake: upgrade of all\n'));
});

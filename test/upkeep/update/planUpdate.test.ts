import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { planUpdate, type UpdateOptions } from '#upkeep/update/planUpdate.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { changelogText, context, date, type ImageSpec, makeGraph } from './graphs.js';

const imageTable: readonly ImageSpec[] = [
  { name: 'golang1.24', version: '1.24-20260816', on: ['bookworm'] },
  { name: 'base', version: '0.1', on: ['trixie:latest'] },
  { name: 'build', tree: 'istio', version: '1.2-s4', on: ['golang1.24'] },
  { name: 'pilot', tree: 'istio', version: '2.5rocm-1', on: ['istio/build', 'base'] },
  { name: 'build', tree: 'certs', version: '1', on: ['base'] },
  { name: 'tool', version: '3-1', on: ['bookworm', 'golang1.24'] },
];

function plan(t: TestContext, names: string[], rest: Partial<UpdateOptions> = {}) {
  const graph = makeGraph(temporaryDirectory(t), imageTable);
  return planUpdate(graph, names, { ...context(), reason: 'CVE-2026-1', ...rest });
}

function summary(outcome: ReturnType<typeof planUpdate>) {
  assert.deepEqual(outcome.diagnostics, []);
  return outcome.value.map((edit) => [edit.shownFile, edit.toVersion]);
}

test('the image named and all that is built on it get a block, parents first', (t) => {
  const outcome = plan(t, ['golang1.24']);
  assert.deepEqual(summary(outcome), [
    ['images/golang1.24/changelog', '1.24-20260816-s1'],
    ['istio/build/changelog', '1.2-s5'],
    ['istio/pilot/changelog', '2.5rocm-1-s1'],
    ['images/tool/changelog', '3-1-s1'],
  ]);
  const [root, child] = outcome.value;
  assert.equal(
    root?.after,
    `golang1.24 (1.24-20260816-s1) wikimedia; urgency=high

   CVE-2026-1

 -- Bo <bo@example.org>  ${date}

${changelogText('golang1.24', '1.24-20260816')}`,
  );
  assert.equal(
    child?.after,
    `build (1.2-s5) wikimedia; urgency=high

   Refresh for update in parent image golang1.24:
   CVE-2026-1

 -- Bo <bo@example.org>  ${date}

${changelogText('build', '1.2-s4')}`,
  );
});

test('several names: each gets the reason, and a child says which of them it is built on', (t) => {
  const outcome = plan(t, ['golang1.24', 'istio/build', 'base', 'base'], { reason: 'one\ntwo' });
  const blocks = new Map(
    outcome.value.map((edit) => [edit.shownFile, edit.after.split('\n').slice(2, 6)]),
  );
  assert.deepEqual(blocks.get('istio/build/changelog')?.slice(0, 3), ['   one', '   two', '']);
  assert.deepEqual(blocks.get('istio/pilot/changelog'), [
    '   Refresh for update in parent image golang1.24, istio/build, base:',
    '   one',
    '   two',
    '',
  ]);
  assert.equal(blocks.get('images/tool/changelog')?.[0]?.includes('golang1.24:'), true);
  assert.equal(outcome.value.length, 6);
});

test('an external base bumps every image on it, and those on them', (t) => {
  for (const name of ['bookworm', 'registry.example.org/bookworm']) {
    const outcome = plan(t, [name]);
    assert.deepEqual(
      summary(outcome).map(([file]) => file),
      [
        'images/golang1.24/changelog',
        'istio/build/changelog',
        'istio/pilot/changelog',
        'images/tool/changelog',
      ],
    );
    assert.match(outcome.value[0]?.after ?? '', new RegExp(`parent image ${name}:\n`));
  }
  assert.equal(summary(plan(t, ['trixie'])).length, 3);
  assert.equal(summary(plan(t, ['trixie:latest'])).length, 3);
});

test('names are looked up where the command line says, children everywhere', (t) => {
  const graph = makeGraph(temporaryDirectory(t), imageTable);
  const among = new Set(
    graph.images
      .filter((image) => image.rendered.definition.tree.name === 'istio')
      .map((image) => image.reference),
  );
  const inTree = (name: string) => planUpdate(graph, [name], { ...context(), reason: 'x', among });
  assert.deepEqual(summary(inTree('build')), [
    ['istio/build/changelog', '1.2-s5'],
    ['istio/pilot/changelog', '2.5rocm-1-s1'],
  ]);
  assert.equal(inTree('base').diagnostics[0]?.code, 'name-unknown');
});

test('--version is for the first name alone', (t) => {
  const outcome = plan(t, ['istio/build', 'certs/build'], { version: '2.0-1' });
  assert.deepEqual(summary(outcome), [
    ['istio/build/changelog', '2.0-1'],
    ['istio/pilot/changelog', '2.5rocm-1-s1'],
    ['certs/build/changelog', '1-s1'],
  ]);
  const lower = plan(t, ['base'], { version: '0.0.9' });
  assert.deepEqual(
    lower.diagnostics.map((found) => [found.severity, found.code]),
    [['warning', 'update-version-lower']],
  );
  assert.equal(lower.value[0]?.toVersion, '0.0.9');
});

test('names that are unknown or stand for several images, bad versions and reasons are errors', (t) => {
  const cases: [string[], Partial<UpdateOptions>, string, RegExp, RegExp][] = [
    [['golnag1.24'], {}, 'name-unknown', /golnag1\.24/, /did you mean "golang1\.24"/],
    [['bokworm'], {}, 'name-unknown', /bokworm/, /did you mean "bookworm"/],
    [['build'], {}, 'name-ambiguous', /2 images/, /"certs\/build", "istio\/build"/],
    [['base'], { version: '1~1' }, 'update-version', /"~"/, /letters/],
    [['base'], { version: '0.1' }, 'update-version', /current version/, /choose/],
    [['bookworm'], { version: '1' }, 'update-version', /no version/, /leave out/],
    [['base'], { reason: ' \n' }, 'update-reason', /empty/, /Security update/],
    [['base'], { reason: 'a\x1b[1m' }, 'update-reason', /U\+001b/, /plain/],
    [['base'], { authorOf: () => 'A\nB <x@y>' }, 'changelog-block', /read back/, /author/],
  ];
  for (const [names, rest, code, message, hint] of cases) {
    const { diagnostics, value } = plan(t, names, rest);
    const [first] = diagnostics;
    assert.deepEqual([first?.severity, first?.code], ['error', code], names.join());
    assert.match(first?.message ?? '', message);
    assert.match(first?.hint ?? '', hint);
    assert.ok(!value.some((edit) => edit.shownFile.startsWith('images/base')));
  }
});

test('a child that cannot be bumped is an error with its place, and says what to do', (t) => {
  const long = `1.${'0'.repeat(125)}`;
  const graph = makeGraph(temporaryDirectory(t), [
    { name: 'base', version: '1' },
    { name: 'long', version: long, on: ['base'] },
  ]);
  const { diagnostics } = planUpdate(graph, ['base'], { ...context(), reason: 'x' });
  assert.equal(diagnostics.length, 1);
  assert.equal(diagnostics[0]?.code, 'update-version');
  assert.equal(diagnostics[0]?.place?.file, 'images/long/changelog');
  assert.match(diagnostics[0]?.hint ?? '', /generate-bake update long --version/);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TreeConfig } from '#compiler/workspace/tree.js';
import { readNewestBlock } from '#formats/debian/changelog.js';
import { readControl } from '#formats/debian/control.js';
import { type NewImageOptions, planNewImage } from '#upkeep/new/planNewImage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { date, fixedMoment, makeGraph } from '../update/graphs.js';

function plan(
  t: TestContext,
  name: string,
  rest: Partial<NewImageOptions> = {},
  config: Partial<TreeConfig> = { baseImages: ['registry.example.org/bookworm:latest'] },
) {
  const specs = [
    { name: 'golang1.24', version: '1' },
    { name: 'build', tree: 'mesh', version: '2' },
    { name: 'build', tree: 'certs', version: '3' },
  ];
  const graph = makeGraph(temporaryDirectory(t), specs, config);
  const definitions = graph.images.map((image) => image.rendered.definition);
  const trees = [...new Set(definitions.map((definition) => definition.tree))];
  const options = { moment: fixedMoment, authorOf: () => 'Bo <bo@example.org>', ...rest };
  return planNewImage(trees, definitions, name, options);
}

function files(outcome: ReturnType<typeof plan>): Map<string, string> {
  assert.deepEqual(outcome.diagnostics, []);
  return new Map(outcome.value?.files.map((file) => [file.name, file.text]));
}

test('the files of a new image on one of the trees', (t) => {
  const outcome = plan(t, 'images/billing', { from: 'golang1.24' });
  assert.equal(outcome.value?.shownDirectory, 'images/billing');
  assert.deepEqual(
    outcome.value?.files.map(({ name, mode }) => [name, mode.toString(8)]),
    [
      ['Dockerfile.template', '644'],
      ['changelog', '644'],
      ['control', '644'],
      ['test.sh', '755'],
    ],
  );
  const made = files(outcome);
  assert.match(
    made.get('Dockerfile.template') ?? '',
    /^FROM \{\{ "golang1\.24" \| image_tag \}\}\n/,
  );
  assert.equal(
    made.get('changelog'),
    `billing (0.0.1) wikimedia; urgency=medium

  * First version.

 -- Bo <bo@example.org>  ${date}
`,
  );
  assert.deepEqual(readNewestBlock('f', made.get('changelog') ?? '').diagnostics, []);
  const control = readControl('f', made.get('control') ?? '');
  assert.deepEqual(control.diagnostics, []);
  assert.equal(control.value.depends[0]?.name, 'golang1.24');
  assert.match(made.get('test.sh') ?? '', /^#!\/bin\/sh\n/);
});

test('what it is built on: another tree’s, a base by its short name, any reference', (t) => {
  const first = (from?: string, config?: Partial<TreeConfig>) => {
    const made = files(plan(t, 'images/x', from === undefined ? {} : { from }, config));
    const depends = readControl('f', made.get('control') ?? '').value.depends;
    return [made.get('Dockerfile.template')?.split('\n')[0], depends.map(({ name }) => name)];
  };
  assert.deepEqual(first('mesh/build'), ['FROM {{ "mesh/build" | image_tag }}', ['build']]);
  assert.deepEqual(first('bookworm'), ['FROM {{ "bookworm" | image_tag }}', []]);
  assert.deepEqual(first(), ['FROM {{ registry }}/bookworm:latest', []]);
  assert.deepEqual(first(undefined, { baseImages: ['debian:trixie'] }), ['FROM debian:trixie', []]);
  assert.deepEqual(first('quay.io/a/b:1'), ['FROM quay.io/a/b:1', []]);
  assert.deepEqual(first('scratch'), ['FROM scratch', []]);
});

test('the directory may be one inside the tree', (t) => {
  const inside = { directory: '/trees/images/go', shownDirectory: 'images/go' };
  assert.equal(plan(t, 'images/x', { inside }).value?.directory, '/trees/images/go/x');
});

test('a name or a parent that cannot be is an error', (t) => {
  const cases: [string, Partial<NewImageOptions>, Partial<TreeConfig>, string, RegExp][] = [
    ['images/Foo', {}, {}, 'new-name', /lower-case/],
    ['images/a/b', {}, {}, 'new-name', /lower-case/],
    ['images/a_b', {}, {}, 'new-name', /lower-case/],
    ['x', {}, {}, 'new-tree', /"images\/x", "mesh\/x", "certs\/x"/],
    ['images/golang1.24', {}, {}, 'new-name', /another name/],
    ['images/x', {}, { baseImages: [] }, 'new-parent', /--from/],
    ['images/x', { from: 'golang1.25' }, {}, 'new-parent', /did you mean "golang1\.24"/],
    ['images/x', { from: 'build' }, {}, 'new-parent', /namespace/],
    ['images/x', { from: 'a:b"}}' }, {}, 'new-parent', /registry\/name:tag/],
  ];
  for (const [name, rest, config, code, hint] of cases) {
    const { value, diagnostics } = plan(t, name, rest, config);
    assert.equal(value, undefined);
    assert.equal(diagnostics[0]?.code, code, `${name} ${JSON.stringify(rest)}`);
    assert.match(diagnostics[0]?.hint ?? '', hint);
  }
});

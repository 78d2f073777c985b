import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchImages } from '#compiler/select/matchImages.js';
import { matchSelection, type Selection, select } from '#compiler/select/select.js';
import type { Reference } from '#core/reference/brands.js';
import { graphOf, treeOf } from '../../support/graph.js';

const istio = treeOf('istio', { namespace: 'istio' });
//  base ─► golang1.24 ─► build (istio) ─► pilot (istio)
//       └► python
const graph = graphOf([
  { name: 'base', definition: { maintainer: 'Ann Lee <ann@example.org>' } },
  { name: 'golang1.24', parents: ['base'], definition: { maintainer: '@org/go, @zoe' } },
  { name: 'python', parents: ['base'], definition: { maintainer: 'Bo <bo@example.org>' } },
  { name: 'build', tree: istio, parents: ['golang1.24'] },
  { name: 'pilot', tree: istio, parents: ['build'] },
]);

function selected(selection: Partial<Selection>) {
  const whole = { select: [], exclude: [], withParents: false, withChildren: false, ...selection };
  const definitions = graph.images.map((image) => image.rendered.definition);
  const all = { images: definitions, named: new Set<(typeof definitions)[number]>() };
  const choice = matchSelection(all, whole, ({ maintainer }) =>
    maintainer === undefined
      ? undefined
      : { text: maintainer, names: maintainer.split(', '), from: 'control' },
  );
  const { value, diagnostics: empty } = select(graph, choice.value, whole);
  const diagnostics = [...choice.diagnostics, ...empty];
  return {
    names: [...value.references].map((reference) => reference.slice(2, -2)).sort(),
    diagnostics,
  };
}

test('globs see the whole reference, names its end', () => {
  assert.deepEqual(selected({ select: ['r/python:*'] }).names, ['python']);
  assert.deepEqual(selected({ select: ['*golang*', 'python'] }).names, ['golang1.24', 'python']);
  assert.deepEqual(selected({ select: ['istio/build'] }).names, ['istio/build']);
  assert.deepEqual(selected({ select: ['build'] }).names, ['istio/build']);
  assert.deepEqual(selected({ select: ['build:1'] }).names, ['istio/build']);
  assert.equal(selected({}).names.length, 5);
});

test('globs see names too, the namespace where they have a /', () => {
  const by = (...select: string[]) => selected({ select }).names;
  assert.deepEqual(by('golan*'), ['golang1.24']);
  assert.deepEqual(by('golang1.2?'), ['golang1.24']);
  assert.deepEqual(by('b*'), ['base', 'istio/build']);
  assert.deepEqual(by('istio/*'), ['istio/build', 'istio/pilot']);
  assert.deepEqual(by('b*:1'), ['base', 'istio/build']);
  // A namespace is no name.
  assert.deepEqual(selected({ select: ['i*'] }).diagnostics.length, 1);
  assert.deepEqual(selected({ select: ['*:2'] }).diagnostics.length, 1);
  // The registry is r: what docker-pkg selects stays selected.
  assert.equal(by('r*').length, 5);
  assert.deepEqual(selected({ exclude: ['istio/*', 'b*'] }).names, ['golang1.24', 'python']);
});

test('parents and children on request', () => {
  assert.deepEqual(selected({ select: ['build'], withParents: true }).names, [
    'base',
    'golang1.24',
    'istio/build',
  ]);
  assert.deepEqual(selected({ select: ['golang1.24'], withChildren: true }).names, [
    'golang1.24',
    'istio/build',
    'istio/pilot',
  ]);
  assert.deepEqual(selected({ select: ['build'], withParents: true, withChildren: true }).names, [
    'base',
    'golang1.24',
    'istio/build',
    'istio/pilot',
  ]);
});

test('what is excluded stays out whatever would bring it in', () => {
  assert.deepEqual(
    selected({ select: ['pilot'], withParents: true, exclude: ['*/istio/*', 'python'] }).names,
    ['base', 'golang1.24'],
  );
});

test('a pattern that matches nothing is an error with a hint, one of --exclude a warning', () => {
  const hintOf = (selection: Partial<Selection>) => {
    const severity = selection.exclude === undefined ? 'error' : 'warning';
    const { diagnostics } = selected(selection);
    assert.deepEqual(
      diagnostics.map((each) => [each.severity, each.code]),
      [[severity, 'select-nothing']],
    );
    return diagnostics[0]?.hint ?? '';
  };
  assert.match(hintOf({ select: ['golnag1.24'] }), /did you mean "golang1\.24"/);
  assert.match(hintOf({ select: ['istio/biuld'] }), /did you mean "istio\/build"/);
  assert.match(
    hintOf({ select: ['python', 'olang*'] }),
    /whole names and references; try '\*olang\*' \(1 image\)/,
  );
  assert.match(hintOf({ exclude: ['*xyz*'] }), /references such as r\/base:1/);
});

test('nothing left is an error', () => {
  const { diagnostics } = selected({ select: ['python'], exclude: ['*thon*'] });
  assert.deepEqual(
    diagnostics.map((each) => each.code),
    ['select-empty'],
  );
});

test('images are matched before there is a graph, so that a suffix follows the match', () => {
  const definitions = graph.images.map((image) => image.rendered.definition);
  const { value } = matchImages(definitions, ['pilot'], '--select');
  const suffixed = definitions.map((definition) =>
    value.has(definition)
      ? { ...definition, reference: `${definition.reference}-nightly` as Reference }
      : definition,
  );
  assert.deepEqual(
    suffixed.map((definition) => definition.reference).filter((each) => each.endsWith('-nightly')),
    ['r/istio/pilot:1-nightly'],
  );
});

test('owners are matched as a whole: shown, by name, address or team, in whatever case', () => {
  const of = (...owner: string[]) => selected({ owner }).names;
  assert.deepEqual(of('Ann Lee <ann@example.org>'), ['base']);
  assert.deepEqual(of('ann lee'), ['base']);
  assert.deepEqual(of('ANN@example.org'), ['base']);
  assert.deepEqual(of('*@example.org'), ['base', 'python']);
  assert.deepEqual(of('@org/go'), ['golang1.24']);
  assert.deepEqual(of('org/*'), ['golang1.24']);
  assert.deepEqual(of('go'), ['golang1.24']);
  assert.deepEqual(of('zoe', 'bo'), ['golang1.24', 'python']);
  assert.deepEqual(of('-'), ['istio/build', 'istio/pilot']);
});

test('owners narrow what is selected, and children and parents widen it again', () => {
  const owner = ['*@example.org'];
  assert.deepEqual(selected({ owner, select: ['python'] }).names, ['python']);
  assert.deepEqual(selected({ owner: ['go'], withChildren: true }).names, [
    'golang1.24',
    'istio/build',
    'istio/pilot',
  ]);
  assert.deepEqual(selected({ owner: ['go'], withParents: true }).names, ['base', 'golang1.24']);
  assert.deepEqual(selected({ owner, exclude: ['python'] }).names, ['base']);
});

test('an owner that no image has is an error, with what could have been meant', () => {
  const told = (owner: string) =>
    selected({ owner: [owner] }).diagnostics.map(({ message, hint }) => [message, hint]);
  assert.deepEqual(told('ann'), [
    [
      'no image matches --owner ann',
      "a whole name, address or team has to match; try '*ann*' (1 image)",
    ],
  ]);
  assert.deepEqual(told('Ann Leee'), [
    ['no image matches --owner Ann Leee', 'did you mean "Ann Lee"?'],
  ]);
  assert.deepEqual(told('xyzzy'), [
    ['no image matches --owner xyzzy', 'generate-bake list --wide shows all owners'],
  ]);
  // What matches nothing is said once.
  assert.equal(selected({ owner: ['ann lee'], select: ['nosuch'] }).diagnostics.length, 1);
});

test('what no test is run for; that everything is tested is no error', () => {
  const inside = [{ kind: 'goss', file: '/t/goss.yaml', shown: 'goss.yaml' }] as const;
  const tested = graphOf([
    { name: 'root', definition: { tests: { inside } } },
    { name: 'child', parents: ['root'], definition: { tests: { inside: [] } } },
    { name: 'bare', definition: { tests: { inside: [] } } },
    { name: 'onBare', parents: ['bare'], definition: { tests: { inside } } },
  ]);
  const untested = (...names: string[]) => {
    const chosen = new Set(
      tested.images
        .map(({ rendered }) => rendered.definition)
        .filter(({ name }) => names.includes(name)),
    );
    const selection = { withParents: false, withChildren: false, untested: true };
    const { value, diagnostics } = select(tested, { chosen, excluded: new Set() }, selection);
    return [[...value.references], diagnostics.map(({ severity, code }) => `${severity} ${code}`)];
  };
  assert.deepEqual(untested('root', 'child', 'bare', 'onBare'), [['r/bare:1'], []]);
  assert.deepEqual(untested('root', 'child'), [[], ['warning select-empty']]);
});

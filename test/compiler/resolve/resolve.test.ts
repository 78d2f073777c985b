import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { RenderedImage } from '#compiler/render/rendered.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type ResolveOptions, resolve } from '#compiler/resolve/resolve.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, placeOfLine } from '#core/diagnostics/diagnostic.js';
import type { ImageName } from '#core/reference/brands.js';
import { joinLabel } from '#core/reference/label.js';
import { treeOf } from '../../support/graph.js';
import { toldOfGraph } from '../../support/told.js';

interface Sketch extends Partial<Omit<ImageDefinition, 'depends' | 'name'>> {
  readonly name: string;
  readonly text: string;
  readonly depends?: readonly string[] | ImageDefinition['depends'];
}

function image({
  name,
  text,
  depends = [],
  version = '1',
  tree = treeOf(),
  ...rest
}: Sketch): RenderedImage {
  const directory = `${tree.name}/${name}`;
  const file = `${directory}/Dockerfile.template`;
  const { registry, namespace } = tree.config;
  const definition: ImageDefinition = {
    tree,
    name: name as ImageName,
    version,
    ...joinLabel({ registry, namespace, name, version }),
    directory: `/${directory}`,
    context: directory,
    dockerfile: { kind: 'template', file, text },
    place: { file: `${directory}/changelog`, line: 1 },
    extraTags: [],
    labels: new Map(),
    args: new Map(),
    platforms: [],
    ...rest,
    depends: depends.map((parent, index) =>
      typeof parent === 'string'
        ? { name: parent, place: { file: `${directory}/control`, line: index + 1 } }
        : parent,
    ),
  };
  return {
    definition,
    dockerfile: text,
    neutralDockerfile: text,
    placeOf: (line, column, length) => placeOfLine(file, text, line, column, length),
  };
}

/** `file:line:column severity code: message`, and the related places below. */
function shown({ severity, code, message, place, related = [] }: Diagnostic): string[] {
  const at = [place?.file, place?.line, place?.column]
    .filter((part) => part !== undefined)
    .join(':');
  return [
    `${at} ${severity} ${code}: ${message}`,
    ...related.map((other) => `  ${other.place?.file}:${other.place?.line} ${other.message}`),
  ];
}

const resolved = (sketches: readonly Sketch[], options?: ResolveOptions) =>
  outcomeOf(resolve(sketches.map(image), [], options));
const outcomeOf = (graph: Graph) => ({ value: graph, diagnostics: toldOfGraph(graph) });
const told = (sketches: readonly Sketch[], options?: ResolveOptions) =>
  resolved(sketches, options).diagnostics.flatMap(shown);
/** `child: kind key > parent` for each link, `child: kind key` for each external reference. */
function links(sketches: readonly Sketch[], options?: ResolveOptions): string[] {
  return resolved(sketches, options).value.images.flatMap(({ rendered, parents, externals }) => [
    ...parents.map(
      ({ kind, key, parent }) => `${rendered.definition.name}: ${kind} ${key} > ${parent}`,
    ),
    ...externals.map(({ kind, key }) => `${rendered.definition.name}: ${kind} ${key}`),
  ]);
}

const base = { name: 'base', text: 'FROM debian\nRUN x\n' };

test('references to an image of the trees are links to the version that the tree has', () => {
  const child = (text: string, more: Partial<Sketch> = {}) =>
    links([base, { name: 'child', text, depends: ['base'], ...more }]).slice(1);
  assert.deepEqual(child('FROM r/base:1'), ['child: from r/base:1 > r/base:1']);
  assert.deepEqual(child('FROM r/base:latest'), ['child: from r/base > r/base:1']);
  assert.deepEqual(child('FROM r/base'), ['child: from r/base > r/base:1']);
  assert.deepEqual(child('FROM a\nCOPY --from=r/base:1 / /'), [
    'child: copy r/base:1 > r/base:1',
    'child: from a',
  ]);
  assert.deepEqual(child('FROM a\nRUN --mount=from=r/base,target=/m x'), [
    'child: mount r/base > r/base:1',
    'child: from a',
  ]);
  assert.deepEqual(child('ARG NAME=base\nFROM r/${NAME}'), ['child: from r/base > r/base:1']);
  assert.deepEqual(child('ARG NAME=no\nFROM r/${NAME}', { args: new Map([['NAME', 'base']]) }), [
    'child: from r/base > r/base:1',
  ]);
  // One link for each key.
  assert.deepEqual(
    child('FROM r/base AS a\nFROM r/base:1\nCOPY --from=a / /\nCOPY --from=r/base:latest / /'),
    ['child: from r/base > r/base:1', 'child: from r/base:1 > r/base:1'],
  );
});

test('Docker Hub has one name in many spellings', () => {
  const tree = treeOf('hub', { registry: '' });
  for (const written of [
    'base',
    'library/base',
    'docker.io/library/base:latest',
    'index.docker.io/base',
  ]) {
    assert.deepEqual(
      links([
        { ...base, tree },
        { name: 'child', tree, text: `FROM ${written}` },
      ]).slice(1),
      ['child: from base > base:1'],
    );
  }
});

test('links lead across trees and namespaces', () => {
  const other = treeOf('other', { namespace: 'n' });
  assert.deepEqual(
    links([
      base,
      { name: 'base', tree: other, text: 'FROM r/base:1' },
      { name: 'child', tree: other, text: 'FROM r/n/base:1\nCOPY --from=r/base / /' },
    ]),
    [
      'base: from debian',
      'base: from r/base:1 > r/base:1',
      'child: from r/n/base:1 > r/n/base:1',
      'child: copy r/base > r/base:1',
    ],
  );
});

test('what is not linked although a tree defines it is a warning', () => {
  const child = (text: string): Sketch[] => [base, { name: 'child', text, depends: ['base'] }];
  const other = child('FROM r/base:2');
  assert.deepEqual(links(other).slice(1), ['child: from r/base:2']);
  assert.deepEqual(told(other), [
    'images/child/Dockerfile.template:1:6 warning other-version: r/base:2 is pulled, not built: this tree builds r/base:1',
  ]);
  const pinned = child(`FROM r/base:1@sha256:${'ab'.repeat(32)}`);
  assert.match(told(pinned)[0] ?? '', /warning other-version/);
  const unreached = child('FROM r/base:1 AS unused\nFROM debian');
  assert.deepEqual(links(unreached).slice(1), ['child: from debian']);
  assert.deepEqual(told(unreached), [
    'images/child/Dockerfile.template:1:6 warning unreached-reference: r/base:1 is not built first: the final stage does not use the stage that names it',
  ]);
  // The final stage may be another than the last.
  assert.deepEqual(
    links([base, { name: 'child', stage: 'one', text: 'FROM r/base:1 AS one\nFROM x' }]).slice(1),
    ['child: from r/base:1 > r/base:1'],
  );
  const self: Sketch[] = [{ name: 'self', text: 'FROM r/self:latest\nRUN x' }];
  assert.deepEqual(links(self), ['self: from r/self']);
  assert.deepEqual(told(self), [
    'images/self/Dockerfile.template:1:6 warning self-reference: self is based on itself: r/self:latest is pulled, not built',
  ]);
});

test('many lines that refer to one thing are one warning', () => {
  const text = `FROM a\n${'COPY --from=r/base:2 / /\n'.repeat(3)}`;
  assert.equal(told([base, { name: 'child', text, depends: ['base'] }]).length, 1);
});

test('control is compared with what is used', () => {
  assert.deepEqual(
    told([
      base,
      { name: 'tool', text: 'FROM r/base', depends: ['base'] },
      { name: 'child', text: 'FROM r/base\nCOPY --from=r/base:1 / /', depends: ['tool', 'gone'] },
    ]),
    [
      'images/child/control:2 warning dangling-depends: no image is named gone',
      'images/child/control:1 warning unused-depends: child declares tool and does not use it',
      'images/child/Dockerfile.template:1:6 warning undeclared-parent: child uses r/base:1 and does not declare it',
    ],
  );
});

test('a name in control means the image of the same tree, else one of another', () => {
  const a = treeOf('a', { namespace: 'a' });
  const b = treeOf('b', { namespace: 'b' });
  const build = (tree: Tree): Sketch => ({ name: 'build', tree, text: 'FROM debian\nRUN x' });
  const child = (tree: Tree, parent: string, depends: readonly string[]): Sketch => ({
    name: 'child',
    tree,
    text: `FROM ${parent}`,
    depends,
  });
  assert.deepEqual(told([build(a), build(b), child(b, 'r/b/build', ['build'])]), []);
  assert.deepEqual(told([build(a), child(b, 'r/a/build', ['build'])]), []);
  assert.deepEqual(told([build(a), child(b, 'r/a/build', ['a/build'])]), []);
  assert.deepEqual(
    told([build(a), build(b), child(b, 'r/a/build', ['build'])]).map((line) => line.split(' ')[2]),
    ['unused-depends:', 'undeclared-parent:'],
  );
});

test('a base image may be declared; a plain Dockerfile need not declare anything', () => {
  const tree = treeOf('images', { baseImages: ['r/trixie:latest'] });
  assert.deepEqual(
    told([{ name: 'x', tree, text: 'FROM r/trixie:latest', depends: ['trixie'] }]),
    [],
  );
  const plain = { kind: 'plain', file: 'images/x/Dockerfile', text: '' } as const;
  assert.deepEqual(told([base, { name: 'x', text: 'FROM r/base', dockerfile: plain }]), []);
});

test('parents stand before children, levels count up, ties go by reference', () => {
  const { images } = resolved([
    { name: 'd', text: 'FROM r/b\nCOPY --from=r/c / /' },
    { name: 'c', text: 'FROM r/a' },
    { name: 'z', text: 'FROM debian' },
    { name: 'b', text: 'FROM r/c' },
    { name: 'a', text: 'FROM debian' },
  ]).value;
  assert.deepEqual(
    images.map(({ reference, level }) => `${reference} ${level}`),
    ['r/a:1 0', 'r/z:1 0', 'r/c:1 1', 'r/b:1 2', 'r/d:1 3'],
  );
});

test('images that need each other are one error that prints the whole chain', () => {
  const ring: Sketch[] = [
    { name: 'a', text: 'FROM r/b:1', depends: ['b'] },
    { name: 'b', text: 'FROM debian\nCOPY --from=r/c:1 / /', depends: ['c'] },
    { name: 'c', text: 'FROM r/a:1', depends: ['a'] },
    { name: 'child', text: 'FROM r/a:1', depends: ['a'] },
  ];
  assert.deepEqual(told(ring), [
    'images/a/Dockerfile.template:1:6 error cycle: dependency cycle: r/a:1 → r/b:1 → r/c:1 → r/a:1',
    '  images/a/Dockerfile.template:1 r/a:1 needs r/b:1',
    '  images/b/Dockerfile.template:2 r/b:1 needs r/c:1',
    '  images/c/Dockerfile.template:1 r/c:1 needs r/a:1',
  ]);
  const { images, broken } = resolved(ring).value;
  assert.deepEqual(
    images.map(({ reference }) => reference),
    ['r/child:1'],
  );
  assert.deepEqual(
    broken.map(({ image: { name }, cycle }) => [name, cycle?.code]),
    ['a', 'b', 'c'].map((name) => [name, 'cycle']),
  );
  const pairs: Sketch[] = ['ab', 'ba', 'cd', 'dc'].map((pair) => ({
    name: pair.charAt(0),
    text: `FROM r/${pair.charAt(1)}`,
    depends: [pair.charAt(1)],
  }));
  assert.equal(told(pairs).filter((line) => line.includes('error cycle')).length, 2);
});

test('a long cycle is found in time', () => {
  const size = 5000;
  const ring = Array.from({ length: size }, (_, index) => ({
    name: `i${index}`,
    text: `FROM r/i${(index + 1) % size}`,
    depends: [`i${(index + 1) % size}`],
  }));
  assert.deepEqual(
    resolved(ring).diagnostics.map(({ code, related }) => [code, related?.length]),
    [['cycle', size]],
  );
});

test('two images of one repository', () => {
  assert.deepEqual(told([base, { ...base, tree: treeOf('more') }]), [
    'more/base/changelog:1 error duplicate-image: images/base and more/base are both named r/base:1',
    '  images/base/changelog:1 the other definition',
  ]);
  assert.deepEqual(
    told([base, { ...base, version: '2' }])[0],
    'images/base/changelog:1 error duplicate-image: images/base and images/base are both named r/base',
  );
});

test('a stage that is named like the image it would be linked to', () => {
  const tree = treeOf('hub', { registry: '' });
  const child = (text: string): string[] =>
    told([
      { ...base, tree },
      { name: 'child', tree, text, depends: ['base'] },
    ]);
  assert.deepEqual(child('FROM base AS base'), [
    'hub/child/Dockerfile.template:1:6 error stage-named-like-image: a stage is named base, like the image it would be linked to',
  ]);
  assert.deepEqual(child('FROM base:1 AS base'), []);
  assert.deepEqual(told([{ name: 'x', text: 'FROM debian AS debian' }]), []);
});

test('triggers of a parent link in the child, and count as declared by either', () => {
  const sketches = (depends: readonly string[], own: readonly string[]): Sketch[] => [
    base,
    { name: 'p', text: 'FROM debian\nONBUILD COPY --from=r/base:1 / /', depends },
    { name: 'child', text: 'FROM r/p:1', depends: ['p', ...own] },
  ];
  const all = resolved(sketches(['base'], []));
  assert.deepEqual(all.diagnostics, []);
  const child = all.value.images.find(({ rendered }) => rendered.definition.name === 'child');
  assert.deepEqual(
    child?.parents.map(({ kind, parent, declared, place }) => [
      kind,
      parent,
      declared,
      place.file,
      place.line,
    ]),
    [
      ['from', 'r/p:1', true, 'images/child/Dockerfile.template', 1],
      ['onbuild', 'r/base:1', true, 'images/p/Dockerfile.template', 2],
    ],
  );
  assert.deepEqual(told(sketches([], ['base'])), []);
  assert.deepEqual(told(sketches([], [])), [
    'images/p/Dockerfile.template:2:21 warning undeclared-parent: child uses r/base:1 and does not declare it',
  ]);
});

test('force_numeric_user', () => {
  const tree = treeOf('images', { forceNumericUser: true });
  const user = (text: string) => told([{ name: 'x', tree, text }]);
  for (const fine of [
    'FROM a',
    'FROM a\nUSER 65534',
    'FROM a\nUSER 1:1',
    'FROM a\nUSER x\nUSER 1',
  ]) {
    assert.deepEqual(user(fine), []);
  }
  assert.deepEqual(user('FROM a\nUSER 1\nUSER nobody'), [
    'images/x/Dockerfile.template:3:6 error user-not-numeric: the last USER is nobody, not a number',
  ]);
  // The stage that becomes the image is what counts, with the stages below it.
  assert.deepEqual(user('FROM a AS b\nUSER nobody\nFROM a'), []);
  assert.equal(user('FROM a AS b\nUSER nobody\nFROM b').length, 1);
  assert.equal(user('FROM a\nUSER $UID').length, 1);
  assert.deepEqual(told([{ name: 'x', text: 'FROM a\nUSER nobody' }]), []);
});

test('what is wrong in a Dockerfile is told at its place', () => {
  assert.deepEqual(told([{ name: 'x', text: '' }]), [
    'images/x/Dockerfile.template:1:1 error dockerfile-empty: the Dockerfile has no instructions',
  ]);
  assert.deepEqual(told([{ name: 'x', text: 'FROM a\nFRMO b\nCOPY --from=$x / /' }]), [
    'images/x/Dockerfile.template:2:1 error dockerfile-unknown-instruction: "FRMO" is not an instruction of a Dockerfile',
    'images/x/Dockerfile.template:3:13 error dockerfile-from-variable: from=$x: variables are not expanded here',
  ]);
  assert.deepEqual(told([{ name: 'x', text: 'FROM Upper' }]), [
    'images/x/Dockerfile.template:1:6 error bad-reference: "Upper" is not a valid image reference: the name of a repository has no upper-case letters',
  ]);
  const [problem] = resolved([{ name: 'x', text: 'FROM a AS Build\nFROM Build' }]).diagnostics;
  assert.equal(problem?.hint, 'FROM finds a stage in lower case only: build');
});

test('another frontend may read the Dockerfile otherwise', () => {
  const syntax = (image: string) => told([{ name: 'x', text: `# syntax=${image}\nFROM a` }]);
  for (const plain of [
    'docker/dockerfile:1',
    'r.example/docker/dockerfile:1.7-labs',
    'docker/dockerfile-upstream@sha256:1',
  ]) {
    assert.deepEqual(syntax(plain), []);
  }
  assert.match(syntax('r.example/blubber/buildkit:v1')[0] ?? '', /:1:10 warning foreign-syntax/);
});

test('a FROM that depends on the platform needs what each platform needs', () => {
  const sketches = (platforms: readonly string[]): Sketch[] => [
    { name: 'a-amd64', text: 'FROM debian' },
    { name: 'a-arm64', text: 'FROM debian' },
    { name: 'x', text: 'FROM r/a-$TARGETARCH', platforms, depends: ['a-amd64', 'a-arm64'] },
  ];
  const x = (platforms: readonly string[], options?: ResolveOptions) =>
    links(sketches(platforms), options).filter((line) => line.startsWith('x'));
  assert.deepEqual(x(['linux/amd64']), ['x: from r/a-amd64 > r/a-amd64:1']);
  assert.deepEqual(x(['linux/amd64', 'linux/arm64']), [
    'x: from r/a-amd64 > r/a-amd64:1',
    'x: from r/a-arm64 > r/a-arm64:1',
  ]);
  assert.deepEqual(x([], { machine: 'linux/arm64' }), ['x: from r/a-arm64 > r/a-arm64:1']);
  assert.match(
    told(sketches([]))[0] ?? '',
    /^images\/x\/Dockerfile.template:1:6 error dockerfile-platform/,
  );
});

test('what an image starts from, and whether it can have layers', () => {
  const summary = resolved([
    { name: 'empty', text: 'FROM scratch\nLABEL a=b' },
    { name: 'child', text: 'FROM r/empty\nENV a=b' },
    { name: 'full', text: 'FROM r/empty\nCOPY a b' },
    { name: 'staged', text: 'FROM debian AS a\nFROM a\nUSER 1' },
  ]).value.images.map(({ rendered, base: start, withoutLayers }) => [
    rendered.definition.name,
    start,
    withoutLayers,
  ]);
  assert.deepEqual(summary, [
    ['empty', 'scratch', true],
    ['staged', 'debian', false],
    ['child', 'r/empty:1', true],
    ['full', 'r/empty:1', false],
  ]);
});

test('places in templates are looked for only when asked', () => {
  let asked = 0;
  const lazy = [base, { name: 'child', text: 'FROM r/base', depends: ['base'] }]
    .map(image)
    .map((made) => ({
      ...made,
      placeOf: (...args: Parameters<RenderedImage['placeOf']>) => {
        asked++;
        return made.placeOf(...args);
      },
    }));
  const { images } = resolve(lazy);
  assert.equal(asked, 0);
  assert.equal(images[1]?.parents[0]?.place.line, 1);
  assert.equal(asked, 1);
});

test('a stage that another image of the Dockerfile is, is not told of as unused', () => {
  const text = 'FROM a AS build\nRUN x\nFROM build AS check\nRUN y\nFROM build\n';
  const dockerfile = { kind: 'plain', file: 'one/Dockerfile', text } as const;
  const unused = (more: Partial<Sketch>) =>
    told([
      { name: 'x', text, dockerfile },
      { name: 'check', text, ...more },
    ]).filter((line) => line.includes('unused'));
  assert.equal(unused({ dockerfile, stage: 'check' }).length, 0);
  assert.equal(unused({}).length, 2);
});

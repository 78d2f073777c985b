import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlubberfile } from '#formats/blubber/read.js';
import { type MadeVariant, makeVariant } from '#formats/blubber/variant.js';
import { explain, lines } from '../../support/explain.js';

function make(text: string, variant: string) {
  const file = readBlubberfile('b.yaml', `version: v4\n${lines(text)}`);
  assert.equal(explain(file.diagnostics), '');
  assert.ok(file.value);
  const { value, diagnostics } = makeVariant(file.value, variant, { file: 'pipelines.yaml' });
  return { made: value, told: explain(diagnostics) };
}

function sound(text: string, variant: string): MadeVariant {
  const { made, told } = make(text, variant);
  assert.equal(told, '');
  assert.ok(made);
  return made;
}

/** `from r.example/base 2`: the kind, the image and its line. */
const usesOf = ({ images }: MadeVariant) =>
  images.map(({ kind, image }) => `${kind} ${image.value} ${image.place.line}`);
const pathsOf = ({ sources }: MadeVariant) => sources.map(({ path }) => path?.value ?? 'all');

test('the last base that is said counts, and null says nothing', () => {
  const text = `
    base: r.example/top
    variants:
      one: { base: r.example/one }
      two: { base: null }
      three: { includes: [one, two] }
      four: { includes: [one], base: r.example/four }
  `;
  assert.deepEqual(usesOf(sound(text, 'two')), ['from r.example/top 2']);
  assert.deepEqual(usesOf(sound(text, 'three')), ['from r.example/one 4']);
  assert.deepEqual(usesOf(sound(text, 'four')), ['from r.example/four 7']);
});

test('what is copied from is made too, and its images are needed', () => {
  const text = `
    base: r.example/run:1
    variants:
      tools: { base: r.example/tools }
      build:
        base: r.example/build
        copies: [tools, local]
        builders:
          - custom: { requirements: [{ from: r.example/files, source: /a }], mounts: [{ from: r.example/disk, destination: /b }] }
      unused: { base: r.example/unused }
      production: { copies: [build] }
  `;
  const made = sound(text, 'production');
  assert.deepEqual(made.stages, ['tools', 'build', 'production']);
  assert.deepEqual(usesOf(made), [
    'from r.example/run:1 2',
    'from r.example/tools 4',
    'from r.example/build 6',
    'copy r.example/files 9',
    'mount r.example/disk 9',
  ]);
  assert.deepEqual(pathsOf(made), ['all']);
  assert.equal(made.base?.value, 'r.example/run:1');
});

test('requirements: the later ones of a kind of builder replace the earlier ones, custom ones are added', () => {
  const text = `
    base: r.example/base
    variants:
      first:
        builders:
          - custom: { requirements: [one] }
          - python: { requirements: [first.txt], version: python3 }
          - node: { requirements: [package.json] }
      second:
        includes: [first]
        builders:
          - python: { requirements: [second.txt] }
          - custom: { requirements: [two] }
      legacy:
        node: { requirements: [a.json] }
      over:
        includes: [legacy]
        node: { env: production }
      over2:
        includes: [legacy]
        node: { requirements: [] }
  `;
  assert.deepEqual(pathsOf(sound(text, 'second')), ['one', 'package.json', 'second.txt', 'two']);
  assert.deepEqual(pathsOf(sound(text, 'over')), ['a.json']);
  assert.deepEqual(pathsOf(sound(text, 'over2')), []);
});

test('on nothing, only copies count', () => {
  const text = `
    variants:
      build: { base: r.example/build }
      image:
        copies: [{ from: build, source: /a, destination: /b }]
        builders: [{ custom: { requirements: [Makefile] } }]
      empty: { entrypoint: [a] }
  `;
  const made = sound(text, 'image');
  assert.equal(made.base, undefined);
  assert.deepEqual(usesOf(made), ['from r.example/build 3']);
  assert.deepEqual(pathsOf(made), []);
  assert.equal(made.makesLayers, true);
  assert.equal(sound(text, 'empty').makesLayers, false);
});

test('a copy that is said again counts where it is said last', () => {
  const text = `
    base: r.example/base
    variants:
      one: { copies: [{ from: local, source: a }, { from: local, source: b }] }
      two: { includes: [one], copies: [{ from: local, source: a }] }
  `;
  assert.deepEqual(pathsOf(sound(text, 'two')), ['b', 'a']);
});

test('a variant that is not there', () => {
  const { made, told } = make('variants: { production: {} }\n', 'prodution');
  assert.equal(made, undefined);
  assert.equal(
    told,
    lines(`
      pipelines.yaml: error: there is no variant "prodution" [blubber-variant]
        hint: did you mean "production"?
    `),
  );
});

test('circles of includes, and of copies', () => {
  const includes = `
    variants:
      one: { includes: [two] }
      two: { includes: [three] }
      three: { includes: [two] }
  `;
  assert.equal(
    make(includes, 'one').told,
    lines(`
      b.yaml:5:22: error: variants include each other in a circle: two -> three -> two [blubber-variant]
          5 |   three: { includes: [two] }
            |                       ^^^
        hint: remove one of these links
    `).replace('5:22', '5:23'),
  );
  const copies = `
    base: r.example/base
    variants:
      one: { copies: [two] }
      two: { copies: [one] }
  `;
  assert.match(
    make(copies, 'one').told,
    /variants copy from each other in a circle: one -> two -> one/,
  );
});

test('a name that is nearly a variant is pulled as an image, which is told', () => {
  const { told, made } = make(
    `
    variants:
      build: { base: r.example/build }
      image: { copies: [biuld, r.example/other] }
  `,
    'image',
  );
  assert.ok(made);
  assert.deepEqual(usesOf(made), ['copy biuld 4', 'copy r.example/other 4']);
  assert.equal(
    told,
    lines(`
      b.yaml:4:21: warning: "biuld" is not a variant, so it is pulled as an image [blubber-variant]
          4 |   image: { copies: [biuld, r.example/other] }
            |                     ^^^^^
        hint: did you mean "build"?
    `),
  );
});

test('what a variant that is copied from copies by an include, Blubber does not find', () => {
  const text = `
    base: r.example/base
    variants:
      tools: {}
      common: { copies: [tools] }
      prep: { includes: [common] }
      image: { copies: [prep] }
  `;
  assert.equal(
    make(text, 'image').told,
    lines(`
      b.yaml:5:22: error: prep takes files from the variant tools by what it includes: Blubber looks for an image of that name [blubber-variant]
          5 |   common: { copies: [tools] }
            |                      ^^^^^
        hint: name tools in prep itself
    `),
  );
  assert.deepEqual(sound(text, 'prep').stages, ['tools', 'prep'], 'of its own includes it does');
});

test('what only goes wrong once it is merged', () => {
  const text = `
    base: r.example/base
    variants:
      old: { node: { requirements: [package.json] } }
      new: { includes: [old], builders: [{ custom: { command: make } }] }
      one: { builder: { command: make } }
      two: { includes: [one], builder: { script: make } }
  `;
  assert.match(
    make(text, 'new').told,
    /^b\.yaml:4:10: error: the variant new has both builders and node, once all that it includes is merged/,
  );
  assert.match(
    make(text, 'two').told,
    /^b\.yaml:7:38: error: the builder of the variant two has both a command and a script/,
  );
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { RegistryNames } from '#core/reference/registryNames.js';
import { type FoundReference, searchText } from '#fleet/references/find.js';
import { VersionHistories } from '#fleet/references/history.js';
import { TreeNames } from '#fleet/references/names.js';
import { stateOf } from '#fleet/references/summary.js';
import { boundedBy } from '../../support/boundary.js';
import { scratchTree } from '../../support/scratch.js';
import { changelogText, makeGraph } from '../../upkeep/update/graphs.js';

const host = 'registry.example.org';
const scratch = scratchTree();
const graph = makeGraph(
  scratch.path,
  [
    { name: 'golang', version: '1.2-3' },
    { name: 'golang1.2', version: '7-1' },
    { name: 'redis', version: '7.4-2-20260823' },
    { name: 'build', version: '3-1', tree: 'istio' },
    { name: 'build', version: '5-1', tree: 'kserve' },
    { name: 'pilot', version: '2-2', tree: 'istio' },
    { name: 'x', version: '1-2' },
  ],
  { registryNames: new RegistryNames([{ alias: 'internal.example:5000', canonical: host }]) },
);

function changelog(directory: string, name: string, versions: readonly string[]): void {
  const file = join(scratch.path, directory, 'changelog');
  writeFileSync(file, versions.map((version) => changelogText(name, version)).join('\n'));
}
changelog('images/golang', 'golang', ['1.2-3', '1.2-2', '1.2-1', '1.1-9']);
changelog('images/redis', 'redis', ['7.4-2-20260823', '7.4-2-20260816', '7.4-1', '8080']);
changelog('istio/build', 'build', ['3-1', '2-1']);
changelog('kserve/build', 'build', ['5-1', '4-1']);
changelog('istio/pilot', 'pilot', ['2-2', '2-1']);

const names = new TreeNames(graph);
const histories = new VersionHistories();

function search(text: string, name = 'values.yaml') {
  const path = join(scratch.path, name);
  const door = { own: scratch.path, boundary: boundedBy(scratch.path) };
  return searchText({ path, shown: name, door }, text, names, histories);
}

/** `LINE:COLUMN IMAGE STATE`, with the versions between, and `?` where it is not certain. */
function shape(reference: FoundReference): string {
  const { about, place } = reference;
  const image =
    about.kind === 'image' || about.kind === 'elsewhere'
      ? about.image.repository.replace(`${host}/`, '')
      : about.kind === 'undefined'
        ? about.repository
        : about.images.map(({ repository }) => repository.replace(`${host}/`, '')).join('+');
  const versions =
    about.kind === 'image' && about.standing.kind === 'behind'
      ? `(${about.standing.versions ?? ''})`
      : '';
  const unsure = about.kind === 'image' && !about.isCertain ? ' ?' : '';
  return `${place.line}:${place.column} ${image} ${stateOf(reference)}${versions}${unsure}`;
}

const found = (text: string, name?: string) => search(text, name).references.map(shape);

test('which image is meant, and how its version stands', () => {
  const cases: readonly (readonly [string, ...string[]])[] = [
    [`x: ${host}/golang:1.2-3`, '1:4 golang current'],
    [`x: ${host}/golang:1.2-1`, '1:4 golang behind(2)'],
    [`x: ${host.toUpperCase()}/golang:1.2-1`, '1:4 golang behind(2)'],
    ['x: internal.example:5000/golang:1.2-2', '1:4 golang behind(1)'],
    [`x: ${host}/golang:1.2-9`, '1:4 golang ahead'],
    [`x: ${host}/golang:0.9-1`, '1:4 golang behind()'],
    [`x: ${host}/golang:nightly`, '1:4 golang unknown'],
    [`x: ${host}/golang:latest`, '1:4 golang moving'],
    [`x: ${host}/golang`, '1:4 golang moving'],
    [`x: ${host}/golang:{{ v }}`, '1:4 golang templated'],
    [`x: ${host}/golang@sha256:${'0'.repeat(64)}`, '1:4 golang digest'],
    [`x: ${host}/golnag:1`, `1:4 ${host}/golnag undefined`],
    ['x: other.example/golang:1.2-3', '1:4 golang elsewhere'],
    ['x: {{ registry }}/golang:1.2-2', '1:19 golang behind(1)'],
    ['x: {{ registry }}/istio/pilot:2-1', '1:19 istio/pilot behind(1)'],
    // Without a registry a version of the changelog says it, and else the key; `redis:6379` is a port.
    ['x: golang:1.2-2', '1:4 golang behind(1)'],
    ['x: redis:7.2-1', '1:4 redis unknown ?'],
    ['x: redis:latest', '1:4 redis moving ?'],
    ['x: redis:6379'],
    ['x: redis:8080'],
    ['image: redis:6379', '1:8 redis unknown ?'],
    ['x: redis'],
    ['image: redis:8080', '1:8 redis behind(3)'],
    ['image: redis', '1:8 redis moving ?'],
    ['image: "{{ r }}/redis"', '1:17 redis moving'],
    ['x: {{ url }}/redis'],
    // Names of one letter.
    ['a: {image: "x", tag: 1-2}', '1:13 x current'],
    [`a: {image: ${host}/x, tag: 1-2}`, '1:12 x current'],
    // Longer names are other images.
    ['x: my-golang:1.2-2 golang1.2:7-1 golang1.20:7-1', '1:20 golang1.2 current'],
    [`x: ${host}/team/golang:1.2-2`, `1:4 ${host}/team/golang undefined`],
    // Two trees have a build: the version says which one.
    ['x: build:2-1', '1:4 istio/build behind(1)'],
    ['x: build:5-1', '1:4 kserve/build current'],
    ['image: build:9', '1:8 istio/build+kserve/build ambiguous'],
    ['x: build:9'],
    [`x: ${host}/kserve/build:4-1`, '1:4 kserve/build behind(1)'],
    // Two keys.
    ['a:\n  image: golang\n  version: 1.2-2\n', '2:10 golang behind(1)'],
    ['a:\n  image: golang\n  version: "{{ .v }}"\n', '2:10 golang templated ?'],
    [`a:\n  registry: ${host}\n  image: golang\n  version: 1.2-2\n`, '3:10 golang behind(1)'],
    ['a:\n  registry: ghcr.example\n  image: golang\n  version: 1.2-2\n', '3:10 golang elsewhere'],
    [`a:\n  hub: ${host}/istio\n  image: pilot\n  tag: 2-1\n`, '3:10 istio/pilot behind(1)'],
    [`registry: ${host}/team\n`],
    [`a:\n  repository: ${host}/golang\n  tag: 1.2-2\n`, '2:15 golang behind(1)'],
  ];
  for (const [text, ...expected] of cases) {
    assert.deepEqual(found(text), expected, text);
  }
});

test('what is in comments is counted, and not found', () => {
  const text = `# x: ${host}/golang:1.2-1\ny: ${host}/golang:1.2-3 # was golang:1.2-2\n`;
  assert.deepEqual(found(text), ['2:4 golang current']);
  assert.equal(search(text).commented, 2);
  assert.deepEqual(found(`# ${host}/golang:1.2-3`, 'README.md'), ['1:3 golang current']);
});

test('random texts: what was put there is found where it was put, and nothing else', () => {
  const version = fc.constantFrom('1.2-3', '1.2-2', '1.2-1', '1.1-9');
  const at = ['1.2-3', '1.2-2', '1.2-1', '1.1-9'];
  const prefix = fc.constantFrom(`${host}/`, 'internal.example:5000/', '');
  const digest = fc.constantFrom('', `@sha256:${'ab'.repeat(32)}`);
  const reference = fc
    .tuple(prefix, version, digest)
    .map(([before, tag, pinned]) => ({ text: `${before}golang:${tag}${pinned}`, tag }));
  // Nothing that a reference could be a part of, or that begins a comment or a template.
  const noise = fc
    .array(
      fc.constantFrom(
        ...[
          'a',
          'golang',
          'my-golang:1.2-3',
          'golang1.2',
          '/golang:1.2-3',
          'golang:1.2-3~x',
          'x/golang:1.2-3',
        ],
        ...[
          'image',
          'tag',
          '\r\n',
          '\n',
          '\t',
          '"',
          "'",
          '{',
          '}',
          '[',
          ']',
          ',',
          '😀',
          '\u202e',
          '\u0001',
          '\\',
        ],
        ...['1.2-3', 'https://x.example/golang:1.2-3', '-', ':', '@', '%', '&', '*', '|', '>', '!'],
      ),
      { maxLength: 6 },
    )
    .map((words) => words.join(' '));
  const bounded = fc.tuple(noise, reference, fc.constantFrom('\n', ' ', '"', ',', ')', '\r\n'));
  fc.assert(
    fc.property(fc.array(bounded, { maxLength: 8 }), noise, (parts, end) => {
      let text = '';
      const expected: string[] = [];
      for (const [before, { text: written, tag }, behind] of parts) {
        text += `${before} `;
        const line = text.split('\n').length;
        const column = text.length - text.lastIndexOf('\n');
        const behindBy = at.indexOf(tag);
        expected.push(
          `${line}:${column} golang ${behindBy === 0 ? 'current' : `behind(${behindBy})`}`,
        );
        // A quote right before `/golang` would be two strings that a program joins.
        text += `${written}${behind} `;
      }
      text += ` ${end}`;
      assert.deepEqual(found(text, 'notes.txt'), expected, JSON.stringify(text));
    }),
    { numRuns: 500 },
  );
});

test('hostile texts are searched in time that grows with their length', () => {
  const reference = `${host}/golang:1.2-1`;
  for (const unit of [
    `${reference} `,
    `{{/* x */}} ${reference} `,
    `{{/* ${reference} `,
    ` # "${reference} `,
    `image: ${reference}\n`,
    `image: golang\n`,
    `- {image: golang, tag: 1}\n`,
    `registry: ${host}/istio `,
    '/golang: ',
  ]) {
    for (const name of ['values.yaml', 'notes.txt', 'a.json']) {
      const started = performance.now();
      search(unit.repeat(2 ** 17 / unit.length), name);
      assert.ok(performance.now() - started < 15_000, `${unit} ${name}`);
    }
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchText } from '#fleet/references/find.js';
import { VersionHistories } from '#fleet/references/history.js';
import { TreeNames } from '#fleet/references/names.js';
import { ownDirectories, unusedImages } from '#fleet/references/unused.js';
import { boundedBy } from '../../support/boundary.js';
import { scratchTree } from '../../support/scratch.js';
import { makeGraph } from '../../upkeep/update/graphs.js';

const host = 'registry.example.org';
const scratch = scratchTree();
const graph = makeGraph(scratch.path, [
  { name: 'base', version: '1-1' },
  { name: 'api', version: '2-1', on: ['base'] },
  { name: 'build', version: '3-1', tree: 'istio' },
  { name: 'build', version: '5-1', tree: 'kserve' },
]);
const names = new TreeNames(graph);
const selected = new Set(graph.byReference.keys());

/** The images without a child and a sure reference; `?` where a text may be about one. */
function unused(text: string, chosen = selected): string[] {
  const histories = new VersionHistories();
  const file = {
    path: `${scratch.path}/values.yaml`,
    shown: 'values.yaml',
    door: { own: scratch.path, boundary: boundedBy(scratch.path) },
  };
  const found = searchText(file, text, names, histories);
  const references = [...found.references, ...found.namespaces];
  return unusedImages(graph, names, chosen, references, histories).images.map(
    ({ image, perhaps }) =>
      image.repository.replace(`${host}/`, '') + (perhaps.length === 0 ? '' : '?'),
  );
}

test('what files refer to is used; what may be meant is perhaps used', () => {
  const cases: readonly (readonly [text: string, ...unused: string[]])[] = [
    ['', 'api', 'istio/build', 'kserve/build'],
    [`${host}/api:9`, 'istio/build', 'kserve/build'],
    [`${host}/api`, 'istio/build', 'kserve/build'],
    ['{{ r }}/api:{{ v }}', 'istio/build', 'kserve/build'],
    ['image: api\nversion: 2-1', 'istio/build', 'kserve/build'],
    ['image: api\nversion: x', 'api?', 'istio/build', 'kserve/build'],
    ['other.example/api:1', 'api?', 'istio/build', 'kserve/build'],
    [`# ${host}/api:1`, 'api', 'istio/build', 'kserve/build'],
    ['hub: other.example/istio', 'api', 'istio/build?', 'kserve/build'],
    ['image: build:9', 'api', 'istio/build?', 'kserve/build?'],
    ['x: build:5-1', 'api', 'istio/build'],
    [`${host}/istio/build:1`, 'api', 'kserve/build'],
  ];
  for (const [text, ...expected] of cases) {
    assert.deepEqual(unused(text), expected, text);
  }
  const api = [...selected].filter((reference) => reference.includes('/api:'));
  assert.deepEqual(unused('', new Set(api)), ['api']);
});

test('directories are named only where nothing else is in them', () => {
  const named = (...repositories: string[]) =>
    ownDirectories(
      names.images.filter(({ repository }) => repositories.includes(repository)),
      names.images.map((image) =>
        image.repository === `${host}/base`
          ? { ...image, directory: `${scratch.path}/images/api/base` }
          : image,
      ),
    );
  assert.deepEqual(named(`${host}/api`), []);
  assert.equal(named(`${host}/istio/build`).length, 1);
});

/** What a run did to packages, from what was there before and after. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Outdated, Update } from '#fleet/outdated/outdated.js';
import { type ProofInput, proofOf, type Seen } from '#fleet/proof/proof.js';
import type { PublishedImage } from '#fleet/proof/published.js';
import { graphOf } from '../../support/graph.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const reference = (name: string) => `r/${name}` as Reference;

/** root ← app; other stands on a base from outside. */
const graph = graphOf([
  { name: 'root', version: '2', base: 'scratch' },
  { name: 'app', version: '2', parents: ['root'], base: 'r/root:2' },
  { name: 'late', version: '1', parents: ['root'], base: 'r/root:2' },
  { name: 'other', version: '1', base: 'elsewhere/base:9' },
  { name: 'tool', version: '1', base: 'scratch' },
  { name: 'copies', version: '1', parents: ['root', 'copy tool'], base: 'r/root:2' },
]);

function seen(packages: Readonly<Record<string, string>>, ...layers: string[]): Seen {
  return {
    layers: layers.map(digest),
    inventory: {
      architecture: 'amd64',
      foreignArchitectures: [],
      packages: Object.entries(packages).map(([name, version]) => ({
        name,
        version,
        architecture: 'amd64',
        source: name,
        sourceVersion: version,
      })),
      aptFiles: new Map(),
      other: [],
      hasAptConf: false,
      unread: [],
    },
  };
}

function update(
  name: string,
  images: readonly string[],
  enters: Partial<Update['enters']>,
  more: Partial<Update> = {},
): Update {
  return {
    name,
    architecture: 'amd64',
    installed: '1',
    candidate: '2',
    archives: [],
    isSecurity: false,
    isHeld: false,
    cves: [],
    enters: {
      reference: images[0] ?? '',
      isOutside: false,
      isRoot: false,
      isBroken: false,
      ...enters,
    },
    images: images.map((each) => each as Reference),
    ...more,
  };
}

const published: readonly PublishedImage[] = [
  {
    reference: 'r/root:2',
    repository: 'r/root' as PublishedImage['repository'],
    digest: digest('b'),
    before: { digest: digest('a'), version: '1' },
  },
  {
    reference: 'r/app:2',
    repository: 'r/app' as PublishedImage['repository'],
    digest: digest('d'),
  },
];

function proof(more: Partial<ProofInput> = {}, updates: readonly Update[] = []) {
  const outdated: Outdated = { updates, images: [] };
  return proofOf({
    graph,
    published,
    seen: new Map<Digest, Seen | string>([
      [digest('a'), seen({ ssl: '1', zip: '5' }, '1')],
      [digest('b'), seen({ ssl: '2', zip: '5' }, '2')],
      [digest('d'), seen({ ssl: '2' }, '2', '3')],
    ]),
    current: new Map([
      [reference('root:2'), seen({}, '2')],
      [reference('app:2'), seen({}, '2', '3')],
      [reference('late:1'), seen({}, '1', '4')],
      [reference('other:1'), seen({}, '9', '8')],
    ]),
    outdated,
    ...more,
  });
}

test('each package before and after; without a version before nothing is compared', () => {
  const { images } = proof();
  assert.deepEqual(images[0]?.packages, [
    { change: 'upgraded', name: 'ssl', architecture: 'amd64', from: '1', to: '2' },
  ]);
  assert.equal(images[1]?.packages, undefined);
  assert.deepEqual(
    images.map(({ outdated, unknown }) => [outdated, unknown]),
    [
      [[], undefined],
      [[], undefined],
    ],
  );
});

test('what is still outdated, and why', () => {
  const because = (one: Update) => proof({}, [one]).images[1]?.outdated[0]?.because;
  const app = 'r/app:2';
  assert.match(because(update('x', [app], {})) ?? '', /^the build did not bring it/);
  assert.equal(because(update('x', [app], {}, { isHeld: true })), 'dpkg holds it');
  assert.equal(
    because(update('x', [app], { reference: 'r/root:2' })),
    'it comes from r/root:2, which has it in this version',
  );
  assert.equal(
    because(update('x', [app], { newerIn: 'r/root:2' })),
    'r/root:2 has it already, and r/app:2 was not built on that',
  );
  assert.match(
    because(update('x', [app], { reference: 'r/root:2', isBroken: true })) ?? '',
    /whose definition is broken$/,
  );
  const behind = { recipe: { kind: 'behind' } } as const;
  assert.equal(
    because(update('x', [app], {}, behind)),
    'the mirror of its recipe is behind: it does not have 2',
  );
  assert.match(
    because(update('x', [app], {}, { recipe: { kind: 'unknown', reason: 'why' } })) ?? '',
    /or the mirrors of its recipe, of which nobody knows whether they have it \(why\)$/,
  );
  const base = { reference: 'elsewhere/base:9', isOutside: true };
  assert.deepEqual(proof({}, [update('x', [app], base)]).images[1]?.outdated, [
    {
      name: 'x',
      architecture: 'amd64',
      installed: '1',
      candidate: '2',
      because: 'it comes from elsewhere/base:9, which no tree defines',
      notOurs: 'elsewhere/base:9',
    },
  ]);
});

test('a package that came with files of another image names that image', () => {
  const copies: PublishedImage = {
    reference: 'r/copies:1',
    repository: 'r/copies' as PublishedImage['repository'],
    digest: digest('d'),
  };
  const because = (tool: Seen) =>
    proof({ published: [copies], current: new Map([[reference('tool:1'), tool]]) }, [
      update('x', ['r/copies:1'], {}),
    ]).images[0]?.outdated[0]?.because;
  assert.equal(
    because(seen({ x: '1' })),
    'it copies files from r/tool:1, which has it in this version',
  );
  assert.equal(
    because(seen({ x: '2' })),
    'the build did not bring it: look for a pin, what it copies from r/tool:1, or a mirror that is behind',
  );
});

test('generations of each root: by the lowest layer, with versions where they are known', () => {
  assert.deepEqual(proof().roots, [
    {
      reference: 'r/root:2',
      isOurs: true,
      generations: [
        { layer: digest('2'), version: '2', images: ['r/root:2', 'r/app:2'] },
        { layer: digest('1'), version: '1', images: ['r/late:1'] },
      ],
    },
    {
      reference: 'elsewhere/base:9',
      isOurs: false,
      generations: [{ layer: digest('9'), images: ['r/other:1'] }],
    },
  ]);
});

test('what was not read, or has another version by now, is not known', () => {
  const unread = proof({
    seen: new Map<Digest, Seen | string>([
      [digest('a'), 'the registry does not answer'],
      [digest('b'), seen({}, '2')],
      [digest('d'), seen({}, '2')],
    ]),
  });
  assert.equal(unread.images[0]?.unknown, 'the registry does not answer');
  assert.equal(unread.images[0]?.packages, undefined);
  const old = proof({ published: published.map((each) => ({ ...each, reference: 'r/root:1' })) });
  assert.equal(old.images[0]?.unknown, 'the trees have r/root:2 by now');
});

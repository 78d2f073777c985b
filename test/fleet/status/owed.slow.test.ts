/** What published images are owed, found on Debian's docker-registry by looking. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { configCache } from '#adapters/registry/configCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { askStates } from '#adapters/registry/state.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { owedText } from '#fleet/reasons/owedText.js';
import type { Facts } from '#fleet/status/facts.js';
import { askTags, lastingTags } from '#fleet/status/owed.js';
import { registryProgram } from '../../support/engine/packages.js';
import { type Registry as RealRegistry, registry } from '../../support/engine/registry.js';
import {
  type Asked,
  type FaultyRegistry,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../../support/faultyRegistry.js';
import { graphOf, type ImageSketch, treeOf } from '../../support/graph.js';
import { putImage } from '../../support/images.js';
import { scratchTree } from '../../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

/** An image in the registry: its version, whether this program made it, and the day of March. */
type Put = readonly [version: string, whose?: 'ours' | 'other', day?: number];

suite('what is owed', { skip }, () => {
  let real: RealRegistry;
  let fake: FaultyRegistry;
  let behave: (asked: Asked) => Misbehaviour = () => 'pass';
  let access: RegistryAccess;
  before(async () => {
    real = await registry();
    fake = await faultyRegistry((asked) => behave(asked), { behind: real.host });
    access = {
      host: fake.host,
      credentials: { kind: 'none', mayPublish: false },
      insecure: false,
      environment: {},
      authorities: () => [],
      workers: 4,
    };
  });
  after(() => fake.stop());

  const put = (name: string, tag: string, [version, whose = 'ours', day]: Put) =>
    putImage(real, name, tag, {
      layers: [`${name} ${version} ${whose}`],
      labels: {
        'org.opencontainers.image.version': version,
        ...(whose === 'ours' ? { [definitionLabel]: `sha256:${'d'.repeat(64)}` } : {}),
      },
      ...(day === undefined ? {} : { created: `2026-03-0${day}T10:00:00Z` }),
    });

  const file = scratchTree({ 'cache/': '' }).at('cache/configs.json');

  async function owedTo(
    sketches: readonly Omit<ImageSketch, 'tree'>[],
    unselected: readonly string[] = [],
  ) {
    const { owed } = await askedOf(sketches, unselected);
    return new Map([...owed].map(([each, found]) => [each.replace(/^.*\//, ''), found]));
  }

  async function askedOf(
    sketches: readonly Omit<ImageSketch, 'tree'>[],
    unselected: readonly string[] = [],
  ) {
    const tree = treeOf('images', { registry: fake.host });
    const graph = graphOf(sketches.map((sketch) => ({ ...sketch, tree })));
    const images = graph.images.map(({ reference, rendered: { definition } }) => {
      const { repository, version } = definition;
      return { reference, repository, version, access };
    });
    const cache = configCache(file);
    const states = await askStates(images, { cache });
    return askTags({
      graph,
      facts: new Map([...states].map(([each, state]) => [each, { registry: state } as Facts])),
      selected: new Set(
        images.map(({ reference }) => reference).filter((each) => !unselected.includes(each)),
      ),
      trees: new Set([tree]),
      accesses: new Map([[tree, access]]),
      cache,
      signal: new AbortController().signal,
    });
  }

  const computed = {
    kind: 'content',
    digest: 'sha256:x',
  } as unknown as ImageDefinition['computed'];
  const digits = (letter: string) => letter.repeat(12);

  const cases: Readonly<
    Record<
      string,
      {
        readonly version: string;
        readonly definition?: Partial<ImageDefinition>;
        readonly tags: Readonly<Record<string, Put>>;
        readonly owed: readonly string[];
      }
    >
  > = {
    'nothing where latest is at it': { version: '2', tags: { 2: ['2'], latest: ['2'] }, owed: [] },
    'latest that is absent': { version: '2', tags: { 2: ['2'] }, owed: ['latest'] },
    'latest at a lower version of ours': {
      version: '1.10',
      tags: { '1.10': ['1.10'], latest: ['1.9'] },
      owed: ['latest'],
    },
    'not latest at a higher one': { version: '2', tags: { 2: ['2'], latest: ['3'] }, owed: [] },
    'not latest of another program': {
      version: '2',
      tags: { 2: ['2'], latest: ['1', 'other'] },
      owed: [],
    },
    'nothing of another program': { version: '2', tags: { 2: ['2', 'other'] }, owed: [] },
    'not latest that promote took back': {
      version: '2',
      tags: { 2: ['2'], latest: ['1'], 'latest-held': ['1'] },
      owed: [],
    },
    'latest where the mark of promote is of an earlier move': {
      version: '3',
      tags: { 3: ['3'], latest: ['2'], 'latest-held': ['1'] },
      owed: ['latest'],
    },
    'further tags, absent or at lower versions': {
      version: '1.2.3',
      definition: { extraTags: ['1.2', '1', 'x'] },
      tags: {
        '1.2.3': ['1.2.3'],
        latest: ['1.2.3'],
        '1.2': ['1.2.2'],
        x: ['1.3.0'],
      },
      owed: ['1.2', '1'],
    },
    'latest by time, where versions have no order': {
      version: digits('a'),
      definition: computed === undefined ? {} : { computed },
      tags: { [digits('a')]: [digits('a'), 'ours', 3], latest: [digits('f'), 'ours', 2] },
      owed: ['latest'],
    },
    'nothing where a version without order was built before': {
      version: digits('b'),
      definition: computed === undefined ? {} : { computed },
      tags: { [digits('b')]: [digits('b'), 'ours', 2], latest: [digits('a'), 'ours', 2] },
      owed: [],
    },
    'nothing to a version that is not published': { version: '2', tags: { 1: ['1'] }, owed: [] },
  };
  let number = 0;
  for (const [what, { version, definition = {}, tags, owed }] of Object.entries(cases)) {
    test(what, async () => {
      const name = `owed${++number}`;
      for (const [tag, image] of Object.entries(tags)) {
        await put(name, tag, image);
      }
      const sketch = { name, version, definition };
      const found = await owedTo([sketch]);
      assert.deepEqual(found.get(`${name}:${version}`)?.tags ?? [], owed);
      // The cache makes it quicker, and says the same.
      const from = fake.asked.length;
      assert.deepEqual(await owedTo([sketch]), found);
      if (owed.length === 0) {
        const gets = fake.asked.slice(from).filter(({ method, path }) => {
          return method === 'GET' && /\/manifests\//.test(path);
        });
        assert.deepEqual(
          gets.map(({ path }) => path).filter((path) => tagOf(path) in tags),
          [],
        );
      }
    });
  }

  test('where latest is at a version that was built later is known, without a further request', async () => {
    const [present, other] = [digits('b'), digits('a')];
    await put('later', present, [present, 'ours', 2]);
    const digest = await put('later', 'latest', [other, 'ours', 3]);
    const definition = computed === undefined ? {} : { computed };
    const ask = async (version: string, more: Partial<ImageDefinition> = definition) =>
      (await owedTo([{ name: 'later', version, definition: more }])).get(`later:${version}`);
    assert.deepEqual(await ask(present), { tags: [], latestAt: { digest, version: other } });
    const from = fake.asked.length;
    await ask(present);
    const paths = fake.asked
      .slice(from)
      .filter(({ path }) => tagOf(path) !== '')
      .map(({ method, path }) => `${method} ${tagOf(path)}`);
    assert.deepEqual(paths.sort(), [`HEAD ${present}`, 'HEAD latest', 'HEAD latest-held']);
    // A further tag has no such rule, and a version with a number is ahead by that.
    assert.equal(await ask(present, { ...definition, latest: 'manual' }), undefined);
    await put('later', '1.0', ['1.0', 'ours', 2]);
    await put('later', 'latest', ['1.1', 'ours', 3]);
    assert.equal(await ask('1.0', {}), undefined);
  });

  test('what latest is held at is known, published or not, for one request where it is not held', async () => {
    await put('kept', '1', ['1']);
    await put('kept', 'latest', ['1']);
    const from = fake.asked.length;
    const ask = async (version: string) =>
      (await askedOf([{ name: 'kept', version }])).held.get(
        `${fake.host}/kept:${version}` as never,
      );
    assert.equal(await ask('1'), undefined);
    const marks = fake.asked.slice(from).filter(({ path }) => tagOf(path) === 'latest-held');
    assert.deepEqual(
      marks.map(({ method }) => method),
      ['HEAD'],
    );
    const digest = await put('kept', 'latest-held', ['1']);
    assert.deepEqual(await ask('1'), { digest, version: '1' });
    assert.deepEqual(await ask('2'), { digest, version: '1' });
    await put('kept', 'latest', ['2']);
    assert.equal(await ask('2'), undefined);
  });

  test('only what is selected is looked at, and tags of the day are not', async () => {
    await put('some', '1', ['1']);
    const lasting = { extraTags: ['20260301', '1-x'], lastingTags: (at: string) => [`${at}-x`] };
    const tree = treeOf();
    const definition = { ...lasting, version: '1', tree } as unknown as ImageDefinition;
    assert.deepEqual(lastingTags(definition), ['latest', '1-x']);
    assert.deepEqual(lastingTags({ ...definition, latest: 'manual' }), ['1-x']);
    const sketch = { name: 'some', definition: lasting };
    assert.deepEqual((await owedTo([sketch])).get('some:1')?.tags, ['latest', '1-x']);
    assert.equal((await owedTo([sketch], [`${fake.host}/some:1`])).size, 0);
  });

  test('a tag that cannot be read is not owed, and not settled either', async () => {
    await put('ill', '1', ['1']);
    behave = ({ path }) =>
      path.endsWith('/ill/manifests/latest') ? refusal(403, 'DENIED', 'not you') : 'pass';
    const found = (await owedTo([{ name: 'ill' }])).get('ill:1');
    behave = () => 'pass';
    assert.deepEqual(found?.tags, []);
    assert.match(found?.unread ?? '', /whether latest is owed is not known: .* 403/);
  });
});

function tagOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

test('what is owed is told in a few words', () => {
  assert.equal(owedText([]), '');
  assert.equal(owedText(['latest']), 'latest owed');
  assert.equal(owedText(['1.2']), 'tag 1.2 owed');
  assert.equal(owedText(['latest', '1.2', '1']), 'latest and tags 1.2, 1 owed');
});

/** What says that a version must have been in a registry, found on Debian's docker-registry. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { configCache } from '#adapters/registry/configCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { askStates } from '#adapters/registry/state.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { RegistryNames } from '#core/reference/registryNames.js';
import type { Facts } from '#fleet/status/facts.js';
import { askLost, type Lost } from '#fleet/status/lost.js';
import { noRecord, publishedRecord } from '#fleet/status/publishedRecord.js';
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

suite('what is lost', { skip }, () => {
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
      asking: { patience: { firstWaitMs: 1 } },
    };
  });
  after(() => fake.stop());

  /** Puts images: the version of each tag where it is another, `-` in front where docker-pkg made it. */
  async function put(name: string, tags: Readonly<Record<string, string>>): Promise<void> {
    for (const [tag, said] of Object.entries(tags)) {
      const version = said.replace(/^-/, '');
      await putImage(real, name, tag, {
        layers: [`${name} ${version}`],
        labels: {
          'org.opencontainers.image.version': version,
          ...(said.startsWith('-') ? {} : { [definitionLabel]: `sha256:${'d'.repeat(64)}` }),
        },
      });
    }
  }

  type Sketch = Omit<ImageSketch, 'tree'>;

  /** What the last question told besides. */
  let said: Pick<Lost, 'untold' | 'unlisted'> = { untold: [], unlisted: [] };
  let earlier: Lost['earlier'] = new Map();

  async function lost(sketches: readonly Sketch[], options: Partial<Options> = {}) {
    const { names, record = noRecord, dated = [], unwanted = [] } = options;
    const registryNames = names === undefined ? {} : { registryNames: names };
    const tree = treeOf('images', { registry: fake.host, ...registryNames });
    const graph = graphOf(sketches.map((sketch) => ({ ...sketch, tree })));
    const images = graph.images.map(({ reference, rendered: { definition } }) => {
      const { repository, version } = definition;
      return { reference, repository, version, access };
    });
    const cache = configCache(scratchTree({}).at('cache'));
    const states = await askStates(images, { cache });
    const references = images.map(({ reference }) => reference);
    const nameOf = (reference: string) => reference.replace(/^.*\/|:.*$/g, '');
    const {
      lost: found,
      earlier: before,
      ...told
    } = await askLost({
      graph,
      facts: new Map([...states].map(([each, registry]) => [each, { registry } as Facts])),
      wanted: new Set(references.filter((each) => !unwanted.includes(nameOf(each)))),
      dated: new Set(references.filter((each) => dated.includes(nameOf(each)))),
      accesses: new Map([[tree, access]]),
      record,
      cache,
      signal: new AbortController().signal,
    });
    said = told;
    earlier = before;
    return Object.fromEntries([...found].map(([each, why]) => [each.replace(/^.*\//, ''), why]));
  }

  interface Options {
    readonly names: RegistryNames;
    readonly record: Parameters<typeof askLost>[0]['record'];
    readonly dated: readonly string[];
    readonly unwanted: readonly string[];
  }

  const cases: Readonly<
    Record<
      string,
      {
        readonly version: string;
        readonly definition?: Partial<ImageDefinition>;
        readonly tags: Readonly<Record<string, string>>;
        readonly lost?: string;
      }
    >
  > = {
    'a repository that nobody ever saw published': { version: '1.0-2', tags: {} },
    'a new version behind all others': {
      version: '1.0-2',
      tags: { '1.0-1': '1.0-1', latest: '1.0-1', '1.0-1-20261127': '1.0-1-20261127', '2': '1.0-1' },
    },
    'what is published': { version: '1.0-2', tags: { '1.0-2': '1.0-2', '1.0-3': '1.0-3' } },
    'a later version': {
      version: '1.0-2',
      tags: { '1.0-10': '1.0-10', '1.0-3': '1.0-3', latest: '1.0-3' },
      lost: 'the registry has 1.0-10, which comes after it',
    },
    'a later version that docker-pkg published': {
      version: '1.0-2',
      tags: { '1.0-2-s1': '-1.0-2-s1' },
      lost: 'the registry has 1.0-2-s1, which comes after it',
    },
    'latest that is this very version': {
      version: '1.0-2',
      tags: { latest: '1.0-2' },
      lost: 'latest is this version',
    },
    'latest that is a later version, of which there is no tag': {
      version: '1.0-2',
      tags: { latest: '1.1-1' },
      lost: 'latest is 1.1-1, which comes after it',
    },
    'latest of another program, and latest of a nightly build': {
      version: '1.0-2',
      tags: { latest: '-1.0-2' },
    },
    'latest that a nightly build moved': {
      version: '1.0-2',
      tags: { latest: '1.0-1-20261127', '1.0-1-20261127': '1.0-1-20261127' },
    },
    'further tags of the image itself': {
      version: '1.0',
      definition: { extraTags: ['1.1'], lastingTags: () => ['1.1', '3.0'] },
      tags: { '1.1': '0.9', '3.0': '0.9' },
    },
    'a computed version: what comes after it says nothing': {
      version: 'aaaaaaaaaaaa',
      definition: { computed: { kind: 'commit' } },
      tags: { bbbbbbbbbbbb: 'bbbbbbbbbbbb', latest: 'bbbbbbbbbbbb', '1.0': '1.0' },
    },
    'a computed version that latest is': {
      version: 'aaaaaaaaaaaa',
      definition: { computed: { kind: 'content' } },
      tags: { latest: 'aaaaaaaaaaaa' },
      lost: 'latest is this version',
    },
    'what is never published': {
      version: '1.0',
      definition: { computed: { kind: 'commit', isDirty: true } },
      tags: { latest: '1.0' },
    },
  };
  let number = 0;
  for (const [what, { version, definition = {}, tags, lost: why }] of Object.entries(cases)) {
    test(what, async () => {
      const name = `lost${++number}`;
      await put(name, tags);
      const found = (await lost([{ name, version, definition }]))[`${name}:${version}`];
      assert.equal(found?.replace(/ \(sha256:.*/, ''), why);
    });
  }

  test('a run of today has no order; what it does not date has', async () => {
    await put('night', { '1.1-1': '1.1-1' });
    await put('plain', { '1.1-1': '1.1-1' });
    const sketches = [
      { name: 'night', version: '1.0-1-20261127' },
      { name: 'plain', version: '1.0-1' },
    ];
    assert.deepEqual(Object.keys(await lost(sketches, { dated: ['night'] })), ['plain:1.0-1']);
  });

  test('of two images in one repository, neither says anything of the other', async () => {
    await put('both', { '1.24-1': '1.24-1', latest: '1.24-1' });
    const both = { repository: `${fake.host}/both` as ImageDefinition['repository'] };
    const sketches = [
      { name: 'old', version: '1.23-2', definition: both },
      { name: 'new', version: '1.24-2', definition: both },
    ];
    assert.deepEqual(await lost(sketches), {});
    assert.deepEqual(Object.keys(await lost(sketches.slice(0, 1))), ['old:1.23-2']);
  });

  test('what this machine saw, under whatever name of the registry', async () => {
    const names = new RegistryNames([{ alias: 'alias.example', canonical: fake.host }]);
    const record = publishedRecord(scratchTree({}).at('record'), new Date('2026-11-27T00:00:00Z'));
    const digest = `sha256:${'c'.repeat(64)}` as Parameters<typeof record.add>[1];
    record.add(names.canonical('alias.example/seen:1'), digest);
    const from = fake.asked.length;
    assert.deepEqual(await lost([{ name: 'seen' }, { name: 'unseen' }], { names, record }), {
      'seen:1': `this machine saw it in the registry on 2026-11-27 as ${digest}`,
    });
    const lists = fake.asked.slice(from).filter(({ path }) => path.includes('/tags/list'));
    assert.deepEqual(
      lists.map(({ path }) => path.split('?')[0]),
      ['/v2/unseen/tags/list'],
    );
  });

  test('only what would be built is looked at, one list a repository', async () => {
    await put('few', { '0.9': '0.9' });
    const from = fake.asked.length;
    await lost([{ name: 'few' }, { name: 'other' }], { unwanted: ['other'] });
    const asked = fake.asked.slice(from).map(({ path }) => path.split('?')[0]);
    assert.deepEqual(
      asked.filter((path) => path?.includes('/tags/')),
      ['/v2/few/tags/list'],
    );
  });

  test('the same list says which version comes before, and whether there is none', async () => {
    await put('stepped', {
      '0.8-1': '0.8-1',
      '0.9-1-20261101': '0.9-1-20261101',
      '0.9-x': '-0.9-x',
    });
    await put('tagged', { stable: '-1' });
    assert.deepEqual(
      await lost([
        { name: 'stepped', version: '1.0-1' },
        { name: 'first', version: '1.0-1' },
        { name: 'tagged', version: '1.0-1' },
      ]),
      {},
    );
    assert.deepEqual(
      [...earlier].map(([reference, of]) => [reference.replace(/^.*\//, ''), of]).sort(),
      [
        ['first:1.0-1', { kind: 'none' }],
        ['stepped:1.0-1', { kind: 'some', newest: '0.9-1-20261101' }],
        ['tagged:1.0-1', { kind: 'some' }],
      ],
    );
  });

  test('a replica that lags behind: it lists the tag, and has no image under it yet', async () => {
    await put('lagging', { '1': '1' });
    const lags = ({ path }: Asked) => path.endsWith('/lagging/manifests/1');
    behave = (asked) => (lags(asked) ? refusal(404, 'MANIFEST_UNKNOWN', 'not yet') : 'pass');
    const found = await lost([{ name: 'lagging' }]);
    assert.deepEqual(found, {
      'lagging:1': 'the registry lists its tag, and has no image under it',
    });
    // Published by another machine between two questions.
    let left = 1;
    behave = (asked) =>
      lags(asked) && left-- > 0 ? refusal(404, 'MANIFEST_UNKNOWN', 'not yet') : 'pass';
    const published = await lost([{ name: 'lagging' }]);
    behave = () => 'pass';
    assert.deepEqual(published, {});
    assert.ok(left < 0);
  });

  test('a list that is refused or fails is told once for each registry, one that is not there is not', async () => {
    await put('quiet', { '0.9': '0.9', latest: '0.9' });
    const two = [{ name: 'quiet' }, { name: 'quieter' }];
    for (const [status, code, reason] of [
      [401, 'UNAUTHORIZED', 'answers 401: no list'],
      [403, 'DENIED', 'answers 403: no list'],
      [429, 'TOOMANYREQUESTS', 'answers 429: too many requests'],
      [503, 'UNAVAILABLE', 'answers 503'],
    ] as const) {
      behave = ({ path }) =>
        path.includes('/tags/list') ? refusal(status, code, 'no list') : 'pass';
      assert.deepEqual(await lost(two), {});
      const [told, ...others] = said.untold;
      assert.deepEqual([others, said.unlisted, told?.severity], [[], [], 'warning'], code);
      assert.match(
        told?.message ?? '',
        /^whether \S+ has lost \S+\/quiet(er)?:1 and 1 other cannot/,
      );
      assert.ok(told?.message.endsWith(`told: its list of tags: ${fake.host} ${reason}`), code);
    }
    for (const answer of [
      { status: 404, body: 'not found' },
      refusal(405, 'UNSUPPORTED', 'no list'),
    ]) {
      behave = ({ path }) => (path.includes('/tags/list') ? answer : 'pass');
      assert.deepEqual(await lost(two), {});
      assert.deepEqual(said.untold, []);
      assert.equal(said.unlisted.length, 1);
      assert.ok(said.unlisted[0]?.startsWith(`${fake.host} does not list its tags`));
    }
    // The list has latest, and the registry does not say what it is.
    behave = ({ path }) =>
      path.endsWith('/manifests/latest') ? refusal(403, 'DENIED', 'not you') : 'pass';
    await lost(two);
    behave = () => 'pass';
    assert.match(
      said.untold[0]?.message ?? '',
      /\/quiet:1 cannot be told: its latest: .*403: not you/,
    );
    await lost(two);
    assert.deepEqual(said, { untold: [], unlisted: [] });
  });

  test('a registry that lists no tags says nothing; latest is read all the same', async () => {
    await put('mute', { '2': '2' });
    await put('loud', { '2': '2', latest: '2' });
    for (const [status, code] of [
      [405, 'UNSUPPORTED'],
      [404, 'NAME_UNKNOWN'],
      [403, 'DENIED'],
    ] as const) {
      behave = ({ path }) =>
        path.includes('/tags/list') ? refusal(status, code, 'no list') : 'pass';
      const found = await lost([{ name: 'mute' }, { name: 'loud' }]);
      behave = () => 'pass';
      assert.equal(found['mute:1'], undefined, code);
      const why = status === 404 ? undefined : 'latest is 2, which comes after it';
      assert.equal(found['loud:1'], why, code);
    }
  });
});

/** Promoting on Debian's docker-registry. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askStates } from '#adapters/registry/state.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { builtOn, descendants } from '#upkeep/promote/builtOn.js';
import { carryOut, preparePromotion } from '#upkeep/promote/promote.js';
import { versionBelow } from '#upkeep/promote/versionBelow.js';
import { registryProgram } from '../../support/engine/packages.js';
import { type Registry as RealRegistry, registry } from '../../support/engine/registry.js';
import { faultyRegistry, refusal } from '../../support/faultyRegistry.js';
import { graphOf, treeOf } from '../../support/graph.js';
import { putImage } from '../../support/images.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

suite('promote', { skip }, () => {
  let real: RealRegistry;
  let access: RegistryAccess;
  const name = (path: string) => `${real.host}/${path}` as Repository;
  before(async () => {
    real = await registry();
    access = {
      host: real.host,
      credentials: { kind: 'none', mayPublish: false },
      insecure: false,
      environment: {},
      authorities: () => [],
      workers: 4,
    };
  });

  async function phase<T>(work: (open: Registry) => Promise<T>): Promise<T> {
    const open = new Registry(access, { patience: { attempts: 1 } });
    try {
      return await work(open);
    } finally {
      open.close();
    }
  }

  /** All tags of all repositories with their digests. */
  async function tagsOf(...repositories: readonly string[]) {
    const all: Record<string, string> = {};
    await phase(async (open) => {
      for (const path of repositories) {
        const tags = await open.tags(name(path));
        assert.ok(tags.ok);
        for (const tag of tags.value) {
          const manifest = await open.manifest(name(path), tag);
          assert.ok(manifest.ok);
          all[`${path}:${tag}`] = manifest.value.digest;
        }
      }
    });
    return all;
  }

  test('moves latest to the version, and says what it was; nothing else changes', async () => {
    const labels = (version: string) => ({ 'org.opencontainers.image.version': version });
    const first = await putImage(real, 'app', '1', { labels: labels('1'), layers: ['a'] });
    const second = await putImage(real, 'app', '2', { labels: labels('2'), layers: ['b'] });
    await putImage(real, 'app', 'latest', { labels: labels('2'), layers: ['b'] });
    await putImage(real, 'other', 'latest', {});
    const before = await tagsOf('app', 'other');
    const prepared = await phase((open) => preparePromotion(open, name('app'), '1'));
    assert.ok(prepared.kind === 'ready');
    assert.equal(prepared.former?.digest, second);
    assert.equal(prepared.former?.config?.labels.get('org.opencontainers.image.version'), '2');
    assert.deepEqual(await tagsOf('app', 'other'), before);
    const moved = await phase((open) => carryOut(open, prepared, { mark: 'release' }));
    assert.deepEqual(moved, { kind: 'moved', digest: first, before: second });
    assert.deepEqual(await tagsOf('app', 'other'), { ...before, 'app:latest': first });
    const again = await phase((open) => preparePromotion(open, name('app'), '1'));
    assert.ok(again.kind === 'already');
    assert.equal(again.digest, first);
  });

  test('a move away from what the trees say leaves a mark, put before latest is moved', async () => {
    const first = await putImage(real, 'marked', '1', { layers: ['a'] });
    const second = await putImage(real, 'marked', '2', { layers: ['b'] });
    await putImage(real, 'marked', 'latest', { layers: ['b'] });
    const prepared = await phase((open) => preparePromotion(open, name('marked'), '1'));
    assert.ok(prepared.kind === 'ready');
    await phase((open) => carryOut(open, prepared, { mark: 'hold' }));
    const tags = { 'marked:1': first, 'marked:2': second };
    assert.deepEqual(await tagsOf('marked'), {
      ...tags,
      'marked:latest': first,
      'marked:latest-held': first,
    });
  });

  test('without a hold no mark is left on what latest comes to', async () => {
    const first = await putImage(real, 'freed', '1', { layers: ['a'] });
    const second = await putImage(real, 'freed', '2', { layers: ['b'] });
    await putImage(real, 'freed', 'latest', { layers: ['b'] });
    await putImage(real, 'freed', 'latest-held', { layers: ['a'] });
    const promote = (mark: 'hold' | 'release') =>
      phase(async (open) => {
        const prepared = await preparePromotion(open, name('freed'), '1');
        assert.ok(prepared.kind === 'ready' || prepared.kind === 'already');
        return carryOut(open, { repository: name('freed'), ...prepared }, { mark });
      });
    assert.equal((await promote('release')).kind, 'moved');
    const all = { 'freed:1': first, 'freed:2': second, 'freed:latest': first };
    assert.deepEqual(await tagsOf('freed'), { ...all, 'freed:latest-held': second });
    // Where latest is at it already.
    assert.equal((await promote('hold')).kind, 'already');
    assert.deepEqual(await tagsOf('freed'), { ...all, 'freed:latest-held': first });
    assert.equal((await promote('release')).kind, 'already');
    assert.deepEqual(await tagsOf('freed'), { ...all, 'freed:latest-held': second });
  });

  test('where the mark is refused, latest is not moved, unless something else holds it', async () => {
    const first = await putImage(real, 'strict', '1', { layers: ['a'] });
    const second = await putImage(real, 'strict', '2', { layers: ['b'] });
    await putImage(real, 'strict', 'latest', { layers: ['b'] });
    const gate = await faultyRegistry(
      ({ method, path }) =>
        method === 'PUT' && path.endsWith('/latest-held')
          ? refusal(400, 'TAG_INVALID', 'the tag does not match the pattern')
          : 'pass',
      { behind: real.host },
    );
    const open = new Registry({ ...access, host: gate.host }, { patience: { attempts: 1 } });
    const repository = `${gate.host}/strict` as Repository;
    const prepared = await preparePromotion(open, repository, '1');
    assert.ok(prepared.kind === 'ready');
    const refused = await carryOut(open, prepared, { mark: 'hold' });
    assert.ok(refused.kind === 'failed' && refused.unmarked === true);
    assert.match(
      refused.reason,
      /^its mark latest-held cannot be put: .*does not match the pattern/,
    );
    const tags = { 'strict:1': first, 'strict:2': second };
    assert.deepEqual(await tagsOf('strict'), { ...tags, 'strict:latest': second });
    const moved = await carryOut(open, prepared, { mark: 'hold', isHeldOtherwise: true });
    assert.equal(moved.kind, 'moved');
    assert.deepEqual(await tagsOf('strict'), { ...tags, 'strict:latest': first });
    open.close();
    await gate.stop();
  });

  test('a rollback leads to the newest version below that this program published', async () => {
    const put = (tag: string, version: string, ours = true) =>
      putImage(real, 'roll', tag, {
        layers: [version],
        labels: {
          'org.opencontainers.image.version': version,
          ...(ours ? { [definitionLabel]: `sha256:${'d'.repeat(64)}` } : {}),
        },
      });
    const below = (wanted?: string) => phase((open) => versionBelow(open, name('roll'), wanted));
    assert.equal((await below()).kind, 'none');
    for (const version of ['1.2-1', '1.9-1', '1.10-1', '1.11-1']) {
      await put(version, version);
    }
    // Another program's, a further tag, and the mark are no versions of ours.
    await put('1.9-9', '1.9-9', false);
    await put('1.10', '1.10-1');
    await put('latest-held', '1.2-1');
    await put('latest', '1.11-1');
    assert.deepEqual(await below(), { kind: 'found', version: '1.10-1' });
    assert.deepEqual(await below('1.2-1'), { kind: 'found', version: '1.2-1' });
    const up = await below('1.12-1');
    assert.ok(up.kind === 'none');
    assert.match(up.reason, /^1\.12-1 is above 1\.11-1, which latest is at/);
    await put('latest', '1.10-1');
    assert.deepEqual(await below(), { kind: 'found', version: '1.9-1' });
    await put('latest', '1.2-1');
    const last = await below();
    assert.ok(last.kind === 'none');
    assert.match(last.reason, /no version of .* below 1\.2-1 was published by generate-bake/);
    await put('latest', '0123456789ab');
    const unordered = await below();
    assert.ok(unordered.kind === 'none');
    assert.match(unordered.reason, /which version comes before 0123456789ab cannot be known/);
    assert.equal((await below('1.9-1')).kind, 'found');
  });

  test('a repository without latest gets one', async () => {
    const digest = await putImage(real, 'fresh', '1');
    const prepared = await phase((open) => preparePromotion(open, name('fresh'), '1'));
    assert.ok(prepared.kind === 'ready' && prepared.former === undefined);
    assert.equal(
      (await phase((open) => carryOut(open, prepared, { mark: 'release' }))).kind,
      'moved',
    );
    assert.deepEqual(await tagsOf('fresh'), { 'fresh:1': digest, 'fresh:latest': digest });
  });

  test('a version that is not published is refused, with those that are', async () => {
    await putImage(real, 'some', '1.0');
    await putImage(real, 'some', '1.1');
    await putImage(real, 'some', 'latest');
    const prepared = await phase((open) => preparePromotion(open, name('some'), '1.2'));
    assert.ok(prepared.kind === 'absent');
    assert.deepEqual([...prepared.published].sort(), ['1.0', '1.1']);
  });

  test('finds what was built on the version that is taken back', async () => {
    const tree = treeOf('images', { registry: real.host });
    const graph = graphOf([
      { name: 'base', version: '2', tree },
      { name: 'on-new', parents: ['base'], tree },
      { name: 'on-it-too', parents: ['on-new'], tree },
      { name: 'on-old', parents: ['base'], tree },
      { name: 'copies', parents: ['copy base'], base: 'scratch', tree },
      { name: 'by-label', parents: ['base'], tree },
      { name: 'unrelated', tree },
      { name: 'unpublished', parents: ['base'], tree },
    ]);
    const taken = await putImage(real, 'base', 'latest', { layers: ['new', 'newer'] });
    await putImage(real, 'base', '1', { layers: ['old'] });
    await putImage(real, 'on-new', '1', { layers: ['new', 'newer', 'x'] });
    await putImage(real, 'on-it-too', '1', { layers: ['new', 'newer', 'x', 'y'] });
    await putImage(real, 'on-old', '1', { layers: ['old', 'x'] });
    await putImage(real, 'copies', '1', { layers: ['z'] });
    await putImage(real, 'by-label', '1', {
      layers: ['squashed'],
      labels: { 'org.opencontainers.image.base.digest': taken },
    });
    await putImage(real, 'unrelated', '1', { layers: ['new', 'newer'] });
    const prepared = await phase((open) => preparePromotion(open, name('base'), '1'));
    assert.ok(prepared.kind === 'ready' && prepared.former !== undefined);
    const root = graph.images[0] ?? assert.fail();
    const below = descendants(graph, root.reference);
    const states = await askStates(
      below.map(({ reference, rendered: { definition } }) => ({
        reference,
        repository: definition.repository,
        version: definition.version,
        access,
      })),
    );
    const found = builtOn(
      prepared.former,
      below.map((image) => ({
        image,
        state: states.get(image.reference) ?? { kind: 'absent' as const },
      })),
      graph,
      root.reference,
    );
    const reference = (path: string) => `${name(path)}:1` as Reference;
    assert.deepEqual(found, [
      { reference: reference('on-new'), how: 'stands-on-it' },
      { reference: reference('on-it-too'), how: 'stands-on-it' },
      { reference: reference('copies'), how: 'may-hold-files-of-it' },
      { reference: reference('by-label'), how: 'stands-on-it' },
    ]);
  });
});

/** Every kind of reason, from facts to data and a sentence. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RegistryState } from '#adapters/registry/state.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { descendantsOfBroken, type Graph, inOrder, withBroken } from '#compiler/resolve/graph.js';
import { holder } from '#compiler/select/holder.js';
import type { Hold, HoldStop } from '#compiler/workspace/holdKeys.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Reason } from '#fleet/reasons/reason.js';
import { reasonDocument, sentenceOf } from '#fleet/reasons/sentence.js';
import { decide } from '#fleet/status/decide.js';
import { statusDocument } from '#fleet/status/document.js';
import type { Facts, LocalFacts } from '#fleet/status/facts.js';
import { withReasons } from '#fleet/status/reasonsOf.js';
import type { DecideOptions } from '#fleet/status/states.js';
import { root } from '../../support/cli.js';
import { graphOf, treeOf } from '../../support/graph.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const reference = (name: string) => `r/${name}:1` as Reference;
const definition = digest('d');
const baseName = 'org.opencontainers.image.base.name';

type Labels = Readonly<Record<string, string>>;

const ours: Labels = { [definitionLabel]: definition };
const changed: Labels = { [definitionLabel]: digest('e') };

function published(
  labels: Labels = ours,
  layers: readonly Digest[] = [],
  platform?: string,
): RegistryState {
  const of = platform === undefined ? {} : { platform };
  const value = { labels: new Map(Object.entries(labels)), layers, ...of };
  return { kind: 'published', digest: digest('b'), mediaType: 'm', config: { known: true, value } };
}

function local(labels: Labels = ours, layers: readonly Digest[] = []): LocalFacts {
  const of = { labels: new Map(Object.entries(labels)), layers };
  return { id: digest('1'), ...of, registryDigests: [] };
}

const absent: RegistryState = { kind: 'absent' };

const tree = treeOf('images', { registry: 'r' });
/** base ← mid ← top, and tool, which top copies from. */
const chain = graphOf([
  { name: 'base', tree },
  { name: 'tool', tree },
  { name: 'mid', tree, parents: ['base'], base: 'r/base:1' },
  { name: 'top', tree, parents: ['mid', 'copy tool'], base: 'r/mid:1' },
]);

interface Wishes extends Partial<Omit<DecideOptions, 'publishing' | 'selected' | 'holdOf'>> {
  readonly select?: readonly string[];
  readonly publishes?: boolean;
  readonly hold?: readonly [on: string, stop: HoldStop];
  readonly graph?: Graph;
}

/** The reasons by name; what is not said of an image is as if it were published and unchanged. */
function reasons(
  situation: Readonly<Record<string, Partial<Facts>>>,
  { select, publishes = true, hold, graph = chain, ...rest }: Wishes = {},
): Readonly<Record<string, readonly Reason[]>> {
  const below = descendantsOfBroken(graph);
  const nodes = inOrder(graph);
  const facts = new Map<Reference, Facts>(
    nodes.map(({ reference: each, sound }) => [
      each,
      {
        registry: published(),
        ...(sound === undefined || below.has(each) ? {} : { definition }),
        ...situation[each.slice(2, -2)],
      },
    ]),
  );
  const all = nodes.map(({ reference: each }) => each);
  const decisions = decide(graph, facts, {
    selected: new Set(select?.map(reference) ?? all),
    pull: true,
    publishing: new Set(publishes ? graph.images.map((one) => one.rendered.definition.tree) : []),
    seesLocalImages: true,
    overwritePublished: false,
    rebuildLost: false,
    ...rest,
    ...(hold && { holdOf: holder(heldGraph(graph, hold), new Date('2026-11-27T00:00:00Z')) }),
  });
  const reasoned = withReasons(graph, facts, decisions);
  const document = statusDocument(graph, reasoned);
  assert.ok(validate(JSON.parse(JSON.stringify(document))), JSON.stringify(validate.errors));
  return Object.fromEntries(
    reasoned.map((each) => [each.reference.slice(2, -2), each.reasons ?? assert.fail()]),
  );
}

function heldGraph(graph: Graph, [on, stop]: readonly [string, HoldStop]): Graph {
  const place = { file: 'ws.toml', line: 7 };
  const hold: Hold = { images: [{ value: on, place }], stops: [stop], reason: 'audit', place };
  const [first] = graph.images;
  (first?.rendered.definition.tree as { holds?: readonly Hold[] }).holds = [hold];
  return graph;
}

const schema = JSON.parse(readFileSync(join(root, 'doc/status.schema.json'), 'utf8'));
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

const kept = { kind: 'kept', changed: 'no' } as const;
const unknownOf = (because: 'broken' | 'other-tool') =>
  ({ kind: 'kept', changed: 'unknown', because }) as const;

suite('reasons', () => {
  test('published and unchanged is kept', () => {
    assert.deepEqual(reasons({}), { base: [kept], tool: [kept], mid: [kept], top: [kept] });
  });

  test('a new image and a new version are built; the parent leads to its own reason', () => {
    const found = reasons({
      base: { registry: absent, earlier: { kind: 'some', newest: '0.9' } },
      mid: { registry: absent, earlier: { kind: 'none' } },
      top: { registry: absent },
    });
    assert.deepEqual(found.base, [{ kind: 'new-version', from: '0.9', to: '1' }]);
    assert.deepEqual(found.mid, [
      { kind: 'not-published', version: '1', earlier: 'none' },
      { kind: 'parent-rebuilt', parent: 'r/base:1' },
    ]);
    assert.deepEqual(found.top, [
      { kind: 'not-published', version: '1', earlier: 'unknown' },
      { kind: 'parent-rebuilt', parent: 'r/mid:1' },
    ]);
    assert.deepEqual(found.tool, [kept]);
    const unordered = reasons({ tool: { registry: absent, earlier: { kind: 'some' } } });
    assert.deepEqual(unordered.tool, [{ kind: 'new-version', to: '1' }]);
  });

  test('drifted names both digests, and the parents by which it may have', () => {
    const found = reasons({
      base: { registry: published(changed) },
      mid: { registry: published(changed) },
      top: { registry: published(changed) },
      tool: { registry: absent },
    });
    const drift = {
      kind: 'drifted',
      where: 'registry',
      built: digest('e'),
      definition,
    } as const;
    assert.deepEqual(found.base, [drift]);
    assert.deepEqual(found.mid, [drift, { kind: 'parent-changed', parent: 'r/base:1' }]);
    assert.deepEqual(found.top, [
      drift,
      { kind: 'parent-changed', parent: 'r/mid:1' },
      { kind: 'parent-rebuilt', parent: 'r/tool:1' },
    ]);
    const again = reasons({ base: { registry: published(changed) } }, { overwritePublished: true });
    assert.deepEqual(again.base, [drift, { kind: 'overwritten' }]);
  });

  test('what is kept on an older parent says so, by its label or its layers', () => {
    const found = reasons({
      base: { registry: published(ours, [digest('2')]) },
      mid: { registry: published({ ...ours, [baseName]: 'r/base:0.9' }) },
    });
    assert.deepEqual(found.mid, [
      kept,
      { kind: 'older-parent', parent: 'r/base:1', builtOn: 'r/base:0.9' },
    ]);
    const layers = reasons({
      base: { registry: published(ours, [digest('2')]) },
      mid: { registry: published(ours, [digest('3'), digest('4')]) },
      top: { registry: published(ours, [digest('3'), digest('4'), digest('5')]) },
    });
    assert.deepEqual(layers.mid, [kept, { kind: 'older-parent', parent: 'r/base:1' }]);
    assert.deepEqual(layers.top, [kept]);
    // The first images of two indices may be for different platforms: their layers say nothing.
    const platforms = reasons({
      base: { registry: published(ours, [digest('2')], 'linux/amd64') },
      mid: { registry: published(ours, [digest('3')], 'linux/arm64') },
      top: { registry: published(ours, [digest('4')], 'linux/arm64') },
    });
    assert.deepEqual(platforms.mid, [kept]);
    assert.deepEqual(platforms.top, [kept, { kind: 'older-parent', parent: 'r/mid:1' }]);
  });

  test('whether it changed is not known of other tools and broken ones', () => {
    const fault = [error('template', 'it fails')];
    const graph = withBroken(chain, new Map([[reference('mid'), fault]]));
    const found = reasons({ base: { registry: published({}) } }, { graph });
    assert.deepEqual(found.base, [unknownOf('other-tool')]);
    assert.deepEqual(found.mid, [unknownOf('broken')]);
    assert.deepEqual(found.top, [{ kind: 'kept', changed: 'unknown', because: 'broken-parent' }]);
    const other = reasons({
      base: { registry: published({ [definitionLabel]: `3:${definition}` }) },
    });
    assert.deepEqual(other.base, [{ kind: 'kept', changed: 'unknown', because: 'other-recipe' }]);
    const config = { known: false, reason: 'no JSON' } as const;
    const blind = { kind: 'published', digest: digest('b'), mediaType: 'm', config } as const;
    const unreadable = reasons({ base: { registry: blind } });
    assert.deepEqual(unreadable.base, [
      { kind: 'kept', changed: 'unknown', because: 'unreadable', problem: 'no JSON' },
    ]);
  });

  test('broken and not published is broken; what is built on it is blocked, with the way', () => {
    const fault = [error('template', 'it fails')];
    const graph = withBroken(chain, new Map([[reference('base'), fault]]));
    const missing = { registry: absent };
    const found = reasons({ base: missing, mid: missing, top: missing }, { graph });
    const never = { kind: 'not-published', version: '1', earlier: 'unknown' } as const;
    assert.deepEqual(found.base, [{ kind: 'broken', problem: 'it fails' }]);
    const by = { kind: 'blocked', by: 'r/base:1', because: 'broken' } as const;
    assert.deepEqual(found.mid, [{ ...by, chain: ['r/base:1'] }, never]);
    assert.deepEqual(found.top, [{ ...by, chain: ['r/mid:1', 'r/base:1'] }, never]);
  });

  test('unknown and lost stop it, and what is built on it', () => {
    const missing = { registry: absent };
    const unknown = { registry: { kind: 'unknown', reason: 'r answers 503' } } as const;
    const found = reasons({ base: unknown, mid: missing });
    assert.deepEqual(found.base, [{ kind: 'unknown', problem: 'r answers 503' }]);
    assert.deepEqual(found.mid?.[0], {
      kind: 'blocked',
      by: 'r/base:1',
      because: 'unknown',
      chain: ['r/base:1'],
    });
    const lost = { ...missing, lost: 'latest is this version' };
    const gone = reasons({ base: lost, mid: missing });
    assert.deepEqual(gone.base, [{ kind: 'lost', trace: 'latest is this version' }]);
    assert.equal(gone.mid?.[0]?.kind, 'blocked');
    const again = reasons({ base: lost }, { rebuildLost: true });
    assert.deepEqual(again.base, [{ kind: 'lost', trace: 'latest is this version' }]);
  });

  test('the local states', () => {
    const missing = { registry: absent };
    const pending = reasons({ base: { ...missing, local: local() } });
    assert.deepEqual(pending.base, [{ kind: 'pending' }]);
    const alone = reasons({ base: { ...missing, local: local() } }, { publishes: false });
    assert.deepEqual(alone.base, [{ kind: 'local' }]);
    const drifted = reasons({ base: { ...missing, local: local(changed) } });
    assert.deepEqual(drifted.base, [
      { kind: 'local-unusable', because: 'changed' },
      { kind: 'not-published', version: '1', earlier: 'unknown' },
    ]);
    const foreign = reasons({ base: { ...missing, local: local({}) } });
    assert.deepEqual(foreign.base?.[0], { kind: 'local-unusable', because: 'other-tool' });
    const moved = reasons({
      base: { registry: published(ours, [digest('2')]) },
      mid: { ...missing, local: local(ours, [digest('3')]) },
    });
    assert.deepEqual(moved.mid, [
      { kind: 'local-unusable', because: 'other-base', base: 'r/base:1' },
    ]);
    const onNew = reasons({ base: missing, mid: { ...missing, local: local() } });
    assert.deepEqual(onNew.mid, [{ kind: 'parent-rebuilt', parent: 'r/base:1' }]);
    assert.deepEqual(reasons({}, { pull: false }).base, [{ kind: 'not-local' }]);
    const unasked = reasons({ base: { registry: { kind: 'not-asked' } } });
    assert.deepEqual(unasked.base, [{ kind: 'not-built' }]);
  });

  test('a parent that was not asked for is needed by its child, or by nobody', () => {
    const missing = { registry: absent };
    const found = reasons({ base: missing, mid: missing }, { select: ['mid'] });
    assert.deepEqual(found.base, [
      { kind: 'not-published', version: '1', earlier: 'unknown' },
      { kind: 'needed', child: 'r/mid:1' },
    ]);
    const idle = reasons({ base: missing }, { select: ['tool'] });
    assert.deepEqual(idle.base?.at(-1), { kind: 'not-needed' });
  });

  test('what is owed, and what latest is held at', () => {
    const owed = { tags: ['latest', '1.x'] };
    const found = reasons({
      base: { owed },
      tool: { held: { digest: digest('c'), version: '0.9' } },
    });
    assert.deepEqual(found.base, [kept, { kind: 'owed', tags: ['latest', '1.x'] }]);
    assert.deepEqual(found.tool, [
      kept,
      { kind: 'latest-held', digest: digest('c'), version: '0.9' },
    ]);
    const latestAt = { digest: digest('c'), version: 'f00' };
    const elsewhere = reasons({ base: { owed: { tags: [], latestAt } } });
    assert.deepEqual(elsewhere.base, [kept, { kind: 'latest-elsewhere', ...latestAt }]);
    const unread = reasons({ base: { owed: { tags: [], unread: 'whether latest is owed …' } } });
    assert.deepEqual(unread.base?.at(-1), {
      kind: 'owed-unknown',
      problem: 'whether latest is owed …',
    });
  });

  test('a hold is named, and the image that it is on', () => {
    const missing = { registry: absent };
    const hold = { stop: 'build', reason: 'audit', place: 'ws.toml:7' } as const;
    const found = reasons({ base: missing, mid: missing }, { hold: ['base', 'build'] });
    assert.deepEqual(found.base, [
      { kind: 'not-published', version: '1', earlier: 'unknown' },
      { kind: 'held', hold },
    ]);
    assert.deepEqual(found.mid?.[0], {
      kind: 'blocked',
      by: 'r/base:1',
      because: 'held',
      chain: ['r/base:1'],
    });
    assert.deepEqual(found.mid?.at(-1), { kind: 'held', hold, parent: 'r/base:1' });
    const back = reasons({ base: missing, mid: missing }, { hold: ['base', 'publish'] });
    const publish = { ...hold, stop: 'publish' } as const;
    assert.deepEqual(back.base?.at(-1), { kind: 'held', hold: publish });
    assert.deepEqual(back.mid?.at(-1), { kind: 'held', hold: publish, parent: 'r/base:1' });
  });
});

test('the schemas have one list of kinds, and it is that of the code', () => {
  const source = readFileSync(join(root, 'src/fleet/reasons/reason.ts'), 'utf8');
  const kinds = [...source.matchAll(/kind: '([a-z-]+)'/g)].map(([, kind]) => kind);
  for (const file of ['status', 'report', 'events']) {
    const { $defs } = JSON.parse(readFileSync(join(root, `doc/${file}.schema.json`), 'utf8'));
    assert.deepEqual($defs.reason, schema.$defs.reason, file);
    assert.deepEqual($defs.reason.properties.kind.enum, kinds, file);
  }
});

test('sentences', () => {
  const says = (reason: Reason) => sentenceOf(reason, (one) => one.replace(/^r\//, ''));
  const place = 'ws.toml:7';
  const hold = { stop: 'publish', reason: 'audit', until: '2026-12-31', place } as const;
  assert.deepEqual(
    [
      says({ kind: 'new-version', from: '1.0-1', to: '1.0-2' }),
      says({ kind: 'not-published', version: '1', earlier: 'none' }),
      says({ kind: 'parent-rebuilt', parent: reference('base') }),
      says({ kind: 'older-parent', parent: reference('base'), builtOn: 'r/base:0.9' }),
      says({ kind: 'base-moved', base: 'r/bookworm', to: digest('a') }),
      says({ kind: 'held', hold, parent: reference('base') }),
      says({
        kind: 'blocked',
        by: reference('base'),
        because: 'broken',
        chain: [reference('mid'), reference('base')],
      }),
      says({
        kind: 'failed-last-time',
        ended: '2026-11-26T03:00:00Z',
        during: 'verify',
        problem: 'test.sh ended with status 1',
      }),
      says(unknownOf('broken')),
      says({ kind: 'latest-elsewhere', digest: digest('a'), version: 'f00' }),
      reasonDocument({ kind: 'excluded', path: 'images/old', pattern: 'old' }).text,
    ],
    [
      'new version 1.0-2: 1.0-1 is published',
      'never published: the registry has no version of it',
      'its parent base:1 will be rebuilt',
      'built on base:0.9, which is older than base:1',
      'its base bookworm moved to sha256:aaaaaaaaaaaa…',
      'not published: base:1 is held until 2026-12-31: audit (ws.toml:7)',
      'blocked by base:1, whose definition is broken (through mid:1)',
      'failed last time, in verify (2026-11-26T03:00:00Z): test.sh ended with status 1',
      'kept: published; whether it changed is not known: its definition is broken',
      'latest is at f00, which is not this definition',
      'images/old is not searched for images: exclude has "old"',
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Candidate } from '#adapters/apt/answer.js';
import { withBroken } from '#compiler/resolve/graph.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import {
  type LookedAt,
  outdatedOf,
  type RecipeState,
  type Update,
} from '#fleet/outdated/outdated.js';
import { planUpgrade, type UpgradeInput, type UpgradePlan } from '#fleet/upgrade/upgrade.js';
import { graphOf } from '../../support/graph.js';

const reference = (name: string) => `r/${name}:1` as Reference;
const nameOf = (each: string) => each.replace(/^r\//, '').replace(/:1$/, '');

/** root ← lib ← app; root ← tool; site is built with tool, docs starts from site; outside starts from elsewhere. */
const graph = graphOf([
  { name: 'root', base: 'scratch' },
  { name: 'lib', parents: ['root'], base: 'r/root:1' },
  { name: 'tool', parents: ['root'], base: 'r/root:1' },
  { name: 'app', parents: ['lib'], base: 'r/lib:1' },
  { name: 'site', parents: ['copy tool'], base: 'scratch' },
  { name: 'docs', parents: ['site'], base: 'r/site:1' },
  { name: 'outside', base: 'elsewhere/base:9' },
]);

/** Where a version ends with `!`, the candidate is of a security archive; `2*`: its sources lack it. */
const newest: Readonly<Record<string, string>> = { ssl: '2', zip: '5', curl: '3' };

function read(packages: Readonly<Record<string, string>>, more: Partial<Candidate> = {}): LookedAt {
  const all = Object.entries(packages).map(([name, version]) => ({
    name,
    version: version.replace('*', ''),
    architecture: 'amd64',
    source: name,
    sourceVersion: version,
  }));
  const candidates = all.flatMap(({ name, version, architecture }): Candidate[] => {
    const candidate = newest[name] ?? version;
    const isBehind = packages[name]?.endsWith('*') === true;
    const about = { name, architecture, installed: version, candidate, archives: [] };
    return candidate === version || isBehind
      ? []
      : [{ ...about, isSecurity: name === 'ssl', isHeld: false, ...more }];
  });
  return {
    kind: 'read',
    inventory: { packages: all, distribution: { id: 'debian', codename: 'bookworm' } },
    answer: { kind: 'known', candidates, pinned: [] },
  };
}

interface Case extends Partial<Omit<UpgradeInput, 'outdated' | 'selected'>> {
  readonly looked: Readonly<Record<string, LookedAt>>;
  readonly selected?: readonly string[];
  readonly bases?: Readonly<Record<string, LookedAt>>;
  readonly recipeOf?: (update: Update) => RecipeState;
}

function planned({ looked, selected, bases = {}, recipeOf, ...input }: Case): UpgradePlan {
  const of = input.graph ?? graph;
  const outdated = outdatedOf({
    graph: of,
    selected: new Set(Object.keys(looked).map(reference)),
    looked: new Map(Object.entries(looked).map(([name, each]) => [reference(name), each])),
    bases: new Map(
      Object.entries(bases).flatMap(([name, each]) =>
        each.kind === 'read' ? [[name, each.inventory] as const] : [],
      ),
    ),
    otherSoftware: new Set(),
    wanted: { security: false },
  });
  return planUpgrade({
    graph: of,
    outdated: recipeOf
      ? {
          ...outdated,
          updates: outdated.updates.map((each) => ({ ...each, recipe: recipeOf(each) })),
        }
      : outdated,
    selected: new Set((selected ?? Object.keys(looked)).map(reference)),
    leftBecause: () => undefined,
    triedIn: () => undefined,
    pending: new Set(),
    upgraded: new Set(),
    isToolchain: () => false,
    isStale: () => false,
    pace: { most: Number.POSITIVE_INFINITY },
    ...input,
  });
}

const got = ({ images }: UpgradePlan) =>
  images.map(
    ({ reference: each, role, packages, entering }) =>
      `${nameOf(each)} ${role} ${packages.map(({ name }) => name).sort()}/${entering.map(({ name }) => name)}`,
  );
const lacking = ({ notCured }: UpgradePlan) =>
  notCured.map(
    ({ update, because }) => `${update.name} ${nameOf(update.enters.reference)} ${because.kind}`,
  );
const out = ({ leftOut }: UpgradePlan) =>
  leftOut.map(({ reference: each, because }) => `${nameOf(each)} ${because.kind}`);

test('an update reaches what has the very same version from where it enters, and nothing else', () => {
  const plan = planned({
    looked: {
      root: read({ ssl: '1' }),
      lib: read({ ssl: '1', zip: '4' }),
      tool: read({ ssl: '2' }),
      app: read({ ssl: '1', zip: '4' }),
      site: read({}),
    },
  });
  assert.deepEqual(got(plan), [
    'root entering ssl/ssl',
    'lib entering ssl,zip/zip',
    'app below ssl,zip/',
  ]);
  assert.deepEqual([plan.notCured, plan.leftOut, plan.waiting, plan.unbuilt], [[], [], [], []]);
});

test('what a parent has already is only brought below', () => {
  const looked = {
    root: read({ ssl: '2' }),
    lib: read({ ssl: '1' }),
    app: read({ ssl: '1', zip: '4' }),
  };
  assert.deepEqual(got(planned({ looked })), ['lib below ssl/', 'app entering ssl,zip/zip']);
  assert.deepEqual(got(planned({ looked, only: 'below' })), ['lib below ssl/', 'app below ssl/']);
});

test('what no version of ours would bring is listed with the reason', () => {
  const plan = planned({
    looked: {
      root: read({ ssl: '1*', zip: '4', curl: '2' }),
      lib: read({ ssl: '1', zip: '4', curl: '2' }),
      tool: read({ curl: '2' }, { isHeld: true }),
      outside: read({ ssl: '1' }),
    },
    bases: { 'elsewhere/base:9': read({ ssl: '1' }) },
    triedIn: (_, name) => (name === 'zip' ? '0.9' : undefined),
    recipeOf: ({ name }) =>
      name === 'curl' ? { kind: 'behind' } : { kind: 'unknown', reason: 'it has no apt sources' },
  });
  assert.deepEqual(got(plan), []);
  assert.deepEqual(lacking(plan), [
    'ssl elsewhere/base:9 outside',
    'curl root mirror',
    'ssl root sources',
    'zip root tried',
  ]);
  const held = planned({ looked: { root: read({ zip: '4' }, { isHeld: true }) } });
  assert.deepEqual(lacking(held), ['zip root held-by-dpkg']);
  assert.deepEqual(got(held), []);
});

test('of an unknown image nobody knows whether a version would bring it', () => {
  const unknown: LookedAt = {
    kind: 'read',
    inventory: {
      packages: [
        { name: 'ssl', version: '1', architecture: 'amd64', source: 'ssl', sourceVersion: '1' },
      ],
      distribution: { id: 'debian', codename: 'bookworm' },
    },
    answer: { kind: 'unknown', reason: 'it has no apt sources' },
  };
  const plan = planned({ looked: { root: unknown, lib: read({ ssl: '1' }) } });
  assert.deepEqual(lacking(plan), ['ssl root unknown']);
  assert.deepEqual(got(plan), []);
});

test('another build of the installed version that the base has already is brought below', () => {
  const rebuilt = (isNew: boolean): LookedAt => {
    const one = read({ zip: '5' }) as Extract<LookedAt, { kind: 'read' }>;
    const candidate: Candidate = {
      name: 'zip',
      architecture: 'amd64',
      installed: '5',
      candidate: '5',
      archives: [],
      isSecurity: false,
      isHeld: false,
    };
    return { ...one, answer: { kind: 'known', candidates: isNew ? [candidate] : [], pinned: [] } };
  };
  const plan = planned({ looked: { root: rebuilt(false), lib: rebuilt(true) } });
  assert.deepEqual(got(plan), ['lib below zip/']);
});

test('what is left out keeps back what has the package from it', () => {
  const looked = {
    root: read({ ssl: '1' }),
    lib: read({ ssl: '1' }),
    tool: read({ ssl: '1' }),
    app: read({ ssl: '1' }),
  };
  const unreleased = planned({
    looked,
    leftBecause: (each) => (each === reference('lib') ? { kind: 'unreleased' } : undefined),
  });
  assert.deepEqual(got(unreleased), ['root entering ssl/ssl', 'tool below ssl/']);
  assert.deepEqual(out(unreleased), ['lib unreleased', 'app parent']);
  const all = planned({
    looked,
    leftBecause: (each) => (each === reference('root') ? { kind: 'unreleased' } : undefined),
  });
  assert.deepEqual(
    [got(all), out(all)],
    [[], ['root unreleased', 'lib parent', 'tool parent', 'app parent']],
  );
  const chosen = planned({ looked, selected: ['root', 'app'] });
  assert.deepEqual(
    [got(chosen), out(chosen)],
    [['root entering ssl/ssl'], ['lib not-selected', 'tool not-selected', 'app parent']],
  );
});

test('a broken image gets none, and what enters at one waits', () => {
  const of = withBroken(graph, new Map([[reference('lib'), [error('x' as never, 'broken')]]]));
  const plan = planned({
    graph: of,
    looked: {
      root: read({ ssl: '1' }),
      lib: read({ ssl: '1', zip: '4' }),
      app: read({ ssl: '1', zip: '4' }),
    },
  });
  assert.deepEqual(got(plan), ['root entering ssl/ssl']);
  assert.deepEqual(lacking(plan), ['zip lib broken']);
  assert.deepEqual(out(plan), ['lib broken', 'app parent']);
});

test('what starts from a version of an earlier run waits until that is built', () => {
  const looked = { root: { kind: 'absent' } as const, lib: read({ ssl: '1' }) };
  const pending = planned({ looked, pending: new Set([reference('root')]) });
  assert.deepEqual([got(pending), lacking(pending)], [[], ['ssl lib waits']]);
  assert.deepEqual(pending.unbuilt, [reference('root')]);
  assert.deepEqual(planned({ looked }).unbuilt, []);
});

test('what starts from an image that has not passed its test waits, and that one is tested again', () => {
  const looked = { root: read({ ssl: '2' }), lib: read({ ssl: '1' }), app: read({ ssl: '1' }) };
  const root = reference('root');
  const plan = planned({
    looked,
    isUnproven: (each) => each === root,
    pending: new Set([root]),
  });
  assert.deepEqual([got(plan), lacking(plan), plan.unbuilt], [[], ['ssl lib waits'], [root]]);
  assert.deepEqual(got(planned({ looked, pending: new Set([root]) })), [
    'lib below ssl/',
    'app below ssl/',
  ]);
});

test('what only builds with an upgraded image is listed, and taken where it is asked for', () => {
  const looked = {
    root: read({}),
    tool: read({ zip: '4' }),
    site: read({}),
    docs: read({}),
  };
  const plan = planned({ looked });
  assert.deepEqual(got(plan), ['tool entering zip/zip']);
  assert.deepEqual(plan.buildOnly, [{ of: reference('tool'), images: [reference('site')] }]);
  const isToolchain = (each: Reference) => each === reference('tool');
  const all = planned({ looked, isToolchain });
  assert.deepEqual(got(all), ['tool entering zip/zip', 'site toolchain /', 'docs toolchain /']);
  assert.deepEqual(all.buildOnly, []);
  const few = planned({ looked, isToolchain, pace: { most: 2 } });
  assert.deepEqual(few.waiting, [{ reference: reference('docs'), because: 'pace' }]);
});

test('what builds with an image of an earlier run is taken as long as it is stale', () => {
  const rest = {
    looked: { root: read({}), tool: read({ zip: '5' }), site: read({}), docs: read({}) },
    isToolchain: (each: Reference) => each === reference('tool'),
    upgraded: new Set([reference('tool')]),
  };
  assert.deepEqual(got(planned(rest)), []);
  assert.deepEqual(got(planned({ ...rest, isStale: (each) => each === reference('site') })), [
    'site toolchain /',
    'docs toolchain /',
  ]);
});

test('canaries that are not published yet keep the others back', () => {
  const looked = { root: read({ ssl: '1' }), lib: read({ ssl: '1' }), tool: read({ ssl: '1' }) };
  const isCanary = (each: Reference) => each === reference('tool');
  const most = Number.POSITIVE_INFINITY;
  const first = planned({ looked, pace: { most, isCanary } });
  assert.deepEqual(got(first), ['root entering ssl/ssl', 'tool below ssl/']);
  assert.deepEqual(first.waiting, [{ reference: reference('lib'), because: 'canary' }]);
  const built = { root: read({ ssl: '2' }), lib: read({ ssl: '1' }), tool: read({ ssl: '2' }) };
  const second = planned({
    looked: built,
    pace: { most, isCanary },
    pending: new Set([reference('tool')]),
  });
  assert.deepEqual([got(second), second.waiting.length], [[], 1]);
  assert.deepEqual(got(planned({ looked: built, pace: { most, isCanary } })), ['lib below ssl/']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AptAnswer, Candidate } from '#adapters/apt/answer.js';
import { withBroken } from '#compiler/resolve/graph.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { type LookedAt, outdatedOf, type WantedPackages } from '#fleet/outdated/outdated.js';
import { graphOf } from '../../support/graph.js';

const reference = (name: string) => `r/${name}:1` as Reference;

/** root ← lib ← app, root ← tool, and outside, which starts from a base of nobody. */
const graph = graphOf([
  { name: 'root', base: 'scratch' },
  { name: 'lib', parents: ['root'], base: 'r/root:1' },
  { name: 'tool', parents: ['root'], base: 'r/root:1' },
  { name: 'app', parents: ['lib'], base: 'r/lib:1' },
  { name: 'outside', base: 'elsewhere/base:9' },
]);

/** What the archives of all images have. */
const newest: Readonly<Record<string, string>> = { ssl: '2', zip: '5', curl: '3' };

/** `{ ssl: '1' }`: the packages of an image; those that are older than the newest are its candidates. */
function read(packages: Readonly<Record<string, string>>): LookedAt {
  const all = Object.entries(packages).map(([name, version]) => ({
    name,
    version,
    architecture: 'amd64',
    source: name,
    sourceVersion: version,
  }));
  const candidates = all.flatMap(({ name, version, architecture }): Candidate[] => {
    const candidate = newest[name] ?? version;
    const about = { name, architecture, installed: version, candidate, archives: [] };
    return candidate === version ? [] : [{ ...about, isSecurity: name === 'ssl', isHeld: false }];
  });
  return answered({ kind: 'known', candidates, pinned: [] }, all);
}

function answered(
  answer: Exclude<AptAnswer, { kind: 'cancelled' }>,
  packages: Extract<LookedAt, { kind: 'read' }>['inventory']['packages'] = [],
): LookedAt {
  return {
    kind: 'read',
    inventory: { packages, distribution: { id: 'debian', codename: 'bookworm' } },
    answer,
  };
}

const unknown = answered({ kind: 'unknown', reason: 'it has no apt sources' });

interface Case {
  readonly looked: Readonly<Record<string, LookedAt>>;
  readonly selected?: readonly string[];
  readonly wanted?: Partial<WantedPackages>;
  readonly of?: typeof graph;
  /** Of images from outside. */
  readonly bases?: Readonly<Record<string, LookedAt>>;
}

function outdated({ looked, selected, wanted, of = graph, bases = {} }: Case) {
  const all = selected ?? Object.keys(looked);
  return outdatedOf({
    graph: of,
    selected: new Set(all.map(reference)),
    looked: new Map(Object.entries(looked).map(([name, each]) => [reference(name), each])),
    bases: new Map(
      Object.entries(bases).flatMap(([name, each]) =>
        each.kind === 'read' ? [[name, each.inventory] as const] : [],
      ),
    ),
    otherSoftware: new Set(),
    wanted: { security: false, ...wanted },
  });
}

/** `ssl 1 → 2 at root: root lib app` */
const lines = (found: ReturnType<typeof outdated>) =>
  found.updates.map(({ name, installed, candidate, enters, images }) => {
    const notes = [
      ...(enters.isOutside ? ['outside'] : []),
      ...(enters.isRoot ? ['root'] : []),
      ...(enters.orFrom === undefined ? [] : [`or ${enters.orFrom}`]),
      ...(enters.newerIn === undefined ? [] : [`newer in ${short(enters.newerIn)}`]),
      ...(enters.isBroken ? ['broken'] : []),
    ];
    return `${name} ${installed} → ${candidate} at ${short(enters.reference)} (${notes.join()}): ${images.map(short).join(' ')}`;
  });
const short = (name: string) => name.replace(/^r\/(.*):1$/, '$1');
const verdicts = (found: ReturnType<typeof outdated>) =>
  Object.fromEntries(
    found.images.map((each) => [short(each.reference), each.reason ?? each.verdict]),
  );

test('a package enters at the highest ancestor that has it in that version', () => {
  const looked = {
    root: read({ ssl: '1' }),
    lib: read({ ssl: '1', zip: '4' }),
    tool: read({ ssl: '1', curl: '2' }),
    app: read({ ssl: '1', zip: '4', curl: '2' }),
  };
  assert.deepEqual(lines(outdated({ looked })), [
    'ssl 1 → 2 at root (root): root lib tool app',
    'zip 4 → 5 at lib (): lib app',
    'curl 2 → 3 at tool (): tool',
    'curl 2 → 3 at app (): app',
  ]);
  // Only those that are asked about are listed; where it enters is the same.
  assert.deepEqual(lines(outdated({ looked, selected: ['app'] })).slice(0, 1), [
    'ssl 1 → 2 at root (root): app',
  ]);
});

test('an ancestor with another version does not bring it; one with the newer version is said', () => {
  const looked = {
    root: read({ ssl: '2', zip: '3' }),
    lib: read({ ssl: '1', zip: '4' }),
    app: read({ ssl: '1', zip: '4' }),
  };
  assert.deepEqual(lines(outdated({ looked })), [
    'zip 3 → 5 at root (root): root',
    'ssl 1 → 2 at lib (newer in root): lib app',
    'zip 4 → 5 at lib (): lib app',
  ]);
});

test('a base that nobody looked at may have brought it', () => {
  const looked = { outside: read({ ssl: '1' }), app: read({ ssl: '1' }) };
  assert.deepEqual(lines(outdated({ looked })), [
    'ssl 1 → 2 at app (or r/lib:1): app',
    'ssl 1 → 2 at outside (or elsewhere/base:9): outside',
  ]);
});

test('what enters with a base from outside is not ours', () => {
  const looked = { outside: read({ ssl: '1', zip: '4', curl: '2' }) };
  const bases = { 'elsewhere/base:9': read({ ssl: '1', zip: '5' }) };
  assert.deepEqual(lines(outdated({ looked, bases })), [
    'ssl 1 → 2 at elsewhere/base:9 (outside): outside',
    'curl 2 → 3 at outside (): outside',
    'zip 4 → 5 at outside (newer in elsewhere/base:9): outside',
  ]);
});

test('what is built on something unknown is unknown, unless it is known to be outdated', () => {
  const looked = {
    root: unknown,
    lib: read({ ssl: '2' }),
    tool: read({ ssl: '1' }),
    app: read({ ssl: '2' }),
    outside: read({ ssl: '2' }),
  };
  assert.deepEqual(verdicts(outdated({ looked })), {
    root: 'it has no apt sources',
    lib: 'it is built on r/root:1, which is unknown',
    tool: 'outdated',
    app: 'it is built on r/lib:1, which is unknown',
    outside: 'up-to-date',
  });
  const absent = outdated({ looked: { root: { kind: 'absent' }, lib: read({}) } });
  assert.deepEqual(verdicts(absent), { root: 'absent', lib: 'up-to-date' });
  const failed = outdated({ looked: { root: { kind: 'failed', reason: 'no answer' } } });
  assert.deepEqual(verdicts(failed), { root: 'no answer' });
});

test('only what is asked for counts', () => {
  const looked = { root: read({ ssl: '1', zip: '4' }), tool: read({ zip: '4' }) };
  assert.deepEqual(verdicts(outdated({ looked, wanted: { security: true } })), {
    root: 'outdated',
    tool: 'up-to-date',
  });
  assert.deepEqual(lines(outdated({ looked, wanted: { names: new Set(['zip']) } })), [
    'zip 4 → 5 at root (root): root tool',
  ]);
});

test('only what fixes a vulnerability counts, and a fix that the sources do not have', () => {
  const fix = (id: string, version: string, release = 'bookworm') => ({ id, version, release });
  const tracker = {
    releases: new Set(['bookworm', 'trixie']),
    fixes: new Map([
      [
        'ssl',
        [fix('CVE-2', '1.5'), fix('CVE-1', '2'), fix('CVE-3', '1'), fix('CVE-4', '9', 'trixie')],
      ],
      ['late', [fix('CVE-5', '7')]],
    ]),
  };
  const looked = {
    root: read({ ssl: '1', zip: '4' }),
    lib: read({ ssl: '2', zip: '4' }),
    tool: read({ ssl: '2', late: '6' }),
  };
  const found = outdated({ looked, wanted: { tracker } });
  assert.deepEqual(lines(found), ['ssl 1 → 2 at root (root): root']);
  assert.deepEqual(found.updates[0]?.cves, ['CVE-1', 'CVE-2']);
  assert.deepEqual(verdicts(found), { root: 'outdated', lib: 'up-to-date', tool: 'outdated' });
  const tool = found.images.find((each) => each.reference === reference('tool'));
  assert.deepEqual(
    tool?.vulnerable.map(({ name, hasCandidate }) => [name, hasCandidate]),
    [['late', false]],
  );
  const other = { releases: new Set(['trixie']), fixes: tracker.fixes };
  assert.deepEqual(verdicts(outdated({ looked, selected: ['root'], wanted: { tracker: other } })), {
    root: 'the tracker says nothing of its release, bookworm',
  });
});

test('broken and outdated comes first', () => {
  const of = withBroken(graph, new Map([[reference('tool'), [error('options', 'broken')]]]));
  const looked = { root: read({ ssl: '1' }), tool: read({ ssl: '1', zip: '4' }), app: unknown };
  const found = outdated({ looked, of });
  assert.deepEqual(lines(found), [
    'zip 4 → 5 at tool (broken): tool',
    'ssl 1 → 2 at root (root): root tool',
  ]);
  assert.deepEqual(Object.keys(verdicts(found)), ['tool', 'root', 'app']);
});

/** Random fleets: who gets a version, by a rule that is written without the planner. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Candidate } from '#adapters/apt/answer.js';
import type { Reference } from '#core/reference/brands.js';
import { type LookedAt, outdatedOf } from '#fleet/outdated/outdated.js';
import { planUpgrade } from '#fleet/upgrade/upgrade.js';
import { graphOf } from '../../support/graph.js';

/** An image: which earlier one it starts from (0: none), which it copies from, and its packages, 0: it lacks one. */
interface Sketch {
  readonly base: number;
  readonly copies: number;
  /** Of `a`, `b`, `c`: versions 1 and 2 are old, 3 is the newest. */
  readonly versions: readonly number[];
}

const names = ['a', 'b', 'c'];
const newest = 3;
const sketches = fc.array(
  fc.record({
    base: fc.nat({ max: 9 }),
    copies: fc.nat({ max: 9 }),
    versions: fc.tuple(...names.map(() => fc.constantFrom(0, 1, 2, newest))),
  }),
  { minLength: 1, maxLength: 10 },
);

const reference = (at: number) => `r/i${at}:1` as Reference;
const baseOf = (all: readonly Sketch[], at: number): number | undefined => {
  const { base } = all[at] ?? { base: 0 };
  return base === 0 || at === 0 ? undefined : (base - 1) % at;
};

function graphFor(all: readonly Sketch[]) {
  return graphOf(
    all.map(({ copies }, at) => {
      const base = baseOf(all, at);
      const copied = copies === 0 || at === 0 ? [] : [`copy i${(copies - 1) % at}`];
      return {
        name: `i${at}`,
        parents: [...(base === undefined ? [] : [`i${base}`]), ...copied],
        base: base === undefined ? 'scratch' : reference(base),
      };
    }),
  );
}

function lookedAt(versions: readonly number[]): LookedAt {
  const packages = names.flatMap((name, at) => {
    const version = String(versions[at] ?? 0);
    const architecture = 'amd64';
    return version === '0'
      ? []
      : [{ name, version, architecture, source: name, sourceVersion: version }];
  });
  const candidates = packages
    .filter(({ version }) => version !== String(newest))
    .map(
      ({ name, version, architecture }): Candidate => ({
        name,
        architecture,
        installed: version,
        candidate: String(newest),
        archives: [],
        isSecurity: name === 'a',
        isHeld: false,
      }),
    );
  return {
    kind: 'read',
    inventory: { packages, distribution: { id: 'debian', codename: 'bookworm' } },
    answer: { kind: 'known', candidates, pinned: [] },
  };
}

function planFor(all: readonly Sketch[], versions: readonly (readonly number[])[], most: number) {
  const graph = graphFor(all);
  const selected = new Set(all.map((_, at) => reference(at)));
  const looked = new Map(versions.map((each, at) => [reference(at), lookedAt(each)]));
  const outdated = outdatedOf({
    graph,
    selected,
    looked,
    bases: new Map(),
    otherSoftware: new Set(),
    wanted: { security: false },
  });
  return planUpgrade({
    graph,
    outdated,
    selected,
    leftBecause: () => undefined,
    triedIn: () => undefined,
    pending: new Set(),
    upgraded: new Set(),
    isToolchain: () => false,
    isStale: () => false,
    pace: { most },
  });
}

/** What building the images of a plan makes of their packages: a rebuild brings what is entering, or what its base has. */
function built(
  all: readonly Sketch[],
  versions: readonly (readonly number[])[],
  plan: ReturnType<typeof planFor>,
): readonly (readonly number[])[] {
  const next = versions.map((each) => [...each]);
  for (const [at, each] of next.entries()) {
    const image = plan.images.find((one) => one.reference === reference(at));
    for (const { name } of image?.packages ?? []) {
      const which = names.indexOf(name);
      const isEntering = image?.entering.some((one) => one.name === name) === true;
      const base = baseOf(all, at);
      const above = base === undefined ? undefined : next[base]?.[which];
      if (isEntering || above === newest) {
        each[which] = newest;
      }
    }
  }
  return next;
}

test('a version for where an update enters and for all below that have the very same version, and for none else', () => {
  fc.assert(
    fc.property(sketches, (all) => {
      const versions = all.map((each) => each.versions);
      const plan = planFor(all, versions, Number.POSITIVE_INFINITY);
      // Everybody's sources have the newest, so that whoever has an older one gets a version.
      const expected = versions.flatMap((each, at) =>
        names.flatMap((name, which) => {
          const own = each[which] ?? 0;
          return own === 0 || own === newest ? [] : [`${reference(at)} ${name}`];
        }),
      );
      const found = plan.images.flatMap(({ reference: image, packages }) =>
        packages.map(({ name }) => `${image} ${name}`),
      );
      assert.deepEqual(found.sort(), expected.sort());
      // It enters where the base has another version, or none.
      for (const { reference: image, entering } of plan.images) {
        const at = all.findIndex((_, each) => reference(each) === image);
        for (const { name } of entering) {
          const which = names.indexOf(name);
          const base = baseOf(all, at);
          assert.notEqual(base === undefined ? 0 : versions[base]?.[which], versions[at]?.[which]);
        }
      }
      // One run is enough, and the next one has nothing to do.
      const after = built(all, versions, plan);
      const again = planFor(all, after, Number.POSITIVE_INFINITY);
      assert.deepEqual([again.images, again.waiting, again.notCured], [[], [], []]);
    }),
    { numRuns: 500 },
  );
});

test('with a pace, no child goes before what it is built on, and some runs later nothing is left', () => {
  fc.assert(
    fc.property(sketches, fc.integer({ min: 1, max: 4 }), (all, most) => {
      const graph = graphFor(all);
      let versions: readonly (readonly number[])[] = all.map((each) => each.versions);
      for (let run = 0; ; run++) {
        assert.ok(run <= all.length, 'it ends');
        const plan = planFor(all, versions, most);
        const taken = new Set(plan.images.map((each) => each.reference));
        const waiting = new Set(plan.waiting.map((each) => each.reference));
        assert.ok(taken.size <= most);
        assert.ok(waiting.size === 0 || taken.size === most, 'room is used');
        for (const image of graph.images.filter((each) => taken.has(each.reference))) {
          for (const { parent } of image.parents) {
            assert.ok(!waiting.has(parent), `${image.reference} goes before ${parent}`);
          }
        }
        if (taken.size === 0) {
          break;
        }
        versions = built(all, versions, plan);
      }
      assert.ok(versions.flat().every((each) => each === 0 || each === newest));
    }),
    { numRuns: 500 },
  );
});

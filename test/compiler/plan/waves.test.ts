import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packWaves } from '#compiler/plan/waves.js';

/** Each target links to up to `most` of those before it. */
const links = (maxLength: number, most: number) =>
  fc
    .array(fc.array(fc.nat(), { maxLength: most }), { maxLength })
    .map((rows) =>
      rows.map((row, index) =>
        index === 0 ? [] : [...new Set(row.map((value) => value % index))],
      ),
    );

function closure(parents: readonly (readonly number[])[], tip: number): Set<number> {
  const found = new Set([tip]);
  for (const each of found) {
    for (const parent of parents[each] ?? []) {
      found.add(parent);
    }
  }
  return found;
}

test('every target is in a wave, every wave holds its ancestors, and keeps to the size', () => {
  fc.assert(
    fc.property(links(60, 2), fc.integer({ min: 1, max: 50 }), (parents, size) => {
      const waves = packWaves(parents, size);
      assert.equal(new Set(waves.flatMap((wave) => wave.members)).size, parents.length);
      for (const { members, oversized } of waves) {
        assert.deepEqual(
          members,
          [...new Set(members)].sort((a, b) => a - b),
        );
        const held = new Set(members);
        for (const member of members) {
          for (const parent of parents[member] ?? []) {
            assert.ok(held.has(parent));
          }
        }
        assert.equal(oversized, members.length > size);
        // Larger only where one target's own ancestors are.
        if (oversized) {
          assert.ok(members.some((each) => closure(parents, each).size > size));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('the same links give the same waves', () => {
  fc.assert(
    fc.property(links(60, 2), (parents) => {
      assert.deepEqual(packWaves(parents, 7), packWaves(structuredClone(parents), 7));
    }),
  );
});

test('unlinked targets fill their waves', () => {
  const waves = packWaves(
    Array.from({ length: 100 }, () => []),
    40,
  );
  assert.deepEqual(
    waves.map((wave) => wave.members.length),
    [40, 40, 20],
  );
});

test('a family stands together, and is never divided where it fits a wave', () => {
  // 30 families of a parent with 9 children, their members far apart in the order.
  const parents = Array.from({ length: 300 }, (_, index) => (index < 30 ? [] : [index % 30]));
  const waves = packWaves(parents, 40);
  assert.deepEqual(
    waves.map((wave) => wave.members.length),
    [40, 40, 40, 40, 40, 40, 40, 20],
  );
});

test('a parent of many is repeated in each of their waves', () => {
  const waves = packWaves(
    Array.from({ length: 79 }, (_, index) => (index === 0 ? [] : [0])),
    40,
  );
  assert.deepEqual(
    waves.map((wave) => wave.members.length),
    [40, 40],
  );
});

test('gaps behind large families are filled with small ones', () => {
  // A chain of 39, then 30 targets alone: the chain takes one of them along.
  const parents = Array.from({ length: 71 }, (_, index) =>
    index === 0 || index >= 39 ? [] : [index - 1],
  );
  assert.deepEqual(
    packWaves(parents, 40)
      .map((wave) => wave.members.length)
      .sort(),
    [31, 40],
  );
});

test('a chain deeper than a wave keeps its ancestors', () => {
  const parents = Array.from({ length: 60 }, (_, index) => (index === 0 ? [] : [index - 1]));
  const waves = packWaves([...parents, []], 40);
  assert.deepEqual(
    waves.map((wave) => [wave.members.length, wave.oversized]),
    [
      [1, false],
      [60, true],
    ],
  );
});

test('ten thousand targets with three parents each are divided at all', () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const parents = Array.from({ length: 10_000 }, (_, index) =>
    index < 100 ? [] : [...new Set([random(index), random(index), random(index)])],
  );
  const waves = packWaves(parents, 40);
  assert.equal(new Set(waves.flatMap((wave) => wave.members)).size, 10_000);
  const members = waves.reduce((sum, wave) => sum + wave.members.length, 0);
  assert.ok(members < 200_000, `${members} members in ${waves.length} waves`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Edge } from '#compiler/resolve/graph.js';
import { levelsOf, type Node } from '#compiler/resolve/levels.js';
import type { Reference } from '#core/reference/brands.js';

function node(reference: string, parents: readonly string[]): Node {
  // What levels look at of an edge.
  const edges = parents.map((parent) => ({ parent, place: { file: reference } }));
  return { reference: reference as Reference, parents: edges as unknown as readonly Edge[] };
}

/** Every image that a walk over parents comes to. */
function above(start: string, parents: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [...(parents.get(start) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!found.has(next)) {
      found.add(next);
      open.push(...(parents.get(next) ?? []));
    }
  }
  return found;
}

test('what comes back to itself is on a cycle, and nothing else; parents are on lower levels', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const some = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 });
  fc.assert(
    fc.property(fc.tuple(...names.map(() => some)), (chosen) => {
      const parents = new Map(names.map((name, at) => [name, chosen[at] ?? []]));
      const { levels, cycles } = levelsOf(names.map((name) => node(name, parents.get(name) ?? [])));
      const reached = new Map(names.map((name) => [name, above(name, parents)]));
      const onCycle = names.filter((name) => reached.get(name)?.has(name));
      assert.deepEqual([...cycles.keys()].sort(), onCycle);
      for (const name of names) {
        for (const parent of parents.get(name) ?? []) {
          if (!onCycle.includes(name)) {
            const [own, its] = [name, parent].map((each) => levels.get(each as Reference) ?? -1);
            assert.ok((own ?? 0) > (its ?? 0), `${name} is not above ${parent}`);
          }
          // One error for each strongly connected component.
          const isSame = reached.get(parent)?.has(name);
          if (isSame) {
            assert.equal(cycles.get(name as Reference), cycles.get(parent as Reference));
          }
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test('long chains below cycles, and many cycles, end', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) =>
    node(`c${at}`, [at === 0 ? 'a' : `c${at - 1}`]),
  );
  const pairs = Array.from({ length: 10_000 }, (_, at) => [
    node(`x${at}`, [`y${at}`]),
    node(`y${at}`, [`x${at}`]),
  ]).flat();
  const start = performance.now();
  const { cycles } = levelsOf([node('a', ['b']), node('b', ['a']), ...chain, ...pairs]);
  assert.equal(cycles.size, 20_002);
  // A search from each image took minutes.
  assert.ok(performance.now() - start < 10_000);
});

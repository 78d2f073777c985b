import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BuilderPlatforms, type Fit, fitOf, placingOf } from '#builder/platforms/placing.js';

const amd = {
  platforms: ['linux/amd64', 'linux/amd64/v2', 'linux/386'],
  natives: ['linux/amd64', 'linux/amd64/v2', 'linux/386'],
  machine: 'linux/amd64',
};
const arm = {
  platforms: ['linux/arm64', 'linux/arm/v7'],
  natives: ['linux/arm64', 'linux/arm/v7'],
  machine: 'linux/arm64',
};
/** One with emulators. */
const emulating = { ...amd, platforms: [...amd.platforms, 'linux/arm64', 'linux/riscv64'] };
/** Of two nodes. */
const both = {
  platforms: [...amd.platforms, ...arm.platforms],
  natives: [...amd.natives, ...arm.natives],
  machine: 'linux/amd64',
};
const silent: BuilderPlatforms = { platforms: [], natives: [] };

const idle = () => 0;

/** Where an image of these platforms is built: `0+1`, or `0: linux/amd64 | 1: linux/arm64`. */
function placed(
  platforms: readonly string[],
  builders: readonly BuilderPlatforms[],
  { runs = true, lost = [] as readonly number[], load = idle as (builder: number) => number } = {},
): string {
  const fit = fitOf({ platforms, runs }, builders, 'linux/amd64');
  if (fit === undefined) {
    return 'any';
  }
  const placing = placingOf(fit, (builder) => lost.includes(builder), load);
  switch (placing.kind) {
    case 'whole':
      return [...placing.builders].join('+');
    case 'parts':
      return placing.parts
        .map(({ builder, platforms: own }) => `${builder}: ${own.join(' ')}`)
        .join(' | ');
    case 'nowhere':
      return `nowhere: ${placing.platform}`;
  }
}

test('each platform is built where it is native; one builder builds all where it has all', () => {
  const two = ['linux/amd64', 'linux/arm64'];
  assert.equal(placed(two, [amd, amd], { runs: false }), '0+1', 'nothing of it has to run');
  assert.equal(placed(two, [amd, arm]), '0: linux/amd64 | 1: linux/arm64');
  assert.equal(placed(two, [arm, amd]), '1: linux/amd64 | 0: linux/arm64', 'in their order');
  assert.equal(placed(two, [amd, arm, both]), '2');
  assert.equal(placed(two, [emulating, arm]), '0: linux/amd64 | 1: linux/arm64');
  assert.equal(placed(two, [emulating, amd]), '0', 'nobody has it natively');
  assert.equal(placed(two, [amd, amd]), 'nowhere: linux/arm64');
  assert.equal(placed(two, [amd, silent]), '0: linux/amd64 | 1: linux/arm64', 'it may be able to');
  assert.equal(placed(['linux/arm64/v8'], [amd, arm]), '1');
  assert.equal(
    placed(['linux/amd64', 'linux/arm/v7', 'linux/386', 'linux/arm64'], [amd, arm]),
    '0: linux/amd64 linux/386 | 1: linux/arm/v7 linux/arm64',
  );
  assert.equal(placed(['linux/amd64', 'linux/386'], [amd, amd]), 'any', 'as with one builder');
});

test('what a lost builder alone has goes to one that emulates it, or nowhere', () => {
  const two = ['linux/amd64', 'linux/arm64'];
  assert.equal(placed(two, [emulating, arm], { lost: [1] }), '0');
  assert.equal(placed(two, [amd, arm], { lost: [1] }), 'nowhere: linux/arm64');
  assert.equal(placed(two, [amd, arm, arm], { lost: [1] }), '0: linux/amd64 | 2: linux/arm64');
  const load = (builder: number) => (builder === 1 ? 3 : 0);
  assert.equal(placed(two, [amd, arm, arm], { load }), '0: linux/amd64 | 2: linux/arm64');
});

test('an image without platforms is made by machines of one kind', () => {
  assert.equal(placed([], [arm, amd, amd]), '1+2');
  assert.equal(placed([], [amd, amd]), 'any');
  assert.equal(placed([], [arm, arm]), 'any', 'there is no machine of that kind');
  const chosen = { ...amd, natives: ['linux/arm64'] };
  assert.equal(placed([], [amd, chosen]), '0', 'the user has chosen it for something else');
});

test('whatever the builders can do: each platform once, on one that has it, natively where one does', () => {
  const fitness = fc.constantFrom('native', 'able', 'unable');
  const fits = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
    .chain(([builders, platforms]) =>
      fc.array(fc.array(fitness, { minLength: builders, maxLength: builders }), {
        minLength: platforms,
        maxLength: platforms,
      }),
    );
  fc.assert(
    fc.property(fits, fc.nat({ max: 15 }), (each, gone) => {
      const fit: Fit = new Map(each.map((row, at) => [`linux/p${at}`, row]));
      const isLost = (builder: number) => (gone & (1 << builder)) !== 0;
      const placing = placingOf(fit, isLost, idle);
      const best = (platform: string) => {
        const row = (fit.get(platform) ?? []).map((one, at) => (isLost(at) ? 'unable' : one));
        return row.includes('native') ? 'native' : row.includes('able') ? 'able' : undefined;
      };
      const hopeless = [...fit.keys()].find((platform) => best(platform) === undefined);
      if (placing.kind === 'nowhere') {
        assert.equal(placing.platform, hopeless);
        return;
      }
      assert.equal(hopeless, undefined);
      const shares =
        placing.kind === 'parts'
          ? placing.parts
          : [...placing.builders].map((builder) => ({ builder, platforms: [...fit.keys()] }));
      for (const { builder, platforms } of shares) {
        assert.ok(!isLost(builder));
        for (const platform of platforms) {
          assert.equal(fit.get(platform)?.[builder], best(platform));
        }
      }
      if (placing.kind === 'parts') {
        const built = placing.parts.flatMap(({ platforms }) => platforms);
        assert.deepEqual(built.toSorted(), [...fit.keys()].toSorted());
        assert.ok(placing.parts.length > 1);
        const used = placing.parts.map(({ builder }) => builder);
        assert.equal(new Set(used).size, used.length);
      }
    }),
    { numRuns: 500 },
  );
});

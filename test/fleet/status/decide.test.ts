import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { RegistryState } from '#adapters/registry/state.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { descendantsOfBroken, type Graph, inOrder, withBroken } from '#compiler/resolve/graph.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { concerned, type Decision, decide } from '#fleet/status/decide.js';
import type { Facts, LocalFacts } from '#fleet/status/facts.js';
import type { DecideOptions } from '#fleet/status/states.js';
import { graphOf, treeOf } from '../../support/graph.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const reference = (name: string) => `r/${name}:1` as Reference;

/** The definition digest of every image here. */
const definition = digest('d');
const labelled = {
  ours: new Map([[definitionLabel, definition as string]]),
  drifted: new Map([[definitionLabel, digest('e') as string]]),
  incomparable: new Map([[definitionLabel, `2:${digest('e')}`]]),
  other: new Map<string, string>(),
};

type Built = keyof typeof labelled;

function published(built: Built, layers: readonly Digest[] = []): RegistryState {
  const config = { known: true, value: { labels: labelled[built], layers } } as const;
  return { kind: 'published', digest: digest('b'), mediaType: 'm', config };
}

function local(built: Built, layers: readonly Digest[] = [], pulled = false): LocalFacts {
  return {
    id: digest('1'),
    labels: labelled[built],
    layers,
    registryDigests: pulled ? [`r/x@${digest('b')}`] : [],
  };
}

const absent: RegistryState = { kind: 'absent' };
const notAsked: RegistryState = { kind: 'not-asked' };
const unknown: RegistryState = { kind: 'unknown', reason: 'r answers 503', hint: 'wait' };

/** `[registry, local]` by name. */
type Known = readonly [RegistryState, LocalFacts?];
type Situation = Readonly<Record<string, Known>>;

type Wishes = Partial<Omit<DecideOptions, 'publishing'>> & {
  readonly select?: readonly string[];
  readonly publishing?: boolean;
  /** What says that images were in the registry, by name. */
  readonly lost?: Readonly<Record<string, string>>;
};

function decided(
  graph: Graph,
  situation: Situation,
  options: Wishes = {},
): ReadonlyMap<string, Decision> {
  const facts = new Map<Reference, Facts>();
  const below = descendantsOfBroken(graph);
  for (const { reference: name, sound } of inOrder(graph)) {
    const [registry, engine] = situation[name.slice(2, -2)] ?? [absent];
    facts.set(name, {
      registry,
      ...(sound === undefined || below.has(name) ? {} : { definition }),
      ...(engine === undefined ? {} : { local: engine }),
    });
  }
  const { select, publishing = true, lost = {}, ...rest } = options;
  for (const [name, trace] of Object.entries(lost)) {
    const known = facts.get(reference(name)) ?? assert.fail(name);
    facts.set(reference(name), { ...known, lost: trace });
  }
  const trees = graph.images.map((image) => image.rendered.definition.tree);
  const decisions = decide(graph, facts, {
    selected: new Set(select?.map(reference) ?? inOrder(graph).map((image) => image.reference)),
    pull: true,
    publishing: new Set(publishing ? trees : []),
    seesLocalImages: true,
    overwritePublished: false,
    rebuildLost: false,
    ...rest,
  });
  return new Map(decisions.map((decision) => [decision.reference.slice(2, -2), decision]));
}

/** `name action state`, in the order decided. */
function summary(decisions: ReadonlyMap<string, Decision>): string[] {
  return [...decisions].map(([name, { action, state }]) => `${name} ${action} ${state}`);
}

function parents(decisions: ReadonlyMap<string, Decision>, name: string): string[] {
  return (decisions.get(name)?.parents ?? []).map(
    (use) => `${use.kind} ${use.parent.slice(2, -2)}`,
  );
}

/** The same graph with some images broken, in the state of a child whose parents are broken. */
function broken(graph: Graph, ...names: string[]): Graph {
  const fault = [error('template', 'it fails')];
  return withBroken(graph, new Map(names.map((name) => [reference(name), fault])));
}

const chain = graphOf([
  { name: 'base' },
  { name: 'mid', parents: ['base'], base: 'r/base:1' },
  { name: 'top', parents: ['mid'], base: 'r/mid:1' },
]);

suite('with a registry', () => {
  test('what is absent is built, linked to parents that are built too', () => {
    const decisions = decided(chain, {});
    assert.deepEqual(summary(decisions), [
      'base build absent',
      'mid build absent',
      'top build absent',
    ]);
    assert.deepEqual(parents(decisions, 'top'), ['link mid']);
    assert.equal(decisions.get('base')?.why, 'not in the registry');
  });

  test('a digest of another recipe is not comparable: never drifted, and not built on unseen', () => {
    const decisions = decided(chain, {
      base: [published('incomparable')],
      mid: [absent, local('incomparable')],
    });
    assert.deepEqual(summary(decisions), [
      'base skip published',
      'mid build local',
      'top build absent',
    ]);
    assert.match(decisions.get('base')?.why ?? '', /^not comparable/);
    assert.equal(
      decisions.get('mid')?.why,
      'the local image has a definition digest of another recipe',
    );
    const again = decided(
      chain,
      { base: [published('incomparable')] },
      { overwritePublished: true },
    );
    assert.equal(again.get('base')?.action, 'skip');
  });

  test('what is published is not built, and pinned where a child is', () => {
    const decisions = decided(chain, { base: [published('ours')], mid: [published('other')] });
    assert.deepEqual(summary(decisions), [
      'base skip published',
      'mid skip published',
      'top build absent',
    ]);
    assert.deepEqual(decisions.get('top')?.parents, [
      { kind: 'pinned', parent: reference('mid'), digest: digest('b') },
    ]);
  });

  test('only what is selected and its absent parents are built', () => {
    const situation = { base: [published('ours')] } as const;
    assert.deepEqual(summary(decided(chain, situation, { select: ['top'] })), [
      'base use published',
      'mid build absent',
      'top build absent',
    ]);
    assert.deepEqual(summary(decided(chain, situation, { select: ['mid'] })), [
      'base use published',
      'mid build absent',
      'top skip absent',
    ]);
    const all = { ...situation, mid: [published('ours')], top: [published('ours')] } as const;
    assert.deepEqual(summary(decided(chain, all, { select: ['top'] })), [
      'base skip published',
      'mid skip published',
      'top skip published',
    ]);
  });

  test('drift is shown, and neither rebuilt nor overwritten', () => {
    const decisions = decided(chain, { base: [published('drifted')], mid: [published('drifted')] });
    assert.deepEqual(summary(decisions), [
      'base skip drifted',
      'mid skip drifted',
      'top build absent',
    ]);
    assert.deepEqual(parents(decisions, 'top'), ['pinned mid']);
    assert.equal(
      decisions.get('mid')?.hint,
      'bump its version with generate-bake update mid, or revert the change',
    );
  });

  test('--overwrite-published builds again what has drifted and is selected, nothing else', () => {
    const situation: Situation = {
      base: [published('drifted')],
      mid: [published('drifted')],
      top: [published('ours')],
    };
    const decisions = decided(chain, situation, {
      overwritePublished: true,
      select: ['mid', 'top'],
    });
    assert.deepEqual(summary(decisions), [
      'base use drifted',
      'mid build drifted',
      'top skip published',
    ]);
    assert.deepEqual(parents(decisions, 'mid'), ['pinned base']);
  });

  test('published with labels that cannot be read is published, with a word about it', () => {
    const config = { known: false, reason: 'r answers 500' } as const;
    const state: RegistryState = { ...published('ours'), kind: 'published', config } as never;
    const base = decided(chain, { base: [state] }).get('base');
    assert.equal(base?.state, 'published');
    assert.match(base?.why ?? '', /r answers 500/);
  });

  test('an unknown state stops the image and its descendants, not the others', () => {
    const graph = graphOf([
      { name: 'ill' },
      { name: 'child', parents: ['ill'] },
      { name: 'grandchild', parents: ['child'] },
      { name: 'done', parents: ['ill'] },
      { name: 'late', parents: ['done'] },
      { name: 'other' },
    ]);
    const decisions = decided(graph, { ill: [unknown], done: [published('ours')] });
    assert.deepEqual(summary(decisions), [
      'ill stop unknown',
      'child stop absent',
      'grandchild stop absent',
      'done skip published',
      'late build absent',
      'other build absent',
    ]);
    assert.equal(decisions.get('ill')?.why, 'r answers 503');
    assert.equal(decisions.get('ill')?.hint, 'wait');
    assert.equal(decisions.get('grandchild')?.why, 'r/ill:1: r answers 503');
  });

  test('the parents of a stopped image are not built for it', () => {
    const graph = graphOf([
      { name: 'ill' },
      { name: 'well' },
      { name: 'child', parents: ['well', 'ill'] },
    ]);
    const decisions = decided(graph, { ill: [unknown] }, { select: ['child'] });
    assert.deepEqual(summary(decisions), [
      'ill skip unknown',
      'well skip absent',
      'child stop absent',
    ]);
  });
});

suite('with images on the engine', () => {
  test('one of this definition is tested and published, not rebuilt', () => {
    const decisions = decided(chain, {
      base: [published('ours')],
      mid: [absent, local('ours')],
    });
    assert.deepEqual(summary(decisions), [
      'base skip published',
      'mid finish local',
      'top build absent',
    ]);
    assert.deepEqual(parents(decisions, 'top'), ['local mid']);
  });

  test('its parents that are not published are finished with it, selected or not', () => {
    const situation: Situation = { base: [absent, local('ours')], mid: [absent, local('ours')] };
    assert.deepEqual(summary(decided(chain, situation, { select: ['mid'] })), [
      'base finish local',
      'mid finish local',
      'top skip absent',
    ]);
  });

  test('where nothing is published it counts as built', () => {
    const situation: Situation = {
      base: [notAsked, local('ours')],
      mid: [notAsked, local('ours')],
      top: [notAsked],
    };
    const decisions = decided(chain, situation, { publishing: false });
    assert.deepEqual(summary(decisions), ['base skip local', 'mid skip local', 'top build absent']);
    assert.deepEqual(parents(decisions, 'top'), ['local mid']);
  });

  test('a tree that publishes nothing has nothing to finish', () => {
    const [one, two] = [treeOf('one'), treeOf('two')];
    const graph = graphOf([
      { name: 'base', tree: one },
      { name: 'app', parents: ['base'], tree: two },
    ]);
    const facts = new Map<Reference, Facts>(
      graph.images.map((image) => [
        image.reference,
        { registry: absent, local: local('ours'), definition },
      ]),
    );
    const decisions = decide(graph, facts, {
      selected: new Set([reference('app')]),
      publishing: new Set([two]),
      pull: true,
      seesLocalImages: true,
      overwritePublished: false,
      rebuildLost: false,
    });
    assert.deepEqual(
      decisions.map(({ action }) => action),
      ['use', 'finish'],
    );
  });

  test('one of another definition, or of another tool, is built', () => {
    const decisions = decided(chain, {
      base: [absent, local('drifted')],
      mid: [absent, local('other')],
    });
    assert.deepEqual(summary(decisions), [
      'base build drifted',
      'mid build local',
      'top build absent',
    ]);
  });

  test('one whose parent is built anew is built anew', () => {
    const decisions = decided(chain, {
      mid: [absent, local('ours')],
      top: [absent, local('ours')],
    });
    assert.deepEqual(summary(decisions), [
      'base build absent',
      'mid build local',
      'top build local',
    ]);
    assert.equal(decisions.get('top')?.why, 'its parent r/mid:1 is to be built');
  });

  test('one that stands on other layers than its published parent is built anew', () => {
    const layers = [digest('2'), digest('3')];
    const base = [published('ours', layers)] as const;
    const on = (own: readonly Digest[]) =>
      decided(chain, { base, mid: [absent, local('ours', own)] }).get('mid')?.action;
    assert.equal(on([...layers, digest('4')]), 'finish');
    assert.equal(on([digest('2'), digest('5'), digest('4')]), 'build');
    assert.equal(on([digest('2')]), 'build');
  });

  test('a builder that does not see them builds them', () => {
    const decisions = decided(chain, { base: [absent, local('ours')] }, { seesLocalImages: false });
    assert.deepEqual(summary(decisions).slice(0, 1), ['base build absent']);
  });

  test('an unknown parent stops them too', () => {
    const decisions = decided(chain, { base: [unknown], mid: [absent, local('ours')] });
    assert.equal(decisions.get('mid')?.action, 'stop');
  });
});

suite('--no-pull', () => {
  const noPull = { pull: false };

  test('builds what the engine does not have, published or not, known or not', () => {
    const situation: Situation = { base: [published('ours')], mid: [unknown], top: [absent] };
    const decisions = decided(chain, situation, noPull);
    assert.deepEqual(summary(decisions), [
      'base build published',
      'mid build unknown',
      'top build absent',
    ]);
    assert.deepEqual(parents(decisions, 'mid'), ['link base']);
  });

  test('uses a local parent as it is, whoever built it', () => {
    for (const built of ['ours', 'drifted', 'other'] as const) {
      const situation: Situation = { base: [published('ours'), local(built)] };
      const decisions = decided(chain, situation, { ...noPull, select: ['mid'] });
      assert.deepEqual(summary(decisions), [
        'base use published',
        'mid build absent',
        'top skip absent',
      ]);
      assert.deepEqual(parents(decisions, 'mid'), ['local base']);
    }
  });

  test('says of a drifted one that it has changed; one that is overwritten needs no new version', () => {
    const there = [published('drifted'), local('ours')] as const;
    const decisions = decided(chain, { base: there }, noPull);
    assert.equal(decisions.get('base')?.why, 'changed since it was published');
    assert.match(decisions.get('base')?.hint ?? '', /generate-bake update base/);
    const pulled = decided(chain, { base: there }, { overwritePublished: true });
    assert.deepEqual([pulled.get('base')?.action, pulled.get('base')?.hint], ['build', undefined]);
  });

  test('counts a selected one as built only if it is of this definition, or the published one', () => {
    const action = (situation: Situation) => decided(chain, situation, noPull).get('base')?.action;
    assert.equal(action({ base: [published('ours'), local('ours')] }), 'skip');
    assert.equal(action({ base: [absent, local('ours')] }), 'finish');
    // What is not known is no reason to publish.
    assert.equal(action({ base: [unknown, local('ours')] }), 'skip');
    assert.equal(action({ base: [absent, local('drifted')] }), 'build');
    assert.equal(action({ base: [absent, local('other')] }), 'build');
    assert.equal(action({ base: [published('other'), local('other')] }), 'build');
    assert.equal(action({ base: [published('other'), local('other', [], true)] }), 'skip');
  });
});

test('the facts of a selection are those of its ancestors', () => {
  assert.deepEqual([...concerned(chain, new Set([reference('mid')]))].sort(), [
    reference('base'),
    reference('mid'),
  ]);
});

/** Random trees in random situations. */
const states: readonly RegistryState[] = [
  absent,
  absent,
  notAsked,
  unknown,
  published('ours'),
  published('drifted'),
  published('other'),
];
const locals: readonly (LocalFacts | undefined)[] = [
  undefined,
  undefined,
  local('ours'),
  local('drifted'),
  local('other'),
  local('other', [], true),
];
const image = fc.record({
  parents: fc.array(fc.nat(), { maxLength: 3 }),
  registry: fc.constantFrom(...states),
  local: fc.constantFrom(...locals),
  selected: fc.boolean(),
});
const world = fc.record({
  images: fc.array(image, { minLength: 1, maxLength: 14 }),
  pull: fc.boolean(),
  publishing: fc.boolean(),
  seesLocalImages: fc.boolean(),
});

interface World {
  readonly graph: Graph;
  readonly situation: Situation;
  readonly options: Wishes & { readonly select: readonly string[] };
}

function worldOf({
  images,
  ...options
}: typeof world extends fc.Arbitrary<infer W> ? W : never): World {
  const sketches = images.map(({ parents: numbers }, at) => ({
    name: `i${at}`,
    parents: at === 0 ? [] : [...new Set(numbers.map((number) => `i${number % at}`))],
  }));
  const situation: Record<string, readonly [RegistryState, LocalFacts?]> = {};
  for (const [at, { registry, local: engine }] of images.entries()) {
    situation[`i${at}`] = engine === undefined ? [registry] : [registry, engine];
  }
  const select = images.flatMap(({ selected }, at) => (selected ? [`i${at}`] : []));
  return { graph: graphOf(sketches), situation, options: { ...options, select } };
}

const name = (text: Reference) => text.slice(2, -2);

test('any tree: what is published is never built, every parent is there, all that is wanted is done', () => {
  fc.assert(
    fc.property(world, (sketch) => {
      const { graph, situation, options } = worldOf(sketch);
      const decisions = decided(graph, situation, options);
      const neededByBuilt = new Set(
        [...decisions.values()]
          .filter(({ action }) => action === 'build' || action === 'finish')
          .flatMap(({ reference: own }) => graph.byReference.get(own)?.parents ?? [])
          .map(({ parent }) => name(parent)),
      );
      for (const [own, { action, parents: uses, why }] of decisions) {
        const [registry, engine] = situation[own] ?? [absent];
        const selected = options.select.includes(own);
        const wanted = selected || neededByBuilt.has(own);
        assert.ok(why.length > 0 && !why.endsWith('.'));
        if (registry.kind === 'published' && options.pull) {
          assert.notEqual(action, 'build');
        }
        if (action === 'build' || action === 'finish') {
          assert.ok(wanted, own);
        }
        if (engine === undefined || !options.seesLocalImages) {
          assert.notEqual(action, 'finish');
        }
        if (action === 'finish') {
          assert.ok(options.publishing && registry.kind !== 'published');
        }
        if (action !== 'build') {
          assert.deepEqual(uses, []);
          continue;
        }
        const image = graph.byReference.get(reference(own));
        assert.deepEqual(
          uses.map(({ parent }) => parent),
          [...new Set(image?.parents.map(({ parent }) => parent))],
        );
        for (const use of uses) {
          const parent = name(use.parent);
          const [parentRegistry, parentEngine]: Known = situation[parent] ?? [absent];
          if (use.kind === 'link') {
            assert.equal(decisions.get(parent)?.action, 'build');
          } else {
            assert.notEqual(decisions.get(parent)?.action, 'build');
          }
          if (use.kind === 'pinned') {
            assert.equal(parentRegistry.kind, 'published');
          }
          if (use.kind === 'local') {
            assert.ok(parentEngine && options.seesLocalImages);
          }
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('any tree: unknown stops only what stands on it', () => {
  fc.assert(
    fc.property(world, (sketch) => {
      const { graph, situation, options } = worldOf(sketch);
      const decisions = decided(graph, situation, { ...options, pull: true });
      // Reached from an unknown image through images that are not published.
      const tainted = new Set<string>();
      for (const image of graph.images) {
        const own = name(image.reference);
        const kind = situation[own]?.[0].kind;
        const above = image.parents.some(({ parent }) => tainted.has(name(parent)));
        if (kind === 'unknown' || (kind !== 'published' && above)) {
          tainted.add(own);
        }
      }
      for (const [own, { action }] of decisions) {
        assert.equal(action === 'stop', tainted.has(own) && options.select.includes(own), own);
        const [registry] = situation[own] ?? [absent];
        const missing = registry.kind === 'absent' || registry.kind === 'not-asked';
        if (missing && options.select.includes(own) && !tainted.has(own)) {
          assert.ok(['build', 'finish', 'skip'].includes(action));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('any tree: once it is done, there is nothing left to do', () => {
  fc.assert(
    fc.property(world, (sketch) => {
      const { graph, situation, options } = worldOf(sketch);
      const after: Record<string, readonly [RegistryState, LocalFacts?]> = { ...situation };
      for (const [own, { action, heldBack }] of decided(graph, situation, options)) {
        const [registry] = situation[own] ?? [absent];
        if (action === 'build' || action === 'finish') {
          const isPublished = options.publishing && heldBack === undefined;
          after[own] = [isPublished ? published('ours') : registry, local('ours')];
        }
      }
      const again = decided(graph, after, { ...options, seesLocalImages: true });
      for (const [own, { action, why }] of again) {
        assert.ok(action === 'skip' || action === 'stop' || action === 'use', `${own} ${why}`);
      }
    }),
    { numRuns: 1000 },
  );
});

suite('with an image that the registry lost', () => {
  const lost = { base: 'latest is 2, which comes after it' };

  test('it is stopped with what is built on it; everything else continues', () => {
    const graph = graphOf([
      { name: 'base' },
      { name: 'mid', parents: ['base'], base: 'r/base:1' },
      { name: 'alone' },
    ]);
    const decisions = decided(graph, {}, { lost });
    assert.deepEqual(summary(decisions), [
      'base stop lost',
      'mid stop absent',
      'alone build absent',
    ]);
    const [base, mid, alone] = [...decisions.values()];
    assert.deepEqual(
      [base?.why, mid?.why],
      ['latest is 2, which comes after it', 'r/base:1 is lost: latest is 2, which comes after it'],
    );
    assert.deepEqual([base?.lost, mid?.lost, alone?.lost], ['r/base:1', 'r/base:1', undefined]);
    assert.match(base?.hint ?? '', /--rebuild-lost/);
  });

  test('what nobody asked for is lost without consequence', () => {
    const decisions = decided(chain, { mid: [published('ours')] }, { lost, select: ['top'] });
    assert.deepEqual(summary(decisions), [
      'base skip lost',
      'mid use published',
      'top build absent',
    ]);
  });

  test('with --rebuild-lost it is built, and still said to be lost', () => {
    const decisions = decided(chain, {}, { lost, rebuildLost: true });
    assert.deepEqual(summary(decisions), [
      'base build lost',
      'mid build absent',
      'top build absent',
    ]);
    assert.equal(decisions.get('base')?.why, 'it is lost: latest is 2, which comes after it');
  });

  test('what the engine has is lost where the run would publish it, and there alone', () => {
    const situation: Situation = { base: [absent, local('ours')] };
    assert.equal(decided(chain, situation, { lost }).get('base')?.action, 'stop');
    const kept = decided(chain, situation, { lost, publishing: false });
    assert.deepEqual(summary(kept), ['base skip local', 'mid build absent', 'top build absent']);
    const again = decided(chain, situation, { lost, rebuildLost: true });
    assert.equal(summary(again)[0], 'base finish lost');
  });

  test('with --no-pull too', () => {
    const options = { lost, pull: false };
    assert.equal(decided(chain, {}, options).get('base')?.action, 'stop');
    const again = decided(chain, {}, { ...options, rebuildLost: true });
    assert.equal(again.get('base')?.action, 'build');
  });

  test('an unknown parent is told as such', () => {
    const decisions = decided(chain, { base: [unknown] }, { lost: { mid: 'it was' } });
    assert.equal(decisions.get('mid')?.state, 'lost');
    assert.equal(decisions.get('base')?.lost, undefined);
  });
});

suite('with a broken image', () => {
  test('one that is not published fails, and blocks what is built on it, with the chain', () => {
    const decisions = decided(broken(chain, 'base'), {});
    assert.deepEqual(summary(decisions), [
      'base fail absent',
      'mid blocked absent',
      'top blocked absent',
    ]);
    assert.deepEqual(decisions.get('top')?.chain, [reference('mid'), reference('base')]);
    assert.equal(
      decisions.get('top')?.why,
      'blocked by r/base:1, which is broken (through r/mid:1)',
    );
    assert.equal(decisions.get('base')?.broken, 'it fails');
  });

  test('one that is published is left alone, pinned, and blocks nobody', () => {
    const decisions = decided(broken(chain, 'base'), { base: [published('drifted')] });
    assert.deepEqual(summary(decisions), [
      'base skip published',
      'mid build absent',
      'top build absent',
    ]);
    assert.deepEqual(parents(decisions, 'mid'), ['pinned base']);
  });

  test('a published child of a broken image is not drifted, whatever its label says', () => {
    const decisions = decided(broken(chain, 'base'), { mid: [published('drifted')] });
    assert.deepEqual(summary(decisions), [
      'base fail absent',
      'mid skip published',
      'top build absent',
    ]);
  });

  test('a local child of one that is published is kept as long as it is of this definition', () => {
    const graph = broken(chain, 'base');
    const childOf = (label: string) => {
      const image = { ...local('ours'), labels: new Map([[definitionLabel, label]]) };
      const facts = new Map<Reference, Facts>([
        [reference('base'), { registry: published('ours') }],
        [reference('mid'), { registry: absent, local: image, definition: pinned }],
      ]);
      const [, decision] = decide(graph, facts, {
        selected: new Set([reference('mid')]),
        pull: true,
        publishing: new Set(),
        seesLocalImages: true,
        overwritePublished: false,
        rebuildLost: false,
      });
      return `${decision?.action} ${decision?.state} ${decision?.why}`;
    };
    const pinned = `4:${digest('d')}` as Digest;
    assert.equal(childOf(pinned), 'skip local it is built');
    assert.equal(childOf(`4:${digest('e')}`), 'build drifted changed since it was built');
    assert.match(childOf(digest('d')), /^build local .*another recipe/);
    assert.match(childOf(''), /^build local .*another tool/);
  });

  test('a published child of one that is published is not drifted by the label of a sound parent', () => {
    const graph = broken(chain, 'base');
    const facts = new Map<Reference, Facts>([
      [reference('base'), { registry: published('ours') }],
      [reference('mid'), { registry: published('ours'), definition: `4:${digest('d')}` as Digest }],
    ]);
    const [, decision] = decide(graph, facts, {
      selected: new Set([reference('mid')]),
      pull: true,
      publishing: new Set(),
      seesLocalImages: true,
      overwritePublished: false,
      rebuildLost: false,
    });
    assert.equal(decision?.state, 'published');
    assert.equal(
      decision?.why,
      'what it is built on is broken: whether it changed cannot be known',
    );
  });

  test('one that nobody asked for is not a failure where nothing needs it', () => {
    const decisions = decided(broken(chain, 'base'), {}, { select: ['top'] });
    assert.deepEqual(summary(decisions), [
      'base skip absent',
      'mid skip absent',
      'top blocked absent',
    ]);
  });

  test('with --no-pull, the engine has it or it fails', () => {
    const there = decided(
      broken(chain, 'base'),
      { base: [absent, local('drifted')] },
      { pull: false },
    );
    assert.deepEqual(summary(there), ['base skip local', 'mid build absent', 'top build absent']);
    assert.deepEqual(parents(there, 'mid'), ['local base']);
    const without = decided(broken(chain, 'base'), { base: [published('ours')] }, { pull: false });
    assert.deepEqual(
      [...without.values()].map(({ action }) => action),
      ['fail', 'blocked', 'blocked'],
    );
  });
});

test('what is made of files that are not committed is built, and never published', () => {
  const graph = graphOf([
    {
      name: 'dirty',
      definition: { computed: { kind: 'commit', version: '1', isDirty: true } },
    },
    { name: 'child', parents: ['dirty'] },
    { name: 'clean', definition: { computed: { kind: 'commit', version: '1' } } },
  ]);
  const situation: Situation = {
    dirty: [absent, local('ours')],
    child: [absent, local('ours')],
    clean: [absent, local('ours')],
  };
  const decisions = decided(graph, situation);
  assert.equal(decisions.get('clean')?.action, 'finish');
  assert.deepEqual(
    ['dirty', 'child'].map((name) => [decisions.get(name)?.action, decisions.get(name)?.why]),
    [
      ['skip', 'it is built; not published: it is made of files that are not committed'],
      ['skip', 'it is built; not published: it is built on r/dirty:1, which is never published'],
    ],
  );
  const changed = decided(graph, { ...situation, dirty: [absent, local('drifted')] });
  assert.equal(changed.get('dirty')?.action, 'build');
});

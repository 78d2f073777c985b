import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fitness } from '#builder/platforms/placing.js';
import type { Call, Failure, Job, Limits } from '#builder/run/call.js';
import { Schedule } from '#builder/run/schedule.js';
import type { Reference } from '#core/reference/brands.js';

const limits: Limits = { callSize: 40, jobs: 0, retries: 1, builders: 1, seesLocalImages: true };
const ref = (name: string): Reference => name as Reference;
const job = (name: string, ...parents: string[]): Job => ({
  reference: ref(name),
  parents: parents.map(ref),
  exclusive: false,
});
const ended = (done: string[], failed: [string, Failure][] = []) =>
  ({
    kind: 'ended',
    done: new Set(done.map(ref)),
    failed: new Map(failed.map(([name, failure]) => [ref(name), failure])),
  }) as const;
const real: Failure = { reason: 'exit code: 1', transient: false, tail: ['boom'] };
const transient: Failure = { reason: 'connection reset', transient: true, tail: [] };

function take(schedule: Schedule): Call {
  const call = schedule.next();
  assert.ok(call, 'a call is due');
  return call;
}

test('a call links the parents it holds and refers to those of earlier calls', () => {
  const schedule = new Schedule([job('c', 'b'), job('b', 'a'), job('a')], {
    ...limits,
    callSize: 2,
  });
  const first = take(schedule);
  assert.deepEqual(first.targets, ['a', 'b']);
  assert.deepEqual([...(first.links.get(ref('b')) ?? [])], ['a']);
  assert.equal(schedule.next(), undefined, 'one call at a time');
  schedule.end(first, ended(['a', 'b']));
  const second = take(schedule);
  assert.deepEqual(second.targets, ['c']);
  assert.deepEqual([...(second.links.get(ref('c')) ?? [])], []);
  schedule.end(second, ended(['c']));
  assert.ok(schedule.finished);
});

test('a failed image takes its descendants with it, named by the one that failed', () => {
  const schedule = new Schedule([job('a'), job('b', 'a'), job('c', 'b'), job('x')], limits);
  schedule.end(take(schedule), ended(['x'], [['a', real]]));
  assert.deepEqual(schedule.state(ref('a')), {
    kind: 'failed',
    reason: 'exit code: 1',
    attempts: 1,
    tail: ['boom'],
  });
  assert.deepEqual(schedule.state(ref('b')), { kind: 'skipped', parent: 'a' });
  assert.deepEqual(schedule.state(ref('c')), { kind: 'skipped', parent: 'a' });
  assert.ok(schedule.finished);
});

test('a retry keeps its link to a parent that finished meanwhile, and requests it again', () => {
  const schedule = new Schedule([job('a'), job('b', 'a')], limits);
  schedule.end(take(schedule), ended(['a'], [['b', transient]]));
  const retry = take(schedule);
  assert.deepEqual(retry.targets, ['a', 'b']);
  assert.deepEqual([...retry.again], ['a']);
  assert.deepEqual([...(retry.links.get(ref('b')) ?? [])], ['a']);
  schedule.end(retry, ended([], [['b', transient]]));
  assert.equal(schedule.state(ref('b')).kind, 'failed', 'retries are used up');
  assert.equal(schedule.state(ref('a')).kind, 'done');
});

test('an engine that takes fewer targets gets calls of half the size', () => {
  const schedule = new Schedule(
    Array.from({ length: 10 }, (_, i) => job(`i${i}`)),
    limits,
  );
  const first = take(schedule);
  assert.equal(first.targets.length, 10);
  schedule.end(first, { kind: 'too-large', done: new Set() });
  const second = take(schedule);
  assert.equal(second.targets.length, 5);
  const [one] = second.targets;
  assert.ok(one !== undefined);
  schedule.end(second, { kind: 'too-large', done: new Set([one]) });
  assert.equal(schedule.state(one).kind, 'done', 'what it made before it failed stays');
  assert.equal(take(schedule).targets.length, 2);
});

test('of several builders each takes as many at once as it has places for', () => {
  const short = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...job(name), milliseconds: 2_000 }));
  const jobs = [{ ...job('long'), milliseconds: 61_000 }, ...short, job('child', 'a')];
  const schedule = new Schedule(jobs, { ...limits, jobs: 3, builders: 2 });
  const alone = take(schedule);
  assert.deepEqual([alone.builder, alone.targets], [0, ['long']], 'what takes long is by itself');
  const other = take(schedule);
  assert.deepEqual([other.builder, other.targets], [1, ['a', 'b', 'c']]);
  const beside = take(schedule);
  assert.deepEqual([beside.builder, beside.targets], [0, ['d', 'e']]);
  assert.equal(schedule.next(), undefined, 'no place is free');
  schedule.built(ref('a'));
  const child = take(schedule);
  assert.deepEqual([child.builder, child.targets], [1, ['child']], 'a has left its place');
  assert.deepEqual(child.links.get(ref('child')), new Set(), 'its parent is referred to');
  schedule.end(other, ended(['a'], [['b', real]]));
  const again = take(schedule);
  assert.deepEqual([again.builder, again.targets], [1, ['c']], 'b has taken c with it');
});

test('an exported image makes room, and its children wait until it is there', () => {
  const jobs = [job('a'), job('b'), job('c'), job('d'), job('e'), job('child', 'a')];
  const schedule = new Schedule(jobs, { ...limits, jobs: 2, builders: 2 });
  const first = take(schedule);
  assert.deepEqual([first.builder, first.targets], [0, ['a', 'b']]);
  const other = take(schedule);
  assert.deepEqual([other.builder, other.targets], [1, ['c', 'd']]);
  schedule.exported(ref('a'));
  const beside = take(schedule);
  assert.deepEqual([beside.builder, beside.targets], [0, ['e']], 'not the child: a is not there');
  schedule.exported(ref('a'));
  assert.equal(schedule.next(), undefined, 'it makes room once');
  schedule.built(ref('a'));
  assert.equal(schedule.next(), undefined, 'and has made it');
  schedule.end(first, ended(['a'], [['b', real]]));
  const child = take(schedule);
  assert.deepEqual([child.builder, child.targets], [0, ['child']], 'where its parent is');
  schedule.end(beside, ended(['e']));
  assert.equal(schedule.next(), undefined);
  schedule.end(other, { kind: 'stopped', done: new Set() });
  const rest = take(schedule);
  assert.deepEqual([rest.builder, rest.targets], [1, ['c', 'd']], 'both places are free again');
});

test('jobs bounds the images under way; an exclusive image is alone', () => {
  const schedule = new Schedule(
    [job('a'), job('b'), job('c'), { ...job('big'), exclusive: true }],
    { ...limits, jobs: 2 },
  );
  const first = take(schedule);
  const second = take(schedule);
  assert.equal(schedule.next(), undefined);
  schedule.end(first, ended([...first.targets]));
  const third = take(schedule);
  schedule.end(second, ended([...second.targets]));
  assert.equal(schedule.next(), undefined, 'the exclusive image waits for the last other one');
  schedule.end(third, ended([...third.targets]));
  assert.deepEqual(take(schedule).targets, ['big']);
  assert.equal(schedule.next(), undefined);
});

test('a builder that sees no local images keeps every parent linked', () => {
  const schedule = new Schedule([job('a'), job('b', 'a')], {
    ...limits,
    callSize: 1,
    seesLocalImages: false,
  });
  schedule.end(take(schedule), ended(['a']));
  assert.deepEqual(take(schedule).targets, ['a', 'b']);
});

test('a call that ends without a culprit is split until it shows', () => {
  const schedule = new Schedule([job('a'), job('b')], limits);
  schedule.end(take(schedule), ended([]));
  const alone = take(schedule);
  assert.equal(alone.targets.length, 1);
  schedule.end(alone, ended([]));
  assert.equal(schedule.state(alone.targets[0] ?? ref('')).kind, 'failed');
});

test('an image rejected while its child is running keeps the grandchild from being built', () => {
  const schedule = new Schedule([job('a'), job('b', 'a'), job('c', 'b')], { ...limits, jobs: 1 });
  schedule.end(take(schedule), ended(['a']));
  const child = take(schedule);
  schedule.reject(ref('a'), 'its test failed');
  schedule.end(child, ended(['b']));
  assert.deepEqual(schedule.state(ref('c')), { kind: 'skipped', parent: 'a' });
  assert.equal(schedule.next(), undefined);
  assert.ok(schedule.finished);
});

test('one slow image holds up only what is built on it', () => {
  const jobs = [job('slow'), job('b'), job('c', 'b'), job('d', 'c'), job('e', 'slow')];
  const schedule = new Schedule(jobs, { ...limits, callSize: 2 });
  const first = take(schedule);
  assert.deepEqual(first.targets, ['b', 'slow']);
  assert.equal(schedule.next(), undefined);
  schedule.built(ref('b'));
  assert.equal(schedule.next(), undefined, 'e would be built in the same call, and has to wait');
  const second = schedule.next(true);
  assert.deepEqual(second?.targets, ['c', 'd']);
  assert.ok(second);
  schedule.end(second, ended(['c', 'd']));
  assert.equal(schedule.next(true), undefined, 'what is left is built on the slow one');
  schedule.end(first, ended(['slow', 'b']));
  assert.deepEqual(take(schedule).targets, ['e']);
});

test('what is there early stays done, whatever becomes of its call', () => {
  const schedule = new Schedule([job('a'), job('b'), job('c', 'a')], { ...limits, callSize: 2 });
  const call = take(schedule);
  schedule.built(ref('a'));
  schedule.end(call, ended([], [['b', real]]));
  assert.equal(schedule.state(ref('a')).kind, 'done');
  assert.deepEqual(take(schedule).targets, ['c']);
});

test('an image rejected while its call goes on stays rejected when that ends well', () => {
  const schedule = new Schedule([job('a'), job('x'), job('b', 'a')], { ...limits, callSize: 2 });
  const call = take(schedule);
  schedule.built(ref('a'));
  schedule.reject(ref('a'), 'its test failed');
  schedule.end(call, ended(['a', 'x']));
  assert.equal(schedule.state(ref('a')).kind, 'failed');
  assert.deepEqual(schedule.state(ref('b')), { kind: 'skipped', parent: 'a' });
});

test('what is built on a rejected image is not started, even by way of one that was finished', () => {
  const schedule = new Schedule([job('a'), job('b', 'a'), job('c', 'b')], limits);
  const call = take(schedule);
  schedule.built(ref('a'));
  schedule.reject(ref('a'), 'its test failed');
  schedule.end(call, ended(['b']));
  assert.equal(schedule.state(ref('b')).kind, 'done');
  assert.deepEqual(schedule.state(ref('c')), { kind: 'skipped', parent: 'a' });
  assert.equal(schedule.next(), undefined);
});

const graph = fc
  .integer({ min: 1, max: 40 })
  .chain((size) =>
    fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: size, maxLength: size }),
  );
const jobsOf = (edges: readonly (readonly number[])[], exclusive: (at: number) => boolean) =>
  edges.map((parents, at) => ({
    reference: ref(`i${at}`),
    parents: [...new Set(at === 0 ? [] : parents.map((parent) => ref(`i${parent % at}`)))],
    exclusive: exclusive(at),
    // Of some it is known how long they take, which changes the order.
    ...(at % 3 === 0 ? { milliseconds: (at * 37) % 11 } : {}),
  }));
const shown = ({ targets, links }: Call): string =>
  JSON.stringify(targets.map((target) => [target, [...(links.get(target) ?? [])].sort()]));

test('however quick the images are, the calls are those of a dry run, while nothing fails', () => {
  fc.assert(
    fc.property(
      graph,
      fc.constantFrom(1, 3, 10),
      fc.infiniteStream(fc.nat({ max: 99 })),
      (edges, callSize, chance) => {
        const jobs = jobsOf(edges, (at) => at % 7 === 6);
        const trial = new Schedule(jobs, { ...limits, callSize });
        const expected: string[] = [];
        for (let call = trial.next(); call !== undefined; call = trial.next()) {
          expected.push(shown(call));
          trial.end(call, ended([...call.targets]));
        }
        const schedule = new Schedule(jobs, { ...limits, callSize });
        const calls: string[] = [];
        const open: Call[] = [];
        while (!schedule.finished) {
          const call = schedule.next();
          if (call !== undefined) {
            calls.push(shown(call));
            open.push(call);
            const alone = (one: Call) => one.targets.some((at) => Number(at.slice(1)) % 7 === 6);
            if (open.some(alone)) {
              assert.equal(open.length, 1);
            }
            continue;
          }
          const at = (chance.next().value ?? 0) % open.length;
          const one = open[at];
          assert.ok(one !== undefined, 'something is under way while nothing can start');
          const next = one.targets.find((target) => schedule.state(target).kind === 'running');
          if (next !== undefined && (chance.next().value ?? 0) < 70) {
            schedule.built(next);
          } else {
            open.splice(at, 1);
            schedule.end(one, ended([...one.targets]));
          }
        }
        assert.deepEqual(calls.sort(), expected.sort());
      },
    ),
    { numRuns: 300 },
  );
});

/** What becomes of an image however often it is tried. */
type Fate = 'builds' | 'fails' | 'once-transient' | 'always-transient';
const fates: readonly Fate[] = [
  'builds',
  'builds',
  'builds',
  'fails',
  'once-transient',
  'always-transient',
];

test('any graph, any faults: everything that can be built is, once, on parents that are there', () => {
  const graphs = fc.integer({ min: 1, max: 30 }).chain((size) =>
    fc.tuple(
      fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: size, maxLength: size }),
      fc.array(fc.constantFrom(...fates), { minLength: size, maxLength: size }),
      fc.array(fc.boolean(), { minLength: size, maxLength: size }),
      fc.record({
        callSize: fc.constantFrom(0, 1, 3, 40),
        jobs: fc.constantFrom(0, 1, 3),
        retries: fc.constantFrom(0, 1, 2),
        builders: fc.constantFrom(1, 2, 3),
        seesLocalImages: fc.boolean(),
      }),
      fc.infiniteStream(fc.boolean()),
    ),
  );
  fc.assert(
    fc.property(graphs, ([edges, fate, exclusive, chosen, chance]) => {
      const given =
        chosen.builders === 1
          ? chosen
          : { ...chosen, jobs: Math.max(1, chosen.jobs), seesLocalImages: true };
      const left = new Set(Array.from({ length: given.builders }, (_, at) => at));
      const jobs = edges.map((parents, at) => ({
        reference: ref(`i${at}`),
        parents: [...new Set(at === 0 ? [] : parents.map((p) => ref(`i${p % at}`)))],
        exclusive: exclusive[at] === true && at % 5 === 0,
      }));
      const schedule = new Schedule(jobs, given);
      const built = new Map<Reference, number>();
      const tries = new Map<Reference, number>();
      const open: Call[] = [];
      const exported = new Set<Reference>();
      for (let step = 0; !schedule.finished; step++) {
        assert.ok(step < 2000, 'it comes to an end');
        const call = schedule.next(chance.next().value);
        if (call !== undefined) {
          assert.ok(left.has(call.builder), 'the builder is not lost');
          if (given.jobs > 0) {
            const beside = open.filter(({ builder }) => builder === call.builder);
            const busy = beside.flatMap(({ targets, again }) =>
              targets.filter(
                (target) =>
                  again.has(target) ||
                  (schedule.state(target).kind === 'running' && !exported.has(target)),
              ),
            );
            const isPool = given.builders > 1;
            const places = isPool ? busy.length + call.targets.length : beside.length + 1;
            assert.ok(places <= given.jobs, 'the builder has a place');
          }
          for (const target of call.targets) {
            for (const parent of jobs[Number(target.slice(1))]?.parents ?? []) {
              const there = built.has(parent) && given.seesLocalImages;
              assert.ok(
                there || call.links.get(target)?.has(parent),
                'the parent is there or linked',
              );
              if (call.links.get(target)?.has(parent)) {
                assert.ok(call.targets.includes(parent));
              }
            }
          }
          open.push(call);
          continue;
        }
        const early = open[0];
        if (early !== undefined && chance.next().value) {
          // One that its call has made already, while that continues.
          const target = early.targets.find((one) => {
            const at = Number(one.slice(1));
            const ready = (jobs[at]?.parents ?? []).every((parent) => built.has(parent));
            return fate[at] === 'builds' && ready && schedule.state(one).kind === 'running';
          });
          if (target !== undefined && !exported.has(target) && chance.next().value) {
            schedule.exported(target);
            if (given.builders > 1) {
              exported.add(target);
            }
            continue;
          }
          if (target !== undefined) {
            schedule.built(target);
            built.set(target, (built.get(target) ?? 0) + 1);
            continue;
          }
        }
        const ending = open.shift();
        for (const target of ending?.targets ?? []) {
          exported.delete(target);
        }
        assert.ok(ending, 'something is under way while nothing can start');
        if (left.size > 1 && chance.next().value && chance.next().value) {
          // Its builder dies: what ran there goes to the others, and is not held against it.
          left.delete(ending.builder);
          schedule.lose(ending.builder);
          schedule.end(ending, { kind: 'stopped', done: new Set() });
          continue;
        }
        const done = new Set<Reference>();
        const failed = new Map<Reference, Failure>();
        for (const target of ending.targets) {
          if (ending.again.has(target) || schedule.state(target).kind !== 'running') {
            continue;
          }
          const at = Number(target.slice(1));
          const parentsReady = (jobs[at]?.parents ?? []).every((p) => built.has(p) || done.has(p));
          if (!parentsReady || (failed.size > 0 && chance.next().value)) {
            continue;
          }
          const tried = (tries.get(target) ?? 0) + 1;
          tries.set(target, tried);
          const now = fate[at];
          if (now === 'fails') {
            failed.set(target, real);
          } else if (now === 'always-transient' || (now === 'once-transient' && tried === 1)) {
            failed.set(target, transient);
          } else {
            done.add(target);
          }
        }
        for (const target of done) {
          built.set(target, (built.get(target) ?? 0) + 1);
        }
        schedule.end(ending, { kind: 'ended', done, failed });
      }
      for (const [at, { reference, parents }] of jobs.entries()) {
        const state = schedule.state(reference);
        const doomed =
          fate[at] === 'fails' ||
          fate[at] === 'always-transient' ||
          (fate[at] === 'once-transient' && given.retries === 0);
        const orphan = parents.some((parent) => schedule.state(parent).kind !== 'done');
        assert.equal(state.kind, orphan ? 'skipped' : doomed ? 'failed' : 'done');
        assert.ok((built.get(reference) ?? 0) <= 1, 'nothing finished is built twice');
      }
    }),
    { numRuns: 300 },
  );
});

test('images that several builders share have a place on each, and do not wait for ever', () => {
  const native = (builders: number, own: number): Fitness[] =>
    Array.from({ length: builders }, (_, at) => (at === own ? 'native' : 'unable'));
  const graphs = fc.record({
    builders: fc.integer({ min: 2, max: 4 }),
    each: fc.integer({ min: 1, max: 3 }),
    // Of each image the builders that have its platforms, one platform each; none: any builder builds it.
    images: fc.array(fc.array(fc.nat({ max: 3 }), { maxLength: 3 }), {
      minLength: 1,
      maxLength: 20,
    }),
    chance: fc.infiniteStream(fc.nat({ max: 99 })),
  });
  fc.assert(
    fc.property(graphs, ({ builders, each, images, chance }) => {
      const jobs: Job[] = images.map((owners, at) => {
        const own = [...new Set(owners.map((owner) => owner % builders))];
        const fit = new Map(own.map((owner) => [`linux/p${owner}`, native(builders, owner)]));
        const parents = at > 2 && at % 3 === 0 ? [ref(`i${at - 2}`)] : [];
        return { ...job(`i${at}`), parents, ...(own.length === 0 ? {} : { fit }) };
      });
      const schedule = new Schedule(jobs, { ...limits, builders, jobs: each });
      const open: Call[] = [];
      const busyOn = (builder: number) =>
        open
          .flatMap(({ builder: one, parts, targets }) =>
            parts === undefined ? targets.map(() => one) : parts.map((part) => part.builder),
          )
          .filter((one) => one === builder).length;
      for (let step = 0; !schedule.finished; step++) {
        assert.ok(step < 1000, 'it comes to an end');
        const call = schedule.next();
        if (call === undefined) {
          const [ending] = open.splice((chance.next().value ?? 0) % open.length, 1);
          assert.ok(ending, 'something is under way while nothing can start');
          schedule.end(ending, ended([...ending.targets]));
          continue;
        }
        open.push(call);
        for (const builder of Array.from({ length: builders }).keys()) {
          assert.ok(busyOn(builder) <= each, 'each builder has places');
        }
        for (const target of call.targets) {
          const { fit } = jobs.find(({ reference }) => reference === target) ?? {};
          const on = call.parts ?? [{ builder: call.builder, platforms: [...(fit?.keys() ?? [])] }];
          for (const { builder, platforms } of on) {
            assert.ok(platforms.every((platform) => fit?.get(platform)?.[builder] === 'native'));
          }
          assert.equal(
            call.parts?.length,
            fit !== undefined && fit.size > 1 ? fit.size : undefined,
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('an image of which a builder is full keeps a place of its others, and starts next', () => {
  const fit = new Map([
    ['linux/a', ['native', 'unable']],
    ['linux/b', ['unable', 'native']],
  ] as const);
  const onB = new Map([['linux/b', ['unable', 'native']]] as const);
  const jobs: Job[] = [
    { ...job('b1'), milliseconds: 9, fit: onB },
    { ...job('shared'), milliseconds: 8, fit },
    { ...job('x'), milliseconds: 1 },
    { ...job('y'), milliseconds: 1 },
  ];
  const schedule = new Schedule(jobs, { ...limits, builders: 2, jobs: 1 });
  const first = take(schedule);
  assert.deepEqual([first.targets, first.builder], [['b1'], 1]);
  assert.equal(schedule.next(), undefined, 'the place of a is kept for the image that needs both');
  schedule.end(first, ended(['b1']));
  assert.deepEqual(take(schedule).parts, [
    { builder: 0, platforms: ['linux/a'] },
    { builder: 1, platforms: ['linux/b'] },
  ]);
});

test('what no builder that is left can build fails, with what is built on it', () => {
  const fit = new Map([['linux/b', ['unable', 'native']]] as const);
  const jobs: Job[] = [{ ...job('a'), fit }, job('b', 'a'), job('c')];
  const schedule = new Schedule(jobs, { ...limits, builders: 2, jobs: 1 });
  const calls = [take(schedule), take(schedule)];
  const [own, other] = calls.toSorted((one) => (one.targets.includes(ref('a')) ? -1 : 1));
  assert.equal(own?.builder, 1);
  schedule.lose(1);
  assert.ok(own && other);
  schedule.end(own, { kind: 'stopped', done: new Set() });
  schedule.end(other, ended(['c']));
  assert.equal(schedule.next(), undefined);
  const state = schedule.state(ref('a'));
  assert.equal(
    state.kind === 'failed' && state.reason,
    'no builder that is left builds it for linux/b',
  );
  assert.deepEqual(schedule.state(ref('b')), { kind: 'skipped', parent: 'a' });
  assert.ok(schedule.finished);
});

test('a service has calls of its own, beside others, once its parents are there, and is never linked', () => {
  const service = (name: string, ...parents: string[]): Job => ({
    ...job(name, ...parents),
    apart: true,
  });
  for (const seesLocalImages of [true, false]) {
    const schedule = new Schedule(
      [job('a'), job('b', 'a'), service('s', 'b'), service('t', 'b'), job('c', 's'), job('d', 'a')],
      { ...limits, seesLocalImages },
    );
    const first = take(schedule);
    assert.deepEqual(first.targets, ['a', 'b', 'd']);
    assert.equal(schedule.next(), undefined, 'the parents are not there yet');
    schedule.end(first, ended(['a', 'b', 'd']));
    const [second, third] = [take(schedule), take(schedule)];
    assert.deepEqual([second.targets, third.targets], [['s'], ['t']]);
    assert.deepEqual([...(second.links.get(ref('s')) ?? [])], []);
    schedule.end(second, ended(['s']));
    const fourth = take(schedule);
    assert.deepEqual(fourth.targets, seesLocalImages ? ['c'] : ['s', 'c']);
    schedule.end(third, ended([], [['t', real]]));
    schedule.end(fourth, ended(['c']));
    assert.ok(schedule.finished);
    assert.equal(schedule.state(ref('t')).kind, 'failed');
  }
});

test('services wait for nothing but a place, also where images go in several calls', () => {
  const schedule = new Schedule(
    [
      ...['a', 'b', 'c'].map((name) => job(name)),
      ...['s', 't'].map((name): Job => ({ ...job(name, 'a'), apart: true })),
    ],
    { ...limits, callSize: 2 },
  );
  const targets: (readonly string[])[] = [];
  for (let call = schedule.next(); call !== undefined; call = schedule.next()) {
    targets.push(call.targets);
    schedule.end(call, ended([...call.targets]));
  }
  assert.ok(schedule.finished);
  assert.deepEqual(targets.flat().sort(), ['a', 'b', 'c', 's', 't']);
  for (const each of targets) {
    assert.ok(each.length === 1 || !each.some((one) => one === 's' || one === 't'), String(each));
  }
});

test('one builder whose parents travel through staging takes children once they are there, and links none', () => {
  const schedule = new Schedule([job('a'), job('b', 'a'), job('c', 'a')], {
    ...limits,
    jobs: 2,
    staged: true,
  });
  const first = take(schedule);
  assert.deepEqual(first.targets, ['a']);
  assert.equal(schedule.next(), undefined);
  schedule.end(first, ended(['a']));
  const second = take(schedule);
  assert.deepEqual(second.targets, ['b', 'c']);
  assert.deepEqual([...(second.links.get(ref('b')) ?? [])], []);
  schedule.end(second, ended(['b', 'c']));
  assert.ok(schedule.finished);
});

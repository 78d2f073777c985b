import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BakeResult } from '#adapters/docker/bake.js';
import { culprits } from '#adapters/docker/culprit.js';
import type { LocalImage } from '#adapters/docker/images.js';
import { trackSteps } from '#adapters/docker/steps.js';
import { lineage } from '#adapters/docker/targets.js';
import { concludeCall, imagesMade, isMade, type Known } from '#builder/run/conclude.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Digest, Reference, TargetName } from '#core/reference/brands.js';

const ref = (name: string): Reference => name as Reference;
const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}` as Digest;

function image(id: string, definition: string, ...layers: string[]): LocalImage {
  return {
    id: digest(id),
    labels: new Map([[definitionLabel, definition]]),
    layers: layers.map(digest),
    sizeBytes: 1,
    created: '2026-01-01T00:00:00Z',
    tags: [],
    registryDigests: [],
  };
}

/** `child` is built on `parent`; the definitions' digests are `parent@` and `child@`. */
function known(changes: Partial<Known> = {}): Known {
  const bases = new Map([[ref('child'), { base: ref('parent') }]]);
  const frame = {
    graph: { byReference: bases },
    definitions: new Map([
      [ref('parent'), 'parent@'],
      [ref('child'), 'child@'],
    ]),
  };
  return {
    frame: frame as unknown as Known['frame'],
    before: new Map(),
    built: new Map([[ref('parent'), image('a', 'parent@', '1', '2')]]),
    standing: new Map(),
    ...changes,
  };
}

const made = (known: Known, found: LocalImage, result: BakeResult['kind'] = 'done') => {
  const { done, astray } = imagesMade(
    known,
    [ref('child')],
    new Map([[ref('child'), found]]),
    result,
  );
  return { done: [...done.keys()], astray };
};

test('an image counts when it has its definition and stands on its parent', () => {
  const good = image('b', 'child@', '1', '2', '3');
  assert.deepEqual(made(known(), good), { done: ['child'], astray: [] });
  assert.ok(isMade(known(), ref('child'), good));
});

test('what somebody else tagged with the name does not', () => {
  const foreign = image('b', 'other@', '1', '2', '3');
  assert.deepEqual(made(known(), foreign), { done: [], astray: [] });
  assert.ok(!isMade(known(), ref('child'), foreign));
});

test('an image on another parent than the one of this run, or than the published one, is astray', () => {
  const elsewhere = image('b', 'child@', '1', '9', '3');
  assert.deepEqual(made(known(), elsewhere), { done: [], astray: ['child'] });
  const published = new Map([[ref('parent'), { layers: [digest('1'), digest('2')] }]]);
  const pinned = known({ built: new Map(), standing: published });
  assert.deepEqual(made(pinned, elsewhere), { done: [], astray: ['child'] });
  assert.ok(!isMade(pinned, ref('child'), elsewhere));
});

test('a child stands on the parent of its own call, not on an older one that is published', () => {
  const published = new Map([[ref('parent'), { layers: [digest('1'), digest('9')] }]]);
  const parent = image('a', 'parent@', '1', '2');
  const child = image('b', 'child@', '1', '2', '3');
  const judge = (fresh: readonly string[], found: Readonly<Record<string, LocalImage>>) => {
    const about = known({ built: new Map(), standing: published });
    const { done, astray } = imagesMade(
      about,
      fresh.map(ref),
      new Map(Object.entries(found)),
      'done',
    );
    return { done: [...done.keys()], astray };
  };
  const both = judge(['parent', 'child'], { parent, child });
  assert.deepEqual(both, { done: ['parent', 'child'], astray: [] });
  const elsewhere = { parent, child: image('b', 'child@', '1', '9', '3') };
  const apart = judge(['parent', 'child'], elsewhere);
  assert.deepEqual(apart, { done: ['parent'], astray: ['child'] });
});

test('what is built on an image that is astray is astray', () => {
  const bases = new Map([
    [ref('parent'), { base: ref('bottom') }],
    [ref('child'), { base: ref('parent') }],
  ]);
  const { frame } = known();
  const about = known({
    frame: { ...frame, graph: { byReference: bases } } as unknown as Known['frame'],
    built: new Map(),
    standing: new Map([[ref('bottom'), { layers: [digest('1')] }]]),
  });
  const found = new Map([
    ['parent', image('a', 'parent@', '8', '2')],
    ['child', image('b', 'child@', '8', '2', '3')],
  ]);
  const { done, astray } = imagesMade(about, [ref('parent'), ref('child')], found, 'done');
  assert.deepEqual([[...done.keys()], astray], [[], ['parent', 'child']]);
});

test('images of two platforms are not compared', () => {
  const on = (platform: string, ...layers: string[]) => ({
    ...image('b', 'child@', ...layers),
    platform,
  });
  const parent = { layers: [digest('1')], platform: 'linux/arm64' };
  const pinned = known({ built: new Map(), standing: new Map([[ref('parent'), parent]]) });
  assert.deepEqual(made(pinned, on('linux/amd64', '5', '6')).astray, []);
  assert.deepEqual(made(pinned, on('linux/arm64', '5', '6')).astray, ['child']);
});

test('what was there before proves nothing, unless the whole call went well', () => {
  const good = image('b', 'child@', '1', '2', '3');
  const again = known({ before: new Map([['child', { id: good.id }]]) });
  assert.deepEqual(made(again, good, 'failed'), { done: [], astray: [] });
  assert.deepEqual(made(again, good, 'done'), { done: ['child'], astray: [] });
  assert.ok(!isMade(again, ref('child'), good));
});

const targetOf = new Map([['one', ref('one:1')]]) as unknown as ReadonlyMap<TargetName, Reference>;
const tracker = trackSteps(lineage([]));
const nothing: ReadonlySet<Reference> = new Set();

function failed(culprits: readonly object[], transient?: string): BakeResult {
  const result = { kind: 'failed', culprits, message: 'boom', tracker, transient };
  return result as unknown as BakeResult;
}

test('a culprit fails with its step, and a passing fault makes the run wait', () => {
  const culprit = { target: 'one', instruction: 'RUN x', message: 'reset', tail: ['last'] };
  const concluded = (transient: string | undefined) =>
    concludeCall({ targetOf }, failed([{ ...culprit, transient }]), nothing, true);
  assert.deepEqual(concluded('network'), {
    result: {
      kind: 'ended',
      done: nothing,
      failed: new Map([['one:1', { reason: 'RUN x: reset', transient: true, tail: ['last'] }]]),
    },
    faults: 1,
  });
  assert.equal(concluded(undefined).faults, 0);
});

test('a call that failed as a whole by a passing fault is repeated while it may be', () => {
  const whole = failed([], 'network');
  assert.deepEqual(concludeCall({ targetOf }, whole, nothing, true), {
    result: { kind: 'stopped', done: nothing },
    faults: 1,
    warning: 'bake ended with: boom; trying again',
  });
  assert.deepEqual(concludeCall({ targetOf }, whole, nothing, false), {
    result: { kind: 'ended', done: nothing, failed: new Map() },
    faults: 0,
    warning: 'boom',
  });
});

test('too many targets halve the call; what it made stays', () => {
  const tooMany: BakeResult = { kind: 'no-such-job', message: 'no such job x', tracker };
  const some = new Set([ref('one:1')]);
  for (const done of [nothing, some]) {
    assert.deepEqual(concludeCall({ targetOf }, tooMany, done, true).result, {
      kind: 'too-large',
      done,
    });
  }
});

test('an engine that is lost ends the run, and nothing is held against the images', () => {
  const lost: BakeResult = { kind: 'engine-lost', message: 'EOF', tracker };
  assert.deepEqual(concludeCall({ targetOf }, lost, nothing, true), {
    result: { kind: 'stopped', done: nothing },
    faults: 0,
    stop: 'EOF',
  });
});

test('what failed is told by its instruction and status, and with the line of the Dockerfile', () => {
  const dockerfile = 'FROM x\n# why\nRUN make \\\n    all\nCOPY a /\nCOPY a /\n';
  const target = {
    name: 'a' as TargetName,
    parents: [],
    dockerfile,
    context: '.',
    tags: [],
  };
  const failed = (instruction: string, error: string) => {
    const tracker = trackSteps(lineage([target]));
    tracker.take({
      kind: 'vertex',
      digest: 'd',
      name: `[a 2/3] ${instruction}`,
      started: 1,
      completed: 2,
      error,
    } as never);
    const [culprit] = culprits(tracker, [], lineage([target]));
    assert.ok(culprit !== undefined);
    const result = { kind: 'failed', message: '', culprits: [culprit] } as unknown as BakeResult;
    const targetOf = new Map([[target.name, ref('a:1')]]);
    const concluded = concludeCall({ targetOf }, result, new Set(), false).result;
    assert.ok(concluded.kind === 'ended');
    const { reason, line } = concluded.failed.get(ref('a:1')) ?? {};
    return { reason, line };
  };
  const process = 'process "/bin/sh -c make     all" did not complete successfully: exit code: 2';
  assert.deepEqual(failed('RUN make     all', process), {
    reason: 'RUN make     all (exit code 2)',
    line: 3,
  });
  // Written twice: nobody knows which.
  assert.deepEqual(
    failed(
      'COPY a /',
      'failed to calculate checksum of ref 9d8870a1-45d5::23wr92: "/a": not found',
    ),
    { reason: 'COPY a /: "/a": not found', line: undefined },
  );
});

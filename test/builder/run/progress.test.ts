import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressEvent } from '#adapters/docker/rawjson.js';
import { trackSteps } from '#adapters/docker/steps.js';
import { lineage } from '#adapters/docker/targets.js';
import type { BuildEvent } from '#builder/report/event.js';
import { imageEvents, progressOf } from '#builder/run/progress.js';
import type { Reference, TargetName } from '#core/reference/brands.js';

const at = (second: number): string => new Date(second * 1000).toISOString();
const vertex = (
  name: string,
  more: Partial<Extract<ProgressEvent, { kind: 'vertex' }>> = {},
): ProgressEvent => ({
  kind: 'vertex',
  digest: `sha256:${name}`,
  name,
  cached: false,
  ...more,
});
const log = (name: string, ...data: number[]): ProgressEvent => ({
  kind: 'log',
  vertex: `sha256:${name}`,
  stream: 'stdout',
  data: Uint8Array.from(data),
});

/** The events of images `r/a:1` and `r/b:1` (targets a and b) that a stream of bake gives. */
function told(stream: readonly ProgressEvent[], quiet: readonly string[] = []) {
  const events: BuildEvent[] = [];
  const exported: string[] = [];
  const target = (name: string) => ({
    name: name as TargetName,
    parents: [],
    context: name,
    tags: [`r/${name}:1`],
    dockerfile: `FROM ${name}base`,
  });
  const tracker = trackSteps(lineage([target('a'), target('b')]));
  const take = imageEvents(
    new Map(['a', 'b'].map((name) => [name as TargetName, `r/${name}:1` as Reference])),
    new Set(quiet.map((name) => name as Reference)),
    (event) => events.push(event),
    (reference) => exported.push(reference),
  );
  for (const event of stream) {
    tracker.take(event);
    take(event, tracker);
  }
  return { events, exported, tracker };
}

const run = '[a 1/2] RUN make';

test('a step that is told of many times starts once and ends once', () => {
  const started = { started: at(1) };
  const { events } = told([
    vertex(run),
    vertex(run, started),
    vertex(run, started),
    vertex(run, { ...started, completed: at(2) }),
    vertex(run, { ...started, completed: at(2) }),
  ]);
  const step = '[1/2] RUN make';
  assert.deepEqual(events, [
    { kind: 'image-started', reference: 'r/a:1' },
    { kind: 'step-started', reference: 'r/a:1', step },
    { kind: 'step-ended', reference: 'r/a:1', step, cached: false },
  ]);
});

test('a step that only waits is not told of; a cached one is, though it has no start', () => {
  assert.deepEqual(told([vertex(run)]).events, []);
  assert.deepEqual(
    told([vertex(run, { cached: true, completed: at(1) })]).events.map(({ kind }) => kind),
    ['image-started', 'step-started', 'step-ended'],
  );
});

test('a step that failed starts and does not end', () => {
  const failed = vertex(run, { started: at(1), completed: at(2), error: 'exit code: 1' });
  assert.deepEqual(
    told([failed]).events.map(({ kind }) => kind),
    ['image-started', 'step-started'],
  );
});

test('of an image that is in the call only as an ancestor, nothing is told', () => {
  const { events, exported } = told(
    [
      vertex(run, { started: at(1) }),
      log(run, 0x78),
      vertex('[a] exporting to image', { started: at(1), completed: at(2) }),
    ],
    ['r/a:1'],
  );
  assert.deepEqual(events, []);
  assert.deepEqual(exported, []);
});

test('an export that ended well is told once; one that failed is not', () => {
  const name = '[a] exporting to image';
  const ended = { started: at(1), completed: at(2) };
  const good = told([vertex(name, { started: at(1) }), vertex(name, ended), vertex(name, ended)]);
  assert.deepEqual(good.exported, ['r/a:1']);
  assert.deepEqual(told([vertex(name, { ...ended, error: 'no space' })]).exported, []);
});

test('a character that is cut between two pieces of output comes whole', () => {
  const { events } = told([
    vertex(run, { started: at(1) }),
    log(run, 0xc3),
    log(run, 0xa9),
    log('[b 1/1] RUN never announced', 0x78),
  ]);
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'output'),
    [{ kind: 'output', reference: 'r/a:1', text: '\u00e9' }],
  );
});

test('what an image waits for its parents is not its own time', () => {
  const { tracker } = told([
    vertex('[b internal] load build context', { started: at(1), completed: at(2) }),
    vertex('[b 1/2] RUN one', { started: at(10), completed: at(12) }),
    vertex('[b 2/2] RUN two', { started: at(12), completed: at(13) }),
    vertex(run, { started: at(2), completed: at(10) }),
  ]);
  assert.deepEqual(progressOf(tracker, 'b' as TargetName), {
    milliseconds: 4_000,
    spans: [
      [1_000, 2_000],
      [10_000, 13_000],
    ],
    steps: 2,
    cachedSteps: 0,
  });
});

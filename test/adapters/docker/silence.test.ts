import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchSilence } from '#adapters/docker/silence.js';
import { trackSteps } from '#adapters/docker/steps.js';
import { lineage } from '#adapters/docker/targets.js';

const vertex = (name: string, completed?: string) => ({
  kind: 'vertex' as const,
  digest: name,
  name,
  started: '2026-06-01T06:00:00Z',
  ...(completed === undefined ? {} : { completed }),
  cached: false,
});

test('a call is silent only when no command runs', async () => {
  const tracker = trackSteps(lineage([]));
  const heard: string[][] = [];
  tracker.take(vertex('[2/2] RUN sleep'));
  tracker.take(vertex('[internal] load metadata for x'));
  const watch = watchSilence(tracker, 10, (steps) =>
    heard.push(steps.map(({ instruction }) => instruction)),
  );
  await sleep(100);
  assert.deepEqual(heard, []);
  tracker.take(vertex('[2/2] RUN sleep', '2026-06-01T06:00:01Z'));
  watch.heard();
  while (heard.length === 0) {
    await sleep(5);
  }
  assert.deepEqual(heard, [['load metadata for x']]);
  watch.end();
});

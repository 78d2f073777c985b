import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeListener } from '#cli/terminal/pipe.js';
import type { Reference } from '#core/reference/brands.js';

const ref = (name: string): Reference => name as Reference;

test('in a pipe, silence is broken by what is under way, and an end is announced', async () => {
  const written: string[] = [];
  let now = 0;
  const stop = new AbortController();
  const options = { detail: 'normal', now: () => now, signal: stop.signal, silence: 20 } as const;
  const listen = pipeListener((line) => written.push(line), options);
  listen({ kind: 'planned', toBuild: ['r/x/a:1', 'r/x/b:1'].map(ref), toFinish: [] });
  listen({ kind: 'image-started', reference: ref('r/x/a:1') });
  listen({ kind: 'step-started', reference: ref('r/x/a:1'), step: '[2/3] RUN make' });
  now = 250_000;
  const deadline = Date.now() + 5_000;
  while (written.length < 3 && Date.now() < deadline) {
    await sleep(10);
  }
  stop.abort();
  assert.deepEqual(written, [
    '2 images to build',
    'r/x/a:1: building',
    '4m10s  0/2 done  1 building  1 waiting: a (4m10s, [2/3] RUN make)',
    'stopping; a second Ctrl-C ends it at once',
  ]);
  listen.close();
});

test('images that bake stopped for the failure of another one are said to begin again', () => {
  const written: string[] = [];
  const signal = new AbortController().signal;
  const listen = pipeListener((line) => written.push(line), {
    detail: 'normal',
    now: () => 0,
    signal,
  });
  const images = ['r/a:1', 'r/b:1'].map(ref);
  listen({ kind: 'call-started', call: 1, images });
  for (const reference of images) {
    listen({ kind: 'image-started', reference });
  }
  listen({
    kind: 'image-failed',
    reference: ref('r/b:1'),
    during: 'build',
    reason: 'RUN x (exit code 1)',
    tail: ['y'],
  });
  listen({ kind: 'call-started', call: 2, images: [ref('r/a:1')] });
  listen.close();
  assert.deepEqual(written.slice(2), [
    'r/b:1: FAILED: RUN x (exit code 1)',
    '1 image begun again: bake stops a call when one of its images fails',
  ]);
});

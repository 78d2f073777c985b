import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredIn } from '#builder/report/measured.js';
import { Recorder } from '#builder/report/record.js';
import type { Digest, Reference } from '#core/reference/brands.js';

const ended = '2026-11-01T03:00:00.000Z';

test('a run measures what it ran: not what was all cached, failed, or has no test', () => {
  const names = ['built', 'cached', 'failed', 'finished'];
  const ref = (name: string): Reference => `r/${name}:1` as Reference;
  const recorder = new Recorder(
    names.map((name) => ({ reference: ref(name), state: 'absent', why: '', parents: [] })),
    () => 0,
  );
  const built = { kind: 'image-built', milliseconds: 1500.4, spans: [], steps: 3 } as const;
  const tested = { kind: 'verified', milliseconds: 20, tested: true } as const;
  const digest = 'sha256:aa' as Digest;
  recorder.listen({ ...built, reference: ref('built'), cachedSteps: 2 });
  recorder.listen({ ...tested, reference: ref('built'), tested: false, milliseconds: 0 });
  recorder.listen({ kind: 'published', reference: ref('built'), digest, milliseconds: 7 });
  recorder.listen({ ...built, reference: ref('cached'), cachedSteps: 3 });
  recorder.listen({ ...tested, reference: ref('finished') });
  const failed = { kind: 'image-failed', during: 'build', reason: '', tail: [] } as const;
  recorder.listen({ ...failed, reference: ref('failed') });
  assert.deepEqual(
    measuredIn(recorder.records.values(), new Date(ended)),
    new Map(
      Object.entries({
        'r/built': [{ ended, build: 1500, publish: 7 }],
        'r/finished': [{ ended, test: 20 }],
      }),
    ),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ProgressEvent, readProgress } from '#adapters/docker/rawjson.js';

function read(...chunks: string[]): ProgressEvent[] {
  const events: ProgressEvent[] = [];
  const reader = readProgress((event) => events.push(event));
  for (const chunk of chunks) {
    reader.write(chunk);
  }
  reader.end();
  return events;
}

const status = {
  vertexes: [
    {
      digest: 'sha256:aa',
      name: '[a 2/2] RUN false',
      started: '2026-11-21T05:00:00Z',
      completed: '2026-11-21T05:00:01Z',
      error: 'exit code: 1',
    },
    { digest: 'sha256:bb', name: '[a 1/2] FROM x', cached: true },
  ],
  logs: [{ vertex: 'sha256:aa', stream: 2, data: Buffer.from('}\n{"').toString('base64') }],
  warnings: [{ vertex: 'sha256:aa', short: Buffer.from('careful').toString('base64') }],
  statuses: [{ id: 'extracting', vertex: 'sha256:bb' }],
};

const events: ProgressEvent[] = [
  {
    kind: 'vertex',
    digest: 'sha256:aa',
    name: '[a 2/2] RUN false',
    started: '2026-11-21T05:00:00Z',
    completed: '2026-11-21T05:00:01Z',
    cached: false,
    error: 'exit code: 1',
  },
  { kind: 'vertex', digest: 'sha256:bb', name: '[a 1/2] FROM x', cached: true },
  { kind: 'log', vertex: 'sha256:aa', stream: 'stderr', data: Buffer.from('}\n{"') },
  { kind: 'warning', vertex: 'sha256:aa', text: 'careful' },
];

const shapes = {
  'one a line': JSON.stringify(status),
  indented: JSON.stringify(status, undefined, ' '),
};

for (const [shape, json] of Object.entries(shapes)) {
  test(`objects ${shape}, among text, cut anywhere`, () => {
    const stream = `before\n{}\n${json}\r\n${json}\n\n   1 | {\nERROR: after`;
    const expected: ProgressEvent[] = [
      { kind: 'text', line: 'before' },
      ...events,
      ...events,
      { kind: 'text', line: '   1 | {' },
      { kind: 'text', line: 'ERROR: after' },
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 6 }), (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const chunks = points.slice(1).map((end, index) => stream.slice(points[index], end));
        assert.deepEqual(read(...chunks), expected);
      }),
    );
  });

  test(`objects ${shape} are found after text that looks like one`, () => {
    for (const text of ['{ not json', '{', '{\n  "open": [', '}', '{"cut": ']) {
      assert.deepEqual(read(`${text}\n${json}\n`), [
        ...text.split('\n').map((line) => ({ kind: 'text' as const, line })),
        ...events,
      ]);
    }
  });
}

test('an indented object that never ends is text', () => {
  assert.deepEqual(read('{\n "vertexes": [\n'), [
    { kind: 'text', line: '{' },
    { kind: 'text', line: ' "vertexes": [' },
  ]);
});

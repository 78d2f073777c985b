import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageModel } from '#builder/report/page/model.js';
import { publicPart } from '#builder/report/page/publicPart.js';
import { type PageReport, readReport } from '#builder/report/page/readReport.js';
import { segmentsOf } from '#builder/report/page/timeline.js';
import type { Table } from '#fleet/reports/openReport.js';
import { type MadeImage, madeReport } from '../../../support/page/report.js';

const prefix = 'r.example/';

function reportOf(images: readonly MadeImage[], more: object = {}): PageReport {
  const reading = readReport(madeReport(images, more) as Table, 'report.json');
  assert.equal(reading.kind, 'read');
  return (reading as Extract<typeof reading, { kind: 'read' }>).report;
}

const image = (
  name: string,
  ending: string,
  parents: readonly string[] = [],
  more: object = {},
) => ({
  reference: `r.example/${name}:1`,
  ending,
  parents: parents.map((parent) => ({ reference: `r.example/${parent}:1` })),
  ...more,
});

test('what failed comes first, and what was skipped has the shortest chain to it', () => {
  const model = pageModel(
    reportOf([
      image('base', 'published'),
      image('bad', 'failed', ['base']),
      image('long', 'skipped', ['bad']),
      image('longer', 'skipped', ['long']),
      image('both', 'skipped', ['longer', 'long']),
    ]),
    prefix,
  );
  const names = model.images.map(({ name }) => name);
  assert.deepEqual(names, ['bad', 'long', 'longer', 'both', 'base']);
  const chains = model.images.map(({ chain }) => chain?.map((at) => names[at]));
  assert.deepEqual(chains, [undefined, ['bad'], ['long', 'bad'], ['long', 'bad'], undefined]);
});

test('a parent has the digest that its child was built on, or that the run gave it', () => {
  const pinned = image('pinned', 'published', [], {
    parents: [{ reference: 'r.example/base:1', digest: 'sha256:0' }],
  });
  const base = image('base', 'published', [], { digest: 'sha256:1' });
  const { images } = pageModel(reportOf([pinned, base, image('new', 'built', ['base'])]), prefix);
  assert.deepEqual(
    images.map(({ parents }) => parents.map(({ digest }) => digest)),
    [['sha256:0'], [], ['sha256:1']],
  );
});

test('sentences have the names of the run without what all names begin with', () => {
  const { images } = pageModel(
    reportOf([
      image('a', 'skipped', [], {
        reason: 'parent r.example/b:1 failed',
        reasons: [{ kind: 'parent-rebuilt', text: 'its parent r.example/b:1 will be rebuilt' }],
      }),
    ]),
    prefix,
  );
  assert.equal(images[0]?.reason, 'parent b:1 failed');
  assert.deepEqual(images[0]?.why, ['its parent b:1 will be rebuilt']);
});

test('parents that name each other in a circle end nothing', () => {
  const model = pageModel(
    reportOf([image('a', 'skipped', ['b', 'a']), image('b', 'skipped', ['a', 'outside'])]),
    prefix,
  );
  assert.deepEqual(
    model.images.map(({ chain, parents }) => [chain, parents.map((parent) => parent.image)]),
    [
      [undefined, [1, 0]],
      [undefined, [0, undefined]],
    ],
  );
});

test('an image is compared with what latest was at, where it is the image that latest was moved to', () => {
  const images = [
    image('a', 'published', [], { digest: 'sha256:a', size: 10 }),
    image('b', 'published', [], { digest: 'sha256:b', size: 10 }),
    image('c', 'published', [], { digest: 'sha256:c', size: 10 }),
  ];
  const latest = [
    {
      repository: 'r.example/a',
      digest: 'sha256:a',
      before: { digest: 'sha256:x', size: 7, version: '0' },
    },
    { repository: 'r.example/b', digest: 'sha256:other', before: { digest: 'sha256:y', size: 7 } },
    { repository: 'r.example/c', digest: 'sha256:c', before: null },
  ];
  const model = pageModel(reportOf(images, { latest }), prefix);
  assert.deepEqual(
    model.images.map(({ before }) => before),
    [{ version: '0', size: 7 }, undefined, undefined],
  );
});

test('the report of an older program has neither reasons nor times, and is a page', () => {
  const { images, started, ended, exitCode, interrupted } = reportOf([
    image('a', 'published', [], { why: 'not published', buildMs: 5, log: '/x/a.log' }),
  ]);
  const model = pageModel({ images, started, ended, exitCode, interrupted }, prefix);
  assert.deepEqual(model.images[0]?.why, ['not published']);
  assert.deepEqual(model.timeline, { from: 0, to: 0, builders: [] });
});

test('the parts of an image follow one another, and what was cut off ends with its last event or the run', () => {
  const run = { from: 100, to: 900 };
  const partsOf = (more: object) =>
    segmentsOf({ ...reportOf([image('a', 'built', [], more)]).images[0] } as never, run).map(
      ({ kind, from, to }) => [kind, from, to],
    );
  const whole = {
    startedAt: 100,
    buildSpans: [
      [100, 200],
      [150, 250],
      [300, 400],
    ],
    verifyStartedAt: 450,
    verifyMs: 50,
    publishStartedAt: 600,
    publishMs: 100,
    endedAt: 700,
  };
  assert.deepEqual(partsOf(whole), [
    ['build', 100, 250],
    ['build', 300, 400],
    ['verify', 450, 500],
    ['publish', 600, 700],
  ]);
  assert.deepEqual(partsOf({ startedAt: 200, endedAt: 300 }), [['build', 200, 300]]);
  assert.deepEqual(partsOf({ startedAt: 200 }), [['build', 200, 900]]);
  assert.deepEqual(partsOf({ startedAt: 200, verifyStartedAt: 300, endedAt: 350 }), [
    ['build', 200, 300],
    ['verify', 300, 350],
  ]);
  // Finished before: only tested and pushed.
  assert.deepEqual(partsOf({ startedAt: 300, verifyStartedAt: 300, verifyMs: 10, endedAt: 310 }), [
    ['verify', 300, 310],
  ]);
  // A clock that was set.
  assert.deepEqual(partsOf({ startedAt: 5, endedAt: 8_000 }), [['build', 100, 900]]);
  assert.deepEqual(
    partsOf({
      buildSpans: [
        [5, 10],
        [950, 990],
      ],
    }),
    [],
  );
});

test('in no row of the timeline two images overlap, and a row is used again', () => {
  const at = (from: number, to: number) => Date.UTC(2026, 10, 27, 1) + from + 0 * to;
  const spans = [
    [0, 100],
    [50, 150],
    [100, 200],
    [150, 160],
    [10, 20],
  ];
  const { timeline } = pageModel(
    reportOf(
      spans.map(([from = 0, to = 0], index) =>
        image(`i${index}`, 'built', [], { buildSpans: [[at(from, 0), at(to, 0)]] }),
      ),
    ),
    prefix,
  );
  const rows = timeline.builders.map(({ rows }) => rows.map((row) => row.map((bar) => bar.image)));
  assert.deepEqual(rows, [
    [
      [0, 2],
      [4, 1, 3],
    ],
  ]);
});

test('private images are left out, and their names in what is said of others', () => {
  const images = [
    image('open', 'published', [], {
      why: 'needed',
      reasons: [{ kind: 'needed', text: 'r.example/secret:1 needs it' }],
      reason: 'r.example/secret is built on it, r.example/secrets is not',
    }),
    image('secret', 'failed', ['open'], { private: true, reason: 'embargo', tail: ['embargo'] }),
  ];
  const unnamed = [{ private: true, tree: 't', path: 'embargo/x', reason: 'embargo' }];
  const latest = [{ repository: 'r.example/secret', digest: 'sha256:1', before: null }];
  const criticalPath = { images: ['r.example/open:1', 'r.example/secret:1'], milliseconds: 1 };
  const { report, left } = publicPart(reportOf(images, { unnamed, latest, criticalPath }));
  assert.equal(left, 2);
  assert.equal(/secret(?!s)|embargo/.test(JSON.stringify(report)), false, JSON.stringify(report));
  assert.equal(report.images[0]?.reasons?.[0]?.text, 'a private image needs it');
  assert.match(report.images[0]?.reason ?? '', /r\.example\/secrets is not/);
});

test('a report of private images alone is for those who may know them', () => {
  const whole = reportOf([image('secret', 'published', [], { private: true })]);
  assert.deepEqual(publicPart(whole), { report: whole, left: 0 });
});

test('a report with a field of another type is refused, with the place of the field', () => {
  const wrongs: readonly (readonly [object, string])[] = [
    [{ started: 'yesterday' }, 'started is not a date'],
    [{ interrupted: 'no' }, 'interrupted is not true or false'],
    [{ engine: null }, 'engine is not an object'],
    [{ engine: { docker: 1, buildx: '', builder: '' } }, 'engine.docker is not a text'],
    [{ images: {} }, 'images is not a list'],
    [
      { latest: [{ repository: 'a', digest: 'b', before: 7 }] },
      'latest[0].before is not an object',
    ],
  ];
  const ofImage: readonly (readonly [object, string])[] = [
    [{ reference: undefined }, 'images[0].reference is not a text'],
    [
      { ending: 'gone' },
      'images[0].ending is not one of untouched, built, published, failed, skipped, unfinished',
    ],
    [{ buildMs: -1 }, 'images[0].buildMs is not a number from 0 to 8640000000000000'],
    [{ startedAt: 1e300 }, 'images[0].startedAt is not a number from 0 to 8640000000000000'],
    [{ buildSpans: [[2, 1]] }, 'images[0].buildSpans[0] is not a beginning and an end'],
    [{ tail: ['a', { b: 1 }] }, 'images[0].tail[1] is not a text'],
    [{ parents: [{}] }, 'images[0].parents[0].reference is not a text'],
  ];
  const messageOf = (report: object): string => {
    const reading = readReport(report as Table, 'report.json');
    return reading.kind === 'wrong' ? reading.problem.message : 'read';
  };
  for (const [more, what] of wrongs) {
    assert.equal(messageOf(madeReport([], more)), `the report is damaged: ${what}`);
  }
  for (const [more, what] of ofImage) {
    const made = madeReport([{ reference: 'a:1', ...more }]);
    assert.equal(messageOf(made), `the report is damaged: ${what}`);
  }
});

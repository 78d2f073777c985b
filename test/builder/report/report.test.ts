import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { reportDocument } from '#builder/report/document.js';
import { junit } from '#builder/report/junit.js';
import { Recorder } from '#builder/report/record.js';
import { imagesTable } from '#cli/terminal/imagesTable.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { root } from '../../support/cli.js';

const ref = (name: string): Reference => name as Reference;

function finishedRun(): Recorder {
  const before = (name: string, ...parents: string[]) => ({
    reference: ref(name),
    state: 'absent',
    why: 'not published',
    parents: parents.map((reference) => ({ reference })),
  });
  const recorder = new Recorder(
    [before('r/a:1'), before('r/b:1', 'r/a:1'), before('r/c:1'), before('r/d:1')],
    () => 1_000,
  );
  recorder.listen({ kind: 'planned', toBuild: ['r/a:1', 'r/b:1', 'r/c:1'].map(ref), toFinish: [] });
  recorder.listen({
    kind: 'image-built',
    reference: ref('r/a:1'),
    milliseconds: 1500,
    spans: [[1_000, 2_500]],
    steps: 3,
    cachedSteps: 0,
  });
  recorder.listen({ kind: 'verified', reference: ref('r/a:1'), milliseconds: 250, tested: true });
  recorder.listen({
    kind: 'published',
    reference: ref('r/a:1'),
    digest: 'sha256:aa' as Digest,
    milliseconds: 80,
  });
  recorder.listen({
    kind: 'latest-moved',
    repository: 'r/a',
    digest: 'sha256:aa' as Digest,
    version: '1',
    before: { digest: 'sha256:ab' as Digest, version: '0' },
  });
  recorder.listen({
    kind: 'image-failed',
    reference: ref('r/c:1'),
    during: 'verify',
    reason: 'exit <1> & "more"',
    tail: [],
  });
  recorder.listen({
    kind: 'image-skipped',
    reference: ref('r/b:1'),
    reason: 'parent r/c:1 failed',
  });
  return recorder;
}

test('the table has a line for every image that was touched', () => {
  const { records } = finishedRun();
  assert.equal(
    imagesTable(records.values()),
    [
      'IMAGE  RESULT           BUILD  TEST    DETAIL',
      'r/a:1  published        1.5s   passed  sha256:aa',
      'r/b:1  skipped          -      -       parent r/c:1 failed',
      'r/c:1  FAILED (verify)  -      failed  exit <1> & "more"',
      '',
    ].join('\n'),
  );
});

test('the report is as its schema says', () => {
  const document = reportDocument(finishedRun(), {
    started: '2026-11-21T00:00:00Z',
    ended: '2026-11-21T00:01:00Z',
    exitCode: 1,
    interrupted: false,
    engine: { docker: '28.5.2', buildx: '0.29.1', builder: 'default' },
    unnamed: [],
    rebuildKey: '2026-11-21',
  });
  const schema = JSON.parse(readFileSync(join(root, 'doc/report.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  assert.ok(validate(JSON.parse(JSON.stringify(document))), JSON.stringify(validate.errors));
  assert.equal(validate({ ...document, images: [{}] }), false, 'the schema can say no');
  assert.deepEqual(document.criticalPath, { images: ['r/a:1'], milliseconds: 1500 });
});

test('JUnit has one case an image, with its reason escaped', () => {
  assert.equal(
    junit(finishedRun().records.values()),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" skipped="1" time="1.830">
  <testsuite name="generate-bake build" tests="3" failures="1" skipped="1" time="1.830">
    <testcase classname="r/a" name="r/a:1" time="1.830"/>
    <testcase classname="r/b" name="r/b:1" time="0.000">
      <skipped message="parent r/c:1 failed"/>
    </testcase>
    <testcase classname="r/c" name="r/c:1" time="0.000">
      <failure type="verify" message="exit &#60;1&#62; &#38; &#34;more&#34;"/>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
});

test('JUnit of a run with public images names no private one; of a run of private ones it names all', () => {
  const recorderOf = (isMixed: boolean) => {
    const image = (name: string, isPrivate: boolean) => ({
      reference: ref(name),
      state: 'absent',
      ...(isPrivate ? { private: true as const } : {}),
      why: 'not published',
      parents: [],
    });
    const recorder = new Recorder(
      [image('r/secret:1', true), image('r/embargo:1', true), image('r/other:1', !isMixed)],
      () => 1_000,
    );
    for (const name of ['r/secret:1', 'r/other:1']) {
      const tail = ['embargo'];
      const reason = `r/embargo:1: ${name}`;
      recorder.listen({
        kind: 'image-failed',
        reference: ref(name),
        during: 'build',
        reason,
        tail,
      });
    }
    recorder.listen({ kind: 'image-skipped', reference: ref('r/embargo:1'), reason: 'secret' });
    return recorder;
  };
  const unnamed = [
    { private: true as const, tree: 'secrets', path: 'secrets/x', reason: 'secret' },
  ];
  const mixed = junit(recorderOf(true).records.values(), unnamed).replace(
    'r/embargo:1: r/other',
    '',
  );
  assert.equal(/secret|embargo/.test(mixed), false, mixed);
  assert.match(mixed, /tests="4" failures="3" skipped="1"/);
  assert.match(mixed, /name="private image 1"[\s\S]*type="build" message="see the log of the run/);
  assert.match(mixed, /name="private image 2"[\s\S]*<skipped message="see the log/);
  assert.match(mixed, /name="private image without a name 1"/);
  const whole = junit(recorderOf(false).records.values(), unnamed);
  assert.match(whole, /name="r\/secret:1"/);
  assert.match(whole, /name="secrets\/x"/);
});

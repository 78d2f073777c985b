import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builderLocks, engineNeeds, leftForEngine } from '#builder/withoutEngine.js';
import { error } from '#core/diagnostics/diagnostic.js';

const why = error('engine-daemon-down', 'nobody is there', { hint: 'start it' });
const staging = { repository: 'r.example/staging' };
const plain = { staging, gate: false, pull: true };

test('a build that nothing but an engine can do is refused for each thing that needs one', () => {
  assert.deepEqual(engineNeeds(plain, why), []);
  const matrix = { id: 'm', jobs: [] };
  const job = { matrix, name: '1/2' } as unknown as NonNullable<
    Parameters<typeof engineNeeds>[0]['job']
  >;
  const all = engineNeeds({ gate: true, pull: false, job }, why);
  assert.deepEqual(
    all.map(({ message }) => message),
    [
      'a build without a staging repository needs an engine: nobody is there',
      'a job of a matrix needs an engine: nobody is there',
      '--gate needs an engine: nobody is there',
      '--no-pull needs an engine: nobody is there',
    ],
  );
});

test('a lock for each builder: of one name through one staging repository', () => {
  const locks = (repository: string, ...names: string[]): readonly string[] =>
    builderLocks(
      { pool: names.map((name) => ({ name })) } as unknown as Parameters<typeof builderLocks>[0],
      { staging: { repository } },
    ).map(({ id }) => id);
  const [one, other] = locks('r.example/staging', 'one', 'other');
  assert.notEqual(one, other);
  assert.deepEqual(locks('r.example/staging', 'other'), [other]);
  assert.notDeepEqual(locks('q.example/staging', 'one'), [one]);
});

test('what is never published does not wait for an engine; what has a test does', () => {
  const never = {
    ending: 'built',
    reason: 'not published: it is made of files that are not committed',
  } as const;
  const waiting = { ending: 'built', reason: 'not published: no docker engine answers' } as const;
  const untested = { ...never, untested: 'no docker engine answers' };
  assert.deepEqual(leftForEngine([never, { ending: 'built' }]), { count: 0, what: 'nothing' });
  assert.deepEqual(leftForEngine([never, untested]), { count: 1, what: 'tests' });
  assert.deepEqual(leftForEngine([untested, waiting]), { count: 2, what: 'publishing' });
  assert.deepEqual(leftForEngine([{ ...waiting, ending: 'failed' }]), {
    count: 0,
    what: 'nothing',
  });
});

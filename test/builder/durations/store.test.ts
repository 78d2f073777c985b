import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addDurations, openDurations } from '#builder/durations/store.js';
import { lock } from '#builder/run/lock.js';
import { formatDiagnostic } from '#core/diagnostics/format.js';
import { root } from '../../support/cli.js';
import { scratchTree } from '../../support/scratch.js';

const taking = (path: string, locks: string) => () =>
  lock('durations', [path], '/', new Date(), locks);
const ended = '2026-11-27T03:00:00.000Z';

test('a store that is missing has nothing, and is made with what is added', async () => {
  const directory = scratchTree().path;
  const path = join(directory, 'state', 'durations');
  const file = { path, shown: path, isNamed: false };
  assert.deepEqual(openDurations(file), { durations: new Map(), problems: [] });
  const take = taking(path, join(directory, 'locks'));
  const measured = new Map([['r/a', [{ ended, build: 5 }]]]);
  assert.equal(await addDurations(file, measured, take), undefined);
  assert.deepEqual(openDurations(file).durations, measured);
  assert.deepEqual(readdirSync(join(directory, 'locks')), []);
});

test('what is wrong with the file is told; a file that is not ours is never overwritten', async () => {
  const directory = scratchTree().path;
  const path = join(directory, 'x');
  const told = (isNamed: boolean) =>
    openDurations({ path, shown: 'x', isNamed }).problems.map((each) =>
      formatDiagnostic(each).trimEnd(),
    );
  writeFileSync(path, `generate-bake durations 1\nr/a ${ended} 5 - -\nr/b ${ended} 5`);
  assert.deepEqual(told(true), [
    'x:3: warning: 1 line is damaged and left out: the durations of earlier runs [durations]',
  ]);
  writeFileSync(path, 'to be kept\n');
  assert.deepEqual(told(false), [
    'x: warning: not a file of durations that this version reads: it is begun anew [durations]',
  ]);
  assert.deepEqual(told(true), [
    [
      'x: error: not a file of durations that this version reads [durations]',
      '  hint: name a file that build --timings wrote, or one that does not exist',
    ].join('\n'),
  ]);
  const take = taking(path, join(directory, 'locks'));
  const measured = new Map([['r/a', [{ ended, build: 5 }]]]);
  const problem = await addDurations({ path, shown: 'x', isNamed: true }, measured, take);
  assert.equal(problem?.code, 'durations');
  assert.equal(readFileSync(path, 'utf8'), 'to be kept\n');
  mkdirSync(join(directory, 'd'));
  const folder = { path: join(directory, 'd'), shown: 'd', isNamed: true };
  assert.equal(openDurations(folder).problems[0]?.severity, 'error');
  assert.equal(openDurations({ ...folder, isNamed: false }).problems[0]?.severity, 'warning');
});

test('a state directory that cannot be made costs nothing but the durations', async () => {
  const directory = scratchTree().path;
  writeFileSync(join(directory, 'file'), '');
  const path = join(directory, 'file', 'durations');
  const take = taking(path, join(directory, 'locks'));
  const measured = new Map([['r/a', [{ ended, build: 5 }]]]);
  assert.equal(
    await addDurations({ path, shown: path, isNamed: false }, measured, take),
    undefined,
  );
  assert.ok(!existsSync(path));
});

test('eight processes add at once, and nothing is lost', async () => {
  const directory = scratchTree().path;
  const path = join(directory, 'durations');
  const script = `
    import { addDurations } from ${JSON.stringify(join(root, 'dist/builder/durations/store.js'))};
    import { lock } from ${JSON.stringify(join(root, 'dist/builder/run/lock.js'))};
    const [path, lockDirectory, name] = process.argv.slice(1);
    const file = { path, shown: path, isNamed: true };
    for (let at = 0; at < 5; at++) {
      const measured = new Map([['r/' + name + at, [{ ended: '${ended}', build: at }]]]);
      const problem = await addDurations(file, measured, () => lock('durations', [path], '/', new Date(), lockDirectory));
      if (problem !== undefined) throw new Error(problem.message);
    }`;
  const locks = join(directory, 'locks');
  const runs = Array.from({ length: 8 }, (_, at) =>
    spawn(process.execPath, ['--input-type=module', '-e', script, path, locks, `p${at}-`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
  const codes = await Promise.all(runs.map((run) => once(run, 'exit')));
  assert.deepEqual(new Set(codes.map(([code]) => code)), new Set([0]));
  const { durations, problems } = openDurations({ path, shown: path, isNamed: true });
  assert.deepEqual(problems, []);
  assert.equal(durations.size, 40);
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { metrics, writeMetrics } from '#builder/report/metrics.js';
import type { ImageRecord } from '#builder/report/record.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { lines } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

const started = new Date('2026-11-26T20:00:00Z');
const ended = new Date('2026-11-26T20:01:02.500Z');

function record(name: string, more: Partial<ImageRecord>): ImageRecord {
  const reference = `r.example/${name}:1` as Reference;
  return {
    reference,
    state: 'absent',
    why: '',
    parents: [],
    ending: 'untouched',
    attempts: 0,
    ...more,
  };
}

test('a run as the text format has it', () => {
  const images = [
    record('old', { state: 'published' }),
    record('base', { ending: 'published', buildMs: 2000, buildSpans: [[1_000, 3_000]] }),
    record('child', {
      ending: 'built',
      buildMs: 3500,
      buildSpans: [[3_000, 6_500]],
      parents: [{ reference: 'r.example/base:1' }],
    }),
    record('other', { ending: 'failed', during: 'build', buildMs: 250 }),
    record('bad', {
      ending: 'failed',
      during: 'definition',
      held: { digest: 'sha256:aa' as Digest, version: '1' },
    }),
  ];
  const text = metrics({ started, ended, exitCode: 1, images, owed: 4, unnamed: 2 });
  const figures = text.split('\n').filter((line) => !line.startsWith('#'));
  assert.equal(
    figures.join('\n'),
    lines(`
      generate_bake_run_exit_status 1
      generate_bake_run_start_time_seconds 1795723200
      generate_bake_run_duration_seconds 62.5
      generate_bake_owed_tags 4
      generate_bake_images{state="published"} 2
      generate_bake_images{state="local"} 1
      generate_bake_images{state="absent"} 2
      generate_bake_images{state="lost"} 0
      generate_bake_images{state="drifted"} 0
      generate_bake_images{state="unknown"} 0
      generate_bake_run_images{ending="untouched"} 1
      generate_bake_run_images{ending="built"} 1
      generate_bake_run_images{ending="published"} 1
      generate_bake_run_images{ending="failed"} 2
      generate_bake_run_images{ending="skipped"} 0
      generate_bake_run_images{ending="unfinished"} 0
      generate_bake_broken_images 3
      generate_bake_held_images 1
      generate_bake_run_build_seconds 5.75
      generate_bake_run_critical_path_seconds 5.5
    `),
  );
  // Each has its two lines of explanation before it, once.
  const families = new Set(figures.map((line) => line.replace(/[{ ].*/, '')).filter(Boolean));
  for (const name of families) {
    assert.equal(text.match(new RegExp(`^# HELP ${name} \\S`, 'gm'))?.length, 1, name);
    assert.equal(text.match(new RegExp(`^# TYPE ${name} gauge$`, 'gm'))?.length, 1, name);
  }
});

test('the last success stays until there is another', () => {
  const { path } = scratchTree({});
  const file = `${path}/run.prom`;
  const success = () => /^generate_bake_last_success_time_seconds (.*)$/m.exec(read())?.[1];
  const read = () => readFileSync(file, 'utf8');
  const write = (exitCode: number, end = ended) =>
    writeMetrics(file, 'run.prom', { started, ended: end, exitCode });
  write(3);
  assert.equal(success(), undefined);
  write(0);
  assert.equal(success(), '1795723262.5');
  write(1, new Date(ended.getTime() + 60_000));
  assert.equal(success(), '1795723262.5');
  assert.match(read(), /^generate_bake_run_exit_status 1$/m);
  write(0, new Date(ended.getTime() + 120_000));
  assert.equal(success(), '1795723382.5');
  // What is no file of ours is replaced.
  writeFileSync(file, 'generate_bake_last_success_time_seconds soon\n');
  write(2);
  assert.equal(success(), undefined);
  assert.equal(writeMetrics(path, '.', { started, ended, exitCode: 0 })?.code, 'unwritable');
});

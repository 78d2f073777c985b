/** What a run measures is there for the next one, and its summary for GitHub, on a real engine. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readDurations, typicalOf } from '#builder/durations/durations.js';
import { buildTree, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';

const docker = await engine();

test('durations and a summary of a run in which one image fails', async () => {
  const store = await registry();
  const base = `${store.host}/base:1`;
  await loadBase(docker, base);
  const tree = buildTree(
    docker,
    { registry: store.host },
    {
      a: { dockerfile: `FROM ${base}\nRUN sleep 1\n`, test: 'true' },
      z: { dockerfile: `FROM ${base}\nRUN sleep 3\n` },
      bad: { dockerfile: `FROM ${base}\nRUN echo '<b>|@team'; exit 7\n` },
    },
    { GITHUB_ACTIONS: 'true' },
  );
  const env = { GITHUB_STEP_SUMMARY: tree.at('step') };
  Object.assign(tree.env, env);
  const first = await tree.run('build', '--publish', '--report', 'report.json');
  assert.equal(first.status, 1, first.stderr);
  const stored = tree.at('state/generate-bake/durations');
  const reading = readDurations(readFileSync(stored, 'utf8'));
  assert.ok(reading.kind === 'read');
  const { images } = readReport(tree.at('work/report.json'));
  for (const name of ['a', 'z']) {
    const image = images.find(({ reference }) => reference === `${store.host}/${name}:1`);
    const typical = typicalOf(reading.durations, `${store.host}/${name}:1`);
    assert.ok(typical?.build !== undefined && typical.build >= (name === 'a' ? 1_000 : 3_000));
    assert.equal(typical.publish === undefined, image?.ending !== 'published', name);
    assert.equal(typical.test === undefined, name === 'z');
  }
  assert.equal(reading.durations.has(`${store.host}/bad`), false);
  const summary = readFileSync(tree.at('step'), 'utf8');
  assert.match(summary, /^## generate-bake build: 1 failed, 2 published\n/);
  assert.match(summary, /\n```text\n(?:.*\n)*<b>\|@team\n/);

  // The next versions: the slower one is first now.
  const changed = { dockerfile: `FROM ${base}\n`, version: '2' };
  tree.sketch({ a: changed, z: changed });
  const order = async (...args: string[]) => {
    const run = await tree.run('build', '--print', '--jobs', '1', ...args);
    return [...run.stdout.matchAll(/"description": "[^"]*\/(\w+):/g)].map(([, name]) => name);
  };
  const [known, unknown] = [await order(), await order('--timings', 'none')];
  assert.ok(known.indexOf('z') < known.indexOf('a'), known.join(' '));
  assert.ok(unknown.indexOf('a') < unknown.indexOf('z'), unknown.join(' '));
  // Of three images two were measured: the third counts as their median.
  const measured = ['a', 'z'].map(
    (name, at) => `${store.host}/${name} 2026-11-27T03:00:00.000Z ${(at + 1) * 120_000} - -\n`,
  );
  tree.write({ 'work/long': `generate-bake durations 1\n${measured.join('')}` });
  const told = await tree.run('build', '--dry-run', '--timings', 'long');
  assert.match(told.stderr, /^it would take about 4 min by earlier runs$/m);
  assert.ok(!existsSync(tree.at('work/none')), 'nothing is measured by a dry run');

  const again = await tree.run('build', '--publish', '--timings', 'none', '--summary', 'mine.md');
  assert.equal(again.status, 1, again.stderr);
  assert.equal(readFileSync(tree.at('step'), 'utf8'), summary);
  assert.match(readFileSync(tree.at('work/mine.md'), 'utf8'), /^## generate-bake build: 1 failed/);
});

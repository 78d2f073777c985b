import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignsOfLife } from '#adapters/registry/waits.js';
import { lockEngines } from '#builder/lockEngine.js';
import type { BuildRequest } from '#builder/request.js';
import { scratchTree } from '../support/scratch.js';

const engine = { id: 'engine', folder: '/var/lib/docker' };

function asked(waitForLock: boolean, signal = new AbortController().signal) {
  const { told, request } = question(waitForLock, signal);
  return { told, locking: lockEngines([engine], ['r'], request) };
}

function question(waitForLock: boolean, signal = new AbortController().signal) {
  const told: string[] = [];
  const waits = new SignsOfLife((signs) => told.push(...signs.map(({ text }) => text)));
  const host = { cwd: '/tree', now: () => new Date('2026-11-27T01:00:00Z') };
  const lockDirectory = tree.at('locks');
  const request = { host: host as BuildRequest['host'], lockDirectory, waitForLock, waits, signal };
  return { told, request };
}

const tree = scratchTree({ 'locks/': '' });

test('a taken lock names who holds it, and the option that waits', async () => {
  const first = await asked(false).locking;
  assert.ok(first.kind === 'held');
  const second = await asked(false).locking;
  assert.ok(second.kind === 'refused' && second.ending.kind === 'unusable');
  const [problem] = second.ending.diagnostics;
  assert.match(
    problem?.message ?? '',
    new RegExp(`process ${process.pid} on .*, in /tree, since 2026`),
  );
  assert.match(problem?.hint ?? '', /--wait/);
  first.release();
});

test('an engine that two builders have is locked once, and all are free where one is taken', async () => {
  const { request } = question(false);
  const other = { id: 'another', folder: '/var/lib/other' };
  const first = await lockEngines([engine, other, engine], ['r'], request);
  assert.equal(first.kind, 'held');
  assert.equal((await lockEngines([other, engine], ['r'], request)).kind, 'refused');
  assert.ok(first.kind === 'held');
  first.release();
  const held = await lockEngines([engine], ['r'], request);
  // `another` comes first, and is given back when `engine` is taken.
  assert.equal((await lockEngines([engine, other], ['r'], request)).kind, 'refused');
  const free = await lockEngines([other], ['r'], request);
  assert.ok(free.kind === 'held' && held.kind === 'held');
  free.release();
  held.release();
});

test('with --wait it is taken as soon as it is free, and said meanwhile', async () => {
  const first = await asked(false).locking;
  assert.ok(first.kind === 'held');
  const { told, locking } = asked(true);
  await sleep(3_200);
  assert.match(
    told.at(-1) ?? '',
    /^waiting for another build: process \d+ in \/tree on .* since 2026\S+ \(3 s so far\)$/,
  );
  first.release();
  const second = await locking;
  assert.equal(second.kind, 'held');
  assert.ok(second.kind === 'held');
  second.release();
});

test('Ctrl-C ends the waiting at once, and holds nothing', async () => {
  const first = await asked(false).locking;
  assert.ok(first.kind === 'held');
  const controller = new AbortController();
  const { locking } = asked(true, controller.signal);
  const begun = performance.now();
  controller.abort();
  const second = await locking;
  assert.ok(performance.now() - begun < 400);
  assert.ok(second.kind === 'refused' && second.ending.kind === 'cancelled');
  first.release();
  const third = await asked(false).locking;
  assert.ok(third.kind === 'held');
  third.release();
});

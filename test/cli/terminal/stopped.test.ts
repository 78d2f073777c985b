import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Io } from '#cli/terminal/io.js';
import { reportStopped } from '#cli/terminal/stopped.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';

function said(count: number, more: Partial<Decision> = {}) {
  const decisions = Array.from({ length: count }, (_, at): Decision => {
    const reference = `r.example/shop/i${at}:1` as Reference;
    const why = 'r.example cannot be reached: connection refused';
    return { reference, state: 'unknown', action: 'stop', why, parents: [], ...more };
  });
  const lines: string[] = [];
  const io = { say: (line: string) => lines.push(line) } as unknown as Io;
  return { stopped: reportStopped(decisions, io), lines };
}

test('a registry in trouble is one line, however many images it has; of other reasons three are told each', () => {
  const why = 'r.example cannot be reached: connection refused';
  assert.deepEqual(said(1, { hint: 'try again later' }).lines, [
    `r.example/shop/i0:1: not built: ${why} (try again later)`,
  ]);
  const two = said(2, { hint: 'asked as u (config.yaml); check the password' });
  assert.equal(two.stopped, 2);
  assert.deepEqual(two.lines, [
    `2 images not built: ${why}; asked as u (config.yaml); check the password: i0:1, i1:1`,
  ]);
  const drifted = { state: 'drifted', action: 'skip', why: 'changed' } as const;
  assert.equal(said(3, drifted).lines.length, 3);
  const many = said(125);
  assert.equal(many.stopped, 125);
  assert.deepEqual(many.lines, [
    '125 images not built: r.example cannot be reached: connection refused: i0:1, i1:1, i2:1, i3:1, i4:1 and 120 more',
  ]);
});

test('a hold is said once for many images, on publishing of what is built and on latest', () => {
  const place = { file: 'ws.toml', line: 7 };
  const hold = { images: [], stops: ['latest'] as const, reason: 'audit', place };
  const built = { state: 'local', action: 'skip', heldBack: 'held: audit (ws.toml:7)' } as const;
  assert.deepEqual(said(4, built).lines, [
    '4 images not published: held: audit (ws.toml:7): i0:1, i1:1, i2:1, i3:1',
  ]);
  const moved = { action: 'build', hold: { stop: 'latest' as const, hold } } as const;
  assert.deepEqual(said(4, moved).lines, [
    '4 images: latest stays where it is: held: audit (ws.toml:7): i0:1, i1:1, i2:1, i3:1',
  ]);
});

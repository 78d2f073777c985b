/** Runs that are in the middle of a step: it sleeps, for a time that no other test sleeps, by which it is found. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type Finished, run } from './process.js';

/** For `sleep NAP` in a RUN: seconds, with the number of this process behind the point. */
export function napOf(seconds: number): string {
  return `${seconds}.${process.pid}`;
}

/** Waits until so many steps of this machine's engines sleep for `nap`. */
export function untilAsleep(running: Promise<Finished>, nap: string, steps: number): Promise<void> {
  return until(running, async () => {
    const { stdout } = await run('pgrep', ['-fc', `^sleep ${nap}`]);
    return Number(stdout) === steps;
  });
}

/** Waits for something that happens while a command runs; fails if that ends before. */
export async function until(
  running: Promise<Finished>,
  happens: () => Promise<boolean>,
): Promise<void> {
  let early: Finished | undefined;
  void running.then((finished) => {
    early = finished;
  });
  while (!(await happens())) {
    assert.equal(early?.stderr, undefined, 'it ended before');
    await pause(100);
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, answer, type Fault, failure } from '#adapters/registry/fault.js';
import { defaultPatience, Persistence } from '#adapters/registry/patience.js';

/** A clock that only sleeping moves, and dice that always show `random`. */
function standingClock(random = 0) {
  let time = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    timing: {
      now: () => time,
      random: () => random,
      sleep: async (milliseconds: number) => {
        slept.push(milliseconds);
        time += milliseconds;
      },
    },
  };
}

/** Answers with these faults, one after another, then well. */
function failing(...faults: Fault[]) {
  const left = [...faults];
  let asked = 0;
  const question = async (): Promise<Answer<string>> => {
    asked++;
    const fault = left.shift();
    return fault === undefined ? answer('well') : failure(fault);
  };
  return { question, asked: () => asked };
}

const unwell: Fault = { kind: 'server', status: 503 };

test('what can pass is asked again, with waits that grow and scatter', async () => {
  const clock = standingClock(0.5);
  const persistence = new Persistence(defaultPatience, clock.timing);
  const registry = failing(unwell, unwell, unwell);
  assert.deepEqual(await persistence.ask(registry.question), answer('well'));
  assert.deepEqual(clock.slept, [250, 500, 1000]);
});

test('there is a last attempt, and its fault is the answer', async () => {
  const clock = standingClock();
  const persistence = new Persistence({ ...defaultPatience, attempts: 3 }, clock.timing);
  const registry = failing(unwell, unwell, unwell, unwell);
  assert.deepEqual(await persistence.ask(registry.question), failure(unwell));
  assert.equal(registry.asked(), 3);
});

test('what cannot pass is asked once', async () => {
  const faults: Fault[] = [
    { kind: 'absent', code: 'MANIFEST_UNKNOWN' },
    { kind: 'denied', status: 403, says: '' },
    { kind: 'network', code: 'ENOTFOUND', says: '' },
    { kind: 'tls', code: 'CERT_HAS_EXPIRED', says: '' },
    { kind: 'proxy', status: 407 },
    { kind: 'malformed', says: '' },
    { kind: 'aborted', says: '' },
  ];
  for (const fault of faults) {
    const clock = standingClock();
    const registry = failing(fault);
    const reply = await new Persistence(defaultPatience, clock.timing).ask(registry.question);
    assert.deepEqual(reply, failure(fault));
    assert.equal(registry.asked(), 1, fault.kind);
  }
});

test('Retry-After is obeyed, by others that ask the same host too', async () => {
  const clock = standingClock(0.5);
  const persistence = new Persistence(defaultPatience, clock.timing);
  const limited: Fault = { kind: 'limited', status: 429, retryAfter: 7 };
  const asking = persistence.ask(failing(limited).question);
  await Promise.resolve();
  await asking;
  assert.deepEqual(clock.slept, [7250]);

  const other = standingClock(0);
  const shared = new Persistence(defaultPatience, {
    ...other.timing,
    // Nobody's clock moves while both wait.
    sleep: async (milliseconds: number) => {
      other.slept.push(milliseconds);
      await Promise.resolve();
    },
  });
  await shared.ask(failing(limited).question);
  await shared.ask(failing().question);
  assert.deepEqual(other.slept.slice(-1), [7000]);
});

test('a registry that asks for too much patience gets none', async () => {
  const clock = standingClock();
  const persistence = new Persistence(defaultPatience, clock.timing);
  const limited: Fault = { kind: 'limited', status: 429, retryAfter: 3600 };
  const registry = failing(limited);
  assert.deepEqual(await persistence.ask(registry.question), failure(limited));
  assert.equal(registry.asked(), 1);
  assert.deepEqual(clock.slept, []);
});

test('a registry is waited for as long as it says, however often, up to a limit', async () => {
  const clock = standingClock();
  const patience = { ...defaultPatience, attempts: 2, longestAskedMs: 100_000 };
  const waits: number[] = [];
  const persistence = new Persistence(patience, clock.timing, undefined, (milliseconds) =>
    waits.push(milliseconds),
  );
  const limited: Fault = { kind: 'limited', status: 429, retryAfter: 25 };
  // Three times 25 s are within the limit: more tries than a fault gets.
  const patient = failing(limited, limited, limited);
  assert.deepEqual(await persistence.ask(patient.question), answer('well'));
  assert.equal(patient.asked(), 4);
  assert.deepEqual(waits, [25_000, 25_000, 25_000]);
  const endless = failing(...Array.from({ length: 9 }, () => limited));
  assert.deepEqual(await persistence.ask(endless.question), failure(limited));
  assert.equal(endless.asked(), 5);
});

test('nobody waits for what comes after the end of the phase', async () => {
  const clock = standingClock();
  const persistence = new Persistence({ ...defaultPatience, totalMs: 20_000 }, clock.timing);
  const limited: Fault = { kind: 'limited', status: 429, retryAfter: 25 };
  assert.deepEqual(await persistence.ask(failing(limited).question), failure(limited));
  assert.deepEqual(clock.slept, []);
});

test('a limit that does not say how long it lasts is borne longer than a fault', async () => {
  const clock = standingClock();
  const persistence = new Persistence({ ...defaultPatience, attempts: 2 }, clock.timing);
  const limited: Fault = { kind: 'limited', status: 403 };
  const registry = failing(limited, limited, limited);
  assert.deepEqual(await persistence.ask(registry.question), answer('well'));
});

test('a wait is told once, however many wait, and only where a person would notice', async () => {
  const clock = standingClock();
  const waits: number[] = [];
  // Nobody's clock moves while all wait.
  const timing = { ...clock.timing, sleep: async () => {} };
  const persistence = new Persistence(defaultPatience, timing, undefined, (milliseconds) =>
    waits.push(milliseconds),
  );
  const limited: Fault = { kind: 'limited', status: 429, retryAfter: 25 };
  await Promise.all(Array.from({ length: 8 }, () => persistence.ask(failing(limited).question)));
  assert.deepEqual(waits, [25_000]);
  const short: Fault = { kind: 'limited', status: 429, retryAfter: 2 };
  const other = new Persistence(defaultPatience, timing, undefined, () => assert.fail());
  assert.deepEqual(await other.ask(failing(short).question), answer('well'));
});

test('a registry that is down is not waited for by every image', async () => {
  const clock = standingClock();
  const patience = { ...defaultPatience, attempts: 2, lostInARow: 3 };
  const persistence = new Persistence(patience, clock.timing);
  const registry = failing(...Array.from({ length: 100 }, () => unwell));
  for (let image = 0; image < 20; image++) {
    assert.deepEqual(await persistence.ask(registry.question), failure(unwell));
  }
  assert.equal(registry.asked(), 6);
});

test('any sound answer in between keeps a registry up', async () => {
  const clock = standingClock();
  const patience = { ...defaultPatience, attempts: 1, lostInARow: 2 };
  const persistence = new Persistence(patience, clock.timing);
  const absent: Fault = { kind: 'absent', code: 'MANIFEST_UNKNOWN' };
  const registry = failing(unwell, absent, unwell, absent, unwell);
  for (let image = 0; image < 6; image++) {
    await persistence.ask(registry.question);
  }
  assert.equal(registry.asked(), 6);
});

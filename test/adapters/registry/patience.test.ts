import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, answer, describe, type Fault, failure } from '#adapters/registry/fault.js';
import { Allowance, defaultPatience, Persistence } from '#adapters/registry/patience.js';
import { lineByLine, SignsOfLife, untold } from '#adapters/registry/waits.js';

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
  const persistence = new Persistence(patience, clock.timing);
  const limited: Fault = { kind: 'limited', status: 429, retryAfter: 25 };
  // Three times 25 s are within the limit: more tries than a fault gets.
  const patient = failing(limited, limited, limited);
  assert.deepEqual(await persistence.ask(patient.question), answer('well'));
  assert.equal(patient.asked(), 4);
  assert.deepEqual(clock.slept, [25_000, 25_000, 25_000]);
  const endless = failing(...Array.from({ length: 9 }, () => limited));
  assert.deepEqual(await persistence.ask(endless.question), failure(limited));
  assert.equal(endless.asked(), 5);
});

test('phases of one run share what they wait for in all, and say that a registry asks for more', async () => {
  const clock = standingClock();
  const allowance = new Allowance(60_000);
  const partner = { host: 'h', waits: untold, describe: () => '', allowance };
  const phase = () => new Persistence(defaultPatience, clock.timing, undefined, partner);
  const limited: Fault = { kind: 'limited', status: 429, retryAfter: 25 };
  assert.deepEqual(await phase().ask(failing(limited).question), answer('well'));
  // Two that are told at the same time wait once.
  const together = phase();
  await Promise.all([
    together.ask(failing(limited).question),
    together.ask(failing(limited).question),
  ]);
  const reply = await phase().ask(failing(limited).question);
  assert.ok(!reply.ok);
  assert.equal(
    describe(reply.fault, 'h'),
    'h answers 429: too many requests; it asks for a wait of 25 s, and this command waits 60 s in all',
  );
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

test('a request that nobody answers is made twice, and once where a HEAD got no answer', async () => {
  const late: Fault = { kind: 'timeout', milliseconds: 15_000 };
  for (const [first, asked] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const persistence = new Persistence(defaultPatience, standingClock().timing);
    const registry = failing(late, late, late);
    const reply = await persistence.ask(registry.question, undefined, first);
    assert.deepEqual(reply, failure(late));
    assert.equal(registry.asked(), asked);
  }
});

/** What a pipe gets of questions that are asked like this, a look after each wait. */
async function linesOf(count: number, ...faults: Fault[]): Promise<readonly string[]> {
  const clock = standingClock();
  const lines: string[] = [];
  const { now } = clock.timing;
  const waits = new SignsOfLife(
    lineByLine((line) => lines.push(line), now),
    now,
  );
  const timing = {
    ...clock.timing,
    sleep: async (milliseconds: number) => {
      await clock.timing.sleep(milliseconds);
      waits.look();
    },
  };
  const partner = { host: 'r', waits, describe: ({ kind }: Fault) => `r is ${kind}` };
  const persistence = new Persistence(defaultPatience, timing, undefined, partner);
  await Promise.all(
    Array.from({ length: count }, () => persistence.ask(failing(...faults).question)),
  );
  return lines;
}

test('a wait is told once, however many wait, and short ones once they add up', async () => {
  const asked = (retryAfter: number): Fault => ({ kind: 'limited', status: 429, retryAfter });
  assert.deepEqual(await linesOf(1, asked(25)), ['r is limited; waiting 25 s (25 s so far)']);
  assert.equal((await linesOf(8, asked(7))).length, 1);
  assert.deepEqual(await linesOf(1, asked(1)), []);
  const short = Array.from({ length: 130 }, () => asked(1));
  assert.deepEqual(await linesOf(1, ...short), [
    'r is limited; waiting 1 s (2 s so far)',
    'r is limited; waiting 1 s (62 s so far)',
    'r is limited; waiting 1 s (122 s so far)',
  ]);
});

test('the silence of a host is one, however often it is asked; an answer ends it', () => {
  let time = 0;
  let text = '';
  const waits = new SignsOfLife(
    ([first]) => {
      text = first?.text ?? '';
    },
    () => time,
  );
  const after = (milliseconds: number): string => {
    time += milliseconds;
    waits.look();
    return text;
  };
  const first = waits.begin('r');
  assert.equal(after(14_000), 'waiting for r: no answer for 14 s');
  time += 1_000;
  first.end();
  const second = waits.begin('r');
  assert.equal(after(2_000), 'waiting for r: no answer for 17 s, asked again');
  second.end(false);
  const third = waits.begin('r');
  assert.equal(after(3_000), 'waiting for r: no answer for 3 s');
  third.end(true);
  waits.begin('r');
  assert.equal(after(1_000), 'waiting for r: 1 answer in 21 s');
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

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Invocation, runProgram } from '#adapters/process/process.js';
import { scratchTree } from '../../support/scratch.js';

function sh(script: string, options: Partial<Invocation> = {}) {
  return runProgram({ program: 'sh', args: ['-c', script], env: process.env, ...options });
}

async function waitFor(file: string): Promise<string> {
  for (let tries = 0; tries < 500; tries++) {
    if (existsSync(file) && readFileSync(file, 'utf8').endsWith('\n')) {
      return readFileSync(file, 'utf8').trim();
    }
    await sleep(10);
  }
  throw new Error(`${file} never came`);
}

function isRunning(pid: string): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function ends(pid: string): Promise<boolean> {
  for (let tries = 0; tries < 200 && isRunning(pid); tries++) {
    await sleep(10);
  }
  return !isRunning(pid);
}

test('gives output, input and status of a program', async () => {
  assert.deepEqual(await sh('cat; echo err >&2; exit 3', { input: 'in\n' }), {
    kind: 'exited',
    status: 3,
    stdout: 'in\n',
    stderr: 'err\n',
  });
});

test('gives output as it comes, characters whole', async () => {
  const seen: string[] = [];
  const flag = scratchTree().at('seen');
  // What is not given before the program ends, it waits for in vain.
  const wait = `for i in $(seq 2000); do test -e ${flag} && break; sleep 0.01; done; test -e ${flag}`;
  const completion = await sh(`printf 'a\\303'; ${wait}; printf '\\251b'`, {
    onStdout: (text) => {
      seen.push(text);
      writeFileSync(flag, '');
    },
  });
  assert.deepEqual(seen, ['a', 'éb']);
  assert.equal(completion.kind === 'exited' && completion.stdout, '');
});

test('passes exactly the environment it is given', async () => {
  const env = { PATH: process.env.PATH, ONE: '1', TWO: undefined };
  const completion = await sh('echo "$ONE,${TWO-unset},${HOME-unset}"', { env });
  assert.equal(completion.kind === 'exited' && completion.stdout, '1,unset,unset\n');
});

test('reads nothing from the terminal where there is no input', async () => {
  const completion = await sh('cat; echo end');
  assert.equal(completion.kind === 'exited' && completion.stdout, 'end\n');
});

test('tells why a program cannot be started, without its arguments', async () => {
  const tree = scratchTree({ plain: { text: '#!/bin/sh\n', mode: 0o644 } });
  const start = (program: string, cwd = tree.path) =>
    runProgram({ program, args: ['--password=secret'], env: process.env, cwd });
  const missing = await start('no-such-program');
  const plain = await start(tree.at('plain'));
  const nowhere = await start('sh', tree.at('nowhere'));
  for (const [completion, reason] of [
    [missing, 'not-found'],
    [plain, 'not-executable'],
    [nowhere, 'no-directory'],
  ] as const) {
    assert.ok(completion.kind === 'not-started');
    assert.equal(completion.reason, reason);
    assert.doesNotMatch(JSON.stringify(completion), /secret/);
  }
});

test('an abort ends the whole process group, within a moment', async () => {
  const tree = scratchTree();
  const stop = new AbortController();
  const running = sh(`sleep 100 & echo $! > ${tree.at('pid')}; wait`, { signal: stop.signal });
  const pid = await waitFor(tree.at('pid'));
  stop.abort();
  assert.equal((await running).kind, 'cancelled');
  assert.ok(await ends(pid));
});

test('what ignores SIGTERM is killed after the grace', async () => {
  const tree = scratchTree();
  const stop = new AbortController();
  const running = sh(`trap '' TERM; echo $$ > ${tree.at('pid')}; while :; do sleep 0.1; done`, {
    signal: stop.signal,
    graceMs: 200,
  });
  const pid = await waitFor(tree.at('pid'));
  stop.abort();
  assert.equal((await running).kind, 'cancelled');
  assert.ok(await ends(pid));
});

test('an abort before the start starts nothing; one that comes too late changes nothing', async () => {
  const tree = scratchTree();
  assert.equal(
    (await sh(`touch ${tree.at('made')}`, { signal: AbortSignal.abort() })).kind,
    'cancelled',
  );
  assert.ok(!existsSync(tree.at('made')));
  const stop = new AbortController();
  const completion = await sh('true', { signal: stop.signal });
  stop.abort();
  assert.equal(completion.kind, 'exited');
});

test('a time limit ends a program that hangs', async () => {
  const completion = await sh('echo begun; sleep 100', { timeoutMs: 200 });
  assert.equal(completion.kind, 'timed-out');
  assert.equal(completion.kind === 'timed-out' && completion.stdout, 'begun\n');
});

test('sweep ends the background jobs that a program leaves, and does not wait for them', async () => {
  const tree = scratchTree();
  const completion = await sh(`sleep 100 & echo $! > ${tree.at('pid')}; echo out`, { sweep: true });
  assert.ok(completion.kind === 'exited');
  assert.equal(completion.stdout, 'out\n');
  assert.ok(await ends(await waitFor(tree.at('pid'))));
});

test('a program that another one killed is told from one that we stopped', async () => {
  assert.deepEqual(await sh('kill -KILL $$'), {
    kind: 'killed',
    signal: 'SIGKILL',
    stdout: '',
    stderr: '',
  });
});

/** Tests of images that misbehave, and places that cannot be written to. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { must, run } from '../support/process.js';

const docker = await engine();
const base = 'testfaults/base:1';
await loadBase(docker, base);
const from = `FROM ${base}\nRUN echo`;

function endOf(pid: string): void {
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function isRunning(pid: string): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('tests that leave processes, trap signals, read stdin, are no file', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'testfaults' },
    {
      leaves: {
        dockerfile: `${from} 1 > /1\n`,
        test: 'sleep 5000 & echo $! > leaves.pid; echo fine',
      },
      // Out of the test's process group and session, with its output held open.
      escapes: {
        dockerfile: `${from} 2 > /2\n`,
        test: "setsid sh -c 'echo $$ > escapes.pid; exec sleep 5000' & while ! [ -s escapes.pid ]; do sleep 0.1; done",
      },
      traps: {
        dockerfile: `${from} 3 > /3\n`,
        test: "trap '' TERM; echo $$ > traps.pid; while :; do sleep 1; done",
      },
      reads: { dockerfile: `${from} 4 > /4\n`, test: 'read line || echo nothing to read; cat' },
      folder: { dockerfile: `${from} 5 > /5\n`, files: { 'test.sh/inner': 'x' } },
    },
  );
  const built = await tree.run('build', '--verify-timeout', '2', '--report', 'report.json');
  const escaped = readFileSync(tree.at('work/escapes.pid'), 'utf8').trim();
  try {
    assert.equal(built.status, 1, built.stderr);
    const report = readReport(tree.at('work/report.json'));
    assert.deepEqual(endings(report), {
      built: ['escapes:1', 'leaves:1', 'reads:1'],
      failed: ['folder:1', 'traps:1'],
    });
    assert.match(built.stderr, /traps:1: FAILED to verify: the test did not end within 2 s/);
    assert.match(built.stderr, /folder:1: FAILED to verify: .*status 126/);
    assert.match(built.stderr, / {8}\| .*test\.sh: Is a directory/);
    assert.match(built.stderr, /escapes:1: its test has left a process running/);
    assert.ok(!built.stderr.includes('leaves:1: its test has left'), built.stderr);
    const reads = report.images.find(({ reference }) => reference.endsWith('reads:1'));
    assert.match(readFileSync(reads?.log ?? '', 'utf8'), /nothing to read/);
    for (const name of ['leaves', 'traps']) {
      assert.ok(!isRunning(readFileSync(tree.at(`work/${name}.pid`), 'utf8').trim()), name);
    }
  } finally {
    endOf(escaped);
  }
});

test('a test.sh that leads nowhere, and a verify_command that is not there, publish nothing', async () => {
  const store = await registry();
  const config = { registry: store.host, username: 'any', password: 'thing' };
  const images = { one: { dockerfile: `${from} 6 > /6\n` } };
  const tree = buildTree(docker, config, images);
  tree.write({ 'work/images/one/test.sh': { symlink: 'nowhere.sh' } });
  const dangling = await tree.run('build');
  // A fault of that image, and of nothing else.
  assert.equal(dangling.status, 1, dangling.stderr);
  assert.match(
    dangling.stderr,
    /images\/one\/test\.sh: error: .*nowhere\.sh, which does not exist/,
  );

  const other = buildTree(
    docker,
    { ...config, verify_command: '/no/such/program' },
    { one: { ...images.one, test: 'true' } },
  );
  const missing = await other.run('build');
  assert.equal(missing.status, 1, missing.stderr);
  assert.match(missing.stderr, /one:1: FAILED to verify: .*no program \/no\/such\/program/);
  // Asking for the right to push begins an upload; nothing is put.
  assert.ok(store.requests().every(({ method }) => method !== 'PUT'));
});

test('characters that a command writes in two parts are whole in log and view', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'testfaults' },
    {
      umlaut: {
        // The first byte of ä, the other stream's ß, then the second byte.
        dockerfile: `FROM ${base}\nRUN printf 'vor\\303'; sleep 0.3; printf '\\303\\237\\n' >&2; sleep 0.3; printf '\\244nach\\n'\n`,
      },
    },
  );
  const built = await tree.run('build', '--debug');
  assert.equal(built.status, 0, built.stderr);
  const log = readFileSync(tree.at('work/.generate-bake/logs/images/umlaut.log'), 'utf8');
  for (const text of [log, built.stderr]) {
    assert.ok(text.includes('änach'), text);
    assert.ok(text.includes('ß'), text);
    assert.ok(!text.includes('\ufffd'), text);
  }
});

test('places that cannot be written to are told, and nothing is published that cannot be noted', async () => {
  const store = await registry();
  const config = { registry: store.host, username: 'any', password: 'thing' };
  const tree = buildTree(docker, config, { one: { dockerfile: `${from} 7 > /7\n` } });
  tree.write({ 'home/file': 'in the way' });
  const inTheWay = tree.at('home/file/below');
  const build = (env: Record<string, string>, ...args: string[]) =>
    buildTree(docker, config, { one: { dockerfile: `${from} 7 > /7\n` } }, env).run(
      'build',
      ...args,
    );

  const temporary = await build({ TMPDIR: inTheWay });
  assert.equal(temporary.status, 2, temporary.stderr);
  assert.match(temporary.stderr, /cannot be written: .*not a directory.*\n.*hint: set TMPDIR/s);

  const locks = await build({ GENERATE_BAKE_LOCK_DIRECTORY: inTheWay });
  assert.equal(locks.status, 2, locks.stderr);
  assert.match(locks.stderr, /cannot create a lock in .*not a directory.*\n.*hint: set GENERATE_/s);

  const state = await build({ XDG_STATE_HOME: inTheWay });
  assert.equal(state.status, 1, state.stderr);
  assert.match(
    state.stderr,
    /one:1: FAILED to publish: cannot record what is published: .*not a directory/,
  );
  // Asking for the right to push begins an upload; nothing is put.
  assert.ok(store.requests().every(({ method }) => method !== 'PUT'));

  const logs = await build({ LOGS_DIRECTORY: inTheWay });
  assert.equal(logs.status, 0, logs.stderr);
  assert.match(logs.stderr, /no more logs are written: .*not a directory/);
  assert.match(logs.stderr, /1 published/);
  assert.ok(!existsSync(inTheWay));
});

test('a working directory that is read-only: what needs nothing written there is built', async (t) => {
  const tree = buildTree(
    docker,
    { namespace: 'testfaults' },
    {
      plain: { dockerfile: `${from} 8 > /8\n` },
      materialised: {
        dockerfile: `${from} 9 > /9\nCOPY shared /shared\n`,
        files: { shared: { symlink: '../shared' } },
      },
    },
  );
  tree.write({ 'work/images/shared': 'shared by images' });
  const work = tree.at('work');
  const mounted = await run('mount', ['--bind', work, work]);
  if (mounted.status !== 0) {
    return t.skip('nothing can be mounted here');
  }
  try {
    await must('mount', ['--options', 'remount,ro,bind', work]);
    const plain = await tree.run('build', '--select', '*plain*');
    assert.equal(plain.status, 0, plain.stderr);
    assert.match(plain.stderr, /no more logs are written: .* read-only file system/);
    const other = await tree.run('build', '--select', '*materialised*');
    assert.equal(other.status, 2, other.stderr);
    assert.match(other.stderr, /which the plan needs, is on a read-only file system/);
  } finally {
    await must('umount', [work]);
  }
  const after = await tree.run('build');
  assert.equal(after.status, 0, after.stderr);
});

/** What goes wrong around a build, and how it behaves on a host that it shares. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine, engines } from '../support/engine/engine.js';
import { must, run } from '../support/process.js';

const docker = await engine();
const base = 'guest/base:1';
await loadBase(docker, base);

test('a test that hangs, is not executable or writes megabytes', async () => {
  const from = `FROM ${base}\nRUN echo`;
  const tree = buildTree(
    docker,
    { namespace: 'guest-tests' },
    {
      hangs: {
        dockerfile: `${from} 1 > /1\n`,
        test: 'docker run --detach "$1" sleep 5000 >/dev/null; sleep 5001 & sleep 5002',
      },
      mode: { dockerfile: `${from} 2 > /2\n`, files: { 'test.sh': '#!/bin/sh\ntrue\n' } },
      loud: {
        dockerfile: `${from} 3 > /3\n`,
        test: 'seq 1 200000 | sed "s/$/ of very many lines, and there are more/"',
      },
      fine: { dockerfile: `${from} 4 > /4\n`, test: 'docker run --rm "$1" test -e /4' },
    },
  );
  const built = await tree.run('build', '--verify-timeout', '15', '--report', 'report.json');
  assert.equal(built.status, 1, built.stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), { built: ['fine:1', 'loud:1'], failed: ['hangs:1', 'mode:1'] });
  assert.match(built.stderr, /hangs:1: FAILED to verify: the test did not end within 15 s/);
  assert.match(built.stderr, /mode:1: FAILED to verify: .*status 126/);
  assert.match(built.stderr, / {8}\| .*Permission denied/);
  const left = await docker.docker(
    'ps',
    '--all',
    '--quiet',
    '--filter',
    'ancestor=guest-tests/hangs:1',
  );
  assert.equal(left, '');
  assert.ok(built.stderr.length < 100_000);
  const log = report.images.find(({ reference }) => reference.endsWith('loud:1'))?.log;
  assert.ok(readFileSync(log ?? '', 'utf8').includes('199999 of very many'));
});

test('a fault of the network is tried again and told, any other is not', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-flaky' },
    {
      network: {
        dockerfile: `FROM ${base}\nRUN echo 'curl: (28) Connection timed out'; exit 28\n`,
      },
      broken: { dockerfile: `FROM ${base}\nRUN echo 'no such file'; exit 28\n` },
    },
  );
  const built = await tree.run('build', '--retries', '1', '--report', 'report.json');
  assert.equal(built.status, 1, built.stderr);
  assert.match(built.stderr, /network:1: trying again \(attempt 2\): RUN echo/);
  assert.ok(!/broken:1: trying again/.test(built.stderr), built.stderr);
  const { images } = readReport(tree.at('work/report.json'));
  const network = images.find(({ reference }) => reference.endsWith('network:1'));
  assert.equal(network?.ending, 'failed');
  assert.ok((network?.attempts ?? 0) >= 2);
});

test('two builds at one time, from two checkouts: the second says who holds the engine', async () => {
  const images = { slow: { dockerfile: `FROM ${base}\nRUN sleep 4\n` } };
  const first = buildTree(docker, { namespace: 'guest-lock' }, images);
  const second = buildTree(docker, { namespace: 'guest-lock' }, images, {
    GENERATE_BAKE_LOCK_DIRECTORY: first.at('locks'),
  });
  const running = first.run('build');
  while (readdirSync(first.at('locks')).length === 0) {
    await sleep(20);
  }
  const refused = await second.run('build');
  assert.equal(refused.status, 3, refused.stderr);
  assert.match(refused.stderr, new RegExp(`process \\d+ on .* in ${first.at('work')}`));
  assert.equal((await running).status, 0);
  const after = await second.run('build');
  assert.equal(after.status, 0, after.stderr);
});

test('as a systemd unit: directories, no escape codes, a name on every line, quiet when all is done', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-unit' },
    {
      one: {
        dockerfile: `FROM ${base}\nRUN printf '\\033[31mred\\033[0m\\n' && echo 1 > /1\n`,
        test: 'echo tested',
      },
      bad: { dockerfile: `FROM ${base}\nRUN printf '\\033[31mred\\033[0m\\n' && exit 6\n` },
    },
  );
  const env = { ...tree.env, LOGS_DIRECTORY: tree.at('logs'), STATE_DIRECTORY: tree.at('state2') };
  const args = ['build', '-c', 'config.yaml', 'images'];
  const first = await runCli(args, { cwd: tree.at('work'), env });
  assert.equal(first.status, 1, first.stderr);
  assert.equal(first.stdout, '');
  assert.ok(!first.stderr.includes('\u001b'), first.stderr);
  const [events = ''] = first.stderr.split(/^FAILED/m);
  for (const line of events.trim().split('\n').slice(1)) {
    assert.match(line, /^guest-unit\/(one|bad):1: |^1 image begun again: /);
  }
  assert.match(first.stderr, /\n1 built, 1 failed in [^\n]+\nnext: fix that, then run [^\n]+\n$/);
  assert.match(readFileSync(tree.at('logs/images/one.log'), 'utf8'), /tested/);
  assert.ok(!existsSync(tree.at('work/.generate-bake')));

  tree.sketch({ bad: { dockerfile: `FROM ${base}\nRUN exit 0\n` } });
  assert.equal((await runCli(args, { cwd: tree.at('work'), env })).status, 0);
  const quiet = await runCli([...args.slice(0, 3), '--quiet', 'images'], {
    cwd: tree.at('work'),
    env,
  });
  assert.deepEqual([quiet.status, quiet.stdout, quiet.stderr], [0, '', '']);

  // Without the unit's directories logs are beside the tree, ignored by git.
  tree.sketch({ two: { dockerfile: `FROM ${base}\nRUN echo 2 > /2\n` } });
  assert.equal((await tree.run('build')).status, 0);
  assert.ok(existsSync(tree.at('work/.generate-bake/logs/images/two.log')));
  await must('git', ['init', '--quiet', tree.at('work')]);
  const status = await must('git', ['-C', tree.at('work'), 'status', '--porcelain']);
  assert.ok(!status.includes('.generate-bake'), status);
});

test('on a terminal: a live view that leaves what is worth keeping', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-terminal' },
    {
      one: { dockerfile: `FROM ${base}\nRUN sleep 2\n` },
      bad: { dockerfile: `FROM ${base}\nRUN echo why; exit 6\n` },
    },
  );
  const bin = join(root, 'bin/generate-bake.js');
  const command = `stty cols 100 rows 30; '${process.execPath}' '${bin}' build -c config.yaml images`;
  const shown = await run('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: tree.at('work'),
    env: { ...tree.env, TERM: 'xterm', COLUMNS: '100', LINES: '30' },
    input: '',
  });
  assert.equal(shown.status, 1, shown.stdout);
  assert.match(shown.stdout, /0\/2 done {2}[12] building/);
  assert.match(shown.stdout, / one +\d\.\ds {2}\[2\/2\] RUN sleep 2/);
  assert.match(shown.stdout, / {8}\| why/);
  assert.match(shown.stdout, /1 built, 1 failed/);
});

test('--info tells the steps, --debug their output', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-detail' },
    {
      one: { dockerfile: `FROM ${base}\nRUN echo out"put"\n` },
    },
  );
  const plain = await tree.run('build');
  assert.ok(!plain.stderr.includes('RUN'), plain.stderr);
  const info = await tree.run('build', '--info', '--no-cache', '--no-pull', '--dry-run');
  assert.equal(info.status, 0, info.stderr);
  tree.sketch({ one: { dockerfile: `FROM ${base}\nRUN echo out"put" # 2\n` } });
  const told = await tree.run('build', '--info');
  assert.match(told.stderr, /one:1: \[2\/2\] RUN echo/);
  assert.ok(!told.stderr.includes('| output'), told.stderr);
  tree.sketch({ one: { dockerfile: `FROM ${base}\nRUN echo out"put" # 3\n` } });
  const more = await tree.run('build', '--debug');
  assert.match(more.stderr, /one:1: \| output/);
});

test('no docker, no daemon, no such builder, container_limits that cannot be applied', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-none' },
    {
      one: { dockerfile: `FROM ${base}\nRUN true\n` },
    },
  );
  const args = ['build', '-c', 'config.yaml', 'images'];
  const cwd = tree.at('work');
  const without = await runCli(args, { cwd, env: { ...tree.env, PATH: tree.at('home') } });
  assert.equal(without.status, 3);
  assert.match(without.stderr, /docker cannot be used.*\n.*hint: install Docker/s);
  const down = await runCli(args, {
    cwd,
    env: { ...tree.env, DOCKER_HOST: `unix://${tree.at('none.sock')}` },
  });
  assert.equal(down.status, 3);
  assert.match(
    down.stderr,
    /Cannot connect to the Docker daemon|failed to connect to the docker API/,
  );
  const builder = await tree.run('build', '--builder', 'nobody');
  assert.equal(builder.status, 3);
  assert.match(builder.stderr, /no builder nobody/);

  tree.configure({ namespace: 'guest-none', container_limits: 'memory=4000000' });
  const named = await tree.run('build', '--builder', 'default');
  assert.equal(named.status, 3);
  assert.match(named.stderr, /container_limits cannot be applied to the builder default/);
  assert.match(named.stderr, /--no-container-limits/);
  const free = await tree.run('build', '--no-container-limits');
  assert.equal(free.status, 0, free.stderr);
});

test('a full disk: for the report, for the logs, for a materialised context', async (t) => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-full' },
    {
      one: {
        dockerfile: `FROM ${base}\nCOPY big /big\n`,
        files: { big: { symlink: '../shared' } },
      },
      two: { dockerfile: `FROM ${base}\nRUN echo two > /two\n` },
      three: { dockerfile: `FROM ${base}\nRUN echo three > /three\n` },
    },
  );
  tree.write({ 'work/images/shared': 'x'.repeat(300_000) });
  const small = tree.at('small');
  mkdirSync(small);
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
  if (mounted.status !== 0) {
    return t.skip('no tmpfs can be mounted here');
  }
  try {
    await run('sh', ['-c', `head -c 70000 /dev/zero > '${small}/filler'`]);
    const report = await tree.run('build', '--select', '*two*', '--report', `${small}/report.json`);
    assert.equal(report.status, 2, report.stderr);
    assert.match(report.stderr, /report\.json.*no space/is);
    const logs = await runCli(['build', '-c', 'config.yaml', '--select', '*three*', 'images'], {
      cwd: tree.at('work'),
      env: { ...tree.env, LOGS_DIRECTORY: small },
    });
    assert.equal(logs.status, 0, logs.stderr);
    assert.match(logs.stderr, /no more logs are written: .*no space/);
    mkdirSync(tree.at('work/.generate-bake'), { recursive: true });
    await must('mount', ['--bind', small, tree.at('work/.generate-bake')]);
    try {
      const context = await tree.run('build', '--select', '*one*');
      assert.equal(context.status, 2, context.stderr);
      assert.match(context.stderr, /no space/i);
    } finally {
      await must('umount', [tree.at('work/.generate-bake')]);
    }
  } finally {
    await must('umount', [small]);
  }
  const after = await tree.run('build');
  assert.equal(after.status, 0, after.stderr);
});

test('a report that can be written nowhere is told before anything is built', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-report' },
    { one: { dockerfile: `FROM ${base}\nRUN echo one > /one\n` } },
  );
  for (const option of ['--report', '--junit']) {
    const done = await tree.run('build', option, 'nowhere/report');
    assert.equal(done.status, 2, done.stderr);
    assert.equal(
      done.stderr,
      `nowhere/report: error: nowhere/report cannot be written: it would be in ${tree.at('work/nowhere')}, which does not exist [unwritable]\n`,
    );
  }
  assert.equal(await docker.docker('image', 'ls', '--quiet', 'guest-report/one'), '');
});

test('a disk that fills while images are built stops them, and what is finished stays', async () => {
  const tree = buildTree(
    docker,
    { namespace: 'guest-space' },
    {
      first: { dockerfile: `FROM ${base}\nRUN echo first > /first\n` },
      big: {
        dockerfile: `FROM {{ "first" | image_tag }}\nRUN fallocate -l 3221225472 /big && sleep 100\n`,
      },
    },
  );
  const folder = await must('docker', ['info', '--format', '{{.DockerRootDir}}'], {
    env: tree.env,
  });
  const { bavail, bsize } = statfsSync(folder.trim());
  // Half of what the image takes is left to whatever else runs on this disk.
  const least = ((bavail * bsize) / 1024 ** 3 - 1.5).toFixed(3);
  const report = tree.at('report.json');
  const full = await tree.run('build', '--min-free', least, '--report', report, '--jobs', '1');
  assert.equal(full.status, 3, full.stderr);
  assert.match(full.stderr, /only [\d.]+ GiB are free on the disk of .*generate-bake prune/);
  assert.deepEqual(endings(readReport(report)), { built: ['first:1'], unfinished: ['big:1'] });
});

for (const each of await engines()) {
  test(`${each.name}: exclusive images are built alone, --jobs bounds the rest`, async () => {
    await loadBase(each, base);
    const images = Object.fromEntries(
      ['a', 'b', 'c', 'lone'].map((name) => [
        name,
        { dockerfile: `FROM ${base}\nRUN sleep 1 && echo ${name} > /${name}\n` },
      ]),
    );
    const tree = buildTree(
      each,
      { namespace: 'guest-apart', exclusive_images: ['*lone*'] },
      images,
    );
    const dry = await tree.run('build', '--print');
    const plans = dry.stdout
      .split(/(?<=^\}\n)/m)
      .map((plan) => Object.keys(JSON.parse(plan).target));
    assert.deepEqual(plans.map((plan) => plan.length).sort(), [1, 3]);
    assert.deepEqual(
      plans.find((plan) => plan.length === 1),
      ['guest-apart__lone'],
    );
    assert.equal(await each.docker('image', 'ls', '--quiet', 'guest-apart/a'), '');
    const jobs = await tree.run('build', '--print', '--jobs', '2');
    assert.equal(jobs.stdout.split(/(?<=^\}\n)/m).length, 4);
    const built = await tree.run('build', '--jobs', '2');
    assert.equal(built.status, 0, built.stderr);
  });
}

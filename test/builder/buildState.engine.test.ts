/**
 * The registry is the state: runs that are killed between any two requests, and two machines that publish
 * one version at once. A fake in front of the real registry counts, delays and drops requests.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { definitionLabel } from '#compiler/plan/labels.js';
import { buildTree, readReport } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine, engines, privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { faultyRegistry } from '../support/faultyRegistry.js';
import { putImage } from '../support/images.js';
import { isLong } from '../support/long.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const base = 'state/base:1';
const bin = join(root, 'bin/generate-bake.js');

/** The digests of these tags; undefined where there is none. */
async function digests(host: string, name: string, tags: readonly string[]) {
  const accept = [
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.index.v1+json',
  ].join(', ');
  const found: Record<string, string | null> = {};
  for (const tag of tags) {
    const url = `http://${host}/v2/${name}/manifests/${tag}`;
    const answer = await fetch(url, { method: 'HEAD', headers: { accept } });
    found[tag] = answer.status === 200 ? answer.headers.get('docker-content-digest') : null;
  }
  return found;
}

/** The processes that a process has started, and those that these have. */
function descendantsOf(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((word) => word !== '')
        .map(Number),
    );
    return children.flatMap((child) => [child, ...descendantsOf(child)]);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  for (const each of [...descendantsOf(pid), pid]) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

test('killed after each single request, a run on a machine without state ends the same', async (t) => {
  const docker = await engine();
  await loadBase(docker, base);
  let store = await registry();
  let passing = Number.POSITIVE_INFINITY;
  let running: number | undefined;
  const gate = await faultyRegistry(
    () => {
      if (passing <= 0) {
        if (running !== undefined) {
          kill(running);
        }
        return 'reset';
      }
      passing--;
      return 'pass';
    },
    { behind: () => store.host },
  );
  const tree = scratchTree({
    'generate-bake.toml': `registry = "${gate.host}"\nversion = "1.2.3"\n`,
    'app/Dockerfile': `FROM ${base}\nRUN echo app > /app\n`,
    'app/image.toml': 'tags = ["1.2", "1"]\n',
  });
  let machines = 0;
  /** A run on a machine that has the engine's images, and nothing else. */
  const build = async (command: string, ...options: string[]) => {
    const machine = scratchTree({
      'home/': '',
      'state/': '',
      'cache/': '',
      'tmp/': '',
      'locks/': '',
    });
    machines++;
    const child = spawn(process.execPath, [bin, command, ...options], {
      cwd: tree.path,
      env: {
        ...docker.env,
        HOME: machine.at('home'),
        XDG_STATE_HOME: machine.at('state'),
        XDG_CACHE_HOME: machine.at('cache'),
        TMPDIR: machine.at('tmp'),
        GENERATE_BAKE_LOCK_DIRECTORY: machine.at('locks'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    running = child.pid;
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    running = undefined;
    return { status, output };
  };
  const tags = ['1.2.3', '1.2', '1', 'latest'];
  /** An earlier version of ours is there, as `latest` and as `1`. */
  const anew = async (): Promise<void> => {
    await store.stop();
    store = await registry();
    for (const tag of ['1.1.0', 'latest', '1']) {
      await putImage(store, 'app', tag, {
        layers: ['earlier'],
        labels: {
          'org.opencontainers.image.version': '1.1.0',
          [definitionLabel]: `sha256:${'d'.repeat(64)}`,
        },
      });
    }
  };

  assert.equal((await build('build', '--no-publish')).status, 0);
  await anew();
  const from = gate.asked.length;
  const whole = await build('build', '--publish');
  assert.equal(whole.status, 0, whole.output);
  const requests = gate.asked.length - from;
  const wanted = await digests(store.host, 'app', tags);
  assert.equal(new Set(Object.values(wanted)).size, 1);
  assert.ok(wanted.latest);

  const ends = new Map<string, number[]>();
  let cut = 0;
  const step = isLong ? 1 : 11;
  const start = step === 1 ? 0 : new Date().getUTCDate() % step;
  for (let point = start; point < requests; point += step) {
    await anew();
    passing = point;
    const killed = await build('build', '--publish');
    assert.notEqual(killed.status, 0, `after ${point} requests: ${killed.output}`);
    cut++;
    // The engine's own push ends with its client.
    await sleep(300);
    passing = Number.POSITIVE_INFINITY;
    const between = await digests(store.host, 'app', tags);
    const next = await build('build', '--publish');
    assert.equal(next.status, 0, `after ${point} requests: ${next.output}`);
    assert.deepEqual(await digests(store.host, 'app', tags), wanted, `after ${point} requests`);
    const there = tags.filter((tag) => between[tag] === wanted[tag]).join(' ') || 'nothing new';
    ends.set(there, [...(ends.get(there) ?? []), point]);
  }
  t.diagnostic(`requests of a whole run: ${requests}; killed runs: ${cut}; machines: ${machines}`);
  for (const [there, points] of ends) {
    t.diagnostic(
      `killed after request ${points.at(0)} to ${points.at(-1)}: there was ${there}; in the end ${tags.join(' ')}, one digest`,
    );
  }
  // Some died in the middle of every step.
  assert.ok(ends.size >= (step === 1 ? 4 : 2), [...ends.keys()].join('; '));
  const settled = await build('status', '--exit-code');
  assert.equal(settled.status, 0, settled.output);
  await gate.stop();
  await store.stop();
});

test('two machines build one version at once, again and again: never two successes of two digests', async (t) => {
  const known = await engines();
  const [first, second = privateEngineMissing() === undefined ? await privateEngine() : undefined] =
    known;
  if (first === undefined || second === undefined) {
    t.skip('no second engine');
    return;
  }
  const store = await registry();
  let slowest = 0;
  const gate = await faultyRegistry(() => 'pass', {
    behind: store.host,
    delayMs: ({ method, path }) =>
      method === 'PUT' && /\/manifests\//.test(path) ? Math.random() * slowest : 0,
  });
  const config = { registry: gate.host, username: 'any', password: 'thing' };
  const trees = await Promise.all(
    [first, second].map(async (machine) => {
      await loadBase(machine, base);
      return buildTree(machine, config, {});
    }),
  );
  const outcomes = new Map<string, number>();
  const rounds = isLong ? 20 : 2;
  for (let round = 1; round <= rounds; round++) {
    slowest = [0, 0, 1_500, 4_000][round % 4] ?? 0;
    const version = `1.${round}`;
    const dockerfile = `FROM ${base}\nRUN echo ${round} > /round && cat /proc/uptime > /made\n`;
    for (const tree of trees) {
      tree.sketch({ app: { version, dockerfile } });
    }
    const runs = await Promise.all(
      trees.map(async (tree) => {
        const done = await tree.run('build', '--report', 'report.json');
        const image = readReport(tree.at('work/report.json')).images.find(({ reference }) =>
          reference.endsWith(`/app:${version}`),
        );
        return { ...done, image };
      }),
    );
    const good = runs.filter(({ status }) => status === 0);
    const said = new Set(
      good.flatMap(({ image }) => (image?.ending === 'published' ? [image.digest] : [])),
    );
    const shown = runs.map(({ stderr }) => stderr).join('\n');
    assert.ok(said.size <= 1, shown);
    const there = await digests(store.host, 'app', [version]);
    if (good.length > 0) {
      assert.deepEqual([...said], [there[version]], shown);
    }
    for (const { status, image } of runs) {
      assert.ok(status === 0 || (status === 1 && image?.during === 'publish'), shown);
    }
    const reasons = runs.flatMap(({ image }) =>
      image?.ending === 'failed' ? [(image.reason ?? '').replace(/sha256:\w+/g, 'DIGEST')] : [],
    );
    const outcome = [`${good.length} of 2 succeeded`, ...reasons].join('; ');
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    // Whoever comes next finds nothing to build, and settles latest where both gave up.
    const next = await trees[round % 2]?.run('build');
    assert.equal(next?.status, 0, next?.stderr);
    const end = await digests(store.host, 'app', [version, 'latest']);
    assert.equal(end.latest, end[version]);
    assert.equal(end[version], there[version]);
  }
  for (const [outcome, times] of outcomes) {
    t.diagnostic(`${outcome}: ${times} of ${rounds} rounds`);
  }
  await gate.stop();
  await store.stop();
});

test('what could not be signed is a failure, and latest is not moved to it, in no later run', async () => {
  const docker = await engine();
  await loadBase(docker, base);
  const store = await registry();
  const config = { registry: store.host, username: 'any', password: 'thing' };
  const dockerfile = `FROM ${base}\nRUN echo signed > /signed\n`;
  const tree = buildTree(docker, config, { app: { dockerfile } });
  const plain = await tree.run('build');
  assert.equal(plain.status, 0, plain.stderr);
  const before = await digests(store.host, 'app', ['1', 'latest']);
  // As docker's notary client does: the push works, and signing fails. Some builds of docker have none.
  const program = (await must('sh', ['-c', 'command -v docker'], { env: docker.env })).trim();
  const text = `#!/bin/sh
'${program}' "$@" || exit
[ "$1" != push ] || { echo 'could not sign: no trust server' >&2; exit 1; }
`;
  tree.write({ 'bin/docker': { text, mode: 0o755 } });
  Object.assign(tree.env, {
    DOCKER_CONTENT_TRUST: '1',
    PATH: `${tree.at('bin')}:${tree.env.PATH}`,
  });
  tree.sketch({ app: { version: '2', dockerfile } });
  const unsigned = await tree.run('build');
  assert.equal(unsigned.status, 1, unsigned.stderr);
  assert.match(unsigned.stderr, /app:2: FAILED to publish/);
  const after = await digests(store.host, 'app', ['2', 'latest']);
  assert.equal(after.latest, before['1']);
  const next = await tree.run('build');
  assert.ok(after['2']);
  assert.equal(next.status, 0, next.stderr);
  assert.match(next.stderr, /latest is not moved to 2: DOCKER_CONTENT_TRUST is set/);
  assert.equal((await digests(store.host, 'app', ['latest'])).latest, before['1']);
  await store.stop();
});

test('after_publish runs between the version and latest; where it fails, the next build runs it again', async () => {
  const docker = await engine();
  await loadBase(docker, base);
  const store = await registry();
  const config = {
    registry: store.host,
    username: 'any',
    password: 'secret-thing',
    'generate-bake': { after_publish: ['../hook.sh'] },
  };
  const tree = buildTree(docker, config, {
    app: { dockerfile: `FROM ${base}\nRUN echo app > /app\n` },
    child: { dockerfile: 'FROM {{ "app" | image_tag }}\nRUN echo child > /child\n' },
  });
  const hook = (end: string): void =>
    tree.write({
      'hook.sh': {
        text: `#!/bin/sh
env > '${tree.at('home')}/env'
echo "$GENERATE_BAKE_IMAGE@$GENERATE_BAKE_DIGEST" >> '${tree.at('home')}/ran'
docker manifest inspect --insecure "$GENERATE_BAKE_REPOSITORY:latest" > /dev/null 2>&1 && echo "latest of $GENERATE_BAKE_IMAGE is there" >> '${tree.at('home')}/ran'
${end}
`,
        mode: 0o755,
      },
    });
  hook('echo no key here; exit 3');
  const failing = await tree.run('build', '--report', 'report.json');
  assert.equal(failing.status, 1, failing.stderr);
  assert.match(
    failing.stderr,
    /app:1: FAILED to publish: published, but after_publish exited with status 3\n.*FAILED {2}app:1 .*\n {8}\| no key here/s,
  );
  const first = await digests(store.host, 'app', ['1', 'latest']);
  assert.ok(first['1']);
  assert.equal(first.latest, null);
  assert.equal((await digests(store.host, 'child', ['1']))['1'], null);
  assert.match((await tree.run('status')).stdout, /app:1 +published, latest owed +tag/);

  hook('exit 0');
  const settled = await tree.run('build', '--report', 'report.json');
  assert.equal(settled.status, 0, settled.stderr);
  const ran = readFileSync(`${tree.at('home')}/ran`, 'utf8')
    .trim()
    .split('\n');
  const child = await digests(store.host, 'child', ['1', 'latest']);
  assert.deepEqual(ran.sort(), [
    `${store.host}/app:1@${first['1']}`,
    `${store.host}/app:1@${first['1']}`,
    `${store.host}/child:1@${child['1']}`,
  ]);
  assert.equal(child.latest, child['1']);
  assert.equal((await digests(store.host, 'app', ['latest'])).latest, first['1']);
  assert.doesNotMatch(
    readFileSync(`${tree.at('home')}/env`, 'utf8'),
    /secret-thing|generate-bake-login/,
  );
  await store.stop();
});

/** Several engines, each as a docker context, and BuildKit elsewhere, build one tree. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import {
  type BuildTree,
  buildTree,
  endings,
  readReport,
  type Sketch,
} from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engine, privateEngine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { remoteBuilder } from '../support/engine/remote.js';
import { faultyRegistry } from '../support/faultyRegistry.js';
import { onlyLong } from '../support/long.js';
import { onParents } from '../support/onParents.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';
import { napOf, until, untilAsleep } from '../support/sleeping.js';

const containerd = ['--feature', 'containerd-snapshotter=true'];

test('images are built, tested and published by two engines, each on the image of its parent', async () => {
  const near = await engine();
  const store = await registry();
  const far = await privateEngine('current', containerd);
  await context(near, 'far', far);
  await context(near, 'near', near);
  const base = `${store.host}/base:1`;
  await Promise.all([loadBase(near, base), loadBase(far, base)]);
  const tree = buildTree(near, published(store), sketch(base));
  const builders = ['--builder', 'near', '--builder', 'far', '--jobs', '2'];
  const staging = ['--staging', `${store.host}/staging`];

  const done = await tree.run('build', ...builders, ...staging, '--report', 'report.json');
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stderr, /\/child\d:1: built in \S+ on far\n/);
  const report = readReport(tree.at('work/report.json'));
  assert.equal(endings(report).published?.length, 9);
  assert.deepEqual(buildersIn(tree), ['far', 'near']);
  await onParents(store, sketchParents);
  // What is deleted in a registry fails the end of a test by itself.
  const moved = done.stderr.match(/:latest: moved/g) ?? [];
  assert.equal(moved.length, 9);

  const again = await tree.run('build', ...builders, ...staging, '--quiet');
  assert.equal(`${again.status}${again.stderr}`, '0');
  assert.equal(`${await staged(near, store)}${await staged(far, store)}`, '');

  // A run that is killed leaves its names, which prune takes away once no build runs.
  const left = `${store.host}/staging/root:1-0123456789ab`;
  await near.docker('tag', `${store.host}/root:1`, left);
  tree.write({
    'work/generate-bake.toml': `staging = "${store.host}/staging"\n[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n`,
  });
  const where = { cwd: tree.at('work'), env: tree.env };
  const pruned = await runCli(['prune'], where);
  assert.equal(`${pruned.status} ${pruned.stdout}`, `0 ${left}\n`, pruned.stderr);
  await far.remove();
  await store.stop();
});

test('a buildx builder pushes what it builds, and an engine beside it gets that to test it', {
  skip: onlyLong,
}, async () => {
  const near = await engine();
  const store = await registry();
  const far = await remoteBuilder(near);
  await context(near, 'beside', near);
  const base = `${store.host}/base:1`;
  await loadBase(near, base);
  await near.docker('push', '--quiet', base);
  const tree = buildTree(near, published(store), sketch(base));
  const staging = ['--staging', `${store.host}/staging`];
  const builders = ['--builder', 'beside', '--builder', far.name, '--jobs', '2'];
  const done = await tree.run('build', ...builders, ...staging, '--report', 'report.json');
  assert.equal(done.status, 0, done.stderr);
  assert.equal(endings(readReport(tree.at('work/report.json'))).published?.length, 9);
  assert.deepEqual(buildersIn(tree), ['beside', far.name].sort());
  assert.equal(done.stderr.match(/grand\d:1: test passed/g)?.length, 4);
  await onParents(store, sketchParents);
  await far.remove();
  await store.stop();
});

test('a builder that dies takes only its calls with it: the others build what it was building', async () => {
  const near = await engine();
  const store = await registry();
  await context(near, 'staying', near);
  const far = await privateEngine('current', containerd);
  await context(near, 'dying', far);
  const base = `${store.host}/base:1`;
  await Promise.all([loadBase(near, base), loadBase(far, base)]);
  const nap = napOf(4);
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 6; at++) {
    images[`one${at}`] = {
      dockerfile: `FROM ${base}\nRUN sleep ${nap} && echo ${at} > /${at}\n`,
      test: `docker run --rm "$1" cat /${at} | grep -qx ${at}`,
    };
  }
  const tree = buildTree(near, published(store), images);
  const builders = ['--builder', 'staying', '--builder', 'dying', '--jobs', '2'];
  const staging = ['--staging', `${store.host}/staging`];
  const running = tree.run('build', ...builders, ...staging, '--report', 'report.json');
  await untilAsleep(running, nap, 4);
  await far.kill();
  const done = await running;
  assert.equal(done.status, 0, done.stderr);
  assert.match(
    done.stderr,
    /warning: the builder dying cannot be used any more: .*; the others continue/,
  );
  assert.equal(endings(readReport(tree.at('work/report.json'))).published?.length, 6);
  assert.deepEqual(buildersIn(tree), ['staying']);
  assert.equal(done.stderr.match(/: building\n/g)?.length, 8, 'two were built once more');
  await far.remove();
  await store.stop();
});

interface Freezable {
  readonly name: string;
  freeze(isFrozen: boolean): void;
  remove(): Promise<void>;
}

const freezable = {
  'a docker context': async (near: Engine, base: string): Promise<Freezable> => {
    const far = await privateEngine('current', containerd);
    await context(near, 'frozen', far);
    await loadBase(far, base);
    return { name: 'frozen', freeze: far.freeze, remove: far.remove };
  },
  'a remote builder': async (near: Engine, base: string): Promise<Freezable> => {
    await near.docker('push', '--quiet', base);
    return remoteBuilder(near);
  },
} as const;

for (const [kind, made] of Object.entries(freezable)) {
  test(`${kind} that is frozen is given up once it has answered nothing for a time and others did`, {
    skip: onlyLong,
  }, async () => {
    const near = await engine();
    const store = await registry();
    await context(near, 'awake', near);
    const base = `${store.host}/base:1`;
    await loadBase(near, base);
    const far = await made(near, base);
    const nap = napOf(3);
    const images: Record<string, Sketch[string]> = {};
    for (let at = 0; at < 4; at++) {
      images[`one${at}`] = {
        dockerfile: `FROM ${base}\nRUN sleep ${nap} && echo ${at} > /${at}\n`,
        test: `docker run --rm "$1" cat /${at} | grep -qx ${at}`,
      };
    }
    const tree = buildTree(near, published(store), images);
    const builders = ['--builder', 'awake', '--builder', far.name, '--jobs', '2'];
    const staging = ['--staging', `${store.host}/staging`];
    const patience = ['--transfer-timeout', '12'];
    const words = [...builders, ...staging, ...patience, '--report', 'report.json'];
    const running = tree.run('build', ...words);
    await untilAsleep(running, nap, 4);
    far.freeze(true);
    const done = await running;
    far.freeze(false);
    assert.equal(done.status, 0, done.stderr);
    const warning = `warning: the builder ${far.name} cannot be used any more: it has not answered for \\d+ s; the others continue`;
    assert.match(done.stderr, new RegExp(warning));
    assert.equal(endings(readReport(tree.at('work/report.json'))).published?.length, 4);
    assert.deepEqual(buildersIn(tree), ['awake']);
    assert.equal(done.stderr.match(/: building\n/g)?.length, 6, 'two were built once more');
    await far.remove();
    await must('docker', ['context', 'rm', 'awake'], { env: near.env });
    await store.stop();
  });
}

test('what fails on a full disk (a double: its RUN says so) is built by another builder; what says so there too fails', async () => {
  const near = await engine();
  const store = await registry();
  const far = await privateEngine('current', containerd);
  await context(near, 'empty', near);
  await context(near, 'full', far);
  const base = `${store.host}/base:1`;
  await Promise.all([loadBase(near, base), loadBase(far, `${store.host}/empty:1`)]);
  const says = 'echo "write error: No space left on device" >&2; exit 1';
  // Of the two bases one has a file more: by this a RUN knows where it is.
  await must('docker', ['build', '--quiet', '--tag', base, '-'], {
    env: far.env,
    input: `FROM ${store.host}/empty:1\nRUN touch /full\n`,
  });
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 3; at++) {
    images[`one${at}`] = {
      dockerfile: `FROM ${base}\nRUN sleep 1; if [ -e /full ]; then ${says}; fi\n`,
    };
  }
  images.own = { dockerfile: `FROM {{ "one0" | image_tag }}\nRUN ${says}\n` };
  const tree = buildTree(near, published(store), images);
  const builders = ['--builder', 'empty', '--builder', 'full', '--jobs', '2'];
  const staging = ['--staging', `${store.host}/staging`];
  const done = await tree.run('build', ...builders, ...staging, '--report', 'report.json');
  assert.equal(done.status, 1, done.stderr);
  assert.match(
    done.stderr,
    /warning: the builder full cannot be used any more: its disk is full \(no space left on device\); the others/,
  );
  const { published: passed, failed } = endings(readReport(tree.at('work/report.json')));
  assert.deepEqual([passed?.length, failed?.length], [3, 1], done.stderr);
  assert.match(done.stderr, /own:1: FAILED on empty: /);
  assert.match(done.stderr, /FAILED {2}\S*own:1 on empty/);
  assert.deepEqual(buildersIn(tree), ['empty']);
  await far.remove();
  await store.stop();
});

test('a builder that dies while it pushes to staging loses that image to the others', async () => {
  const near = await engine();
  const store = await registry();
  await context(near, 'lasting', near);
  const far = await privateEngine('current', containerd);
  await context(near, 'pushing', far);
  const base = `${store.host}/base:1`;
  await Promise.all([loadBase(near, base), loadBase(far, base)]);
  // Every layer of the first image takes so long that its engine can be killed meanwhile.
  let pushes = 0;
  const slow = await faultyRegistry(() => 'pass', {
    behind: store.host,
    delayMs: ({ method, path }) => {
      const isUpload = path.includes('/blobs/uploads/') && (method === 'PATCH' || method === 'PUT');
      pushes += isUpload ? 1 : 0;
      return isUpload && pushes === 1 ? 60_000 : 0;
    },
  });
  const tree = buildTree(near, published(store), {
    a: { dockerfile: `FROM ${base}\nRUN echo a > /a\n` },
    b: { dockerfile: 'FROM {{ "a" | image_tag }}\nRUN test -e /a\n' },
  });
  const builders = ['--builder', 'pushing', '--builder', 'lasting'];
  const staging = ['--staging', `${slow.host}/staging`];
  const running = tree.run('build', ...builders, ...staging, '--report', 'report.json');
  await until(running, async () => pushes > 0);
  await far.kill();
  const done = await running;
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stderr, /warning: the builder pushing cannot be used any more/);
  assert.equal(endings(readReport(tree.at('work/report.json'))).published?.length, 2);
  assert.deepEqual(buildersIn(tree), ['lasting']);
  await far.remove();
  await slow.stop();
  await store.stop();
});

test('an image whose engine dies before its test is tested and published by another one', {
  skip: onlyLong,
}, async () => {
  const near = await engine();
  const store = await registry();
  await context(near, 'survivor', near);
  const far = await privateEngine('current', containerd);
  await context(near, 'mortal', far);
  const base = `${store.host}/base:1`;
  await Promise.all([loadBase(near, base), loadBase(far, base)]);
  const scratch = scratchTree();
  const begun = scratch.at('begun');
  const tree = buildTree(near, published(store), {
    a: { dockerfile: `FROM ${base}\nRUN sleep 3 && echo a > /a\n` },
    b: {
      dockerfile: `FROM ${base}\nRUN echo b > /b\n`,
      // Where the engine is gone it fails, and passes on another one.
      test: `docker version >/dev/null && { [ -e ${begun} ] || { touch ${begun}; sleep 15; }; docker run --rm "$1" cat /b; }`,
    },
  });
  const builders = ['--builder', 'mortal', '--builder', 'survivor', '--jobs', '1'];
  const staging = ['--staging', `${store.host}/staging`];
  const running = tree.run('build', ...builders, ...staging, '--report', 'report.json');
  await until(running, async () => existsSync(begun));
  const isFar = JSON.stringify(await far.docker('image', 'ls')).includes('/b');
  await (isFar ? far.kill() : Promise.resolve());
  const done = await running;
  assert.equal(done.status, 0, done.stderr);
  assert.ok(isFar, 'the test began on the engine that was killed');
  assert.equal(endings(readReport(tree.at('work/report.json'))).published?.length, 2);
  await far.remove();
  await store.stop();
});

test('what several builders cannot be used with is told before anything is built', async () => {
  const near = await engine();
  const store = await registry();
  await context(near, 'here', near);
  await context(near, 'there', near);
  const tree = buildTree(near, published(store), {
    a: { dockerfile: `FROM ${store.host}/base:1\n` },
  });
  const old = await engine('baseline');
  await context(near, 'other', old);
  const two = ['--builder', 'here', '--builder', 'other'];
  await must('docker', ['context', 'create', 'down', '--docker', 'host=tcp://127.0.0.1:9'], near);
  const downSays =
    /^error: the builder down: Cannot connect to the Docker daemon at tcp:\/\/127\.0\.0\.1:9.*\n +hint: start the daemon there, or correct the context: "docker context inspect down"$/m;
  const cases: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
    [['--builder', 'here', '--builder', 'there'], 3, /here and there are the same engine/],
    [['--builder', 'here', '--builder', 'here'], 3, /here is named twice/],
    [['--builder', 'here', '--builder', 'nobody'], 3, /^error: no builder nobody: /m],
    [['--builder', 'here', '--builder', 'down'], 3, downSays],
    [['--builder', '--load'], 2, /builder/],
    [['--builder', 'a b'], 2, /"a b" is not the name of a builder/],
  ];
  for (const [args, status, says] of cases) {
    const refused = await tree.run('build', ...args, '--staging', `${store.host}/staging`);
    assert.equal(refused.status, status, refused.stderr);
    assert.match(refused.stderr, says);
  }
  const stagings: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [[], /several builders need a repository.*\n +hint: .*--staging/],
    [['--staging', 'nowhere'], /staging must be a registry and a path/],
    [['--staging', `${store.host}/a`], /\/a is published in the staging repository/],
    [
      ['--staging', `${store.host.replace('127.0.0.1', 'localhost')}/a`],
      /\/a is published in the staging repository localhost/,
    ],
    [['--staging', `${store.host}/x/`], /hint: .* no "\/" at the end/],
    [['--staging', `${store.host}/x:1`], /staging must be a registry and a path/],
  ];
  for (const [args, says] of stagings) {
    const refused = await tree.run('build', ...two, ...args);
    assert.equal(refused.status, 2, refused.stderr);
    assert.match(refused.stderr, says);
  }
  assert.deepEqual(
    store.requests().filter(({ method }) => method !== 'GET' && method !== 'HEAD'),
    [],
  );
  const more = ['--builder', 'there', '--builder', 'down'];
  const doctor = await tree.run('doctor', ...two, ...more, '--json');
  assert.equal(doctor.status, 1);
  const { builders, checks } = JSON.parse(doctor.stdout);
  assert.deepEqual(
    builders.map(({ name, engine }: { name: string; engine?: { docker: string } }) => [
      name,
      engine?.docker,
    ]),
    [
      ['here', near.dockerVersion],
      ['other', old.dockerVersion],
      ['there', near.dockerVersion],
      ['down', undefined],
    ],
  );
  const lacking = checks.filter(({ state }: { state: string }) => state === 'missing');
  assert.deepEqual(
    lacking.map(({ name }: { name: string }) => name),
    ['there: engine', 'down: docker', 'staging'],
  );
  await store.stop();
});

/** The names that an engine has of the staging repository. */
async function staged({ docker }: Engine, { host }: Registry): Promise<string> {
  const names = await docker('image', 'ls', '--digests', '--format', '{{.Repository}}@{{.Digest}}');
  return names
    .split('\n')
    .filter((name) => name.startsWith(`${host}/staging`))
    .join('\n');
}

/** What a tree is published with. */
function published({ host }: Registry) {
  return { registry: host, username: 'any', password: 'body' };
}

/** A root, four children that wait, and one on each of them. */
function sketch(base: string): Sketch {
  const on = (parent: string, line: string): string =>
    `FROM {{ "${parent}" | image_tag }}\nRUN ${line}\n`;
  const images: Record<string, Sketch[string]> = {
    root: { dockerfile: `FROM ${base}\nRUN echo root > /root.txt\n` },
  };
  for (let at = 0; at < 4; at++) {
    images[`child${at}`] = { dockerfile: on('root', `sleep 2 && echo ${at} > /${at}`) };
    images[`grand${at}`] = {
      dockerfile: on(`child${at}`, `test -e /root.txt && cp /${at} /grand`),
      test: `docker run --rm "$1" cat /grand | grep -qx ${at}`,
    };
  }
  return images;
}

/** The parent of each image of the sketch that has one. */
const sketchParents = new Map(
  [0, 1, 2, 3].flatMap((at) => [
    [`child${at}`, 'root'] as const,
    [`grand${at}`, `child${at}`] as const,
  ]),
);

/** The builders that built something, as the report says. */
function buildersIn(tree: BuildTree): string[] {
  const report = readReport(tree.at('work/report.json'));
  const images = report.images as readonly { readonly builder?: string }[];
  return [...new Set(images.flatMap(({ builder }) => builder ?? []))].sort();
}

/** Makes an engine known to another one's command line. */
async function context(to: Engine, name: string, { env }: Engine): Promise<void> {
  const args = ['context', 'create', name, '--docker', `host=${env.DOCKER_HOST}`];
  await must('docker', args, { env: to.env });
}

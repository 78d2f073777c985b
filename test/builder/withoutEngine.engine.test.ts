/** BuildKit elsewhere, and a machine with docker's client on which no daemon answers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  type BuildTree,
  buildTree,
  endings,
  type Report,
  readReport,
  type Sketch,
} from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engine, privateEngineMissing } from '../support/engine/engine.js';
import { type EngineKind, engineKinds } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { remoteBuilder } from '../support/engine/remote.js';
import { faultyRegistry } from '../support/faultyRegistry.js';
import { firstUnlessLong } from '../support/long.js';
import { onParents } from '../support/onParents.js';
import { scratchTree } from '../support/scratch.js';
import { napOf, untilAsleep } from '../support/sleeping.js';

const skip = privateEngineMissing() ?? false;

/** Where nobody listens. */
const nobody = 'tcp://127.0.0.1:9';
const refusal = `Cannot connect to the Docker daemon at ${nobody}`;

/** A tree on a machine without an engine; what `near` does is to bring a base into the registry. */
async function treeOf(near: Engine, store: Registry, images: Sketch): Promise<BuildTree> {
  const base = `${store.host}/base:1`;
  await loadBase(near, base);
  await near.docker('push', '--quiet', base);
  const config = { registry: store.host, username: 'any', password: 'body' };
  return buildTree(near, config, images, { DOCKER_HOST: nobody });
}

/** An engine, which the command does not reach, a registry, and a builder elsewhere, until the test ends. */
async function lab(
  t: TestContext,
  kind: EngineKind = 'current',
  platforms: readonly string[] = [],
) {
  const near = await engine(kind);
  const store = await registry();
  t.after(() => store.stop());
  const far = await remoteBuilder(near, platforms);
  t.after(far.remove);
  return { near, store, far };
}

/** The last has a test, and the others have none. */
const chain = (store: Registry): Sketch => ({
  root: { dockerfile: `FROM ${store.host}/base:1\nRUN echo root > /root.txt\n` },
  middle: { dockerfile: 'FROM {{ "root" | image_tag }}\nRUN test -e /root.txt\n' },
  leaf: {
    dockerfile: 'FROM {{ "middle" | image_tag }}\nRUN echo leaf > /leaf\n',
    test: 'docker run --rm "$1" test -e /leaf',
  },
});

for (const kind of firstUnlessLong(engineKinds)) {
  test(`without an engine a builder elsewhere builds into staging; where one answers the same command tests and publishes: ${kind}`, {
    skip,
  }, async (t) => {
    const { near, store, far } = await lab(t, kind);
    const tree = await treeOf(near, store, chain(store));
    const args = ['--builder', far.name, '--staging', `${store.host}/staging`];

    const files = ['--report', 'first.json', '--junit', 'first.xml', '--page', 'first.html'];
    const first = await tree.run('build', ...args, ...files, '--summary', 'first.md');
    assert.equal(first.status, 3, first.stderr);
    const built = (name: string, ...more: string[]) => [
      `HOST/${name}:1: building`,
      `HOST/${name}:1: built in TIME on FAR`,
      ...more,
      `HOST/${name}:1: staged as DIGEST`,
      `HOST/${name}:1: not published: no docker engine answers`,
    ];
    assert.deepEqual(normal(first.stderr, store, far.name), [
      `warning: what is built is neither tested nor published: ${refusal} [engine-daemon-down]`,
      `  hint: DOCKER_HOST is ${nobody}: start the daemon there, correct it, or unset it for this machine's own`,
      '3 images to build',
      ...built('root'),
      ...built('middle'),
      ...built('leaf', 'HOST/leaf:1: not tested: no docker engine answers'),
      'root:1, middle:1, leaf:1: not published: no docker engine answers',
      'untested, since no docker engine answers: leaf:1',
      '3 staged in TIME (longest chain: root, middle, leaf: TIME)',
      'next: run the same command where a docker engine answers: it builds, tests and publishes them',
    ]);
    const report = readReport(tree.at('work/first.json'));
    assert.deepEqual(endings(report), { built: ['leaf:1', 'middle:1', 'root:1'] });
    assert.deepEqual(
      report.images.map(({ reference, tested, untested }) => [
        reference.replace(/^.*\//, ''),
        tested,
        untested,
      ]),
      [
        ['root:1', false, undefined],
        ['middle:1', false, undefined],
        ['leaf:1', false, 'no docker engine answers'],
      ],
    );
    const written = (file: string, text: string): number =>
      readFileSync(tree.at(`work/${file}`), 'utf8').split(text).length - 1;
    const skipped = '<skipped message="built, and not tested: no docker engine answers"/>';
    assert.equal(written('first.xml', skipped), 1);
    assert.equal(written('first.xml', 'tests="3" failures="0" skipped="1"'), 2, 'whole and suite');
    assert.equal(written('first.html', 'not run: no docker engine answers'), 1);
    assert.equal(written('first.md', 'untested, since no docker engine answers: '), 1);
    assert.deepEqual(tagged(store), ['/v2/base', ...stagedNames(report)]);
    // What the report says is where it says: an engine has the image by it.
    const inStaging = (name: string): string => {
      const image = report.images.find(({ reference }) => reference.endsWith(`/${name}:1`));
      return `${store.host}/staging/${name}@${image?.staged}`;
    };
    assert.equal(await near.docker('run', '--rm', inStaging('leaf'), 'cat', '/leaf'), 'leaf');
    await near.docker('pull', '--quiet', inStaging('root'));

    // The next run starts anew, and takes its steps from the builder's cache: a RUN leaves another layer each time.
    const second = await tree.run('build', ...args, '--report', 'second.json');
    assert.equal(second.status, 3, second.stderr);
    const digests = ({ images }: Report) => images.map(({ staged }) => staged);
    assert.deepEqual(digests(readReport(tree.at('work/second.json'))), digests(report));

    // Without anything that an engine would have to do, nothing is left undone.
    const some = await tree.run('build', ...args, '--no-publish', '--quiet', '--select', '*root');
    assert.equal(some.status, 0, some.stderr);

    const env = { ...tree.env, DOCKER_HOST: near.env.DOCKER_HOST };
    const again = await runCli(
      ['build', '-c', 'config.yaml', ...args, '--report', 'again.json', 'images'],
      { cwd: tree.at('work'), env },
    );
    assert.equal(again.status, 0, again.stderr);
    assert.match(again.stderr, /leaf:1: test passed/);
    const published = readReport(tree.at('work/again.json'));
    assert.deepEqual(endings(published), { published: ['leaf:1', 'middle:1', 'root:1'] });
    // What is built on no other image did not run again: a RUN leaves another layer each time.
    const layers = (name: string): Promise<string> =>
      near.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name);
    assert.equal(await layers(`${store.host}/root:1`), await layers(inStaging('root')));
    const parents = new Map([
      ['middle', 'root'],
      ['leaf', 'middle'],
    ]);
    await onParents(store, parents, () => true);
  });
}

test('what needs an engine is refused before anything is built; plans and forecasts need none', {
  skip,
}, async (t) => {
  const { near, store, far } = await lab(t);
  const tree = await treeOf(near, store, chain(store));
  const builder = ['--builder', far.name];
  const staging = ['--staging', `${store.host}/staging`];
  const cases: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
    [[], 3, new RegExp(`^error: ${refusal} \\[engine-daemon-down\\]\n +hint: DOCKER_HOST is`)],
    [staging, 3, new RegExp(`^error: ${refusal} \\[engine-daemon-down\\]\n`)],
    [
      builder,
      3,
      new RegExp(
        `^error: a build without a staging repository needs an engine: ${refusal} \\[engine-daemon-down\\]\n +hint: start an engine, or pass --staging REPOSITORY`,
      ),
    ],
    [
      [...builder, ...staging, '--gate'],
      3,
      /^error: --gate needs an engine: .*\n +hint: start an engine, or leave out --gate/,
    ],
    [
      [...builder, ...staging, '--no-pull'],
      3,
      /^error: --no-pull needs an engine: .*\n +hint: start an engine, or leave out --no-pull/,
    ],
    [
      [...builder, '--staging', `${store.host}/root`],
      2,
      /^error: .*\/root is published in the staging repository/m,
    ],
    [['--builder', 'nobody', ...staging], 3, /^error: no builder nobody: /m],
    [['--builder', 'default', ...staging], 3, new RegExp(`^error: .*${refusal}`, 'm')],
  ];
  const before = store.requests().length;
  for (const [args, status, says] of cases) {
    const refused = await tree.run('build', ...args);
    assert.equal(refused.status, status, `${args}: ${refused.stderr}`);
    assert.match(refused.stderr, says);
    assert.equal(refused.stdout, '');
  }
  const told = await tree.run('build', ...builder, ...staging, '--dry-run');
  assert.equal(told.status, 0, told.stderr);
  assert.match(
    told.stdout,
    /^Would build, without tests, 3 images, not publish them \(no docker engine answers\):$/m,
  );
  const printed = await tree.run('build', ...builder, ...staging, '--print');
  assert.equal(printed.status, 0, printed.stderr);
  assert.equal(printed.stdout.match(/"tags"/g)?.length, 3, printed.stdout);
  const written = store.requests().slice(before);
  assert.deepEqual(
    written.filter(({ method }) => method !== 'GET' && method !== 'HEAD'),
    [],
  );

  const doctor = await tree.run('doctor', ...builder, '--json');
  assert.equal(doctor.status, 1);
  const { engine: found, checks } = JSON.parse(doctor.stdout);
  assert.deepEqual(
    [found.docker, found.builder, found.imageStore],
    [undefined, { name: far.name, driver: 'remote' }, 'none'],
  );
  const lacking = checks.filter(({ state }: { state: string }) => state === 'missing');
  assert.deepEqual(
    lacking.map(({ name, detail }: { name: string; detail: string }) => [name, detail]),
    [
      ['docker', refusal],
      ['staging', 'a builder without an engine has none'],
    ],
  );
});

test('a staging repository that cannot be used is known before anything is built', {
  skip,
}, async (t) => {
  const near = await engine();
  const store = await registry();
  t.after(() => store.stop());
  const closed = await registry({ users: { amy: 'secret' } });
  t.after(() => closed.stop());
  const frozen = await faultyRegistry(
    ({ method }) => (method === 'POST' ? { status: 403, body: '{"errors":[]}' } : 'pass'),
    { behind: store.host },
  );
  t.after(() => frozen.stop());
  const far = await remoteBuilder(near);
  t.after(far.remove);
  const tree = await treeOf(near, store, chain(store));
  const refusedBy = async (host: string): Promise<readonly string[]> => {
    const args = ['--builder', far.name, '--staging', `${host}/staging`];
    const { stderr, status } = await tree.run('build', ...args);
    const lines = normal(stderr.replaceAll(host, 'STAGING'), store, far.name).slice(2);
    // The sign of life of a machine that takes its time.
    return [`${status}`, ...lines.filter((line) => !/; trying again \(/.test(line))];
  };
  const cannot = (host: string, reason: string): readonly string[] => [
    '3',
    '3 images to build',
    `error: the staging repository cannot be read: ${reason} [staging]`,
    `  hint: log in to ${host}, correct --staging, or wait until it answers`,
    '3 not finished in TIME',
  ];
  assert.deepEqual(
    await refusedBy(closed.host),
    cannot('STAGING', 'STAGING answers 401: authentication required'),
  );
  assert.deepEqual(
    await refusedBy('127.0.0.1:9'),
    cannot('STAGING', 'STAGING cannot be reached: connection refused'),
  );
  const readOnly = await refusedBy(frozen.host);
  assert.equal(readOnly[0], '1');
  assert.deepEqual(
    readOnly.filter((line) => / building$|^FAILED/.test(line)),
    ['root:1', 'middle:1', 'leaf:1'].map((name) => `FAILED  ${name} (stage)`),
  );
  assert.match(readOnly.join('\n'), /STAGING answers 403.* \(asked beforehand\)/);
});

test('without an engine the last builder that dies ends the run, which promises nothing of what it had built', {
  skip,
}, async (t) => {
  const { near, store, far } = await lab(t);
  const nap = napOf(6);
  const tree = await treeOf(near, store, {
    slow: { dockerfile: `FROM ${store.host}/base:1\nRUN sleep ${nap} && echo > /slow\n` },
  });
  const args = ['--builder', far.name, '--staging', `${store.host}/staging`];
  const running = tree.run('build', ...args);
  await untilAsleep(running, nap, 1);
  far.hangUp();
  const { status, stderr } = await running;
  assert.equal(status, 3, stderr);
  assert.match(
    stderr,
    /^error: the build was stopped: .* \[engine\]\n +hint: fix that and run it again\n/m,
  );
});

test('without an engine several builders share the work, and one that dies loses its calls to the other', {
  skip,
}, async (t) => {
  const { near, store, far: staying } = await lab(t);
  const dying = await remoteBuilder(near);
  t.after(dying.remove);
  const nap = napOf(4);
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 4; at++) {
    images[`one${at}`] = {
      dockerfile: `FROM ${store.host}/base:1\nRUN sleep ${nap} && echo ${at} > /${at}\n`,
    };
    images[`two${at}`] = {
      dockerfile: `FROM {{ "one${at}" | image_tag }}\nRUN test -e /${at}\n`,
    };
  }
  const tree = await treeOf(near, store, images);
  const args = ['--builder', staying.name, '--builder', dying.name, '--jobs', '2'];
  const staging = ['--staging', `${store.host}/staging`];
  const running = tree.run('build', ...args, ...staging, '--report', 'report.json');
  await untilAsleep(running, nap, 4);
  // One of the two is enough to be in the way.
  const other = await tree.run('build', '--builder', dying.name, ...staging);
  assert.equal(other.status, 3, other.stderr);
  assert.match(
    other.stderr,
    new RegExp(
      `^error: another build is running on the builder ${dying.name}: process \\d+ on`,
      'm',
    ),
  );
  dying.hangUp();
  const done = await running;
  assert.equal(done.status, 3, done.stderr);
  assert.match(
    done.stderr,
    new RegExp(
      `warning: the builder ${dying.name} cannot be used any more: .*; the others continue`,
    ),
  );
  const report = readReport(tree.at('work/report.json'));
  assert.equal(endings(report).built?.length, 8, done.stderr);
  assert.deepEqual(tagged(store), ['/v2/base', ...stagedNames(report)]);
});

test('without an engine an image for several platforms is built in parts', {
  skip,
}, async (t) => {
  const { near, store, far: one } = await lab(t, 'current', ['linux/amd64']);
  const two = await remoteBuilder(near, ['linux/arm64']);
  t.after(two.remove);
  const tree = scratchTree({
    'generate-bake.toml': `registry = "${store.host}"\nstaging = "${store.host}/staging"\nbuilders = ["${one.name}", "${two.name}"]\nplatforms = ["linux/amd64", "linux/arm64"]\n`,
    'base/Dockerfile': 'FROM scratch\nARG TARGETARCH\nCOPY of-$TARGETARCH /of\n',
    'base/image.toml': 'version = "1"\n',
    'base/of-amd64': 'amd64\n',
    'base/of-arm64': 'arm64\n',
    'child/Dockerfile': `FROM ${store.host}/base:1\nCOPY image.toml /\n`,
    'child/image.toml': 'version = "1"\n',
  });
  const done = await runCli(['build', '--publish', '--report', 'report.json'], {
    cwd: tree.path,
    env: { ...near.env, DOCKER_HOST: nobody },
  });
  assert.equal(done.status, 3, done.stderr);
  const report = readReport(tree.at('report.json'));
  assert.deepEqual(endings(report), { built: ['base:1', 'child:1'] });
  for (const { reference, staged } of report.images) {
    const name = reference.replace(/^.*\/(.*):1$/, '$1');
    const answer = await fetch(`http://${store.host}/v2/staging/${name}/manifests/${staged}`, {
      headers: { accept: 'application/vnd.oci.image.index.v1+json' },
    });
    const { manifests } = (await answer.json()) as {
      readonly manifests: readonly { readonly platform: { readonly architecture: string } }[];
    };
    assert.deepEqual(
      manifests.map(({ platform }) => platform.architecture),
      ['amd64', 'arm64'],
      name,
    );
  }
});

/** Lines without what differs from one run to the next. */
function normal(text: string, { host }: Registry, builder: string): readonly string[] {
  return text
    .replaceAll(host, 'HOST')
    .replaceAll(builder, 'FAR')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/\b\d+(?:\.\d+)?s\b/g, 'TIME')
    .split('\n')
    .filter((line) => line !== '');
}

/** The repositories in which anything was tagged. */
function tagged(store: Registry): readonly string[] {
  const paths = store
    .requests()
    .filter(({ method }) => method === 'PUT')
    .flatMap(({ path }) => /^(.*)\/manifests\//.exec(path)?.[1] ?? []);
  return [...new Set(paths)].sort();
}

/** Where the images of a run are in staging. */
function stagedNames({ images }: Report): readonly string[] {
  return images
    .filter(({ staged }) => staged !== undefined)
    .map(({ reference }) => reference.replace(/^.*\/(.*):1$/, '/v2/staging/$1'))
    .sort();
}

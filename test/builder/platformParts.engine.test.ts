/** Images for several platforms of which no builder has all: each builds its own, and they are published as one index. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitingProgram } from '#builder/verify/exitingProgram.js';
import { readReport } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import {
  type Engine,
  engine,
  privateEngine,
  privateEngineMissing,
} from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { remoteBuilder } from '../support/engine/remote.js';
import { must, run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const emulators = '/proc/sys/fs/binfmt_misc';
const emulated =
  existsSync(emulators) && readdirSync(emulators).some((name) => /aarch64/.test(name));
const skip =
  privateEngineMissing() ??
  (arch() === 'x64' ? emulated && 'this machine runs linux/arm64' : 'of a machine with amd64');

const containerd = ['--feature', 'containerd-snapshotter=true'];
const program = (name: string) => ({ text: exitingProgram(name) ?? '', mode: 0o755 });
// A test that is run by the program of the image.
const script = { text: '#!/prog\n', mode: 0o755 };
const settings = 'version = "1"\ntests = ["test"]\n';

test('each builder builds the platforms that it is for: one index, tested where it can be, pinned by children', {
  skip,
}, async () => {
  const near = await privateEngine('current', containerd);
  const store = await registry();
  const far = await remoteBuilder(near, ['linux/arm64', 'linux/arm/v7']);
  await context(near, 'near', near);
  const platforms = ['linux/amd64', 'linux/arm64', 'linux/amd64/v2'];
  const tree = scratchTree({
    'generate-bake.toml': `registry = "${store.host}"\nstaging = "${store.host}/staging"\nbuilders = ["near", "${far.name}"]\nplatforms = ${JSON.stringify(platforms)}\n`,
    'base/Dockerfile': 'FROM scratch\nARG TARGETARCH\nCOPY prog-$TARGETARCH /prog\nCMD ["/prog"]\n',
    'base/image.toml': `${settings}[annotations]\n"org.example.kind" = "base"\n`,
    'base/prog-amd64': program('amd64'),
    'base/prog-arm64': program('arm64'),
    'base/test': script,
    'child/Dockerfile': `FROM ${store.host}/base:1\nARG TARGETARCH\nCOPY of-$TARGETARCH /of\n`,
    'child/image.toml': 'version = "1"\nattest = ["provenance"]\n',
    'child/of-amd64': 'amd64\n',
    'child/of-arm64': 'arm64\n',
    // There is no file for the one of them: no half of it is published.
    'half/Dockerfile': 'FROM scratch\nARG TARGETARCH\nCOPY only-$TARGETARCH /only\n',
    'half/image.toml': 'version = "1"\n',
    'half/only-amd64': 'amd64\n',
    'on-half/Dockerfile': `FROM ${store.host}/half:1\nCOPY image.toml /\n`,
    'on-half/image.toml': 'version = "1"\n',
    'plain/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
    'plain/image.toml': 'version = "1"\n',
    'arm/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
    'arm/image.toml': 'version = "1"\nplatforms = ["linux/arm64"]\n',
    // All of it is made by a builder that pushes it, and none of it is for the engine that would test it.
    'arms/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
    'arms/image.toml': 'version = "1"\nplatforms = ["linux/arm64", "linux/arm/v7"]\n',
    'foreign/Dockerfile': 'FROM scratch\nCOPY prog-arm64 /prog\n',
    'foreign/image.toml': `${settings}platforms = ["linux/arm64", "linux/arm/v7"]\n`,
    'foreign/prog-arm64': program('arm64'),
    'foreign/test': script,
    'any/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
    'any/image.toml': 'version = "1"\nplatforms = []\n',
  });
  const cli = (...args: string[]) => runCli(args, { cwd: tree.path, env: near.env });

  const printed = await cli('build', '--print', 'base', 'arm');
  assert.equal(printed.status, 0, printed.stderr);
  assert.deepEqual(
    [...printed.stdout.matchAll(/"platforms": \[([^\]]*)\]/g)].map(([, listed = '']) =>
      listed.match(/linux[a-z0-9/]*/g),
    ),
    [['linux/arm64'], ['linux/amd64', 'linux/amd64/v2'], ['linux/arm64']],
    printed.stdout,
  );

  const first = await cli('build', '--publish', '--report', 'report.json');
  assert.equal(first.status, 1, first.stderr);
  const { images } = readReport(tree.at('report.json')) as unknown as { images: Row[] };
  const shared = [
    { builder: 'near', platforms: ['linux/amd64', 'linux/amd64/v2'] },
    { builder: far.name, platforms: ['linux/arm64'] },
  ];
  const on = [['linux/amd64', 'linux/amd64/v2'], ['linux/arm64']];
  assert.deepEqual(
    Object.fromEntries(
      images.map(({ reference, ending, builder, parts, testedOn, untestedOn }) => [
        reference.slice(store.host.length + 1),
        [ending, builder ?? parts, testedOn, untestedOn],
      ]),
    ),
    {
      'any:1': ['published', 'near', undefined, undefined],
      'arm:1': ['published', far.name, undefined, undefined],
      'arms:1': ['published', far.name, undefined, undefined],
      'base:1': ['published', shared, ...on],
      'foreign:1': ['failed', far.name, undefined, undefined],
      'child:1': ['published', shared, ...on],
      'half:1': ['failed', far.name, undefined, undefined],
      'plain:1': ['published', shared, undefined, undefined],
      'on-half:1': ['skipped', undefined, undefined, undefined],
    },
    first.stderr,
  );
  const line = `base:1: built in [0-9.]+s on near \\(linux/amd64, linux/amd64/v2\\) and ${far.name} \\(linux/arm64\\)$`;
  assert.match(first.stderr, new RegExp(line, 'm'));
  const unrun = 'no engine runs linux/arm64 or linux/arm/v7 (install emulators: binfmt_misc)';
  assert.ok(first.stderr.includes(`foreign:1: FAILED to verify: its test cannot be run: ${unrun}`));
  assert.deepEqual(
    [...(await published(store, 'arms')).images.keys()],
    ['linux/arm64', 'linux/arm/v7'],
  );
  const half = `half:1: FAILED on ${far.name}: .*only-arm64.*not found.* \\(linux/arm64\\)$`;
  assert.match(first.stderr, new RegExp(half, 'm'));

  const base = await published(store, 'base');
  const child = await published(store, 'child');
  for (const index of [base, child]) {
    assert.deepEqual([...index.images.keys()], platforms);
  }
  // What each builder attests of its platforms stays with them.
  assert.deepEqual(
    child.attested.toSorted(),
    [...child.images.values()].map(({ digest }) => digest).toSorted(),
  );
  assert.deepEqual(base.attested, []);
  assert.deepEqual(base.annotations, { 'org.example.kind': 'base' });
  for (const platform of platforms) {
    const [own, below] = [child.images.get(platform), base.images.get(platform)];
    assert.deepEqual(own?.layers.slice(0, 1), below?.layers, platform);
    assert.equal(own?.base, base.digest, platform);
  }
  assert.notDeepEqual(
    base.images.get('linux/arm64')?.layers,
    base.images.get('linux/amd64')?.layers,
  );
  assert.equal(images.find(({ reference }) => reference.endsWith('/base:1'))?.digest, base.digest);
  assert.equal((await fetch(`http://${store.host}/v2/half/tags/list`)).status, 404);

  // The same run once more: nothing is to be done, and nothing of staging is left on the engine.
  const status = await cli('status', 'base', 'child', 'arm', 'any', '--exit-code');
  assert.equal(status.status, 0, status.stderr);
  assert.match(status.stderr, /4 published; nothing to do/);
  const names = await near.docker('image', 'ls', '--format', '{{.Repository}}');
  assert.ok(!names.includes('/staging'), names);
  // An engine that has a part of an image which is not published has not the image.
  tree.write({ 'plain/image.toml': 'version = "2"\n' });
  const unpublished = await cli('build', '--no-publish', 'plain');
  assert.equal(unpublished.status, 0, unpublished.stderr);
  const absent = await cli('status', 'plain');
  assert.match(absent.stdout, /\/plain:2 +absent/);
  const drifting =
    'FROM scratch\nARG TARGETARCH\nCOPY prog-$TARGETARCH /prog\nCMD ["/prog", "1"]\n';
  tree.write({ 'base/Dockerfile': drifting });
  const drifted = await cli('status', 'base');
  assert.match(drifted.stdout, /drifted/);
  // No engine has all platforms of what was made in parts, or elsewhere: the gate lets none of it pass, nor can it be approved.
  tree.write({
    'plain/image.toml': 'version = "3"\n',
    'arms/image.toml': 'version = "2"\nplatforms = ["linux/arm64", "linux/arm/v7"]\n',
  });
  const gated = await cli('build', '--publish', '--gate', 'plain', 'arms');
  assert.equal(gated.status, 1, gated.stderr);
  for (const name of ['plain:3', 'arms:2']) {
    const held = `/${name}: awaits approval: no engine has all of its platforms to compare them\n`;
    assert.ok(gated.stderr.includes(held), gated.stderr);
  }
  assert.match(
    gated.stderr,
    /\nnext: publish them without --gate, or build them on one docker context that has all of their platforms\n$/,
  );
  const approving = await cli('build', '--publish', '--approve', 'plain');
  assert.equal(approving.status, 2, approving.stderr);
  assert.match(approving.stderr, /error: \S+\/plain:3 does not await approval \[approve\]/);
  for (const [name, tag] of [
    ['plain', '3'],
    ['arms', '2'],
  ]) {
    const answer = await fetch(`http://${store.host}/v2/${name}/manifests/${tag}`);
    assert.equal(answer.status, 404, name);
  }
  const ungated = await cli('build', '--publish', 'plain');
  assert.equal(ungated.status, 0, ungated.stderr);
  assert.deepEqual([...(await published(store, 'plain', '3')).images.keys()], platforms);
  const promoted = await cli('promote', 'child', '1', '--yes');
  assert.equal(promoted.status, 0, promoted.stderr);
  await far.remove();
  await store.stop();
  await near.remove();
});

test('builders of which a double says that each is of another machine: their tests, what is not published, one that dies', {
  skip,
}, async () => {
  const near = await engine();
  const store = await registry();
  const far = await privateEngine('current', containerd);
  await context(near, 'v1', near);
  await context(near, 'v2', far);
  const base = `${store.host}/outside:1`;
  await Promise.all([loadBase(near, base), loadBase(far, base)]);
  await near.docker('push', '--quiet', base);
  const env = { ...near.env, PATH: machinesDouble(near) };
  // No other test sleeps so long: by this its steps are known on the machine.
  const nap = `5.${process.pid}`;
  const naps = (on: string) => `RUN [ "$TARGETVARIANT" != "${on}" ] || sleep ${nap}`;
  const files = (name: string, ...lines: string[]) => ({
    [`${name}/Dockerfile`]: [`FROM ${base}`, 'ARG TARGETVARIANT', ...lines, ''].join('\n'),
    [`${name}/image.toml`]: 'version = "1"\n',
  });
  const config = (platforms: readonly string[]) =>
    `registry = "${store.host}"\nstaging = "${store.host}/staging"\nbuilders = ["v1", "v2"]\nplatforms = ${JSON.stringify(platforms)}\n`;
  const tree = scratchTree({
    'generate-bake.toml': config(['linux/amd64', 'linux/amd64/v2']),
    ...files('one', 'RUN echo "of $TARGETVARIANT" > /of'),
    'one/image.toml': settings,
    'one/test': { text: '#!/bin/sh\ngrep -q "^of" /of\n', mode: 0o755 },
    ...files('bad', 'RUN echo "of $TARGETVARIANT" > /of'),
    'bad/image.toml': settings,
    'bad/test': { text: '#!/bin/sh\n! grep v2 /of\n', mode: 0o755 },
    ...files('slow', naps('v2')),
  });
  const cli = (...args: string[]) => runCli(args, { cwd: tree.path, env });
  const args = ['build', '--publish', '--no-pull', '--report', 'report.json'];
  const built = await cli(...args, 'one', 'bad');
  assert.equal(built.status, 1, built.stderr);
  const { images } = readReport(tree.at('report.json')) as unknown as { images: Row[] };
  const shared = [
    { builder: 'v1', platforms: ['linux/amd64'] },
    { builder: 'v2', platforms: ['linux/amd64/v2'] },
  ];
  assert.deepEqual(
    images.map(({ ending, reason, parts, testedOn }) => [ending, reason, parts, testedOn]),
    [
      ['failed', 'bad/test exited with status 1 on linux/amd64/v2', shared, undefined],
      ['published', undefined, shared, ['linux/amd64', 'linux/amd64/v2']],
    ],
  );
  assert.equal((await fetch(`http://${store.host}/v2/bad/tags/list`)).status, 404);
  assert.deepEqual(
    [...(await published(store, 'one')).images.keys()],
    ['linux/amd64', 'linux/amd64/v2'],
  );

  // The same where the part is all that the engine can keep.
  tree.write({ 'one/image.toml': settings.replace('1', '2') });
  const unpublished = await cli('build', '--no-publish', '--no-pull', 'one');
  assert.equal(unpublished.status, 0, unpublished.stderr);
  const absent = await cli('status', 'one', '--json');
  const [row] = (JSON.parse(absent.stdout) as { images: { state: string }[] }).images;
  assert.equal(row?.state, 'absent', absent.stdout);

  // What no builder has is refused at its line, before anything is asked of them.
  tree.write({ 'generate-bake.toml': config(['linux/amd64', 'linux/s390x']) });
  const nowhere = await cli(...args, 'slow');
  assert.equal(nowhere.status, 2, nowhere.stderr);
  assert.match(
    nowhere.stderr,
    /^generate-bake\.toml:4:\d+: error: .*slow:1 is for linux\/s390x, which none of the builders v1 and v2 has \[engine-unable\]$/m,
  );
  const platformsSaid = async () => {
    const doctor = await cli('doctor', '--json');
    const { checks } = JSON.parse(doctor.stdout) as { checks: Record<string, unknown>[] };
    const { state, detail } = checks.find(({ name }) => name === 'platforms of the images') ?? {};
    return [state, detail];
  };
  assert.deepEqual(await platformsSaid(), [
    'missing',
    `${store.host}/bad:1 is for linux/s390x, which none of the builders v1 and v2 has`,
  ]);
  tree.write({ 'generate-bake.toml': config(['linux/amd64', 'linux/amd64/v2']) });
  assert.deepEqual(await platformsSaid(), ['ok', 'the builders have all of them']);

  const napping = async (wanted: '0' | '1') => {
    const count = async () => (await run('pgrep', ['-fc', `^sleep ${nap}`])).stdout.trim();
    for (let tries = 0; (await count()) !== wanted; tries++) {
      assert.ok(tries < 300, `${wanted} sleep`);
      await sleep(100);
    }
  };
  // An interrupt ends both parts, and leaves no names of staging, though one part is there already.
  const interrupted = spawn(
    process.execPath,
    [join(root, 'bin/generate-bake.js'), ...args, 'slow'],
    {
      cwd: tree.path,
      env: { ...env, GENERATE_BAKE_LOCK_DIRECTORY: scratchTree().path },
      stdio: 'ignore',
    },
  );
  const ended = once(interrupted, 'exit');
  await napping('1');
  await sleep(1_000);
  interrupted.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  await napping('0');
  for (const { docker } of [near, far]) {
    const names = await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}');
    assert.ok(!names.includes(`${store.host}/staging`), names);
  }

  const running = cli(...args, 'slow');
  await napping('1');
  await far.kill();
  const dead = await running;
  assert.equal(dead.status, 1, dead.stderr);
  assert.match(dead.stderr, /warning: the builder v2 cannot be used any more: /);
  assert.match(
    dead.stderr,
    /slow:1: FAILED: no builder that is left builds it for linux\/amd64\/v2$/m,
  );
  assert.equal((await fetch(`http://${store.host}/v2/slow/tags/list`)).status, 404);
  await far.remove();
  await store.stop();
});

interface Row {
  readonly reference: string;
  readonly ending: string;
  readonly reason?: string;
  readonly digest?: string;
  readonly builder?: string;
  readonly parts?: readonly { readonly builder: string; readonly platforms: readonly string[] }[];
  readonly testedOn?: readonly string[];
  readonly untestedOn?: readonly string[];
}

/**
 * A double of docker that says in its `buildx inspect` that the builders v1 and v2 are machines of that variant of amd64 alone.
 * Both are engines of this machine, which runs both: everything else is the real one. Gives the PATH.
 */
function machinesDouble({ env: { PATH: path } }: Engine): string {
  const double = scratchTree({
    docker: {
      text: `#!/bin/sh
PATH=\${PATH#*:}
said() { DOCKER_CONTEXT=$1 docker buildx inspect $1 | sed "s,^Platforms:.*,Platforms: $2,"; }
case "$*:$DOCKER_CONTEXT" in
  'buildx inspect v1:'* | 'buildx inspect:v1') said v1 linux/amd64;;
  'buildx inspect v2:'* | 'buildx inspect:v2') said v2 linux/amd64/v2;;
  *) exec docker "$@";;
esac
`,
      mode: 0o755,
    },
  });
  return `${double.path}:${path}`;
}

interface Entry {
  readonly digest: string;
  readonly platform: { readonly os: string; readonly architecture: string; variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Config {
  readonly config: { readonly Labels: Readonly<Record<string, string>> };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** What is published under version 1: an index with its images, by their platforms. */
async function published({ host }: Registry, name: string, tag = '1') {
  const read = (path: string, ...types: string[]) =>
    fetch(`http://${host}/v2/${name}/${path}`, { headers: { accept: types.join(', ') } });
  const answer = await read(
    `manifests/${tag}`,
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  );
  const index = (await answer.json()) as {
    readonly manifests: readonly Entry[];
    readonly annotations?: Readonly<Record<string, string>>;
  };
  const images = new Map<
    string,
    { digest: string; layers: readonly string[]; base: string | undefined }
  >();
  const attested: string[] = [];
  for (const { digest, platform, annotations } of index.manifests) {
    if (platform.os === 'unknown') {
      attested.push(annotations?.['vnd.docker.reference.digest'] ?? '');
      continue;
    }
    const manifest = await read(
      `manifests/${digest}`,
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.docker.distribution.manifest.v2+json',
    );
    const { config } = (await manifest.json()) as { readonly config: { readonly digest: string } };
    const { config: own, rootfs } = (await (await read(`blobs/${config.digest}`)).json()) as Config;
    const { os, architecture, variant } = platform;
    images.set([os, architecture, ...(variant === undefined ? [] : [variant])].join('/'), {
      digest,
      layers: rootfs.diff_ids,
      base: own.Labels['org.opencontainers.image.base.digest'],
    });
  }
  const digest = answer.headers.get('docker-content-digest');
  return { digest, images, attested, annotations: index.annotations };
}

/** Makes an engine known to another one's command line. */
async function context(to: Engine, name: string, { env }: Engine): Promise<void> {
  const args = ['context', 'create', name, '--docker', `host=${env.DOCKER_HOST}`];
  await must('docker', args, { env: to.env });
}

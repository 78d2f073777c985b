/** Images for several platforms: tested on those that the engine runs, published as one index, and what is built on them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { test } from 'node:test';
import { exitingProgram } from '#builder/verify/exitingProgram.js';
import { readReport } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { scratchTree } from '../support/scratch.js';

const emulators = '/proc/sys/fs/binfmt_misc';
const emulated =
  existsSync(emulators) && readdirSync(emulators).some((name) => /aarch64/.test(name));
const skip =
  privateEngineMissing() ??
  (arch() === 'x64' ? emulated && 'this machine runs linux/arm64' : 'of a machine with amd64');

const platforms = ['linux/amd64', 'linux/amd64/v2', 'linux/arm64'];

interface Index {
  readonly manifests?: readonly { readonly platform: { architecture: string; variant?: string } }[];
}

test('tested where it can be, published once, pinned by children', { skip }, async (t) => {
  const docker = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
  t.after(() => docker.remove());
  const store = await registry();
  const program = (name: string) => ({ text: exitingProgram(name) ?? '', mode: 0o755 });
  // A test that is run by the program of the image.
  const script = { text: '#!/prog\n', mode: 0o755 };
  const settings = 'version = "1"\ntests = ["test"]\n';
  const child = (...lines: string[]) => [`FROM ${store.host}/base:1`, ...lines, ''].join('\n');
  const tree = scratchTree({
    'generate-bake.toml': `registry = "${store.host}"\nplatforms = ${JSON.stringify(platforms)}\n`,
    'base/Dockerfile': 'FROM scratch\nARG TARGETARCH\nCOPY prog-$TARGETARCH /prog\nCMD ["/prog"]\n',
    'base/image.toml': settings,
    'base/prog-amd64': program('amd64'),
    'base/prog-arm64': program('arm64'),
    'base/test': script,
    'child/Dockerfile': child('COPY image.toml /'),
    'child/image.toml': 'version = "1"\n',
    // The variant of the platform has another machine's program.
    'wrong/Dockerfile':
      'FROM scratch\nARG TARGETVARIANT\nCOPY prog$TARGETVARIANT /prog\nCMD ["/prog"]\n',
    'wrong/image.toml': `${settings}platforms = ["linux/amd64", "linux/amd64/v2"]\n`,
    'wrong/prog': program('amd64'),
    'wrong/progv2': program('arm64'),
    'wrong/test': script,
    // Bases from outside, one on the registry and one on the engine alone: both of one platform, which BuildKit takes for each.
    'outside/Dockerfile': `FROM ${store.host}/outside/one:1\nCOPY image.toml /\n`,
    'outside/image.toml': 'version = "1"\n',
    'outside-child/Dockerfile': `FROM ${store.host}/outside:1\nCOPY image.toml /\n`,
    'outside-child/image.toml': 'version = "1"\n',
    'engine/Dockerfile': 'FROM engine.example/one:1\nCOPY image.toml /\n',
    'engine/image.toml': 'version = "1"\n',
    'for-one/Dockerfile': `FROM ${store.host}/outside/one:1\nCOPY image.toml /\n`,
    'for-one/image.toml': 'version = "1"\nplatforms = ["linux/amd64/v2"]\n',
    'foreign/Dockerfile': 'FROM scratch\nCOPY prog /prog\n',
    'foreign/image.toml': `${settings}platforms = ["linux/arm64"]\n`,
    'foreign/prog': program('arm64'),
    'foreign/test': script,
  });
  const build = async (...args: string[]) => {
    const ran = await runCli(
      ['build', '--publish', '--report', 'report.json', '--junit', 'junit.xml', ...args],
      { cwd: tree.path, env: docker.env },
    );
    return { ...ran, report: readReport(tree.at('report.json')) };
  };
  const one = 'engine.example/one:1';
  await docker.docker('build', '--quiet', '--provenance=false', '--tag', one, tree.at('wrong'));
  await docker.docker('tag', one, `${store.host}/outside/one:1`);
  await docker.docker('push', '--quiet', `${store.host}/outside/one:1`);
  const first = await build('--summary', 'summary.md');
  assert.equal(first.status, 1, first.stderr);
  const rows = (report: typeof first.report) =>
    report.images.map(({ reference, ending, reason, testedOn, untestedOn }) => [
      reference.slice(store.host.length + 1),
      ending,
      reason ?? [testedOn, untestedOn],
    ]);
  const on = [['linux/amd64', 'linux/amd64/v2'], ['linux/arm64']];
  assert.deepEqual(rows(first.report), [
    ['base:1', 'published', on],
    ['engine:1', 'failed', 'engine/Dockerfile:1: engine.example/one:1 is not for linux/arm64'],
    ['for-one:1', 'published', [undefined, undefined]],
    [
      'foreign:1',
      'failed',
      'its test cannot be run: the engine does not run linux/arm64 (install emulators: binfmt_misc)',
    ],
    [
      'outside:1',
      'failed',
      `outside/Dockerfile:1: ${store.host}/outside/one:1 is not for linux/arm64, only for linux/amd64`,
    ],
    // An engine that runs the platform: the fault is the image's.
    ['wrong:1', 'failed', 'wrong/test exited with status 1 on linux/amd64/v2'],
    ['child:1', 'published', on],
    ['outside-child:1', 'skipped', `parent ${store.host}/outside:1 failed`],
  ]);
  assert.match(
    first.stderr,
    /base:1: test passed in [0-9.]+s on linux\/amd64 and linux\/amd64\/v2, untested on linux\/arm64$/m,
  );
  const note = 'untested on linux/arm64, which the engine does not run: ';
  assert.ok(first.stderr.includes(`\n${note}base:1, child:1\n`), first.stderr);
  const summary = readFileSync(tree.at('summary.md'), 'utf8');
  assert.ok(
    summary.includes(`\n${note}\`${store.host}/base:1\`, \`${store.host}/child:1\`\n`),
    summary,
  );
  assert.equal(
    readFileSync(tree.at('junit.xml'), 'utf8').match(
      /<property name="untestedOn" value="linux\/arm64"\/>/g,
    )?.length,
    2,
  );

  const accept =
    'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json';
  for (const name of ['base', 'child']) {
    const answer = await fetch(`http://${store.host}/v2/${name}/manifests/1`, {
      headers: { accept },
    });
    const { manifests = [] } = (await answer.json()) as Index;
    assert.deepEqual(
      manifests.map(({ platform: { architecture, variant } }) =>
        ['linux', architecture, ...(variant === undefined ? [] : [variant])].join('/'),
      ),
      platforms,
    );
    const record = first.report.images.find(({ reference }) => reference.endsWith(`${name}:1`));
    assert.equal(record?.digest, answer.headers.get('docker-content-digest'));
  }

  // The engine has nothing any more: the next child is built on the index that is published.
  await docker.docker('image', 'rm', '--force', `${store.host}/base:1`, `${store.host}/child:1`);
  tree.write({ 'child/image.toml': 'version = "2"\n' });
  const second = await build('child');
  assert.equal(second.status, 0, second.stderr);
  const [base, next] = second.report.images;
  assert.deepEqual(next?.parents, [
    { reference: `${store.host}/base:1`, digest: first.report.images[0]?.digest },
  ]);
  assert.equal(base?.ending, 'untouched');
  const reference = `${store.host}/child:2`;
  const runs = platforms
    .slice(0, 2)
    .map((platform) => docker.docker('run', '--rm', '--platform', platform, reference));
  assert.deepEqual(await Promise.all(runs), ['', '']);
  await assert.rejects(
    docker.docker('run', '--rm', '--platform', 'linux/arm64', reference),
    /exec format error/,
  );
  const status = await runCli(['status', 'base', 'child'], { cwd: tree.path, env: docker.env });
  assert.match(status.stderr, /2 published; nothing to do/);
});

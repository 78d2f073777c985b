/** `diff` of two real Debian images against dpkg-query, and against docker export with find and sha256sum. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../../support/cli.js';
import { loadDebian } from '../../support/engine/base.js';
import { type Engine, engine, privateEngineMissing } from '../../support/engine/engine.js';
import { debianSource } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import { onlyLong } from '../../support/long.js';
import { must } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

/** A package of this version with a file of its own, made by dpkg-deb. */
const madePackage = (name: string, version: string): string =>
  [
    `mkdir -p /m/DEBIAN /m/usr/share/${name}`,
    `printf 'Package: ${name}\\nVersion: ${version}\\nArchitecture: all\\nMaintainer: T <t@example.org>\\nDescription: x\\n' > /m/DEBIAN/control`,
    `echo ${version} > /m/usr/share/${name}/version`,
    'dpkg-deb --build /m /m.deb > /dev/null',
    'dpkg --install /m.deb > /dev/null',
    'rm -r /m /m.deb',
  ].join(' && ');

function dockerfile(base: string): string {
  const { uri } = debianSource();
  const security = uri.replace(/\/debian\/?$/, '/debian-security');
  const install = 'apt-get install --yes --no-install-recommends -qq';
  return [
    `FROM ${base} AS lists`,
    // Real updates, where the mirror has them.
    `RUN echo 'deb ${security} bookworm-security main' > /etc/apt/sources.list.d/security.list && (apt-get update -qq || (rm /etc/apt/sources.list.d/security.list && apt-get update -qq))`,
    'FROM lists AS one',
    `RUN ${install} hello make tzdata && ${madePackage('gbt-up', '1.9-1')} && ${madePackage('gbt-down', '2:1-1')}`,
    'RUN mkdir -p /opt/d/sub && echo 1 > /opt/d/a && echo 2 > /opt/d/b && ln /opt/d/a /opt/d/hard && ln -s a /opt/d/soft && echo x > /etc/x.conf && touch /opt/d/sub/f',
    'FROM lists AS two',
    `RUN apt-get upgrade --yes -qq && ${install} hello bc && apt-get purge --yes -qq tzdata && ${madePackage('gbt-up', '1.10-1')} && ${madePackage('gbt-down', '1:9-1')}`,
    'RUN mkdir -p /opt/d && echo 3 > /opt/d/a && echo 2 > /opt/d/b && ln /opt/d/a /opt/d/hard && ln -s b /opt/d/soft && echo x > /etc/x.conf && chown 7:8 /etc/x.conf && chmod 4750 /usr/bin/hello',
    'RUN rm /opt/d/b && mkdir /opt/d/sub && touch "/opt/d/sub/with space" && chmod 1777 /opt/d/sub && rm -r /usr/share/doc/hello',
    '',
  ].join('\n');
}

interface Found {
  readonly verdict: string;
  readonly packages: {
    readonly unchanged: number;
    readonly changes: readonly {
      readonly change: string;
      readonly name: string;
      readonly architecture: string;
      readonly from?: string;
      readonly to?: string;
    }[];
  };
  readonly files: readonly {
    readonly path: string;
    readonly because: string;
    readonly from?: Entry;
    readonly to?: Entry;
  }[];
}

interface Entry {
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly sha256?: string;
  readonly target?: string;
}

/** `name:architecture version` of what is installed, as dpkg-query says in a container. */
async function packagesOf(docker: Engine, image: string): Promise<Map<string, string>> {
  const format = '--showformat=${db:Status-Status} ${Package}:${Architecture} ${Version}\\n';
  const listed = await docker.docker('run', '--rm', image, 'dpkg-query', '--show', format);
  return new Map(
    listed
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([state]) => state === 'installed')
      .map(([, name = '', version = '']) => [name, version]),
  );
}

/** What `docker export` has at each path, found by find and sha256sum. */
async function filesOf(docker: Engine, image: string): Promise<Map<string, string>> {
  const tree = scratchTree();
  const container = await docker.docker('create', image);
  await docker.docker('export', '--output', tree.at('export.tar'), container);
  await docker.docker('rm', container);
  const script = `mkdir root && tar -C root --numeric-owner -xpf export.tar && cd root &&
    find . -mindepth 1 -printf '%P\\t%y\\t%m\\t%U\\t%G\\t%l\\n' > ../found &&
    find . -type f -print0 | xargs -0 sha256sum > ../sums`;
  await must('sh', ['-euc', script], { cwd: tree.path });
  const sums = new Map(
    (await must('cat', [tree.at('sums')]))
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(68), line.slice(0, 64)]),
  );
  const lines = (await must('cat', [tree.at('found')])).trimEnd().split('\n');
  tree.remove();
  return new Map(
    lines.map((line) => {
      const [path = '', type = '', mode = '', uid, gid, target] = line.split('\t');
      const content = type === 'l' ? target : sums.get(path);
      // A link's own mode means nothing.
      const access = type === 'l' ? '' : mode.padStart(4, '0');
      return [path, [type, access, uid, gid, content ?? ''].join(' ')];
    }),
  );
}

const letters: Readonly<Record<string, string>> = { file: 'f', directory: 'd', symlink: 'l' };

function textOf(entry: Entry | undefined): string | undefined {
  if (entry === undefined) {
    return undefined;
  }
  const { type, mode, uid, gid, sha256, target } = entry;
  const access = type === 'symlink' ? '' : mode;
  return [letters[type], access, uid, gid, sha256 ?? target ?? ''].join(' ');
}

/** What differs, by key. */
function changed<T>(from: ReadonlyMap<string, T>, to: ReadonlyMap<string, T>) {
  const keys = [...new Set([...from.keys(), ...to.keys()])].sort();
  return keys.flatMap((key) =>
    from.get(key) === to.get(key) ? [] : [{ key, from: from.get(key), to: to.get(key) }],
  );
}

test('two Debian images differ as dpkg-query and docker export say', {
  skip: onlyLong || (privateEngineMissing() ?? false),
}, async () => {
  const docker = await engine();
  const { env } = docker;
  await loadDebian(docker, 'diff/debian:bookworm');
  const store = await registry();
  const image = (version: string) => `${store.host}/app:${version}`;
  const tree = scratchTree({
    'home/': '',
    'context/': '',
    Dockerfile: dockerfile('diff/debian:bookworm'),
    'work/config.yaml': `registry: ${store.host}\n`,
    'work/images/app/Dockerfile.template': 'FROM scratch\n',
    'work/images/app/changelog':
      'app (2) stable; urgency=low\n\n  * X.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n',
  });
  for (const [version, stage] of [
    ['1', 'one'],
    ['2', 'two'],
  ] as const) {
    const args = ['build', '--quiet', '--target', stage, '--tag', image(version)];
    await must('docker', [...args, '--file', tree.at('Dockerfile'), tree.at('context')], { env });
    await docker.docker('push', '--quiet', image(version));
  }
  const diff = async (...words: string[]): Promise<Found> => {
    const { stdout, stderr, status } = await runCli(['diff', 'app', ...words, '--json'], {
      cwd: tree.at('work'),
      env: { ...env, HOME: tree.at('home') },
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  const found = await diff('1', '2');

  const layers = store
    .requests()
    .filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))
    .map(({ path }) => path);
  assert.ok(layers.length >= 6, 'the layers of both, and their configurations');
  const repeated = layers.filter((path, at) => layers.indexOf(path) !== at);
  assert.deepEqual(repeated, [], 'nothing is read twice');

  const [before, after] = [
    await packagesOf(docker, image('1')),
    await packagesOf(docker, image('2')),
  ];
  const packages = changed(before, after);
  assert.ok(packages.length >= 6, 'hello is in both, and there are others');
  assert.deepEqual(
    found.packages.changes
      .map(({ name, architecture, from, to }) => ({ key: `${name}:${architecture}`, from, to }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
    packages.sort((a, b) => (a.key < b.key ? -1 : 1)),
  );
  assert.equal(
    found.packages.unchanged,
    [...before.keys()].length - packages.filter(({ from }) => from !== undefined).length,
  );
  for (const { change, from = '', to = '' } of found.packages.changes) {
    if (change === 'upgraded' || change === 'downgraded') {
      const order = change === 'upgraded' ? 'lt' : 'gt';
      await must('dpkg', ['--compare-versions', from, order, to]);
    }
  }
  const kindOf = (name: string) =>
    found.packages.changes.find((each) => each.name === name)?.change;
  assert.deepEqual(['gbt-up', 'gbt-down', 'make', 'bc', 'tzdata'].map(kindOf), [
    'upgraded',
    'downgraded',
    'removed',
    'added',
    'removed',
  ]);

  const files = changed(await filesOf(docker, image('1')), await filesOf(docker, image('2')));
  assert.ok(files.length > 50);
  assert.deepEqual(
    found.files.map(({ path, from, to }) => ({ key: path, from: textOf(from), to: textOf(to) })),
    files,
  );
  // What the Dockerfiles did themselves is no package's; of /usr nothing else is left over.
  const others = found.files.filter(({ because }) => because === 'other').map(({ path }) => path);
  const own = ['a', 'b', 'hard', 'soft', 'sub', 'sub/f', 'sub/with space'];
  for (const path of [...own.map((name) => `opt/d/${name}`), 'etc/x.conf']) {
    assert.ok(others.includes(path), path);
  }
  assert.deepEqual(
    others.filter((path) => path.startsWith('usr/') && !path.includes('/hello')),
    [],
  );
  assert.equal(found.verdict, 'other');

  // The same of what the engine has, and of a file, without the registry's layers.
  await docker.docker('save', '--output', tree.at('work/one.tar'), image('1'));
  const local = await diff('one.tar', 'local:2');
  assert.deepEqual(local.packages, found.packages);
  assert.deepEqual(local.files, found.files);
});

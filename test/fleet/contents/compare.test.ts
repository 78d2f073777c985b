import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listLayer } from '#adapters/layers/listLayer.js';
import { compare, type ImageContents, sharedLayers } from '#fleet/contents/compare.js';
import { settingsOf } from '#fleet/contents/settings.js';
import { configOf, type MadeConfig, type MadeFile, tarOf } from '../../support/layers.js';

type Files = Readonly<Record<string, MadeFile>>;

/** An image; only the layers from `read` on are listed. */
async function imageOf(
  layers: readonly Files[],
  config: MadeConfig = {},
  read = 0,
): Promise<ImageContents> {
  const tars = await Promise.all(layers.map((files) => tarOf(Object.entries(files))));
  const listings = new Map();
  for (const tar of tars.slice(read)) {
    const reading = await listLayer(
      (async function* () {
        yield tar;
      })(),
    );
    assert.ok(reading.kind === 'read');
    listings.set(reading.listing.diffId, reading.listing);
  }
  const settings = settingsOf(JSON.parse(configOf(tars, config)));
  assert.ok(settings !== undefined);
  return { settings, listings };
}

/** A status of dpkg with these versions. */
function status(packages: Readonly<Record<string, string>>): Files {
  const text = Object.entries(packages).map(([name, version]) => {
    const [bare, architecture = 'amd64'] = name.split(':');
    return `Package: ${bare}\nStatus: install ok installed\nArchitecture: ${architecture}\nVersion: ${version}\n`;
  });
  return { 'var/lib/dpkg/status': { text: text.join('\n') } };
}

const owns = (name: string, ...paths: string[]): Files => ({
  [`var/lib/dpkg/info/${name}.list`]: { text: `/.\n${paths.join('\n')}\n` },
});

async function differences(
  from: readonly Files[],
  to: readonly Files[],
  config: MadeConfig[] = [],
) {
  const found = compare(await imageOf(from, config[0]), await imageOf(to, config[1]));
  assert.ok(found !== undefined);
  return found;
}

test('packages are added, removed, upgraded and downgraded in the order of dpkg', async () => {
  const { packages, unchanged, verdict } = await differences(
    [status({ a: '1.10-1', b: '1:1-1', c: '2', d: '1', same: '1', 'm:amd64': '1', 'm:i386': '1' })],
    [
      status({
        a: '1.9-1',
        b: '2:0-1',
        c: '2~rc1',
        e: '1',
        same: '1',
        'm:amd64': '2',
        'm:i386': '1',
      }),
    ],
  );
  assert.deepEqual(
    packages.map(({ change, name, from, to }) => [change, name, from, to]),
    [
      ['downgraded', 'a', '1.10-1', '1.9-1'],
      ['upgraded', 'b', '1:1-1', '2:0-1'],
      ['downgraded', 'c', '2', '2~rc1'],
      ['removed', 'd', '1', undefined],
      ['added', 'e', undefined, '1'],
      ['upgraded', 'm', '1', '2'],
    ],
  );
  assert.equal(unchanged, 2);
  assert.equal(verdict, 'other');
});

test('a package of another architecture is another package, unless the whole image is of it', async () => {
  const changed = async (
    from: Readonly<Record<string, string>>,
    to: Readonly<Record<string, string>>,
  ) => {
    const { packages, unchanged } = await differences([status(from)], [status(to)]);
    const texts = packages.map(({ change, name, architecture }) => [change, name, architecture]);
    return { texts, unchanged };
  };
  const amd64 = { 'a:amd64': '1', 'b:amd64': '1', 'd:all': '1' };
  assert.deepEqual(await changed({ ...amd64, 'm:amd64': '1' }, { ...amd64, 'm:i386': '1' }), {
    texts: [
      ['removed', 'm', 'amd64'],
      ['added', 'm', 'i386'],
    ],
    unchanged: 3,
  });
  assert.deepEqual(await changed(amd64, { 'a:arm64': '1', 'b:arm64': '1', 'd:all': '1' }), {
    texts: [],
    unchanged: 3,
  });
});

test('a hard link to what is not there makes no image; one whose target is removed after it does', async () => {
  const link: Files = { c: { type: 'link', target: 'a' } };
  await assert.rejects(differences([{ x: {} }], [{ x: {} }, link]), {
    message: 'one has a hard link /c to /a, which is not there',
  });
  const { files } = await differences([{ a: {} }], [{ a: {} }, { ...link, '.wh.a': {} }]);
  assert.deepEqual(
    files.map(({ path, change }) => [path, change]),
    [
      ['a', 'removed'],
      ['c', 'added'],
    ],
  );
});

test('a package that becomes one for all architectures is the same package', async () => {
  const { packages, verdict } = await differences(
    [status({ 'a:amd64': '1' })],
    [status({ 'a:all': '2' })],
  );
  assert.deepEqual(packages, [
    { change: 'upgraded', name: 'a', architecture: 'all', from: '1', to: '2' },
  ]);
  assert.equal(verdict, 'upgrades');
});

test('only upgrades: the files of upgraded packages, also through links, and what every build makes anew', async () => {
  const base: Files = {
    'usr/lib/': { type: 'directory' },
    lib: { type: 'symlink', target: 'usr/lib' },
    'usr/lib/libssl.so': { text: '1' },
    ...status({ ssl: '1', other: '1' }),
    ...owns('ssl', '/usr', '/usr/lib', '/lib/libssl.so', '/lib/old'),
    ...owns('other', '/usr/bin/other'),
    'usr/lib/old': { text: 'old' },
    'usr/bin/other': { text: '1' },
  };
  const upgraded: Files = {
    'usr/lib/libssl.so': { text: '2' },
    'usr/lib/.wh.old': {},
    'usr/lib/new': {},
    ...status({ ssl: '2', other: '1' }),
    ...owns('ssl', '/usr', '/usr/lib', '/lib/libssl.so', '/lib/new'),
    'var/log/dpkg.log': { text: 'x' },
    'var/cache/apt/x': {},
    'etc/ld.so.cache': {},
  };
  const { verdict, files, unchanged } = await differences([base], [base, upgraded]);
  assert.deepEqual(
    files.map(({ path, because, package: owner = '' }) => `${path} ${because} ${owner}`.trimEnd()),
    [
      'etc/ld.so.cache state',
      'usr/lib/libssl.so package ssl',
      'usr/lib/new package ssl',
      'usr/lib/old package ssl',
      'var/cache/apt/x state',
      'var/lib/dpkg/info/ssl.list state',
      'var/lib/dpkg/status state',
      'var/log/dpkg.log state',
    ],
  );
  assert.equal(verdict, 'upgrades');
  assert.equal(unchanged, 1);
  for (const more of [
    { 'usr/bin/other': { text: '2' } },
    { 'usr/lib/': { type: 'directory', mode: 0o777 } },
    { 'usr/bin/': { type: 'directory', uid: 5 } },
    { 'usr/lib/libssl.so': { text: '2', mode: 0o4644 } },
    { 'usr/lib/libssl.so': { text: '2', uid: 5 } },
    { 'var/cache/su': { mode: 0o4755 } },
  ] satisfies Files[]) {
    const found = await differences([base], [base, { ...upgraded, ...more }]);
    assert.equal(found.verdict, 'other', JSON.stringify(more));
  }
});

test('the labels of a build are expected, any other setting is more than an upgrade', async () => {
  const label = (key: string, value: string) => ({ Labels: { [key]: value } });
  const version = 'org.opencontainers.image.version';
  const verdictOf = async (before: MadeConfig, after: MadeConfig) => {
    const { verdict, settings } = await differences([{ a: {} }], [{ a: {} }], [before, after]);
    return [
      verdict,
      ...settings.map(({ key, name = '', from, to }) => `${key} ${name} ${from} ${to}`),
    ];
  };
  assert.deepEqual(await verdictOf({ User: 'x' }, { User: 'x' }), ['same']);
  assert.deepEqual(await verdictOf(label(version, '1'), label(version, '2')), [
    'rebuilt',
    `label ${version} 1 2`,
  ]);
  // A bot that upgrades is the author of the version that it makes.
  const authors = 'org.opencontainers.image.authors';
  assert.equal((await verdictOf(label(authors, 'a'), label(authors, 'b')))[0], 'rebuilt');
  // A base of another version is the same base; another one is not.
  const base = 'org.opencontainers.image.base.name';
  const onBase = (from: string, to: string) => verdictOf(label(base, from), label(base, to));
  assert.equal((await onBase('r:5000/base:1', 'r:5000/base:2'))[0], 'rebuilt');
  assert.equal((await onBase('r:5000/base:1', 'r:5000/other:1'))[0], 'other');
  assert.deepEqual(await verdictOf(label('own', '1'), label('own', '2')), [
    'other',
    'label own 1 2',
  ]);
  assert.deepEqual(
    await verdictOf(
      {
        Env: ['PATH=/bin', 'A=1', 'EMPTY='],
        User: '0',
        Entrypoint: ['/bin/sh', '-c'],
        Cmd: null,
        ExposedPorts: { '80/tcp': {} },
        WorkingDir: '/',
      },
      {
        Env: ['PATH=/bin', 'A=a=b'],
        User: '1:1',
        Entrypoint: ['/bin/sh'],
        Cmd: ['x'],
        ExposedPorts: { '81/udp': {} },
        WorkingDir: '/srv',
      },
    ),
    [
      'other',
      'env A 1 a=b',
      'env EMPTY  undefined',
      'port 80/tcp 80/tcp undefined',
      'user  0 1:1',
      'workdir  / /srv',
      'entrypoint  ["/bin/sh","-c"] ["/bin/sh"]',
      'port 81/udp undefined 81/udp',
      'cmd  undefined ["x"]',
    ],
  );
});

test('content, mode, owner, type, target and capabilities are compared, and times are not', async () => {
  const before: Files = {
    content: { text: '1' },
    mode: {},
    owner: {},
    group: {},
    type: {},
    target: { type: 'symlink', target: 'a' },
    capability: {},
    same: { text: 'x' },
    linkMode: { type: 'symlink', target: 'a', mode: 0o777 },
  };
  const after: Files = {
    ...before,
    content: { text: '2' },
    mode: { mode: 0o4644 },
    owner: { uid: 1 },
    group: { gid: 1 },
    type: { type: 'fifo' },
    target: { type: 'symlink', target: 'b' },
    capability: { pax: { 'SCHILY.xattr.security.capability': 'x' } },
    linkMode: { type: 'symlink', target: 'a', mode: 0o755 },
  };
  const { files } = await differences([before], [after]);
  assert.deepEqual(
    files.map(({ path, change }) => `${change} ${path}`),
    ['capability', 'content', 'group', 'mode', 'owner', 'target', 'type'].map(
      (path) => `changed ${path}`,
    ),
  );
});

test('databases of apk and rpm are named, not read', async () => {
  const { unread, packages } = await differences(
    [{ 'lib/apk/db/installed': { text: 'P:a\nV:1\n' } }],
    [{ 'var/lib/rpm/rpmdb.sqlite': { text: 'x' } }],
  );
  assert.deepEqual(unread, ['apk', 'rpm']);
  assert.deepEqual(packages, []);
});

test('the lowest layers of both are only needed where the others leave something open', async () => {
  const base: Files = { a: {}, 'usr/lib/': { type: 'directory' }, ...status({ x: '1' }) };
  const both = async (one: Files, two: Files) => {
    const [from, to] = [await imageOf([base, one], {}, 1), await imageOf([base, two], {}, 1)];
    assert.equal(sharedLayers(from.settings, to.settings), 1);
    return compare(from, to);
  };
  const alike = await both({ f: { text: '1' } }, { f: { text: '2' } });
  assert.deepEqual(
    alike?.files.map(({ path, change }) => `${change} ${path}`),
    ['changed f'],
  );
  assert.equal(alike?.unchanged, undefined);
  // f may be in the base, or not.
  assert.equal(await both({ f: {} }, { g: {} }), undefined);
  assert.equal(await both({ f: {} }, { '.wh.f': {} }), undefined);
  const upgrade = await both(status({ x: '1', y: '1' }), status({ x: '2', y: '1' }));
  assert.deepEqual([upgrade?.verdict, upgrade?.unchanged], ['upgrades', 1]);
  // Whose file it is may depend on a link in the base.
  assert.equal(
    await both({ ...status({ x: '1' }), f: { text: '1' } }, { ...status({ x: '2' }), f: {} }),
    undefined,
  );
  const same = compare(await imageOf([base], {}, 1), await imageOf([base], {}, 1));
  assert.equal(same?.verdict, 'same');
});

test('a configuration that does not name its layers is none', () => {
  assert.equal(settingsOf({ rootfs: { diff_ids: ['sha256:1'] } }), undefined);
  assert.equal(settingsOf({ rootfs: { diff_ids: 'x' } }), undefined);
  assert.deepEqual(settingsOf({})?.diffIds, []);
  assert.deepEqual(settingsOf(null)?.diffIds, []);
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { excerptOf } from '#adapters/layers/excerpt.js';
import type { LayerListing } from '#adapters/layers/listing.js';
import { listingCache } from '#adapters/layers/listingCache.js';
import { listLayer } from '#adapters/layers/listLayer.js';
import { ImpossibleImage } from '#fleet/contents/fileTree.js';
import { inventoryOf } from '#fleet/inventory/inventory.js';
import { type MadeFile, tarOf } from '../../support/layers.js';

type Files = Readonly<Record<string, MadeFile>>;

async function layersOf(...layers: readonly Files[]): Promise<LayerListing[]> {
  const listings: LayerListing[] = [];
  for (const files of layers) {
    const tar = await tarOf(Object.entries(files));
    const reading = await listLayer(
      (async function* () {
        yield tar;
      })(),
    );
    assert.ok(reading.kind === 'read');
    listings.push(reading.listing);
  }
  return listings;
}

/** The inventory by the excerpts, after it was seen that the whole layers give the same. */
async function inventory(...layers: readonly Files[]) {
  const whole = await layersOf(...layers);
  const found = inventoryOf(whole.map(excerptOf), 'linux/amd64');
  assert.deepEqual(found, inventoryOf(whole, 'linux/amd64'));
  return found;
}

const directory: MadeFile = { type: 'directory', mode: 0o755 };
const link = (target: string): MadeFile => ({ type: 'symlink', target });
const text = (content: string): MadeFile => ({ text: content });

const status = `Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u9
Description: a library
 Package: not this one

Package: bash
Status: hold ok installed
Architecture: amd64
Source: bash (5.2.15-2)
Version: 5.2.15-2+b7

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2024a-0+deb12u1
`;

test('packages have the source package that they are built from', async () => {
  const { packages, architecture, foreignArchitectures, other, unread } = await inventory({
    'var/lib/dpkg/status': text(status),
  });
  const installed = 'install ok installed';
  assert.deepEqual(packages, [
    {
      name: 'bash',
      version: '5.2.15-2+b7',
      architecture: 'amd64',
      source: 'bash',
      sourceVersion: '5.2.15-2',
      status: 'hold ok installed',
    },
    {
      name: 'libc6',
      version: '2.36-9+deb12u9',
      architecture: 'amd64',
      source: 'glibc',
      sourceVersion: '2.36-9+deb12u9',
      status: installed,
    },
    {
      name: 'tzdata',
      version: '2024a-0+deb12u1',
      architecture: 'all',
      source: 'tzdata',
      sourceVersion: '2024a-0+deb12u1',
      status: installed,
    },
  ]);
  assert.deepEqual([architecture, foreignArchitectures, other, unread], ['amd64', [], [], []]);
});

test('links are followed inside of the image, also those of another layer', async () => {
  const sources =
    '# deb [signed-by=/etc/apt/keyrings/never.gpg] http://a b c\ndeb [arch=amd64 signed-by=/etc/apt/keyrings/named.gpg] http://a b c\n';
  const { distribution, aptFiles, unread } = await inventory(
    {
      'etc/': directory,
      'etc/os-release': link('../usr/lib/os-release'),
      'usr/lib/os-release': text(
        'PRETTY_NAME="Debian \\"12\\""\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
      ),
      'etc/apt/sources.list.d': link('/usr/share/our/apt/sources.list.d'),
      'var/lib/dpkg': link('../../usr/lib/sysimage/dpkg'),
      'usr/lib/sysimage/dpkg/status': text(status),
    },
    {
      'usr/share/our/apt/sources.list.d/x.list': text('deb http://x y z'),
      'usr/share/keyrings/real.gpg': text('KEY'),
      'etc/apt/keyrings/named.gpg': link('/usr/share/keyrings/real.gpg'),
      'etc/apt/sources.list': text(sources),
    },
  );
  assert.deepEqual(distribution, {
    id: 'debian',
    versionId: '12',
    codename: 'bookworm',
    name: 'Debian "12"',
  });
  assert.deepEqual(
    [...aptFiles].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
    [
      ['var/lib/dpkg/status', status],
      ['etc/apt/sources.list', sources],
      ['etc/apt/sources.list.d/x.list', 'deb http://x y z'],
      ['etc/apt/keyrings/named.gpg', 'KEY'],
    ],
  );
  assert.deepEqual(unread, []);
});

test('what an upper layer removes or replaces is not there', async () => {
  const { aptFiles, hasAptConf } = await inventory(
    {
      'etc/apt/': directory,
      'etc/apt/apt.conf.d/01hook': text('DPkg::Pre-Invoke'),
      'etc/apt/sources.list': text('old'),
      'etc/apt/preferences.d/pin': text('old'),
      'etc/apt/preferences.d/pin.disabled': text('apt does not take this name'),
      'etc/apt/trusted.gpg.d/a.asc': text('A'),
    },
    { 'etc/apt/.wh.sources.list': {}, 'etc/apt/preferences.d/pin': text('new') },
    { 'etc/apt/trusted.gpg.d/.wh..wh..opq': {}, 'etc/apt/trusted.gpg.d/b.gpg': text('B') },
  );
  assert.deepEqual(
    [...aptFiles].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
    [
      ['etc/apt/preferences.d/pin', 'new'],
      ['etc/apt/apt.conf.d/01hook', 'DPkg::Pre-Invoke'],
      ['etc/apt/trusted.gpg.d/b.gpg', 'B'],
    ],
  );
  assert.equal(hasAptConf, true);
});

test('a distroless image has a file for each package', async () => {
  const { packages, aptFiles, hasAptConf } = await inventory({
    'var/lib/dpkg/status.d/tzdata': text(
      'Package: tzdata\nVersion: 2024a-0\nArchitecture: all\nDescription: x\n',
    ),
    'var/lib/dpkg/status.d/tzdata.md5sums': text('d41d8cd98f00b204e9800998ecf8427e  usr/a\n'),
  });
  assert.deepEqual(packages, [
    {
      name: 'tzdata',
      version: '2024a-0',
      architecture: 'all',
      source: 'tzdata',
      sourceVersion: '2024a-0',
    },
  ]);
  assert.deepEqual([...aptFiles.keys()], ['var/lib/dpkg/status.d/tzdata']);
  assert.equal(hasAptConf, false);
});

test('a database of dpkg that is there and cannot be read is no image without packages', async () => {
  const lower = { 'var/lib/dpkg/status': text(status) };
  const cut = status.slice(0, status.lastIndexOf('2024a'));
  const cases: readonly (readonly [string, Files])[] = [
    [
      'var/lib/dpkg/status:24: the file ends within a line',
      { 'var/lib/dpkg/status': text(`${cut}2`) },
    ],
    [
      'var/lib/dpkg/status.d/a:2: the package a has no version',
      { 'var/lib/dpkg/status.d/a': text('Package: a\n') },
    ],
    ['var/lib/dpkg/status is not a regular file', { 'var/lib/dpkg/status/': directory }],
    ['var/lib/dpkg/status is not a regular file', { 'var/lib/dpkg/status': { type: 'fifo' } }],
    [
      'var/lib/dpkg/status is a link to a file that is not there, or not looked at',
      { 'var/lib/dpkg/status': link('../../../../../../etc/passwd') },
    ],
    [
      'var/lib/dpkg/status is not a regular file',
      {
        'srv/a/b/real': text(status),
        'var/lib/dpkg/status': { type: 'link', target: 'srv/a/b/real' },
      },
    ],
    [
      'var/lib/dpkg/status.d is a link to opt/packages/status.d, which is not looked at',
      { 'var/lib/dpkg': link('/opt/packages'), 'opt/packages/status': text(status) },
    ],
    [
      'var/lib/dpkg/updates has changes of a dpkg that was interrupted',
      {
        'var/lib/dpkg/updates/': directory,
        'var/lib/dpkg/updates/0000': text(
          'Package: libc6\nStatus: install ok unpacked\nVersion: 3\n',
        ),
      },
    ],
    [
      'there is a loop of symbolic links on the way to var/lib/dpkg/status.d',
      { 'var/lib/dpkg': link('dpkg') },
    ],
  ];
  for (const [reason, files] of cases) {
    const below = reason.includes(' on the way ') ? [] : [lower];
    const layers = (await layersOf(...below, files)).map(excerptOf);
    assert.throws(
      () => inventoryOf(layers, 'linux/amd64'),
      (cause) => cause instanceof ImpossibleImage && cause.message === reason,
      reason,
    );
  }
});

test('a package that two databases have alike is one', async () => {
  const one = 'Package: a\nVersion: 1\nArchitecture: all\n';
  const { packages } = await inventory({
    'var/lib/dpkg/status': text(`${one}\n${one.replace('all', 'amd64')}`),
    'var/lib/dpkg/status.d/a': text(one),
    'var/lib/dpkg/status.d/b': text(one.replace('1', '2')),
  });
  assert.deepEqual(
    packages.map(({ version, architecture }) => `${version} ${architecture}`).sort(),
    ['1 all', '1 amd64', '2 all'],
  );
});

test('databases of other kinds are named', async () => {
  const { other, packages } = await inventory({
    'lib/apk/db/installed': text('P:musl'),
    'var/lib/rpm/rpmdb.sqlite': text('x'),
  });
  assert.deepEqual([other, packages], [['apk', 'rpm'], []]);
});

test('what is there and cannot be read is said', async () => {
  const { unread } = await inventory({
    'etc/apt/sources.list': link('/opt/sources'),
    'opt/sources': text('deb http://a b c'),
    'etc/apt/sources.list.d/none.list': link('nowhere'),
    'etc/apt/sources.list.d/loop.list': link('loop.list'),
    'etc/apt/sources.list.d/pipe.sources': { type: 'fifo' },
    'etc/apt/trusted.gpg': text('x'.repeat(1024 ** 2 + 1)),
    'etc/apt/sources.list.d/ours.sources': text(
      'Types: deb\nSigned-By: /opt/key.txt\n  /srv/none.gpg\nURIs: http://a\n',
    ),
    'opt/key.txt': text('key'),
  });
  assert.deepEqual(unread, [
    'etc/apt/sources.list is a link to opt/sources, which is not looked at',
    'etc/apt/sources.list.d/loop.list is a link to a file that is not there, or not looked at',
    'etc/apt/sources.list.d/none.list is a link to a file that is not there, or not looked at',
    'etc/apt/sources.list.d/pipe.sources is not a regular file',
    'etc/apt/trusted.gpg is larger than 1 MiB',
    'opt/key.txt is not a file that is looked at',
  ]);
});

test('what is in the place of a directory hides the files that layers below have in it', async () => {
  const below = {
    'etc/apt/sources.list': text('deb http://a b c'),
    'etc/apt/preferences.d/pin': text('old'),
    'var/lib/dpkg/status.d/a': text('Package: a\nVersion: 1\nArchitecture: all\n'),
  };
  for (const put of [text('a file'), link('/nowhere'), { type: 'fifo' } as const]) {
    const { aptFiles, packages } = await inventory(below, {
      'etc/apt/preferences.d': put,
      'var/lib/dpkg/status.d': put.type === 'symlink' ? link('/nowhere/dpkg/status.d') : put,
    });
    assert.deepEqual([[...aptFiles.keys()], packages], [['etc/apt/sources.list'], []]);
  }
  const { packages } = await inventory(below, { 'var/lib/dpkg': text('a file') });
  assert.deepEqual(packages, []);
});

test('a directory that is a link to where nothing is looked at is said, one to where it is is read', async () => {
  const away = await inventory({
    'etc/apt/sources.list': text('deb http://a b c'),
    'opt/lists/more.list': text('deb http://d e f'),
    'etc/apt/sources.list.d': link('/opt/lists'),
    'etc/apt/preferences.d': link('../../opt/none'),
    'opt/one/apt/apt.conf.d/50x': text('APT::Default-Release "x";'),
    'etc/apt/apt.conf.d': link('/opt/one/apt/apt.conf.d'),
  });
  assert.deepEqual(away.unread, [
    'etc/apt/sources.list.d is a link to opt/lists, which is not looked at',
    'etc/apt/preferences.d is a link to opt/none, which is not looked at',
  ]);
  assert.ok(away.aptFiles.has('etc/apt/apt.conf.d/50x'));
  const whole = await inventory({
    'opt/conf/preferences.d/pin': text('pin'),
    'etc/apt': link('/opt/conf'),
  });
  assert.equal(
    whole.unread[0],
    'etc/apt/sources.list.d is a link to opt/conf/sources.list.d, which is not looked at',
  );
});

test('native and foreign architectures are those of dpkg', async () => {
  const { architecture, foreignArchitectures } = await inventory({
    'var/lib/dpkg/arch': text('arm64\narmhf\n'),
  });
  assert.deepEqual([architecture, foreignArchitectures], ['arm64', ['armhf']]);
  assert.equal(inventoryOf([], 'linux/arm/v7').architecture, 'armhf');
  assert.equal(inventoryOf([], 'linux/386').architecture, 'i386');
});

test('the excerpt of a layer is kept from run to run, and the listing without contents', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'inventory-'));
  try {
    const [layer] = await layersOf({
      'etc/apt/sources.list': text('deb \u00e9'),
      'usr/share/doc/a/b/c/d': text('x'),
    });
    assert.ok(layer !== undefined);
    listingCache(directory).set(layer);
    assert.deepEqual(listingCache(directory).excerpt(layer.diffId), excerptOf(layer));
    const cached = listingCache(directory).get(layer.diffId);
    assert.deepEqual([...(cached?.entries.keys() ?? [])], [...layer.entries.keys()]);
    assert.equal(JSON.stringify([...(cached?.entries ?? [])]).includes('kept'), false);
    assert.deepEqual([...excerptOf(layer).entries.keys()], ['etc/apt/sources.list']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

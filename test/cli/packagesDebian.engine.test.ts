/** `packages` of real Debian images against dpkg-query and docker cp. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { listingCache } from '#adapters/layers/listingCache.js';
import { Listings } from '#fleet/contents/openedImage.js';
import { openLocal } from '#fleet/contents/openLocal.js';
import { inventoryOf } from '#fleet/inventory/inventory.js';
import { runCli } from '../support/cli.js';
import { loadDebian } from '../support/engine/base.js';
import { type Engine, engine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const base = 'packages/debian:bookworm';

/** Apt's files in their forms, a held package, a removed one, a foreign architecture and a made one. */
const dockerfile = `FROM ${base}
RUN apt-mark hold tzdata && apt-get purge --yes -qq --allow-remove-essential mawk || true
RUN mkdir -p /m/DEBIAN && \\
    printf 'Package: gbt-x\\nSource: gbt (1:9-1)\\nVersion: 2:1.0-1+b3\\nArchitecture: amd64\\nMaintainer: T <t@example.org>\\nDescription: x\\n' > /m/DEBIAN/control && \\
    dpkg-deb --build /m /m.deb > /dev/null && dpkg --install /m.deb > /dev/null && rm -r /m /m.deb && \\
    dpkg --add-architecture i386
RUN mkdir -p /etc/apt/keyrings /etc/apt/preferences.d && \\
    cp /usr/share/keyrings/debian-archive-keyring.gpg /etc/apt/keyrings/ours.gpg && \\
    ln -s ours.gpg /etc/apt/keyrings/linked.gpg && \\
    printf 'Types: deb\\nURIs: https://deb.example.org/debian\\nSuites: bookworm\\nComponents: main\\nSigned-By: /etc/apt/keyrings/linked.gpg\\n' > /etc/apt/sources.list.d/ours.sources && \\
    printf 'Package: *\\nPin: release n=bookworm\\nPin-Priority: 400\\n' > /etc/apt/preferences.d/ours
`;

interface Found {
  readonly images: readonly {
    readonly origin: string;
    readonly architecture: string;
    readonly foreignArchitectures: readonly string[];
    readonly distribution?: { readonly codename?: string };
    readonly unread: readonly string[];
    readonly packages: readonly {
      readonly name: string;
      readonly version: string;
      readonly architecture: string;
      readonly source: string;
      readonly sourceVersion: string;
      readonly held?: true;
    }[];
  }[];
}

/** As dpkg-query says in a container, sorted. */
async function queried(docker: Engine, image: string): Promise<string[]> {
  const fields =
    '${Package} ${Version} ${Architecture} ${source:Package} ${source:Version} ${db:Status-Want}';
  const format = `--showformat=\${db:Status-Status} ${fields}\\n`;
  const listed = await docker.docker('run', '--rm', image, 'dpkg-query', '--show', format);
  return listed
    .split('\n')
    .filter((line) => line.startsWith('installed '))
    .map((line) => line.slice('installed '.length))
    .sort();
}

async function hasFiles(docker: Engine, image: string, directory: string): Promise<boolean> {
  return (await docker.docker('run', '--rm', image, 'ls', directory)).trim() !== '';
}

test('inventories are what dpkg-query and docker cp say in a container', {
  skip: privateEngineMissing() ?? false,
}, async () => {
  const docker = await engine();
  const { env } = docker;
  await loadDebian(docker, base);
  const store = await registry();
  const changelog = (name: string) =>
    `${name} (1) stable; urgency=low\n\n  * X.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n`;
  const tree = scratchTree({
    'home/': '',
    'context/': '',
    Dockerfile: dockerfile,
    'work/config.yaml': `registry: ${store.host}\n`,
    'work/images/base/Dockerfile.template': 'FROM scratch\nADD rootfs.tar /\n',
    'work/images/base/rootfs.tar': '',
    'work/images/base/changelog': changelog('base'),
    'work/images/app/Dockerfile.template': "FROM {{ 'base' | image_tag }}\nRUN true\n",
    'work/images/app/control': 'Package: app\nDepends: base\n',
    'work/images/app/changelog': changelog('app'),
  });
  const images = ['base', 'app'].map((name) => `${store.host}/${name}:1`);
  const [baseImage = '', app = ''] = images;
  await docker.docker('tag', base, baseImage);
  const args = [
    'build',
    '--quiet',
    '--provenance=false',
    '--tag',
    app,
    '--file',
    tree.at('Dockerfile'),
  ];
  await must('docker', [...args, tree.at('context')], { env });
  const packages = async (home: string, ...words: string[]): Promise<Found> => {
    tree.write({ [`${home}/`]: '' });
    const { stdout, stderr, status } = await runCli(['packages', ...words, '--json'], {
      cwd: tree.at('work'),
      env: { ...env, HOME: tree.at(home) },
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Found;
  };

  const local = await packages('local', 'base', 'app');
  for (const image of images) {
    await docker.docker('push', '--quiet', image);
  }
  const published = await packages('published', 'base', 'app');
  const read = store
    .requests()
    .filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))
    .map(({ path }) => path.slice(path.lastIndexOf('/')));

  for (const [at, image] of images.entries()) {
    const expected = await queried(docker, image);
    assert.ok(expected.length > 80);
    for (const found of [local, published]) {
      const { packages: listed = [], unread } = found.images[at] ?? { unread: ['nothing'] };
      assert.deepEqual(unread, []);
      assert.deepEqual(
        listed
          .map(({ name, version, architecture, source, sourceVersion, held }) =>
            [name, version, architecture, source, sourceVersion, held ? 'hold' : 'install'].join(
              ' ',
            ),
          )
          .sort(),
        expected,
      );
    }
  }
  assert.deepEqual(
    [local, published].map(({ images: all }) => all.map(({ origin }) => origin)),
    [
      ['engine', 'engine'],
      ['registry', 'registry'],
    ],
  );
  const { foreignArchitectures, distribution, packages: listed = [] } = published.images[1] ?? {};
  assert.deepEqual([foreignArchitectures, distribution?.codename], [['i386'], 'bookworm']);
  const made = listed.find(({ name }) => name === 'gbt-x');
  assert.deepEqual([made?.source, made?.sourceVersion], ['gbt', '1:9-1']);
  assert.ok(listed.some(({ name, held }) => name === 'tzdata' && held));

  // Layers and not configurations, which are asked for by what `status` shows too.
  const manifest = async (name: string) => {
    const types = ['oci.image.manifest.v1', 'docker.distribution.manifest.v2'];
    const accept = { accept: types.map((type) => `application/vnd.${type}+json`).join(', ') };
    const answer = await fetch(`http://${store.host}/v2/${name}/manifests/1`, { headers: accept });
    return (await answer.json()) as { readonly layers: readonly { readonly digest: string }[] };
  };
  const layers = (await manifest('app')).layers.map(({ digest }) => `/${digest}`);
  assert.ok(layers.length > 3);
  assert.deepEqual(read.filter((path) => layers.includes(path)).sort(), layers.toSorted());

  const opened = await openLocal({
    docker: { program: 'docker', env, cwd: tree.path },
    names: [app],
    progress: () => {},
    signal: new AbortController().signal,
  });
  assert.ok(!('reason' in opened));
  const listings = new Listings(listingCache(tree.at('cache')), 'excerpts');
  assert.equal(await opened.list(opened.settings.diffIds, listings), undefined);
  const stack = opened.settings.diffIds.flatMap((diffId) => listings.get(diffId) ?? []);
  const { aptFiles, hasAptConf } = inventoryOf(stack, 'linux/amd64');
  assert.equal(hasAptConf, await hasFiles(docker, app, '/etc/apt/apt.conf.d'));
  const container = await docker.docker('create', app);
  for (const [path, bytes] of aptFiles) {
    await docker.docker('cp', '--follow-link', `${container}:/${path}`, tree.at('copied'));
    assert.ok(readFileSync(tree.at('copied')).equals(bytes), path);
  }
  await docker.docker('rm', container);
  for (const path of [
    'var/lib/dpkg/status',
    'etc/apt/sources.list.d/ours.sources',
    'etc/apt/preferences.d/ours',
    'etc/apt/keyrings/linked.gpg',
  ]) {
    assert.ok(aptFiles.has(path), path);
  }
});

/** `outdated` of real Debian images of three generations, against apt in a container of each. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { buildTree } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadDebian } from '../support/engine/base.js';
import { engine, privateEngineMissing } from '../support/engine/engine.js';
import { debianSource } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { onlyLong } from '../support/long.js';
import { must } from '../support/process.js';

interface Found {
  readonly updates: readonly {
    readonly package: string;
    readonly installed: string;
    readonly candidate: string;
    readonly enters: { readonly reference: string; readonly root: boolean };
    readonly images: readonly string[];
  }[];
  readonly images: readonly {
    readonly reference: string;
    readonly verdict: string;
    readonly reason?: string;
    readonly candidates: readonly {
      readonly package: string;
      readonly architecture: string;
      readonly installed: string;
      readonly candidate: string;
      readonly held: boolean;
    }[];
    readonly pinned: readonly { readonly package: string }[];
  }[];
}

/** A package that is older than Debian's own of this name, made by dpkg-deb. */
const older = (...names: string[]): string =>
  names
    .map((name) =>
      [
        'mkdir -p /m/DEBIAN',
        `printf 'Package: ${name}\\nVersion: 0.1-1\\nArchitecture: amd64\\nMaintainer: T <t@example.org>\\nDescription: x\\n' > /m/DEBIAN/control`,
        'dpkg-deb --build /m /m.deb > /dev/null',
        'dpkg --install /m.deb > /dev/null',
        'rm -r /m /m.deb',
      ].join(' && '),
    )
    .join(' && ');

const canary =
  'DPkg::Pre-Invoke { "touch /tmp/canary"; };\\nAPT::Update::Pre-Invoke { "touch /tmp/canary"; };\\n';

test('what is outdated is what apt lists in a container of each image, and it enters where it should', {
  skip: onlyLong || (privateEngineMissing() ?? false),
}, async () => {
  const docker = await engine();
  await loadDebian(docker, 'outdated/debian:bookworm');
  const store = await registry();
  const { uri, signedBy } = debianSource();
  const security = uri.replace(/\/debian\/?$/, '/debian-security');
  const source = `deb [signed-by=${signedBy}] ${security} bookworm-security main`;
  // Installs with the release archive alone: the security archive is in the sources all the same.
  const install = 'apt-get -o Dir::Etc::sourceparts=/nowhere';
  const tree = buildTree(
    docker,
    { registry: store.host },
    {
      base: {
        dockerfile: [
          'FROM scratch',
          'COPY --from=outdated/debian:bookworm / /',
          `RUN echo '${source}' > /etc/apt/sources.list.d/security.list && ${older('hello')}`,
          '',
        ].join('\n'),
      },
      lib: {
        dockerfile: [
          'FROM {{ "base" | image_tag }}',
          `RUN ${install} update -qq && ${install} install --yes -qq --no-install-recommends openssl > /dev/null && rm -rf /var/lib/apt/lists/* && ${older('bc', 'dc')}`,
          `RUN printf '${canary}' > /etc/apt/apt.conf.d/99hook && apt-mark hold dc > /dev/null`,
          '',
        ].join('\n'),
      },
      app: { dockerfile: 'FROM {{ "lib" | image_tag }}\nRUN echo app > /app\n' },
      pinned: {
        dockerfile: [
          'FROM {{ "lib" | image_tag }}',
          "RUN printf 'Package: bc\\nPin: version 0.1-1\\nPin-Priority: 1001\\n' > /etc/apt/preferences.d/bc",
          '',
        ].join('\n'),
      },
      current: {
        dockerfile: [
          'FROM {{ "base" | image_tag }}',
          'RUN apt-get update -qq && apt-get upgrade --yes -qq > /dev/null && rm -rf /var/lib/apt/lists/*',
          '',
        ].join('\n'),
      },
    },
  );
  const built = await tree.run('build', '--publish');
  assert.equal(built.status, 0, built.stderr);
  const outdated = async (...args: string[]) => {
    const found = await runCli(['outdated', '--json', '-c', 'config.yaml', ...args, 'images'], {
      cwd: tree.at('work'),
      env: tree.env,
    });
    assert.equal(found.status, 0, found.stderr);
    return JSON.parse(found.stdout) as Found;
  };
  const found = await outdated();
  const of = (name: string) => {
    const image = found.images.find((each) => each.reference === `${store.host}/${name}:1`);
    assert.ok(image !== undefined, name);
    return image;
  };

  const known = ['base', 'lib', 'app', 'pinned', 'current'];
  for (const name of known) {
    const list = 'apt-get update -qq > /dev/null && LC_ALL=C apt list --upgradable 2> /dev/null';
    const reference = `${store.host}/${name}:1`;
    const printed = await docker.docker('run', '--rm', reference, 'sh', '-c', list);
    const expected = printed.split('\n').flatMap((line) => {
      // hello/oldstable 2.10-3 amd64 [upgradable from: 0.1-1]
      const match = /^([^/]+)\/\S+ (\S+) (\S+) \[upgradable from: (\S+)\]$/.exec(line);
      return match === null ? [] : [`${match[1]}:${match[3]} ${match[4]} → ${match[2]}`];
    });
    const image = of(name);
    assert.notEqual(image.verdict, 'unknown', `${name}: ${image.reason}`);
    assert.deepEqual(
      image.candidates
        .map((each) => `${each.package}:${each.architecture} ${each.installed} → ${each.candidate}`)
        .sort(),
      expected.sort(),
      name,
    );
    assert.equal(image.verdict, expected.length === 0 ? 'up-to-date' : 'outdated', name);
  }
  // A machine without apt asks in containers, as nobody, and gets the same answers.
  const bin = tree.at('bin');
  mkdirSync(bin, { recursive: true });
  for (const program of ['docker', 'git', 'gpg']) {
    symlinkSync(
      await must('sh', ['-c', `command -v ${program}`]).then((path) => path.trim()),
      `${bin}/${program}`,
    );
  }
  const without = await runCli(['outdated', '--json', '-c', 'config.yaml', 'images'], {
    cwd: tree.at('work'),
    env: { ...tree.env, PATH: bin, XDG_CACHE_HOME: tree.at('other-cache') },
  });
  assert.equal(without.status, 0, without.stderr);
  const contained = JSON.parse(without.stdout) as Found;
  assert.deepEqual(contained.images, found.images);
  assert.deepEqual(await docker.docker('ps', '--all', '--quiet'), '');

  const names = (name: string) => of(name).candidates.map((each) => each.package);
  assert.ok(names('base').includes('hello') && names('lib').includes('bc'));
  assert.deepEqual(names('current'), []);
  assert.ok(!names('pinned').includes('bc'));
  assert.deepEqual(
    of('pinned').pinned.map((each) => each.package),
    ['bc'],
  );
  assert.deepEqual(
    of('lib')
      .candidates.filter(({ held }) => held)
      .map((each) => each.package),
    ['dc'],
  );

  const entersAt = (name: string) =>
    found.updates.find((each) => each.package === name && each.installed === '0.1-1');
  assert.deepEqual(entersAt('hello')?.enters, {
    reference: `${store.host}/base:1`,
    outside: false,
    root: true,
    broken: false,
  });
  assert.deepEqual(entersAt('hello')?.images.length, 4);
  assert.equal(entersAt('bc')?.enters.reference, `${store.host}/lib:1`);
  assert.deepEqual(
    entersAt('bc')?.images.map((each) => each.slice(store.host.length)),
    ['/lib:1', '/app:1'],
  );
});

/** `packages` on Debian's docker-registry, with images that are made here: no engine. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { faultyRegistry } from '../support/faultyRegistry.js';
import { ociIndex, putManifest } from '../support/images.js';
import { sha256 as digestOf, type MadeFile, putLayers, tarOf } from '../support/layers.js';
import { madePod, podList } from '../support/pods.js';
import { scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

type Files = Readonly<Record<string, MadeFile>>;
const layer = (files: Files) => tarOf(Object.entries(files));

const release: Files = {
  'etc/os-release': {
    text: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
  },
};

/** `name: [version, source]` */
function status(packages: Readonly<Record<string, readonly [string, string]>>): Files {
  const text = Object.entries(packages).map(
    ([name, [version, source]]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nSource: ${source}\nVersion: ${version}\n`,
  );
  return { 'var/lib/dpkg/status': { text: text.join('\n') } };
}

const liblzma = (version: string): readonly [string, string] => [version, 'xz-utils'];

const changelog = (name: string, version: string) =>
  `${name} (${version}) stable; urgency=low\n\n  * First.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n`;

interface DocumentedImage {
  readonly found: string;
  readonly packages?: readonly unknown[];
  readonly otherSoftware?: readonly unknown[];
}

/** base ← api, and tools beside them; commands have a cache of their own. */
function treeOn(host: string) {
  const tree = scratchTree({
    'home/': '',
    'work/config.yaml': `registry: ${host}\n`,
    'work/images/base/Dockerfile.template': 'FROM scratch\nADD rootfs.tar /\n',
    'work/images/base/rootfs.tar': '',
    'work/images/base/changelog': changelog('base', '1'),
    'work/images/api/Dockerfile.template':
      "FROM {{ 'base' | image_tag }}\nRUN apt-get install -y curl\nRUN set -e; \\\n  curl -fsSL https://a.example/x | sh\n",
    'work/images/api/control': 'Package: api\nDepends: base\n',
    'work/images/api/changelog': changelog('api', '2'),
    'work/images/tools/Dockerfile.template': 'FROM scratch\nADD rootfs.tar /\n',
    'work/images/tools/rootfs.tar': '',
    'work/images/tools/changelog': changelog('tools', '3'),
  });
  const env = {
    PATH: process.env.PATH,
    HOME: tree.at('home'),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  };
  return {
    ...tree,
    env,
    packages: (...args: string[]) => runCli(['packages', ...args], { cwd: tree.at('work'), env }),
  };
}

/** What docker says of itself differs from version to version. */
const withoutEngine = (stderr: string) =>
  stderr.replace(/(the engine cannot be asked: ).*$/gm, '$1ENGINE');

suite('packages', { skip }, () => {
  let real: Registry;
  let lower: Buffer;
  let upper: Buffer;
  before(async () => {
    real = await registry();
    lower = await layer({ ...release, ...status({ liblzma5: liblzma('5.4.1-0.2') }) });
    upper = await layer(
      status({
        liblzma5: liblzma('5.4.1-0.2'),
        'libssl3+x': ['3.0.15-1~deb12u1', 'openssl (1:3.0)'],
      }),
    );
    await putLayers(real.host, 'base', '1', [lower]);
    await putLayers(real.host, 'api', '2', [lower, upper]);
  });
  const blobs = () =>
    real
      .requests()
      .flatMap(({ method, path }) =>
        method === 'GET' && path.includes('/blobs/') ? [path.split('/').at(-1) ?? ''] : [],
      );

  test('the packages of one image, and how many each of several has', async () => {
    const { packages } = treeOn(real.host);
    const one = await packages('api');
    assert.deepEqual(
      [one.status, one.stdout, withoutEngine(one.stderr)],
      [
        0,
        'PACKAGE    VERSION           ARCH   SOURCE\n' +
          'liblzma5   5.4.1-0.2         amd64  xz-utils\n' +
          'libssl3+x  3.0.15-1~deb12u1  amd64  openssl (1:3.0)\n',
        'api:2 (published, amd64): Debian GNU/Linux 12 (bookworm), 2 Debian packages\n' +
          '+ other software: curl (images/api/Dockerfile.template:4)\n',
      ],
    );
    const all = await packages();
    assert.deepEqual(
      [all.status, all.stdout, withoutEngine(all.stderr)],
      [
        0,
        `IMAGE${' '.repeat(real.host.length + 5)}DISTRIBUTION        PACKAGES  BESIDE\n` +
          `${real.host}/base:1   debian 12 bookworm  1\n` +
          `${real.host}/tools:3  -                   -\n` +
          `${real.host}/api:2    debian 12 bookworm  2         + other software: curl\n`,
        '2 images, 2 Debian packages in different versions\n' +
          'not published, and perhaps local: tools:3: the engine cannot be asked: ENGINE\n' +
          '1 image with other software than Debian packages, which is not seen: api:2\n',
      ],
    );
  });

  test('each layer is read once, whichever image has it, and in no later run', async () => {
    const { packages } = treeOn(real.host);
    const layers = [lower, upper].map((bytes) => digestOf(gzipSync(bytes)));
    const read = () => blobs().filter((digest) => layers.includes(digest));
    const before = read().length;
    assert.equal((await packages('base', 'api')).status, 0);
    assert.deepEqual(read().slice(before).sort(), layers.toSorted());
    assert.equal((await packages('base', 'api')).status, 0);
    assert.equal(read().length, before + 2);
  });

  test('of latest, the engine is not asked, and nothing is said of it', async () => {
    const { packages } = treeOn(real.host);
    const found = await packages('base', '--latest');
    assert.deepEqual(
      [found.status, found.stderr.split('\n').at(-2)],
      [0, 'not published: base:latest'],
    );
  });

  test('a relative XDG_CACHE_HOME is ignored, as its specification has it', async () => {
    const { env, at } = treeOn(real.host);
    const found = await runCli(['packages', 'base'], {
      cwd: at('work'),
      env: { ...env, XDG_CACHE_HOME: 'rel', XDG_STATE_HOME: 'rel' },
    });
    assert.equal(found.status, 0);
    assert.equal(existsSync(at('work/rel')), false);
    assert.equal(existsSync(at('home/.cache/generate-bake/layers')), true);
  });

  test('JSON is as its schema says', async () => {
    const { packages } = treeOn(real.host);
    const { status: code, stdout } = await packages('--json');
    assert.equal(code, 0);
    const document = JSON.parse(stdout) as { readonly images: readonly DocumentedImage[] };
    const schema = JSON.parse(readFileSync(`${root}/doc/packages.schema.json`, 'utf8'));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    const [, tools, api] = document.images;
    assert.deepEqual(api?.packages?.[1], {
      name: 'libssl3+x',
      version: '3.0.15-1~deb12u1',
      architecture: 'amd64',
      source: 'openssl',
      sourceVersion: '1:3.0',
    });
    assert.deepEqual(api?.otherSoftware, [
      { tool: 'curl', file: 'images/api/Dockerfile.template', line: 4 },
    ]);
    assert.equal(tools?.found, 'absent');
    const asked = await packages('--json', '--contains', 'liblzma5 (<< 5.6)');
    assert.ok(validate(JSON.parse(asked.stdout)), JSON.stringify(validate.errors));
  });

  test('CycloneDX is as its own schema says, and says that it is incomplete', async () => {
    const { packages, at } = treeOn(real.host);
    const { status: code, stdout } = await packages('api', '--cyclonedx');
    assert.equal(code, 0);
    const bill = JSON.parse(stdout);
    const problems = cyclonedxProblems(bill);
    assert.equal(problems, undefined);
    const purls = bill.components.flatMap(({ purl }: { purl?: string }) => purl ?? []);
    // The purl specification: `+` and `:` of a name, version or qualifier are percent-encoded.
    assert.deepEqual(purls, [
      'pkg:deb/debian/liblzma5@5.4.1-0.2?arch=amd64&distro=bookworm',
      'pkg:deb/debian/libssl3%2Bx@3.0.15-1~deb12u1?arch=amd64&distro=bookworm',
    ]);
    assert.deepEqual(bill.compositions, [
      { aggregate: 'incomplete', assemblies: [`${real.host}/api:2`] },
    ]);
    const written = await packages('api', '--cyclonedx', '-o', 'api.json');
    assert.deepEqual([written.status, written.stdout], [0, '']);
    assert.equal(readFileSync(at('work/api.json'), 'utf8'), stdout);
    const several = await packages('--cyclonedx');
    assert.deepEqual([several.status, several.stdout], [2, '']);
    assert.match(several.stderr, /error: --cyclonedx is of one image, not of 3/);
  });

  test('--contains finds versions as dpkg compares them, in current and older images', async () => {
    const { packages } = treeOn(real.host);
    const old = await layer({ ...release, ...status({ liblzma5: liblzma('5.2.5-2') }) });
    await putLayers(real.host, 'base', '0.9', [old]);
    await putLayers(real.host, 'base', 'latest', [old]);
    const found = await packages('--contains', 'liblzma5 (<< 5.6.2)', '--exit-code');
    assert.deepEqual(
      [found.status, found.stdout],
      [
        1,
        `IMAGE${' '.repeat(real.host.length + 4)}PACKAGE   VERSION    ARCH   SOURCE\n` +
          `${real.host}/base:1  liblzma5  5.4.1-0.2  amd64  xz-utils\n` +
          `${real.host}/api:2   liblzma5  5.4.1-0.2  amd64  xz-utils\n`,
      ],
    );
    assert.match(found.stderr, /^2 of 2 images contain liblzma5 \(<< 5\.6\.2\)$/m);
    const none = await packages('--contains', 'liblzma5 (<< 5.4.1-0.2~)', '--exit-code');
    assert.deepEqual([none.status, none.stdout], [0, '']);
    const older = await packages('base', '--contains', 'liblzma5 (<< 5.4)', '--all-tags', '--json');
    const images = JSON.parse(older.stdout).images;
    assert.deepEqual(
      images.map(({ image, alsoTagged, contains }: Record<string, unknown>) => [
        String(image).slice(real.host.length + 1),
        alsoTagged,
        contains,
      ]),
      [
        ['base:1', undefined, false],
        ['base:0.9', ['latest'], true],
      ],
    );
    const latest = await packages('base', '--latest', '--contains', 'liblzma5 (= 5.2.5-2)');
    assert.match(latest.stdout, /base:latest {2}liblzma5/);
  });

  test('--running looks at what runs, by digest, also of services that no tree defines', async () => {
    const { host } = real;
    const { packages, write } = treeOn(host);
    const ran = await layer({ ...release, ...status({ liblzma5: liblzma('5.2.4-1') }) });
    const digest = await putLayers(host, 'base', '0.8', [ran]);
    await putLayers(host, 'base', '0.8', [lower]);
    await putLayers(host, 'services/thumbor', '7', [ran]);
    const image = `${host}/base:0.8`;
    const imageId = `${host}/base@${digest}`;
    const web = [1, 2].map((number) => madePod({ name: 'web', number, image, imageId }));
    const thumbor = madePod({
      name: 'thumbor',
      kind: 'CronJob',
      image: `${host}/services/thumbor:7`,
    });
    const proxy = madePod({ name: 'proxy', image: 'nginx:1' });
    const api = madePod({ name: 'api', image: `${host}/api:2` });
    write({ 'work/pods.json': podList([...web, thumbor, proxy, api]) });
    const asked = ['--contains', 'liblzma5 (<< 5.3)', '--running', 'pods.json'];
    const found = await packages(...asked, '--exit-code');
    assert.deepEqual(
      [found.status, found.stdout.replace(/ {2,}/g, '  '), found.stderr],
      [
        1,
        [
          'IMAGE  PACKAGE  VERSION  ARCH  SOURCE  RUNS IN',
          `${host}/base:0.8  liblzma5  5.2.4-1  amd64  xz-utils  Deployment shop/web (2 pods)`,
          `${host}/services/thumbor:7  liblzma5  5.2.4-1  amd64  xz-utils  CronJob shop/thumbor`,
          '',
        ].join('\n'),
        'not looked at, in registries that nobody named: docker.io/library/nginx:1 (--registry HOST)\n' +
          '2 of 3 images contain liblzma5 (<< 5.3)\n' +
          '1 image with other software than Debian packages, which is not seen: api:2\n',
      ],
    );
    const { stdout } = await packages(...asked, '--json');
    const document = JSON.parse(stdout) as { readonly images: readonly { workloads: unknown }[] };
    const schema = JSON.parse(readFileSync(`${root}/doc/packages.schema.json`, 'utf8'));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.deepEqual(document.images[0]?.workloads, [
      { cluster: 'pods.json', namespace: 'shop', kind: 'Deployment', name: 'web', pods: 2 },
    ]);
    // What runs is not what its tag is at: that it is gone is said of the digest.
    const goneId = `${host}/base@sha256:${'0'.repeat(64)}`;
    write({ 'work/gone.json': podList([madePod({ name: 'web', image, imageId: goneId })]) });
    const gone = await packages('--contains', 'liblzma5', '--running', 'gone.json');
    assert.deepEqual(
      [gone.status, gone.stderr.split('\n').at(-2)],
      [3, `the packages of base:0.8 are not known: ${goneId} is not published`],
    );
    const ofApi = await packages('api', ...asked, '--exit-code');
    assert.deepEqual([ofApi.status, ofApi.stdout], [0, '']);
  });

  test('--younger leaves out what was made before', async () => {
    const { packages } = treeOn(real.host);
    const at = (created: string) => ({
      configText: JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created,
        config: {},
        rootfs: { type: 'layers', diff_ids: [digestOf(lower)] },
      }),
    });
    await putLayers(real.host, 'tools', '1', [lower], at('2001-01-01T00:00:00Z'));
    await putLayers(real.host, 'tools', '2', [lower], at(new Date().toISOString()));
    // What reproducible builds write says nothing.
    const none = ['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1980-01-01T00:00:01Z'];
    for (const [index, created] of none.entries()) {
      await putLayers(real.host, 'tools', `${index + 3}`, [lower], at(created));
    }
    const { stdout } = await packages('tools', '--all-tags', '--younger', '90d', '--json');
    assert.deepEqual(
      JSON.parse(stdout).images.map(({ image }: { image: string }) => image.split(':').at(-1)),
      ['5', '4', '3', '2'],
    );
  });

  test('what cannot be read is unknown, and never an answer', async () => {
    const host = real.host;
    const { packages, write } = treeOn(host);
    write({
      'work/images/cut/Dockerfile.template': 'FROM scratch\nADD rootfs.tar /\n',
      'work/images/cut/rootfs.tar': '',
      'work/images/cut/changelog': changelog('cut', '1'),
    });
    const whole = await layer({ ...release, ...status({ liblzma5: liblzma('1') }) });
    const store = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1024 - 512);
    await putLayers(host, 'cut', '1', [whole], { store });
    const asked = ['--contains', 'liblzma5 (<< 5.4.1-0.2)', '--exit-code'];
    for (const _ of [1, 2]) {
      const found = await packages('cut', 'base', ...asked);
      assert.deepEqual([found.status, found.stdout], [3, '']);
      assert.equal(
        withoutEngine(found.stderr),
        '0 of 1 image contain liblzma5 (<< 5.4.1-0.2)\n' +
          `the packages of cut:1 are not known: ${host}/cut:1, layer 1 of 1 cannot be read: it is not a whole tar archive\n`,
      );
    }
  });

  test('a database that is damaged or out of sight is unknown, and one that is not there is said', async () => {
    const host = real.host;
    const { packages, write } = treeOn(host);
    const made: Readonly<Record<string, Files>> = {
      damaged: { 'var/lib/dpkg/status': { text: 'Package: bash\nVersion: 1\n\nPackage: lib' } },
      linked: {
        'opt/dpkg.status': { text: 'Package: liblzma5\nVersion: 5.4.1-0.2\n' },
        'var/lib/dpkg/status': { type: 'link', target: 'opt/dpkg.status' },
      },
      without: {},
    };
    for (const [name, files] of Object.entries(made)) {
      write({
        [`work/images/${name}/Dockerfile.template`]: 'FROM scratch\nADD rootfs.tar /\n',
        [`work/images/${name}/rootfs.tar`]: '',
        [`work/images/${name}/changelog`]: changelog(name, '1'),
      });
      await putLayers(host, name, '1', [await layer({ ...release, ...files })]);
    }
    const found = await packages('damaged', 'linked', 'without', '--contains', 'liblzma5');
    assert.deepEqual([found.status, found.stdout], [3, '']);
    assert.equal(
      found.stderr,
      '0 of 1 image contain liblzma5\n' +
        `the packages of damaged:1 are not known: ${host}/damaged:1 cannot be read: var/lib/dpkg/status:5: the package lib has no version\n` +
        `the packages of linked:1 are not known: ${host}/linked:1 cannot be read: var/lib/dpkg/status is not a file that is looked at\n` +
        '1 image without Debian packages: without:1\n',
    );
  });

  test('an index without the platform is published, and not for it', async () => {
    const host = real.host;
    const { packages, write } = treeOn(host);
    write({
      'work/images/other/Dockerfile.template': 'FROM scratch\nADD rootfs.tar /\n',
      'work/images/other/rootfs.tar': '',
      'work/images/other/changelog': changelog('other', '1'),
    });
    const digest = await putLayers(host, 'other', 'amd64', [lower]);
    const size = 1;
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const platform = { os: 'linux', architecture: 'amd64' };
    const manifests = [{ mediaType, digest, size, platform }];
    const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests });
    await putManifest({ host }, 'other', '1', ociIndex, index);
    const found = await packages('other', '--contains', 'liblzma5', '--platform', 'linux/riscv64');
    assert.deepEqual(
      [found.status, found.stdout, found.stderr],
      [
        0,
        '',
        '0 of 0 images contain liblzma5\n' +
          'published without an image for linux/riscv64: other:1: it has one for linux/amd64\n',
      ],
    );
  });

  test('wrong options are refused with what to do', async () => {
    const { packages } = treeOn(real.host);
    const refused = async (...args: string[]) => {
      const { status: code, stdout, stderr } = await packages(...args);
      assert.deepEqual([code, stdout], [2, '']);
      return stderr;
    };
    assert.equal(
      await refused('--contains', 'liblzma5:amd64 (<< 5)'),
      'error: --contains "liblzma5:amd64 (<< 5)" has an architecture or a build profile [usage]\n' +
        '  hint: leave it out: packages of every architecture are looked at\n',
    );
    assert.match(await refused('--contains', 'a (< 1)'), /which Debian reads as <=/);
    assert.match(await refused('--younger', '90d'), /--younger needs --all-tags/);
    assert.match(await refused('--exit-code'), /--exit-code needs --contains/);
    assert.match(await refused('--running', 'pods.json'), /--running needs --contains/);
    assert.match(await refused('--registry', 'r.example'), /--registry needs --running/);
    assert.match(await refused('-o', 'x'), /--output needs --cyclonedx/);
    assert.match(await refused('--platform', '??'), /is not a platform/);
  });

  test('a layer that a registry does not give is unknown, and read in the next run', async () => {
    let isIll = true;
    const faulty = await faultyRegistry(
      ({ path }) =>
        isIll && path.includes(`/blobs/${digestOf(gzipSync(upper))}`) ? { status: 403 } : 'pass',
      { behind: real.host },
    );
    const { packages } = treeOn(faulty.host);
    const ill = await packages();
    assert.equal(ill.status, 3);
    assert.match(ill.stdout, /base:1 +debian 12 bookworm +1\n/);
    assert.match(ill.stdout, /api:2 +- +unknown\n/);
    assert.match(ill.stderr, /^the packages of api:2 are not known: /m);
    isIll = false;
    const well = await packages();
    assert.equal(well.status, 0);
    assert.match(well.stdout, /api:2 +debian 12 bookworm +2 /);
    await faulty.stop();
  });
});

/** By the schema of CycloneDX 1.6 that its own library has; formats of JSON Schema are not looked at. */
function cyclonedxProblems(bill: unknown): unknown {
  const folder = `${root}/node_modules/@cyclonedx/cyclonedx-library/res/schema`;
  const read = (name: string) =>
    JSON.parse(readFileSync(`${folder}/${name}.SNAPSHOT.schema.json`, 'utf8'));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  const validate = ajv.compile(read('bom-1.6'));
  return validate(bill) ? undefined : validate.errors;
}

/** `outdated` on Debian's docker-registry and a small archive, with images that are made here: no engine. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  type AptArchive,
  type ArchivePackage,
  aptArchive,
  aptArchiveMissing,
  statusOf,
} from '../support/aptArchive.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { type MadeFile, putLayers, tarOf } from '../support/layers.js';
import { scratchTree } from '../support/scratch.js';

const skip =
  aptArchiveMissing() ??
  (registryProgram() === undefined ? 'no docker-registry on this machine' : false);

type Files = Readonly<Record<string, MadeFile>>;
const layer = (files: Files) => tarOf(Object.entries(files));
const status = (...packages: ArchivePackage[]): Files => ({
  'var/lib/dpkg/status': { text: statusOf(packages) },
});

const changelog = (name: string, version: string) =>
  `${name} (${version}) stable; urgency=low\n\n  * First.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n`;

/** base ← api ← web, and tools, which has no sources; commands have caches and a state of their own. */
function treeOn(host: string) {
  const tree = scratchTree({
    'home/': '',
    'work/config.yaml': `registry: ${host}\n`,
    'work/images/base/Dockerfile.template': 'FROM scratch\nADD rootfs.tar /\n',
    'work/images/base/rootfs.tar': '',
    'work/images/base/changelog': changelog('base', '1'),
    'work/images/api/Dockerfile.template':
      "FROM {{ 'base' | image_tag }}\nRUN curl https://a.example/x | sh\n",
    'work/images/api/control': 'Package: api\nDepends: base\n',
    'work/images/api/changelog': changelog('api', '2'),
    'work/images/web/Dockerfile.template': "FROM {{ 'api' | image_tag }}\nRUN true\n",
    'work/images/web/control': 'Package: web\nDepends: api\n',
    'work/images/web/changelog': changelog('web', '1'),
    'work/images/guest/Dockerfile.template': `FROM ${host}/stranger:7\nRUN true\n`,
    'work/images/guest/changelog': changelog('guest', '1'),
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
    running: (...args: string[]) => runCli(['running', ...args], { cwd: tree.at('work'), env }),
    outdated: (...args: string[]) => runCli(['outdated', ...args], { cwd: tree.at('work'), env }),
  };
}

/** What is said of the engine is not what is tested. */
const withoutEngine = (stderr: string) =>
  stderr.replace(/^(?:warning: .*docker.*|\s+hint: .*)\n/gim, '');
const today = () => new Date().toISOString().slice(0, 10);
/** Columns are as wide as the port is. */
const narrow = (text: string) => text.replace(/ {2,}/g, '  ');

suite('outdated', { skip }, () => {
  let real: Registry;
  let archive: AptArchive;
  before(async () => {
    real = await registry();
    archive = await aptArchive();
    await archive.publish('stable', {
      packages: [
        { name: 'libssl3', version: '3.0.17-1' },
        { name: 'zip', version: '2' },
      ],
    });
    await archive.publish('security', {
      packages: [{ name: 'libssl3', version: '3.0.16-1' }],
      label: 'Debian-Security',
    });
    const lines = ['stable', 'security'].map(
      (suite) => `deb [signed-by=/usr/share/keyrings/a.asc] ${archive.uri} ${suite} main\n`,
    );
    const sources: Files = {
      'etc/os-release': { text: 'ID=debian\nVERSION_ID="7"\nVERSION_CODENAME=wheezy\n' },
      'etc/apt/sources.list': { text: lines.join('') },
      'usr/share/keyrings/a.asc': { text: archive.armoured },
    };
    const ssl = { name: 'libssl3', version: '3.0.15-1' };
    const lower = await layer({ ...sources, ...status(ssl) });
    const upper = await layer(status(ssl, { name: 'zip', version: '1' }));
    await putLayers(real.host, 'base', '1', [lower]);
    await putLayers(real.host, 'api', '2', [lower, upper]);
    await putLayers(real.host, 'web', '1', [lower, upper]);
    await putLayers(real.host, 'stranger', '7', [lower]);
    await putLayers(real.host, 'guest', '1', [lower, upper]);
    await putLayers(real.host, 'tools', '3', [await layer(status(ssl))]);
  });

  test('running counts the packages of what runs', async () => {
    const { host } = real;
    const tree = treeOn(host);
    const images = ['base:1', 'api:2', 'tools:3', 'stranger:7'];
    tree.write({ 'work/images.txt': images.map((image) => `${host}/${image}\n`).join('') });
    const { status: code, stdout, stderr } = await tree.running('images.txt');
    assert.deepEqual(
      [code, narrow(stdout), stderr],
      [
        0,
        [
          'VERDICT  IMAGE  VERSION  BEHIND  PACKAGES  OWNER  RUNS IN  WHY',
          `current  ${host}/api:2  2  -  2 (1 security)  -  -  -`,
          `current  ${host}/base:1  1  -  1 (1 security)  -  -  -`,
          `current  ${host}/stranger:7  7  -  1 (1 security)  -  -  built on base 1`,
          `current  ${host}/tools:3  3  -  unknown  -  -  -`,
          '',
        ].join('\n'),
        `packages unknown: ${host}/tools:3: it has no apt sources\n4 images: 4 current\n`,
      ],
    );
  });

  test('where newer versions enter, and who has the old ones', async () => {
    const { outdated } = treeOn(real.host);
    const all = await outdated();
    const { host } = real;
    assert.deepEqual(
      [all.status, narrow(all.stdout), withoutEngine(all.stderr)],
      [
        0,
        [
          'ENTERS AT  PACKAGE  INSTALLED  CANDIDATE  IMAGES  SINCE  NOTE',
          `${host}/stranger:7  libssl3  3.0.15-1  3.0.17-1  1  ${today()}  security; not ours`,
          `${host}/base:1  libssl3  3.0.15-1  3.0.17-1  3  ${today()}  security; root filesystem`,
          `${host}/guest:1  zip  1  2  1  ${today()}  -`,
          `${host}/api:2  zip  1  2  2  ${today()}  -`,
          '',
          `unknown: ${host}/tools:3: it has no apt sources`,
          // /usr/share/distro-info/debian.csv
          `support of wheezy ended on 2016-04-25, long-term support ended on 2018-05-31: ${host}/base:1, ${host}/guest:1, ${host}/api:2 and 1 more`,
          '',
        ].join('\n'),
        '4 of 5 images have updates, which enter at 4 images, 1 of them not ours; 1 unknown; 2 with other software, which is not looked at\n',
      ],
    );
  });

  test('only some packages, only security, and the exit status', async () => {
    const { outdated } = treeOn(real.host);
    const security = await outdated('--security', '--exit-code', 'api');
    assert.equal(security.status, 1);
    assert.equal(
      narrow(security.stdout).split('\n')[1],
      `${real.host}/base:1  libssl3  3.0.15-1  3.0.17-1  1  ${today()}  security; root filesystem`,
    );
    assert.ok(!security.stdout.includes('zip'));
    const one = await outdated('--package', 'zip', '--exit-code', 'base');
    assert.equal(one.status, 0);
    assert.match(one.stderr, /no image of 1 is known to have updates that were asked for\n$/);
    const unknown = await outdated('--exit-code', 'tools');
    assert.equal(unknown.status, 3);
    const wrong = await outdated('--package', '--x');
    assert.equal(wrong.status, 2);
    const auth = await outdated('--apt-auth', 'nowhere');
    assert.deepEqual(
      [auth.status, auth.stdout, auth.stderr.split('\n')[0]],
      [2, '', 'nowhere: error: nowhere cannot be read: it does not exist [apt]'],
    );
  });

  test('only what fixes a vulnerability, with --cve', async () => {
    const tree = treeOn(real.host);
    const { outdated, write } = tree;
    const fixed = (version: string) => ({
      releases: { wheezy: { status: 'resolved', fixed_version: version } },
    });
    write({
      'work/tracker.json': JSON.stringify({
        libssl3: { 'CVE-2024-1': fixed('3.0.16-1'), 'CVE-2024-2': fixed('3.0.15-1') },
        zip: { 'CVE-2024-3': fixed('1') },
      }),
    });
    const found = await outdated('--cve', 'tracker.json', 'api');
    assert.deepEqual(narrow(found.stdout).split('\n').slice(0, 3), [
      'ENTERS AT  PACKAGE  INSTALLED  CANDIDATE  IMAGES  SINCE  NOTE',
      `${real.host}/base:1  libssl3  3.0.15-1  3.0.17-1  1  ${today()}  security; CVE-2024-1; root filesystem`,
      '',
    ]);
    const text = readFileSync(tree.at('work/tracker.json'), 'utf8');
    let fetched = 0;
    const site = createServer((request, response) => {
      const isKnown = request.headers['if-none-match'] === '"1"';
      fetched += isKnown ? 0 : 1;
      response.writeHead(isKnown ? 304 : 200, { etag: '"1"' }).end(isKnown ? '' : text);
    });
    await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/json`;
    assert.equal((await outdated('--cve', url, 'api')).stdout, found.stdout);
    assert.equal((await outdated('--cve', url, 'api')).stdout, found.stdout);
    assert.equal(fetched, 1);
    site.close();
    const gone = await outdated('--cve', url, 'api');
    assert.deepEqual([gone.status, gone.stdout], [3, '']);
    assert.match(
      gone.stderr,
      /^error: http:\S+ cannot be fetched: .*ECONNREFUSED.* \[cve-file\]\n {2}hint:/,
    );
    const open = await outdated('--cve', 'http://example.org/json', 'api');
    assert.equal(
      open.stderr.split('\n')[0],
      'error: http://example.org/json cannot be fetched: only https is fetched [cve-file]',
    );
    assert.equal(open.status, 2);
    const wrong = await outdated('--cve', 'config.yaml', 'api');
    assert.deepEqual(
      [wrong.status, wrong.stderr.split('\n')[0]],
      [2, 'config.yaml: error: not JSON [cve-file]'],
    );
  });

  test('--json is as its schema says, and since is kept', async () => {
    const { outdated } = treeOn(real.host);
    const first: unknown = JSON.parse((await outdated('--json')).stdout);
    const schema = JSON.parse(readFileSync(`${root}doc/outdated.schema.json`, 'utf8')) as object;
    const validate = new Ajv2020({ validateFormats: false, strictTypes: false }).compile(schema);
    assert.ok(validate(first), JSON.stringify(validate.errors));
    const second: unknown = JSON.parse((await outdated('--json')).stdout);
    assert.deepEqual(second, first);
  });

  test('--metrics is for the collector of node_exporter', async () => {
    const tree = treeOn(real.host);
    const { outdated } = tree;
    const { status, stderr } = await outdated('--metrics', 'outdated.prom');
    assert.equal(status, 0, stderr);
    const text = readFileSync(tree.at('work/outdated.prom'), 'utf8');
    const found = JSON.parse((await outdated('--json')).stdout) as {
      readonly updates: readonly {
        readonly security: boolean;
        readonly images: readonly string[];
      }[];
      readonly images: readonly { readonly verdict: string }[];
    };
    const values = Object.fromEntries(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split(' ')),
    );
    for (const verdict of ['outdated', 'up-to-date', 'unknown', 'absent']) {
      const count = found.images.filter((each) => each.verdict === verdict).length;
      const name = `generate_bake_outdated_images{verdict="${verdict}"}`;
      assert.equal(values[name], String(count), verdict);
    }
    assert.equal(values.generate_bake_outdated_updates, String(found.updates.length));
    const urgent = found.updates.filter(({ security }) => security).flatMap(({ images }) => images);
    assert.equal(values.generate_bake_outdated_security_images, String(new Set(urgent).size));
    assert.ok(Number(values.generate_bake_outdated_oldest_update_time_seconds) > 0);
    const nowhere = await outdated('--metrics', 'nowhere/a.prom');
    assert.equal(nowhere.status, 2);
  });

  test('without apt everything is unknown, and nothing is called up to date', async () => {
    const tree = treeOn(real.host);
    const node = scratchTree({ 'bin/git': { symlink: '/usr/bin/git' } });
    const found = await runCli(['outdated', 'api'], {
      cwd: tree.at('work'),
      env: {
        PATH: node.at('bin'),
        HOME: tree.at('home'),
        DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      },
    });
    assert.match(found.stdout, /^unknown: \S+api:2: this machine has no apt$/m);
  });
});

/** `upgrade --prove`: on Debian's docker-registry and a small archive, without an engine. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { aptArchive, aptArchiveMissing, statusOf } from '../support/aptArchive.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { type MadeFile, putLayers, tarOf } from '../support/layers.js';
import { scratchTree } from '../support/scratch.js';

const skip =
  aptArchiveMissing() ??
  (registryProgram() === undefined ? 'no docker-registry on this machine' : false);

const accept =
  'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

suite('upgrade --prove', { skip }, () => {
  test('packages before and after, what is left and why, and generations in use', async () => {
    const store = await registry();
    const archive = await aptArchive();
    await archive.publish('stable', {
      packages: [
        { name: 'libssl3', version: '3.0.17-1' },
        { name: 'zip', version: '2' },
        { name: 'curl', version: '9' },
      ],
    });
    const changelog = (name: string, version: string) =>
      `${name} (${version}) stable; urgency=low\n\n  * Made.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n`;
    const child = (name: string, version: string) => ({
      [`images/${name}/Dockerfile.template`]: "FROM {{ 'base' | image_tag }}\nRUN true\n",
      [`images/${name}/changelog`]: changelog(name, version),
      [`images/${name}/control`]: `Package: ${name}\nBuild-Depends: base\n`,
    });
    const tree = scratchTree({
      'home/': '',
      'work/config.yaml': `registry: ${store.host}\n`,
      'work/images/base/Dockerfile.template': 'FROM scratch\nADD changelog /\n',
      'work/images/base/changelog': changelog('base', '2'),
      ...Object.fromEntries(
        Object.entries({ ...child('api', '2'), ...child('late', '1') }).map(([file, text]) => [
          `work/${file}`,
          text,
        ]),
      ),
    });
    const layer = (
      packages: Readonly<Record<string, string>>,
      more: Record<string, MadeFile> = {},
    ) =>
      tarOf(
        Object.entries({
          'etc/os-release': { text: 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n' },
          'etc/apt/sources.list': {
            text: `deb [signed-by=/usr/share/keyrings/a.asc] ${archive.uri} stable main\n`,
          },
          'usr/share/keyrings/a.asc': { text: archive.armoured },
          'var/lib/dpkg/status': {
            text: statusOf(Object.entries(packages).map(([name, version]) => ({ name, version }))),
          },
          ...more,
        }),
      );
    const pin = {
      'etc/apt/preferences.d/curl': { text: 'Package: curl\nPin: version 8\nPin-Priority: 1001\n' },
    };
    const old = await layer({ libssl3: '3.0.15-1' });
    const base = await layer({ libssl3: '3.0.17-1' });
    const of = async (ssl: string) => layer({ libssl3: ssl, zip: '1', curl: '8' }, pin);
    await putLayers(store.host, 'base', '1', [old]);
    await putLayers(store.host, 'base', '2', [base]);
    await putLayers(store.host, 'api', '1', [old, await of('3.0.15-1')]);
    await putLayers(store.host, 'api', '2', [base, await of('3.0.17-1')]);
    await putLayers(store.host, 'late', '1', [old, await of('3.0.15-1')]);
    const digest = async (name: string, tag: string) =>
      (
        await fetch(`http://${store.host}/v2/${name}/manifests/${tag}`, { headers: { accept } })
      ).headers.get('docker-content-digest');
    const images = ['base', 'api'];
    const latest = await Promise.all(
      images.map(async (name) => ({
        repository: `${store.host}/${name}`,
        digest: await digest(name, '2'),
        version: '2',
        before: { digest: await digest(name, '1'), version: '1' },
      })),
    );
    const report = {
      schema: 1,
      started: '2026-11-27T10:00:00Z',
      ended: '2026-11-27T10:01:00Z',
      exitCode: 0,
      interrupted: false,
      engine: { docker: '28', buildx: '0.29', builder: 'default' },
      rebuildKey: '',
      criticalPath: { images: [], milliseconds: 0 },
      latest,
      images: latest.map(({ repository, digest: own }) => ({
        reference: `${repository}:2`,
        state: 'absent',
        why: 'not in the registry',
        parents: [],
        ending: 'published',
        attempts: 1,
        digest: own,
      })),
      unnamed: [],
    };
    tree.write({ 'work/report.json': JSON.stringify(report) });
    const env = {
      PATH: process.env.PATH,
      HOME: tree.at('home'),
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    };
    const prove = (...args: string[]) =>
      runCli(['upgrade', '--prove', ...args, '-c', 'config.yaml', 'images'], {
        cwd: tree.at('work'),
        env,
      });
    const told = await prove('report.json');
    assert.equal(told.status, 0, told.stderr);
    const short = (text: string) =>
      text
        .replaceAll(`${store.host}/`, '')
        .replace(/ {2,}/g, '  ')
        .replace(/sha256:\w+/g, 'DIGEST');
    assert.deepEqual(short(told.stdout).split('\n'), [
      'IMAGE  BEFORE  PACKAGES  OUTDATED  DIGEST',
      'base:2  1  1 upgraded: libssl3  0  DIGEST',
      'api:2  1  1 upgraded: libssl3  2  DIGEST',
      '',
      'api:2: still zip 1 -> 2: the build did not bring it: look for a pin, a file that was copied, or a mirror that is behind',
      'api:2: still curl 8: a pin keeps a newer version back',
      '2 generations of base:2 are in use: 2: base:2, api:2; 1: late:1',
      '',
    ]);
    assert.match(told.stderr, /2 images were published; 1 of them still outdated$/m);

    const json = await prove('report.json', '--json');
    assert.equal(json.status, 0, json.stderr);
    const isReport = new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(readFileSync(join(root, 'doc/report.schema.json'), 'utf8')),
    );
    const record = JSON.parse(json.stdout) as { upgrade: { images: { packages: object[] }[] } };
    assert.ok(isReport(record), JSON.stringify(isReport.errors));
    assert.deepEqual(record.upgrade.images[0]?.packages, [
      {
        change: 'upgraded',
        name: 'libssl3',
        architecture: 'amd64',
        from: '3.0.15-1',
        to: '3.0.17-1',
      },
    ]);
    tree.write({ 'work/record.json': json.stdout });
    const back = await runCli(
      ['promote', '--run', 'record.json', '--back', '--dry-run', '-c', 'config.yaml', 'images'],
      { cwd: tree.at('work'), env },
    );
    // latest is not there in this registry: it says so of each, and reads the record all the same.
    assert.match(back.stdout + back.stderr, /api/);
    assert.doesNotMatch(back.stderr, /report-file/);

    // A report of others leads to no other registry; what it says is not there is not known.
    const foreign = { ...report.images[0], reference: 'elsewhere.example/base:2' };
    const gone = { ...report.images[1], digest: `sha256:${'0'.repeat(64)}` };
    tree.write({ 'work/odd.json': JSON.stringify({ ...report, images: [foreign, gone] }) });
    const odd = await prove('odd.json');
    assert.equal(odd.status, 3, odd.stderr);
    assert.match(odd.stdout, /not known: no tree has elsewhere\.example\/base/);
    assert.match(odd.stdout, /api:2: not known: .*is not published/);
    tree.write({ 'work/no.json': '[]' });
    const wrong = await prove('no.json');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /^no\.json: error: not a report of schema 1 \[report-file\]$/m);
  });
});

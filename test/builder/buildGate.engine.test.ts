/** `build --gate`: what is more than an upgrade, or has no test, waits until somebody approves that very image. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engines } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { firstUnlessLong, onlyLong } from '../support/long.js';

const test1 = 'docker run --rm "$1" true';

/** A database of dpkg with one package, and a file of it. */
function dpkg(version: string) {
  const status = `Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\nMaintainer: a\nDescription: a\n`;
  return {
    files: { status, 'tool.list': '/.\n/usr\n/usr/bin\n/usr/bin/tool\n', tool: version },
    dockerfile: [
      'FROM gate/base:1',
      'COPY status /var/lib/dpkg/status',
      'COPY tool.list /var/lib/dpkg/info/tool.list',
      'COPY tool /usr/bin/tool',
      '',
    ].join('\n'),
  };
}

for (const make of firstUnlessLong([0, 1])) {
  test(`the gate, engine ${make}`, { skip: onlyLong }, async () => {
    const docker = (await engines())[make];
    if (docker === undefined) {
      return;
    }
    await loadBase(docker, 'gate/base:1');
    const store = await registry({ users: { robot: 'geheim' } });
    const config = { registry: store.host, username: 'robot', password: 'geheim' };
    const images = (version: string, package_: string, more = 'RUN true\n'): Sketch => {
      const { files, dockerfile } = dpkg(package_);
      const on = (parent: string) => `FROM {{ "${parent}" | image_tag }}\n`;
      return {
        base: { version, files, dockerfile, test: test1 },
        more: { version, dockerfile: `${on('base')}${more}`, test: test1 },
        below: { version, dockerfile: `${on('more')}RUN true\n`, test: test1 },
        bare: { version, dockerfile: on('base') },
      };
    };
    const tree = buildTree(docker, config, images('1', '1.0'));
    const ran = async (status: number, ...args: string[]) => {
      const { status: code, stderr } = await tree.run('build', '--report', 'report.json', ...args);
      assert.equal(code, status, stderr);
      const report = readReport(tree.at('work/report.json'));
      const waits = report.images.filter(({ awaits }) => awaits !== undefined);
      return { stderr, ended: endings(report), waits, report };
    };
    const digest = async (name: string, tag: string) =>
      (
        await fetch(`http://${store.host}/v2/${name}/manifests/${tag}`, {
          headers: {
            accept:
              'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json',
            authorization: `Basic ${Buffer.from('robot:geheim').toString('base64')}`,
          },
        })
      ).headers.get('docker-content-digest');

    const first = await ran(1, '--gate', '--select', 'base');
    assert.match(first.stderr, /base:1: awaits approval: it is the first version/);
    assert.equal(await digest('base', '1'), null);
    // Without the gate it still waits, and status says so.
    const plain = await ran(0, '--select', 'base');
    assert.match(plain.stderr, /base:1.*awaits approval/);
    assert.equal(await digest('base', '1'), null);
    const status = await tree.run('status', '--all');
    assert.match(status.stdout, /base:1 +local .*awaits approval/);
    await ran(0, '--approve', 'base', '--select', 'base');
    assert.notEqual(await digest('base', '1'), null);
    await ran(0);

    // An upgrade alone passes, but for the image without a test; more than that waits, with what is built on it.
    tree.sketch(images('2', '1.1', 'RUN echo more > /etc/more\n'));
    const second = await ran(1, '--gate');
    second.waits.sort((a, b) => (a.reference < b.reference ? 1 : -1));
    assert.deepEqual(second.ended, {
      published: ['base:2'],
      built: ['bare:2', 'below:2', 'more:2'],
    });
    assert.deepEqual(
      second.waits.map(({ reference, reason, awaits }) => [
        reference.replace(/.*\//, ''),
        reason,
        awaits,
      ]),
      [
        [
          'more:2',
          'awaits approval: more than upgrades differs from 1: 1 file',
          ['/etc/more added'],
        ],
        ['bare:2', 'awaits approval: it has no test', []],
      ],
    );
    assert.match(
      second.stderr,
      /below:2: not published: it is built on \S+more:2, which awaits approval/,
    );
    assert.match(second.stderr, /next: .* generate-bake build --publish --approve/);
    const again = await ran(1, '--gate');
    assert.deepEqual(again.ended.built, ['bare:2', 'below:2', 'more:2']);

    // What is expected passes by itself.
    const keys = { untested: 'publish', expected_changes: { more: ['/etc/more'] } };
    tree.configure({ ...config, 'generate-bake': keys });
    const expected = await ran(0, '--gate');
    assert.deepEqual(expected.ended.published, ['bare:2', 'below:2', 'more:2']);

    // An approval is of one image: of no other that the engine has meanwhile, and of none that does not wait.
    tree.configure(config);
    tree.sketch(images('3', '1.1', 'RUN echo other > /etc/more\n'));
    await ran(1, '--gate');
    const local = (
      await docker.docker('inspect', '--format={{.Id}}', `${store.host}/more:3`)
    ).trim();
    const wrong = await tree.run('build', '--approve', 'base');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /base:3 does not await approval \[approve\]/);
    await docker.docker('rmi', '-f', `${store.host}/more:3`, `${store.host}/below:3`);
    const rebuilt = await tree.run('build', '--no-publish', '--no-cache', '--select', 'more');
    assert.equal(rebuilt.status, 0, rebuilt.stderr);
    const other = (
      await docker.docker('inspect', '--format={{.Id}}', `${store.host}/more:3`)
    ).trim();
    assert.notEqual(other, local);
    const stale = await tree.run('build', '--approve', 'more');
    assert.equal(stale.status, 2, stale.stderr);
    assert.match(
      stale.stderr,
      /more:3 is not the image any more that awaited approval .*\[approve\]/,
    );
    await ran(1, '--gate');
    const approved = await ran(1, '--approve', 'more');
    assert.deepEqual(approved.ended.published, ['below:3', 'more:3']);
    assert.deepEqual(approved.ended.built, ['bare:3']);
  });
}

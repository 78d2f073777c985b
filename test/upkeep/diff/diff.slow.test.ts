/** `diff` on Debian's docker-registry, with images that are made here: no engine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../../support/cli.js';
import { registryProgram } from '../../support/engine/packages.js';
import { type Registry, registry } from '../../support/engine/registry.js';
import { faultyRegistry, type Misbehaviour } from '../../support/faultyRegistry.js';
import {
  configOf,
  type MadeFile,
  putLayers,
  savedImage,
  sha256,
  tarOf,
} from '../../support/layers.js';
import { scratchTree } from '../../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

type Files = Readonly<Record<string, MadeFile>>;
const layer = (files: Files) => tarOf(Object.entries(files));

function status(packages: Readonly<Record<string, string>>): Files {
  const text = Object.entries(packages).map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  );
  return { 'var/lib/dpkg/status': { text: text.join('\n') } };
}

interface Document {
  readonly verdict: string;
  readonly packages: { readonly unchanged?: number };
  readonly layers: readonly { readonly same: boolean }[];
  readonly files: readonly unknown[];
}

/** A tree of one image `api` at 2 on this registry, whose commands have a cache of their own. */
function treeOn(host: string) {
  const tree = scratchTree({
    'home/': '',
    'work/config.yaml': `registry: ${host}\n`,
    'work/images/api/Dockerfile.template': 'FROM scratch\nCOPY x /x\n',
    'work/images/api/x': 'x',
    'work/images/api/changelog':
      'api (2) stable; urgency=low\n\n  * Second.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n',
  });
  const env = {
    PATH: process.env.PATH,
    HOME: tree.at('home'),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  };
  return {
    ...tree,
    env,
    diff: (...args: string[]) => runCli(['diff', ...args], { cwd: tree.at('work'), env }),
  };
}

suite('diff', { skip }, () => {
  let real: Registry;
  before(async () => {
    real = await registry();
  });
  const blobs = () =>
    real
      .requests()
      .flatMap(({ method, path }) =>
        method === 'GET' && path.includes('/blobs/') ? [path.split('/').at(-1)] : [],
      );

  test('two published versions, as text, Markdown and JSON', async () => {
    const host = real.host;
    const base = await layer({
      'etc/': { type: 'directory', mode: 0o755 },
      'etc/app.conf': { text: 'a' },
      'usr/bin/tool': { text: 'tool', mode: 0o755 },
      ...status({ libc6: '2.36-9', openssl: '3.0.15-1', tzdata: '2024a-0', gone: '1', same: '1' }),
    });
    const upper = await layer({
      'etc/app.conf': { text: 'a', mode: 0o600, uid: 7, gid: 8 },
      'usr/bin/.wh.tool': {},
      'usr/bin/evil\u001b[2J|`x`': { text: '12345', mode: 0o4755 },
      'var/log/apt/history.log': { text: 'x' },
      ...status({ libc6: '2.36-10', openssl: '3.0.14-1', tzdata: '2024a-0', new: '5', same: '1' }),
    });
    await putLayers(host, 'api', '1', [base], { config: { Env: ['A=1'], User: 'root' } });
    await putLayers(host, 'api', '2', [base, upper], { config: { Env: ['A=2'], User: 'nobody' } });
    const tree = treeOn(host);
    const text = await tree.diff('api', '1', '2');
    assert.equal(text.status, 0, text.stderr);
    assert.equal(text.stderr, '');
    const lines = text.stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  ').trimEnd());
    const size = lines.findIndex((line) => line.startsWith('size: '));
    assert.match(lines[size] ?? '', /^size: \d+ B → \d+(?: B|\.\d kB) \(\+\d+ B\), compressed$/);
    assert.match(lines[size - 1] ?? '', /^ {2}2 {2}\d+ B$/);
    lines.splice(size - 1, 2);
    assert.deepEqual(lines, [
      `api: ${host}/api:1 → ${host}/api:2`,
      'packages: 1 added, 1 removed, 1 upgraded, 1 downgraded, 2 unchanged',
      '  removed  gone  1',
      '  upgraded  libc6  2.36-9 → 2.36-10',
      '  added  new  5',
      '  downgraded  openssl  3.0.15-1 → 3.0.14-1',
      'config: 2 differ',
      '  changed  ENV A  1 → 2',
      '  changed  USER  root → nobody',
      'layers: 1 and 2, 1 of them the same',
      'files: 3 differ, beside 2 of state, caches and logs',
      '  changed  -rw-r--r-- → -rw-------, 0:0 → 7:8  /etc/app.conf',
      '  added  -rwsr-xr-x 0:0 5 B  /usr/bin/evil\\x1b[2J|`x`',
      '  removed  -rwxr-xr-x 0:0 4 B  /usr/bin/tool',
      'more than upgraded packages differs',
      '',
    ]);

    const markdown = await tree.diff('api', '1', '2', '--markdown');
    assert.equal(markdown.status, 0, markdown.stderr);
    assert.ok(markdown.stdout.startsWith('### `api`: more than upgraded packages differs\n'));
    assert.ok(markdown.stdout.includes('| `upgraded` | `libc6` | `2.36-9` | `2.36-10` |\n'));
    assert.ok(
      markdown.stdout.includes(
        '| `added` | `-rwsr-xr-x 0:0 5 B` | `` /usr/bin/evil\\x1b[2J\\|`x` `` |\n',
      ),
      markdown.stdout,
    );

    const json = await tree.diff('api', '1', '2', '--json');
    const document: Document = JSON.parse(json.stdout);
    const schema = JSON.parse(readFileSync(`${root}/doc/diff.schema.json`, 'utf8'));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.equal(document.verdict, 'other');
    assert.deepEqual(document.packages.unchanged, 2);
    assert.deepEqual(
      document.layers.map((each) => each.same),
      [true, false],
    );
    assert.deepEqual(document.files[0], {
      path: 'etc/app.conf',
      change: 'changed',
      because: 'other',
      from: { type: 'file', mode: '0644', uid: 0, gid: 0, bytes: 1, sha256: sha256('a').slice(7) },
      to: { type: 'file', mode: '0600', uid: 7, gid: 8, bytes: 1, sha256: sha256('a').slice(7) },
    });
    const all = await tree.diff('api', '1', '2', '--files');
    assert.match(all.stdout, /^ {2}added +-rw-r--r-- 0:0 1 B +\/var\/log\/apt\/history\.log$/m);
  });

  test('each layer is read once on a machine, and those below only where they matter', async () => {
    const base = await layer({ a: { text: 'base of once' }, ...status({ x: '1' }) });
    const [one, two] = [await layer({ f: { text: '1' } }), await layer({ f: { text: '2' } })];
    const other = await layer({ g: {} });
    const stored = new Map<Uint8Array, string>();
    const { gzipSync } = await import('node:zlib');
    const store = (tar: Uint8Array) => {
      const bytes = gzipSync(tar);
      stored.set(tar, sha256(bytes));
      return bytes;
    };
    await putLayers(real.host, 'api', 'o1', [base, one], { store });
    await putLayers(real.host, 'api', 'o2', [base, two], { store });
    await putLayers(real.host, 'api', 'o3', [base, other, one], { store });
    const read = (from: number) => {
      const digests = new Set(stored.values());
      return blobs()
        .slice(from)
        .filter((digest) => digests.has(digest ?? ''))
        .sort();
    };
    const digestsOf = (...tars: Uint8Array[]) => tars.map((tar) => stored.get(tar)).sort();
    const tree = treeOn(real.host);

    let start = blobs().length;
    const alike = await tree.diff('api', 'o1', 'o2');
    assert.match(alike.stdout, /^ {2}changed .* \/f$/m);
    assert.deepEqual(read(start), digestsOf(one, two), 'the base makes no difference');

    start = blobs().length;
    assert.equal((await tree.diff('api', 'o1', 'o2')).stdout, alike.stdout);
    assert.deepEqual(read(start), [], 'the second time');

    start = blobs().length;
    const more = await tree.diff('api', 'o1', 'o3');
    assert.match(more.stdout, /^packages: 1 unchanged$/m);
    assert.match(more.stdout, /^ {2}added .* \/g$/m);
    assert.deepEqual(read(start), digestsOf(base, other), 'a layer that both have is read once');

    const cache = readdirSync(tree.at('home/.cache/generate-bake/layers'));
    // Beside each is an excerpt of it, for inventories.
    assert.equal(cache.filter((name) => !name.includes('excerpt')).length, 4);
  });

  test('exit status: anything, or more than upgrades', async () => {
    const base = await layer({ ...status({ a: '1' }), 'usr/a': { text: '1' } });
    const list = { 'var/lib/dpkg/info/a.list': { text: '/usr/a\n' } };
    const upgrade = await layer({ ...status({ a: '2' }), ...list, 'usr/a': { text: '2' } });
    const more = await layer({ 'usr/b': {} });
    await putLayers(real.host, 'api', 'e1', [base]);
    await putLayers(real.host, 'api', 'e2', [base, upgrade]);
    await putLayers(real.host, 'api', 'e3', [base, upgrade, more]);
    const tree = treeOn(real.host);
    const only = ['--only', 'upgrades', '--exit-code'];
    const of = async (...args: string[]) => (await tree.diff('api', ...args)).status;
    assert.equal(await of('e1', 'e1', '--exit-code'), 0);
    assert.equal(await of('e1', 'e2'), 0);
    assert.equal(await of('e1', 'e2', '--exit-code'), 1);
    assert.equal(await of('e1', 'e2', ...only), 0);
    assert.equal(await of('e2', 'e1', ...only), 1, 'a downgrade');
    assert.equal(await of('e1', 'e3', ...only), 1);
    assert.equal(await of('e1', 'e2', '--only', 'upgrades'), 2);
  });

  test('what is compared where nothing is said', async () => {
    const images = ['1', '2', '3'].map((text) => layer({ f: { text } }));
    const put = async (name: string, tag: string, at: number) => {
      const Labels = { 'org.opencontainers.image.version': tag };
      const tar = await images[at];
      assert.ok(tar !== undefined);
      await putLayers(real.host, name, tag, [tar], { config: { Labels } });
      return { tar, Labels };
    };
    const first = async (name: string, ...args: string[]) => {
      const tree = treeOn(real.host);
      tree.write({
        [`work/images/${name}/Dockerfile.template`]: 'FROM scratch\n',
        [`work/images/${name}/changelog`]: readFileSync(
          tree.at('work/images/api/changelog'),
          'utf8',
        ).replace('api', name),
      });
      const { stdout, stderr } = await tree.diff(name, ...args);
      return (stdout.split('\n')[0] || stderr).replaceAll(`${real.host}/`, '');
    };
    // The version of the definition is 2.
    await put('below', '1', 0);
    await put('below', '1.5', 1);
    await put('below', '2', 2);
    await put('below', '3', 0);
    assert.equal(await first('below'), 'below: below:1.5 → below:2');
    assert.equal(await first('below', '3'), 'below: below:3 → below:2');
    const { tar, Labels } = await put('latest', '1', 0);
    await put('latest', '1.5', 1);
    await put('latest', '2', 2);
    await putLayers(real.host, 'latest', 'latest', [tar], { config: { Labels } });
    assert.equal(await first('latest'), 'latest: latest:1 → latest:2');
    await putLayers(real.host, 'latest', 'latest', [tar], { config: { User: 'unnamed' } });
    assert.equal(await first('latest'), 'latest: latest:latest → latest:2');
    await put('alone', '2', 0);
    assert.match(await first('alone'), /no version of alone below 2 is published.*\n.*hint: name/);
    // It is not published, and no engine has it.
    await put('unbuilt', '1', 0);
    assert.match(await first('unbuilt'), /the engine cannot be asked/);
    assert.match(await first('nothing', '1', '1'), /nothing:1 is not published/);
  });

  test('digests, other repositories, and files of docker save in both forms', async () => {
    const [one, two] = [await layer({ f: { text: 's1' } }), await layer({ f: { text: 's2' } })];
    const digest = await putLayers(real.host, 'api', 's1', [one]);
    await putLayers(real.host, 'team/old-api', '9', [two]);
    const tree = treeOn(real.host);
    for (const form of ['oci', 'old'] as const) {
      writeFileSync(tree.at('work', `${form}.tar`), await savedImage([two], form));
    }
    const files = [`${real.host}/team/old-api:9`, 'oci.tar', './old.tar', tree.at('work/old.tar')];
    for (const to of files) {
      const found = await tree.diff('api', digest, to);
      assert.equal(found.status, 0, found.stderr);
      const [head, ...rest] = found.stdout.split('\n');
      assert.equal(head, `api: ${real.host}/api@${digest} → ${to}`);
      assert.ok(
        rest.some((line) => /^ {2}changed .* \/f$/.test(line)),
        found.stdout,
      );
    }
    assert.equal((await tree.diff('api', 'oci.tar', 'old.tar', '--exit-code')).status, 0);
  });

  test('what is not there, and what cannot be read', async () => {
    const tar = await layer({ f: {} });
    await putLayers(real.host, 'api', 'w1', [tar]);
    // Each another layer: one that is known is not read again, whatever is stored.
    const other = (text: string) => layer({ f: { text } });
    await putLayers(real.host, 'api', 'broken', [await other('broken')], {
      store: (bytes) => bytes.subarray(0, 700),
    });
    await putLayers(real.host, 'api', 'xz', [await other('xz')], {
      store: () => Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]),
    });
    await putLayers(real.host, 'api', 'liar', [await other('liar')], {
      configText: configOf([await layer({})]),
    });
    const loop = await layer({
      a: { type: 'symlink', target: 'b' },
      b: { type: 'symlink', target: 'a' },
      'a/x': {},
    });
    await putLayers(real.host, 'api', 'loop', [loop]);
    await putLayers(real.host, 'api', 'nameless', [tar], { configText: '{}' });
    const tree = treeOn(real.host);
    tree.write({ 'work/none.tar': 'hello', 'work/empty.tar': '', 'work/dir.tar/x': '' });
    const refused = async (code: number, message: RegExp, ...args: string[]) => {
      const { status, stdout, stderr } = await tree.diff(...args);
      assert.match(stderr, message);
      assert.equal(status, code, stderr);
      assert.equal(stdout, '');
    };
    const unreadable = (why: string) =>
      new RegExp(`^error: .*/api:\\w+, layer 1 of 1 cannot be read: ${why} \\[image-unreadable\\]`);
    await refused(3, unreadable('it is not a whole tar archive'), 'api', 'w1', 'broken');
    await refused(
      3,
      unreadable('it is compressed neither with gzip nor with zstd'),
      'api',
      'w1',
      'xz',
    );
    await refused(
      3,
      /layer 1 of 1 is not the one that its configuration names/,
      'api',
      'w1',
      'liar',
    );
    await refused(
      3,
      /the images cannot be compared: there is a loop of symbolic links/,
      'api',
      'w1',
      'loop',
    );
    await refused(3, /configuration does not name its layers/, 'api', 'w1', 'nameless');
    await refused(2, /:w is not published .*\n.*hint: .*w1/, 'api', 'w1', 'w');
    tree.write({ 'plain/api/Dockerfile': 'FROM scratch\n' });
    const plain = await runCli(['diff', 'api'], { cwd: tree.at('plain'), env: tree.env });
    assert.match(plain.stderr, /the tree has no registry.*\n.*hint: .* local:VERSION, or a file/);
    assert.equal(plain.status, 2);
    await refused(2, /"w 1" is not an image to compare with .*\n.*hint: write/, 'api', 'w 1');
    await refused(2, /no image is named "apo".*\n.*did you mean "api"/, 'apo');
    await refused(2, /x.example\/y:1 is not in a registry of these trees/, 'api', 'x.example/y:1');
    await refused(
      2,
      /none\/none.tar cannot be read: it does not exist/,
      'api',
      './none/none.tar',
      'w1',
    );
    await refused(
      3,
      /none.tar is not a file of docker save .*\n.*docker save -o/,
      'api',
      'none.tar',
      'w1',
    );
    await refused(3, /empty.tar is not a file of docker save/, 'api', 'empty.tar', 'w1');
    await refused(2, /dir.tar cannot be read: it is a directory/, 'api', 'dir.tar', 'w1');
    await refused(2, /empty argument/, 'api', '');
    await refused(2, /missing required argument 'IMAGE'/);
    await refused(2, /"x" is not a platform/, 'api', '--platform', 'x');
  });

  test('of an index, the image of this machine or the one that is asked for', async () => {
    const put = async (platform: string, text: string) => {
      const tar = await layer({ f: { text } });
      const [system, machine] = platform.split('/');
      const made = { ...JSON.parse(configOf([tar])), os: system, architecture: machine };
      const configText = JSON.stringify(made);
      const digest = await putLayers(real.host, 'api', `p-${text}`, [tar], { configText });
      const manifest = await fetch(`http://${real.host}/v2/api/manifests/${digest}`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      });
      const size = (await manifest.arrayBuffer()).byteLength;
      const [os, architecture, variant] = platform.split('/');
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      return { mediaType, digest, size, platform: { os, architecture, variant } };
    };
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        await put('unknown/unknown', 'attestation'),
        await put('linux/s390x', 'mainframe'),
        await put('linux/arm64/v8', 'arm'),
      ],
    });
    const answer = await fetch(`http://${real.host}/v2/api/manifests/index`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
      body: index,
    });
    assert.equal(answer.status, 201);
    const tree = treeOn(real.host);
    const code = async (...args: string[]) =>
      (await tree.diff('api', ...args, '--exit-code')).status;
    assert.equal(await code('p-arm', 'index', '--platform', 'linux/arm64'), 0);
    assert.equal(await code('p-mainframe', 'index', '--platform', 'linux/s390x'), 0);
    const none = await tree.diff('api', 'index', 'p-arm', '--platform', 'linux/386');
    assert.equal(none.status, 2);
    assert.match(
      none.stderr,
      /index has no image for linux\/386 .*\n.*linux\/s390x, linux\/arm64$/m,
    );
  });

  test('a layer that is not its digest, and one that is longer than it should be, are refused', async () => {
    const tar = await layer({ f: { text: 'honest' } });
    await putLayers(real.host, 'api', 'h1', [tar], { store: (bytes) => bytes });
    const lies: [RegExp, string][] = [
      [/the bytes of a layer do not make its digest/, 'x'.repeat(tar.length)],
      [/a layer is larger than its manifest says/, 'x'.repeat(tar.length + 1)],
    ];
    for (const [message, body] of lies) {
      const fake = await faultyRegistry(
        ({ path }): Misbehaviour => (path.endsWith(sha256(tar)) ? { status: 200, body } : 'pass'),
        { behind: real.host },
      );
      const tree = treeOn(fake.host);
      const { status: code, stderr } = await tree.diff('api', 'h1', 'w1');
      assert.match(stderr, message);
      assert.equal(code, 3);
      await fake.stop();
    }
  });

  test('a layer that breaks off is read again, and a fault that stays is named', async () => {
    const tar = await layer({ f: { text: 'again' } });
    await putLayers(real.host, 'api', 'r1', [tar], { store: (bytes) => bytes });
    await putLayers(real.host, 'api', 'r2', [await layer({ f: { text: 'once' } })]);
    for (const faults of [2, 100]) {
      let left = faults;
      const fake = await faultyRegistry(
        ({ path }): Misbehaviour => {
          const isFault = path.endsWith(sha256(tar)) && left-- > 0;
          return isFault ? (left % 2 === 0 ? 'reset' : { status: 503 }) : 'pass';
        },
        { behind: real.host },
      );
      const { status, stdout, stderr } = await treeOn(fake.host).diff('api', 'r1', 'r2');
      if (faults === 2) {
        assert.equal(status, 0, stderr);
        assert.match(stdout, /^ {2}changed .* \/f$/m);
      } else {
        assert.equal(status, 3);
        assert.match(stderr, /cannot be reached: connection reset|answers 503/);
      }
      await fake.stop();
    }
  });

  test('Ctrl-C ends it at once while a layer trickles in', async () => {
    const tar = await layer({ f: { text: 'slow' } });
    await putLayers(real.host, 'api', 'c1', [tar], { store: (bytes) => bytes });
    let isAsked = false;
    const fake = await faultyRegistry(
      ({ path }): Misbehaviour => {
        isAsked ||= path.endsWith(sha256(tar));
        return path.endsWith(sha256(tar)) ? 'trickle' : 'pass';
      },
      { behind: real.host },
    );
    const tree = treeOn(fake.host);
    const child = spawn(
      process.execPath,
      [`${root}/bin/generate-bake.js`, 'diff', 'api', 'c1', 'w1'],
      { cwd: tree.at('work'), env: { ...process.env, ...tree.env }, stdio: 'ignore' },
    );
    while (!isAsked) {
      await pause(20);
    }
    await pause(200);
    const start = performance.now();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 130);
    assert.ok(performance.now() - start < 1_000);
    await fake.stop();
  });
});

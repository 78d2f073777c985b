/**
 * `packages --debmonitor` on Debian's docker-registry and a double of DebMonitor's server, which does as its
 * images/views.py and middleware.py do; the real one was seen to take the same updates.
 */
import assert from 'node:assert/strict';
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { before, suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putLayers, tarOf } from '../support/layers.js';
import { must, run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const hasOpenssl = await run('openssl', ['version']).then(
  ({ status }) => status === 0,
  () => false,
);
const skip =
  (registryProgram() === undefined && 'no docker-registry on this machine') ||
  (!hasOpenssl && 'no openssl on this machine');

interface Update {
  readonly path: string;
  readonly image_name: string;
  readonly update_type: string;
  readonly os: string;
  readonly installed: readonly object[];
}

/** Not DebMonitor: it keeps the updates, and checks what the real server checks. */
async function doubleOfDebMonitor(
  tls?: { readonly key: string; readonly cert: string },
  proxy?: string,
) {
  const updates: Update[] = [];
  const answer = (incoming: IncomingMessage, reply: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const says = (status: number, text = '') => reply.writeHead(status).end(text);
      const peer =
        tls === undefined ? undefined : (incoming.socket as TLSSocket).getPeerCertificate();
      if (tls !== undefined && peer?.subject?.CN !== proxy) {
        return says(403, `Unauthorized to modify image with certificate\nCN=${peer?.subject?.CN}`);
      }
      const name = /^\/images\/(.+)\/update$/.exec(decodeURIComponent(incoming.url ?? ''))?.[1];
      const payload = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Update;
      if (name === undefined || payload.image_name !== name || !payload.update_type) {
        return says(400, 'do not match');
      }
      if (!/^(Debian( \d\d)?|Ubuntu( \d\d\.\d\d)?)$/.test(payload.os)) {
        return says(400, `OS name '${payload.os}' is not valid`);
      }
      if (name.includes('refused')) {
        return says(400, "Unable to update image: 'version'\nmore");
      }
      if (name.includes('clash')) {
        return says(500, `Unable to update image '${name}': Package version already exists.`);
      }
      updates.push({ ...payload, path: incoming.url ?? '' });
      return says(201);
    });
  };
  const server =
    tls === undefined
      ? createPlainServer(answer)
      : createServer(
          { ...tls, ca: tls.cert, requestCert: true, rejectUnauthorized: false },
          answer,
        );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${tls === undefined ? 'http' : 'https'}://${host}`;
  return { url, host, updates, close: () => server.close() };
}

const changelog = (name: string) =>
  `${name} (1) stable; urgency=low\n\n  * First.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n`;

const image = (id: string, version: string) =>
  tarOf([
    ['etc/os-release', { text: `ID=${id}\nVERSION_ID="12"\n` }],
    [
      'var/lib/dpkg/status',
      {
        text: [
          `Package: libc6\nStatus: install ok installed\nArchitecture: i386\nSource: glibc\nVersion: 0\n`,
          `Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\nVersion: ${version}\n`,
        ].join('\n'),
      },
    ],
  ]);

suite('packages --debmonitor', { skip }, () => {
  let real: Registry;
  before(async () => {
    real = await registry();
    await putLayers(real.host, 'ns/one', '1', [await image('debian', '2.36-9')]);
    await putLayers(real.host, 'ns/two', '1', [await image('debian', '2.36-9+b1')]);
    await putLayers(real.host, 'ns/other', '1', [await image('alpine', '1')]);
    await putLayers(real.host, 'ns/refused', '1', [await image('debian', '1')]);
    await putLayers(real.host, 'ns/clash', '1', [await image('debian', '1')]);
  });

  function treeOf(...names: readonly string[]) {
    const files = names.flatMap((name) => [
      [`work/images/${name}/Dockerfile.template`, 'FROM scratch\nCOPY x /x\n'],
      [`work/images/${name}/x`, ''],
      [`work/images/${name}/changelog`, changelog(name)],
    ]);
    const tree = scratchTree({
      'home/': '',
      'work/config.yaml': `registry: ${real.host}\nnamespace: ns\n`,
      ...Object.fromEntries(files),
    });
    const env = {
      PATH: process.env.PATH,
      HOME: tree.at('home'),
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    };
    const send = async (url: string, more: readonly string[] = [], extra = {}) => {
      const { status, stdout, stderr } = await runCli(['packages', '--debmonitor', url, ...more], {
        cwd: tree.at('work'),
        env: { ...env, ...extra },
      });
      return { status, stdout, told: stderr };
    };
    return { ...tree, send };
  }

  test('full updates of published images, and none where the last one was the same', async () => {
    const { url, host, updates, close } = await doubleOfDebMonitor();
    const { send } = treeOf('one', 'two', 'other', 'absent');
    const first = await send(url);
    assert.deepEqual(first, {
      status: 0,
      stdout: '',
      told:
        `2 images sent to ${host}, 0 as sent before, 2 not sent\n` +
        `not sent: ${real.host}/ns/absent:1: it is not published\n` +
        `not sent: ${real.host}/ns/other:1: DebMonitor takes Debian and Ubuntu, not alpine 12\n`,
    });
    assert.deepEqual(updates, [
      ...[
        ['one', '2.36-9'],
        ['two', '2.36-9+b1'],
      ].map(([name, version]) => ({
        api_version: 'v1',
        update_type: 'full',
        image_name: `${real.host}/ns/${name}:1`,
        os: 'Debian 12',
        // One version of a name: the own architecture's.
        installed: [{ name: 'libc6', version, source: 'glibc' }],
        path: `/images/${real.host}/ns/${name}:1/update`,
      })),
    ]);
    const again = await send(url);
    assert.match(again.told, /^0 images sent to .*, 2 as sent before, 2 not sent$/m);
    assert.equal(updates.length, 2);
    close();
  });

  test('what the server refuses is said, and sent again in the next run', async () => {
    const { url, host, updates, close } = await doubleOfDebMonitor();
    const { send } = treeOf('refused', 'two');
    for (const sent of [1, 0]) {
      const { status, told } = await send(url);
      assert.equal(status, 3);
      assert.match(told, new RegExp(`^${sent} images? sent to `, 'm'));
      assert.ok(
        told.includes(
          `not sent: ${real.host}/ns/refused:1: ${host} answered 400: Unable to update image: 'version'\n`,
        ),
        told,
      );
    }
    assert.equal(updates.length, 1);
    close();

    // A package version that it knows with another source: an error of its database, and of this image alone.
    const more = await doubleOfDebMonitor();
    const clash = await treeOf('clash', 'two').send(more.url);
    assert.equal(clash.status, 3);
    assert.match(clash.told, /^1 image sent to .*, 1 not sent$/m);
    assert.match(
      clash.told,
      /ns\/clash:1: \S+ answered 500: Unable to update image '\S+': Package/,
    );
    more.close();

    const gone = await send(url, [], {});
    assert.equal(gone.status, 3);
    assert.match(gone.told, /not sent: .*ECONNREFUSED/);
  });

  test('a client certificate is shown, and one that the server does not know is refused', async () => {
    const { at, send } = treeOf('one');
    const made = async (name: string) => {
      await must('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
        ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)],
      ]);
      return {
        key: await must('cat', [at(`${name}.key`)]),
        cert: await must('cat', [at(`${name}.pem`)]),
      };
    };
    const { url, updates, close } = await doubleOfDebMonitor(await made('server'), 'builder');
    await made('builder');
    await made('stranger');
    const client = (name: string) => ['--cert', at(`${name}.pem`), '--key', at(`${name}.key`)];
    const trusted = { SSL_CERT_FILE: at('server.pem') };
    const untrusted = await send(url, client('builder'));
    assert.deepEqual([untrusted.status, updates.length], [3, 0]);
    const stranger = await send(url, client('stranger'), trusted);
    assert.equal(stranger.status, 3);
    assert.match(stranger.told, /answered 403: Unauthorized to modify image with certificate$/m);
    const builder = await send(url, client('builder'), trusted);
    assert.deepEqual([builder.status, updates.length], [0, 1]);
    const wrong = await send(url, ['--cert', at('builder.key'), '--key', at('builder.key')]);
    assert.equal(wrong.status, 2);
    assert.match(wrong.told, /^error: --cert and --key are not a PEM certificate and its key/m);
    const missing = await send(url, ['--cert', at('none.pem'), '--key', at('builder.key')]);
    assert.equal(missing.status, 2);
    assert.match(missing.told, /^error: --cert \S+none\.pem does not exist/m);
    close();
  });

  test('wrong options are refused, without what is secret', async () => {
    const { send } = treeOf('one');
    const refused = async (url: string, ...more: string[]) => {
      const { status, told } = await send(url, more);
      assert.equal(status, 2);
      assert.doesNotMatch(told, /hunter2/);
      return told;
    };
    assert.match(await refused('http://debmonitor.example.org'), /without TLS/);
    assert.match(await refused('https://a:hunter2@b.example'), /has a user or a password/);
    assert.match(await refused('debmonitor'), /takes a URL/);
    assert.match(await refused('https://a.example', '--cert', 'x'), /--cert needs --key/);
  });
});

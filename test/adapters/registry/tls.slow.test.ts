/** TLS and proxies: a real handshake with certificates made for the test. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { before, suite, test } from 'node:test';
import { inspect } from 'node:util';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { authoritiesFor, checkedBundle } from '#adapters/registry/trust.js';
import type { Repository } from '#core/reference/brands.js';
import { faultyRegistry, refusal } from '../../support/faultyRegistry.js';
import { must, run } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

const hasOpenssl = await run('openssl', ['version']).then(
  ({ status }) => status === 0,
  () => false,
);
const skip = !hasOpenssl && 'no openssl on this machine';

/** A proxy that leads every CONNECT to one port of this machine, or refuses. */
async function tunnel(port: number, status = 200) {
  const asked: { target: string; authorization: string | undefined }[] = [];
  const server = createServer();
  server.on('connect', (request: IncomingMessage, socket) => {
    asked.push({
      target: request.url ?? '',
      authorization: request.headers['proxy-authorization'],
    });
    if (status === 0) {
      return;
    }
    if (status !== 200) {
      const body = '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"by the proxy"}]}';
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

suite('a registry with TLS', { skip }, () => {
  const scratch = scratchTree();
  const names = 'subjectAltName=DNS:registry.test,IP:127.0.0.1';
  let own: { key: string; cert: string };
  before(async () => {
    const made = await must('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', '/CN=test', '-addext', names],
      ...['-keyout', scratch.at('key.pem'), '-out', scratch.at('ca.pem')],
    ]);
    assert.equal(typeof made, 'string');
    own = {
      key: await must('cat', [scratch.at('key.pem')]),
      cert: await must('cat', [scratch.at('ca.pem')]),
    };
  });

  const behave = () => refusal(404, 'MANIFEST_UNKNOWN');
  const greeting = (asked: { path: string }) =>
    asked.path === '/v2/' ? ('pass' as const) : behave();

  async function ask(host: string, rest: Partial<RegistryAccess> = {}) {
    const phase = new Registry(
      {
        host,
        credentials: { kind: 'none', mayPublish: false },
        insecure: false,
        environment: {},
        authorities: () => [own.cert],
        workers: 1,
        ...rest,
      },
      { patience: { requestMs: 2000, attempts: 1 } },
    );
    const reply = await phase.manifest(`${host}/img` as Repository, '1');
    phase.close();
    return reply.ok ? 'published' : reply.fault;
  }
  const kindOf = (fault: Awaited<ReturnType<typeof ask>>) =>
    typeof fault === 'string' ? fault : fault.kind;

  test('on loopback is found behind plain http, and its certificate is checked', async () => {
    const fake = await faultyRegistry(greeting, { tls: own });
    assert.equal(kindOf(await ask(fake.host)), 'absent');
    assert.equal(kindOf(await ask(fake.host, { authorities: () => [] })), 'tls');
    await fake.stop();
  });

  test('is reached through the proxy of the tree, with its account', async () => {
    const fake = await faultyRegistry(greeting, { tls: own });
    const port = Number(fake.host.split(':')[1]);
    const proxy = await tunnel(port);
    const treeProxy = `http://us%3Aer:p%40ss@${proxy.address}`;
    assert.equal(kindOf(await ask('registry.test', { treeProxy })), 'absent');
    assert.deepEqual(
      proxy.asked.map(({ target }) => target),
      ['registry.test:443'],
    );
    const account = Buffer.from('us:er:p@ss').toString('base64');
    assert.equal(proxy.asked[0]?.authorization, `Basic ${account}`);
    assert.equal(kindOf(await ask('other.test', { treeProxy })), 'tls');
    assert.equal(kindOf(await ask('registry.test', { treeProxy, authorities: () => [] })), 'tls');
    const environment = { NO_PROXY: '.test' };
    const direct = await ask('registry.test', { treeProxy, environment });
    assert.equal(kindOf(direct), 'network');
    await fake.stop();
  });

  test('Docker Hub is asked under its real name', async () => {
    const fake = await faultyRegistry(greeting, { tls: own });
    const proxy = await tunnel(Number(fake.host.split(':')[1]));
    const treeProxy = `http://${proxy.address}`;
    // The certificate is for another name: nothing is sent to a stranger.
    assert.equal(kindOf(await ask('docker.io', { treeProxy })), 'tls');
    assert.deepEqual(
      proxy.asked.map(({ target }) => target),
      ['registry-1.docker.io:443'],
    );
    assert.deepEqual(fake.asked, []);
    await fake.stop();
  });

  test("a proxy's refusal is not taken for the registry's answer", async () => {
    for (const status of [403, 404, 407, 502]) {
      const proxy = await tunnel(1, status);
      const fault = await ask('registry.test', { treeProxy: `http://u:hunter2@${proxy.address}` });
      assert.deepEqual(fault, { kind: 'proxy', status });
      assert.ok(!inspect(fault).includes('hunter2'));
    }
  });

  test('a proxy that hangs is given up', async () => {
    const proxy = await tunnel(1, 0);
    const fault = await ask('registry.test', { treeProxy: `http://${proxy.address}` });
    assert.equal(kindOf(fault), 'timeout');
  });

  test('ca_bundle is trusted alone; a bad one is an error and trusts nobody', async () => {
    const good = checkedBundle(scratch.at('ca.pem'));
    assert.deepEqual(good.diagnostics, []);
    assert.deepEqual(authoritiesFor('registry.test', good.value, {}), [own.cert]);
    for (const file of [scratch.at('missing.pem'), scratch.at('key.pem')]) {
      const bad = checkedBundle(file);
      assert.deepEqual(
        bad.diagnostics.map(({ code }) => code),
        ['ca-bundle-unreadable'],
      );
      assert.deepEqual(authoritiesFor('registry.test', bad.value, {}), ['']);
    }
    const { value } = checkedBundle(undefined);
    const environment = { SSL_CERT_FILE: scratch.at('ca.pem') };
    assert.deepEqual(authoritiesFor('registry.test', value, environment), [own.cert]);
    assert.ok(authoritiesFor('registry.test', value, {}).length > 50);
  });
});

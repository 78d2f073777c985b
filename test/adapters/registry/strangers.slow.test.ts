import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { registryAccess } from '#adapters/registry/access.js';
import { packageRoot } from '#core/files/packageRoot.js';
import { scratchTree } from '../../support/scratch.js';

const definition = {
  'images/one/Dockerfile.template': 'FROM scratch\n',
  'images/one/changelog':
    'one (1.0) unstable; urgency=low\n\n  * It.\n\n -- A B <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n',
};

/** A host that asks for a password and writes down what it is sent. */
async function listener(t: TestContext) {
  const sent: string[] = [];
  const server = createServer((request, response) => {
    const header = request.headers.authorization ?? request.headers['proxy-authorization'];
    if (header !== undefined) {
      sent.push(Buffer.from(header.replace(/^Basic /, ''), 'base64').toString());
    }
    response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { sent, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function status(cwd: string, environment: Record<string, string>, options: string[] = []) {
  const program = join(packageRoot(), 'bin/generate-bake.js');
  const child = spawn(process.execPath, [program, ...options, 'status', 'images'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...environment },
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += String(text);
  });
  child.stdout.resume();
  await once(child, 'close');
  return errors;
}

const secret = { GENERATE_BAKE_USERNAME: 'robot', GENERATE_BAKE_PASSWORD: 'ci-secret' };

test('a host that only the tree names is sent no password of the environment', async (t) => {
  const { sent, host } = await listener(t);
  const tree = scratchTree({ ...definition, 'config.yaml': `registry: ${host}\n` });
  const errors = await status(tree.path, secret, ['-c', 'config.yaml']);
  assert.equal(sent.join(), '');
  assert.match(errors, new RegExp(`GENERATE_BAKE_REGISTRY=${host}`));
  await status(tree.path, { ...secret, GENERATE_BAKE_REGISTRY: 'registry.example' }, [
    '-c',
    'config.yaml',
  ]);
  assert.equal(sent.join(), '');
  // The same tree, and a user who named the host: this shows that the listener hears it.
  await status(tree.path, { ...secret, GENERATE_BAKE_REGISTRY: host }, ['-c', 'config.yaml']);
  assert.ok(sent.includes('robot:ci-secret'));
});

test('nor what is in $CREDENTIALS_DIRECTORY, unless a file there names the host', async (t) => {
  const { sent, host } = await listener(t);
  const tree = scratchTree({ ...definition, 'config.yaml': `registry: ${host}\n` });
  const handed = scratchTree({
    'generate-bake-username': 'unit',
    'generate-bake-password': 'handed-secret',
  });
  await status(tree.path, { CREDENTIALS_DIRECTORY: handed.path }, ['-c', 'config.yaml']);
  assert.equal(sent.join(), '');
  handed.write({ 'generate-bake-registry': `${host}\n` });
  await status(tree.path, { CREDENTIALS_DIRECTORY: handed.path }, ['-c', 'config.yaml']);
  assert.ok(sent.includes('unit:handed-secret'));
});

test('--no-credentials sends none, though the user named the host', async (t) => {
  const { sent, host } = await listener(t);
  const keys = `registry: ${host}\nusername: own\npassword: written-here\n`;
  const tree = scratchTree({ ...definition, 'config.yaml': keys });
  const environment = { ...secret, GENERATE_BAKE_REGISTRY: host };
  await status(tree.path, environment, ['-c', 'config.yaml', '--no-credentials']);
  assert.equal(sent.join(), '');
  await status(tree.path, environment, ['-c', 'config.yaml']);
  assert.ok(sent.includes('own:written-here'));
});

test("a registry in the user's own configuration is named outside the tree", async (t) => {
  const { sent, host } = await listener(t);
  const tree = scratchTree({ ...definition, 'config.yaml': `registry: ${host}\n` });
  const user = scratchTree({
    'generate-bake/config.toml': `registry = ["other.example", "${host}"]\n`,
  });
  const environment = { ...secret, XDG_CONFIG_HOME: user.path };
  await status(tree.path, environment, ['-c', 'config.yaml']);
  assert.ok(sent.includes('robot:ci-secret'));
});

test('nor any file that the repository calls its password_file', async (t) => {
  const { sent, host } = await listener(t);
  const keys = `registry: ${host}\nusername: x\npassword_file: `;
  const outside = scratchTree({ secret: 'file-secret', 'config.yaml': `${keys}secret\n` });
  const tree = scratchTree({ ...definition, 'config.yaml': `${keys}${outside.at('secret')}\n` });
  tree.write({ '.git/HEAD': 'ref: refs/heads/main\n' });
  const errors = await status(tree.path, {}, ['-c', 'config.yaml']);
  assert.equal(sent.join(), '');
  assert.match(errors, /password_file of the configuration is not sent/);
  assert.doesNotMatch(errors, /file-secret/);
  // A configuration outside, given by the user, is the user's word.
  await status(tree.path, {}, ['-c', outside.at('config.yaml')]);
  assert.ok(sent.includes('x:file-secret'));
});

test("a tree's proxy, authorities and plain http are not for a docker login", async () => {
  const host = 'registry.example';
  const auth = Buffer.from('bob:login').toString('base64');
  const home = scratchTree({
    '.docker/config.json': JSON.stringify({ auths: { [host]: { auth } } }),
  });
  const tree = scratchTree({ 'ca.pem': 'not read', 'config.yaml': '', '.git/HEAD': '' });
  const outside = scratchTree({ 'config.yaml': '' });
  const access = (file: string, environment = {}) =>
    registryAccess(
      {
        registry: host,
        insecureRegistries: [host],
        httpProxy: 'http://127.0.0.1:9',
        caBundle: tree.at('ca.pem'),
        scanWorkers: 1,
        files: [file],
        places: new Map(
          ['registry', 'insecure_registries', 'http_proxy', 'ca_bundle'].map((key) => [
            key,
            { file, line: 1 },
          ]),
        ),
      },
      { environment, home: home.path },
      tree.path,
    );
  const hostile = await access(tree.at('config.yaml'));
  assert.equal(hostile.value?.credentials.kind, 'password');
  assert.equal(hostile.value?.insecure, false);
  assert.equal(hostile.value?.treeProxy, undefined);
  assert.deepEqual(
    hostile.diagnostics.map(({ code, severity }) => `${severity} ${code}`),
    Array.from({ length: 3 }, () => 'warning tree-connection-ignored'),
  );
  const trusted = await access(outside.at('config.yaml'));
  assert.equal(trusted.value?.insecure, true);
  assert.equal(trusted.value?.treeProxy, 'http://127.0.0.1:9');
  // Where nothing is sent, the tree's words hold.
  const none = await access(tree.at('config.yaml'), { DOCKER_CONFIG: '/nonexistent' });
  assert.equal(none.value?.credentials.kind, 'none');
  assert.equal(none.value?.insecure, true);
});

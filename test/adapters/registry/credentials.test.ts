import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { Credentials } from '#adapters/registry/credentials.js';
import { accountOf, secretsOf } from '#adapters/registry/credentials.js';
import { findCredentials } from '#adapters/registry/findCredentials.js';
import type { CredentialSettings } from '#adapters/registry/settings.js';
import { pushLogin } from '#builder/publish/login.js';
import { scratchTree } from '../../support/scratch.js';

const host = 'registry.example:5000';

function config(keys: Partial<CredentialSettings> = {}): CredentialSettings {
  return { places: new Map(), files: ['config.yaml'], ...keys };
}

/** What a test compares: the credentials with the secret revealed. */
function shown(credentials: Credentials) {
  if (credentials.kind === 'none') {
    return 'none';
  }
  return credentials.kind === 'password'
    ? `${credentials.username} ${credentials.password.reveal()} ${credentials.mayPublish}`
    : `identity ${credentials.token.reveal()} ${credentials.mayPublish}`;
}

async function find(
  keys: Partial<CredentialSettings>,
  environment: Record<string, string | undefined> = {},
  home = '/nonexistent',
  at = host,
) {
  const { value, diagnostics } = await findCredentials(
    at,
    config(keys),
    { environment: { GENERATE_BAKE_REGISTRY: host, ...environment }, home },
    () => false,
  );
  return { shown: shown(value), value, codes: diagnostics.map(({ code }) => code), diagnostics };
}

test("the configuration's own credentials go before all others and may publish", async () => {
  const environment = { GENERATE_BAKE_USERNAME: 'env', GENERATE_BAKE_PASSWORD: 'e' };
  const found = await find({ username: 'amy', password: 'pä:ß' }, environment);
  assert.equal(found.shown, 'amy pä:ß true');
  assert.deepEqual(found.codes, []);
});

test('password_file may publish, from $CREDENTIALS_DIRECTORY where it is handed over', async () => {
  const scratch = scratchTree({ 'conf/secret': ' own \n\n', 'handed/secret': 'handed\r\n' });
  const keys = { username: 'amy', passwordFile: scratch.at('conf/secret') };
  // One line end goes, whatever else is there belongs to the password.
  assert.equal((await find(keys)).shown, 'amy  own \n true');
  const CREDENTIALS_DIRECTORY = scratch.at('handed');
  assert.equal((await find(keys, { CREDENTIALS_DIRECTORY })).shown, 'amy handed true');
  const elsewhere = { CREDENTIALS_DIRECTORY: scratch.at('conf/none') };
  assert.equal((await find(keys, elsewhere)).shown, 'amy  own \n true');
});

test('a password_file that cannot be read is an error, and nothing else is tried', async () => {
  const environment = { GENERATE_BAKE_USERNAME: 'env', GENERATE_BAKE_PASSWORD: 'e' };
  const found = await find({ username: 'amy', passwordFile: '/nonexistent/secret' }, environment);
  assert.equal(found.shown, 'none');
  assert.deepEqual(found.codes, ['password-file-unreadable']);
});

test('half of the credentials is said, and nothing else is tried', async () => {
  const environment = { GENERATE_BAKE_PASSWORD: 'e' };
  assert.deepEqual((await find({ password: 'p' }, environment)).codes, ['credentials-incomplete']);
  assert.deepEqual((await find({ passwordFile: 'p' })).codes, ['credentials-incomplete']);
  assert.deepEqual((await find({}, environment)).codes, ['credentials-incomplete']);
});

test('empty keys are absent ones', async () => {
  const found = await find({ username: '', password: '' }, { GENERATE_BAKE_PASSWORD: '' });
  assert.equal(found.shown, 'none');
  assert.deepEqual(found.codes, []);
  assert.equal((await find({ username: 'amy', password: '' })).shown, 'none');
});

test('$CREDENTIALS_DIRECTORY and the environment publish nothing by themselves', async () => {
  const scratch = scratchTree({
    'both/generate-bake-username': 'unit\n',
    'both/generate-bake-password': 'u:p\n',
    'one/generate-bake-password': 'alone\n',
  });
  const environment = {
    CREDENTIALS_DIRECTORY: scratch.at('both'),
    GENERATE_BAKE_USERNAME: 'env',
    GENERATE_BAKE_PASSWORD: 'e',
  };
  assert.equal((await find({}, environment)).shown, 'unit u:p false');
  const one = { CREDENTIALS_DIRECTORY: scratch.at('one') };
  assert.equal((await find({ username: 'amy' }, one)).shown, 'amy alone false');
  assert.deepEqual((await find({}, one)).codes, ['credentials-incomplete']);
  const { CREDENTIALS_DIRECTORY, ...bare } = environment;
  assert.equal((await find({}, bare)).shown, 'env e false');
  assert.equal(
    (await find({ username: 'amy' }, { GENERATE_BAKE_PASSWORD: 'e' })).shown,
    'amy e false',
  );
});

function auth(pair: string): string {
  return Buffer.from(pair).toString('base64');
}

test("docker's config.json: auths, under any spelling of the host", async () => {
  const entries = (auths: unknown) => ({ '.docker/config.json': JSON.stringify({ auths }) });
  const cases: [unknown, string][] = [
    [{ [host]: { auth: auth('bob:a:b:ü') } }, 'bob a:b:ü false'],
    [{ [`https://${host}/v1/`]: { auth: auth('bob:x') } }, 'bob x false'],
    [{ [host]: { username: 'bob', password: 'plain' } }, 'bob plain false'],
    [{ [host]: { auth: auth('bob:x\0\0') } }, 'bob x false'],
    [{ [host]: { auth: auth('bob:'), identitytoken: 'tok' } }, 'identity tok false'],
    [{ 'registry.example': { auth: auth('bob:x') } }, 'none'],
    [{ [host]: {} }, 'none'],
  ];
  for (const [auths, expected] of cases) {
    const found = await find({}, {}, scratchTree(entries(auths)).path);
    assert.equal(found.shown, expected, JSON.stringify(auths));
    assert.deepEqual(found.codes, []);
  }
  const hub = scratchTree(entries({ 'https://index.docker.io/v1/': { auth: auth('hub:x') } }));
  assert.equal((await find({}, {}, hub.path, 'docker.io')).shown, 'hub x false');
});

test('DOCKER_CONFIG names another directory', async () => {
  const scratch = scratchTree({
    'home/.docker/config.json': JSON.stringify({ auths: { [host]: { auth: auth('home:x') } } }),
    'other/config.json': JSON.stringify({ auths: { [host]: { auth: auth('other:x') } } }),
  });
  const found = await find({}, { DOCKER_CONFIG: scratch.at('other') }, scratch.at('home'));
  assert.equal(found.shown, 'other x false');
});

test('a config.json that cannot be used is a warning that does not quote it', async () => {
  const texts = ['{"auths": {"x": {"auth": "c2VjcmV0"}}', '[1]', 'c2VjcmV0'];
  for (const text of texts) {
    const found = await find({}, {}, scratchTree({ '.docker/config.json': text }).path);
    assert.deepEqual(found.codes, ['docker-config-unreadable']);
    assert.ok(!inspect(found.diagnostics, { depth: 9 }).includes('c2VjcmV0'));
  }
  const broken = { auths: { [host]: { auth: '%%%' } } };
  const found = await find(
    {},
    {},
    scratchTree({ '.docker/config.json': JSON.stringify(broken) }).path,
  );
  assert.deepEqual(found.codes, ['docker-login-unreadable']);
});

test('an entry that cannot be used is one warning with the host and the reason, and no value', async () => {
  const cases: [entry: unknown, reason: string][] = [
    ['hunter2', 'is not an object'],
    [['hunter2'], 'is not an object'],
    [null, 'is not an object'],
    [{ auth: 'hunter2%' }, 'has an auth that is not base64'],
    [{ auth: auth('hunter2') }, 'has an auth that is not the base64 of USER:PASSWORD'],
    [{ auth: auth(':hunter2') }, 'has an auth that is not the base64 of USER:PASSWORD'],
    [{ registrytoken: 'hunter2' }, 'has a registrytoken, which generate-bake cannot use'],
    [{ username: 'hunter2' }, 'has no auth'],
  ];
  const other = { 'other.example': { auth: 'hunter2%' } };
  for (const [entry, reason] of cases) {
    const text = JSON.stringify({ auths: { [host]: entry, ...other } });
    const home = scratchTree({ '.docker/config.json': text }).path;
    const file = await find({}, {}, home);
    const variable = await find({}, { DOCKER_AUTH_CONFIG: text });
    for (const { shown: login, codes, diagnostics } of [file, variable]) {
      assert.equal(login, 'none');
      assert.deepEqual(codes, ['docker-login-unreadable'], text);
      const message = diagnostics[0]?.message ?? '';
      assert.ok(message.endsWith(`: the entry for ${host} ${reason}`), message);
      const all = inspect(diagnostics, { depth: 9 });
      assert.ok(!all.includes('hunter2') && !all.includes(auth('hunter2')));
    }
  }
  const found = await find({}, { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: [other] }) });
  assert.deepEqual(found.codes, ['docker-login-unreadable']);
  // What follows in the order of sources is used all the same.
  const home = {
    '.docker/config.json': JSON.stringify({ auths: { [host]: { auth: auth('b:x') } } }),
  };
  const bad = JSON.stringify({ auths: { [host]: 'hunter2' } });
  const next = await find({}, { DOCKER_AUTH_CONFIG: bad }, scratchTree(home).path);
  assert.equal(next.shown, 'b x false');
  assert.deepEqual(next.codes, ['docker-login-unreadable']);
});

test('where nothing is found, what is there for another host is named with that host', async () => {
  const directory = scratchTree({ 'generate-bake-password': 'hunter2' }).path;
  const cases: [Record<string, string>, string][] = [
    [{ GENERATE_BAKE_PASSWORD: 'hunter2' }, `GENERATE_BAKE_PASSWORD is for ${host}`],
    [
      { CREDENTIALS_DIRECTORY: directory },
      `generate-bake-password of $CREDENTIALS_DIRECTORY is for ${host}`,
    ],
  ];
  for (const [environment, expected] of cases) {
    const { value } = await find({}, environment, '/nonexistent', 'other.example');
    assert.equal(accountOf(value), `no credentials were found for it; ${expected}`);
  }
  const { value } = await find({}, {}, '/nonexistent', 'other.example');
  assert.match(accountOf(value), /^no credentials were found in the configuration/);
});

/** Helpers on a PATH of their own, and the arguments and input that they got. */
function withHelpers(docker: unknown, helpers: Readonly<Record<string, string>>) {
  const scratch = scratchTree({ 'docker/config.json': JSON.stringify(docker) });
  for (const [name, script] of Object.entries(helpers)) {
    scratch.write({
      [`bin/docker-credential-${name}`]: { text: `#!/bin/sh\n${script}\n`, mode: 0o755 },
    });
  }
  const environment = {
    DOCKER_CONFIG: scratch.at('docker'),
    PATH: `${scratch.at('bin')}:/usr/bin:/bin`,
    SEEN: scratch.at('seen'),
  };
  return find({}, environment);
}

const tells = (username: string, secret: string) =>
  `test "$*" = get && test "$(cat)" = ${host} && echo '${JSON.stringify({ Username: username, Secret: secret })}'`;
const knowsNone = 'echo "credentials not found in native keychain"; exit 1';

test('DOCKER_AUTH_CONFIG goes before config.json, for its hosts alone', async () => {
  const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
  const home = scratchTree({
    '.docker/config.json': JSON.stringify({
      auths: { [host]: auth('file:f'), 'other.example': auth('file:o') },
    }),
  });
  const variable = JSON.stringify({ auths: { [`https://${host}/v1/`]: auth('ci:c') } });
  const environment = { DOCKER_AUTH_CONFIG: variable };
  assert.equal((await find({}, environment, home.path)).shown, 'ci c false');
  assert.equal((await find({}, environment, home.path, 'other.example')).shown, 'file o false');
  const empty = { DOCKER_AUTH_CONFIG: '' };
  assert.equal((await find({}, empty, home.path)).shown, 'file f false');
  const own = { username: 'amy', password: 'tree' };
  assert.equal((await find(own, environment, home.path)).shown, 'amy tree true');
  const broken = await find({}, { DOCKER_AUTH_CONFIG: '{"auths": "s3cret' }, home.path);
  assert.equal(broken.shown, 'file f false');
  assert.deepEqual(broken.codes, ['docker-config-unreadable']);
  assert.doesNotMatch(JSON.stringify(broken.diagnostics), /s3cret/);
});

test("credential helpers: the host's own, then the store, then auths", async () => {
  const auths = { [host]: { auth: auth('file:x') } };
  const credHelpers = { [host]: 'own' };
  const own = await withHelpers(
    { credHelpers, credsStore: 'store', auths },
    { own: tells('helped', 's:ü'), store: tells('stored', 'x') },
  );
  assert.equal(own.shown, 'helped s:ü false');
  const store = await withHelpers(
    { credHelpers, credsStore: 'store', auths },
    { own: knowsNone, store: tells('<token>', 'refresh') },
  );
  assert.equal(store.shown, 'identity refresh false');
  const file = await withHelpers({ credsStore: 'store', auths }, { store: knowsNone });
  assert.equal(file.shown, 'file x false');
  assert.deepEqual(file.codes, []);
});

test('a helper that cannot be asked is a warning without its output', async () => {
  const scripts = [
    ['exit 3', 'ended with exit status 3'],
    ['echo hunter2', 'answered something that is not JSON'],
    ['echo hunter2; exit 1', 'ended with exit status 1'],
    [`echo '{"Secret":"hunter2"}'`, 'answered JSON without Username and Secret'],
  ] as const;
  for (const [script, reason] of scripts) {
    const found = await withHelpers({ credsStore: 'bad' }, { bad: script });
    assert.equal(found.shown, 'none');
    assert.deepEqual(found.codes, ['credential-helper-failed'], script);
    assert.ok(!inspect(found.diagnostics, { depth: 9 }).includes('hunter2'));
    assert.equal(found.diagnostics[0]?.message, `docker-credential-bad ${reason}`);
    // It is installed: what it answers is the question.
    const hint = `see what it answers: echo ${host} | docker-credential-bad get`;
    assert.equal(found.diagnostics[0]?.hint, hint);
  }
  const missing = await withHelpers({ credsStore: 'missing' }, {});
  assert.match(missing.diagnostics[0]?.hint ?? '', /^install it/);
  for (const name of ['missing', '../evil', 'a b']) {
    const found = await withHelpers({ credsStore: name }, {});
    assert.deepEqual(found.codes, ['credential-helper-failed'], name);
  }
});

test('what cannot be the name of a helper is a warning, and the next source is asked', async () => {
  const auths = { [host]: { auth: auth('file:x') } };
  for (const [docker, reason] of [
    [{ credHelpers: { [host]: 7 } }, `credHelpers for ${host} is not the name of a helper`],
    [{ credHelpers: ['x'] }, 'credHelpers is not an object'],
    [{ credsStore: { a: 'b' } }, 'credsStore is not the name of a helper'],
  ] as const) {
    const found = await withHelpers({ ...docker, auths }, {});
    assert.equal(found.shown, 'file x false');
    assert.deepEqual(found.codes, ['docker-login-unreadable']);
    assert.ok(found.diagnostics[0]?.message.endsWith(reason), found.diagnostics[0]?.message);
  }
  const other = await withHelpers({ credHelpers: { 'other.example': 7 }, auths }, {});
  assert.deepEqual(other.codes, []);
});

test('the login that is written for docker push gives the same credentials back', async () => {
  const { value } = await find({ username: 'amy', password: 'p:ä"ß' });
  for (const at of [host, 'docker.io']) {
    const login = pushLogin('/nonexistent', at, value);
    const read = await find({}, { DOCKER_CONFIG: login.directory }, '/nonexistent', at);
    assert.equal(read.shown, 'amy p:ä"ß false');
    assert.equal(statSync(join(login.directory, 'config.json')).mode & 0o777, 0o600);
    login.remove();
    assert.ok(!existsSync(login.directory));
  }
});

test('no credential shows itself', async () => {
  const { value } = await find({ username: 'amy', password: 'hunter2' });
  assert.ok(!inspect(value, { depth: 9 }).includes('hunter2'));
  assert.ok(!JSON.stringify(value).includes('hunter2'));
  assert.ok(secretsOf(value).some((secret) => secret.reveal() === 'hunter2'));
});

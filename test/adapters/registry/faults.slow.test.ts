/** What registries do when they are unwell, done on purpose by a fake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { configCache } from '#adapters/registry/configCache.js';
import type { Credentials } from '#adapters/registry/credentials.js';
import { Keyring } from '#adapters/registry/keyring.js';
import type { Patience } from '#adapters/registry/patience.js';
import { putTag, readTag } from '#adapters/registry/publish.js';
import { type Asking, Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { Secret } from '#adapters/registry/secret.js';
import { askState, askStates, type RegistryState } from '#adapters/registry/state.js';
import { lineByLine, SignsOfLife } from '#adapters/registry/waits.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import {
  type Asked,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../../support/faultyRegistry.js';
import { putImage } from '../../support/images.js';
import { scratchTree } from '../../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';
const password = 'geheim:ÄÖ';
const amy: Credentials = {
  kind: 'password',
  username: 'amy',
  password: new Secret(password),
  source: 'the test',
  mayPublish: true,
};
const patience: Partial<Patience> = { requestMs: 20_000, attempts: 2, firstWaitMs: 1 };

function access(host: string, rest: Partial<RegistryAccess> = {}): RegistryAccess {
  return {
    host,
    credentials: amy,
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 4,
    ...rest,
  };
}

async function askAll(
  to: RegistryAccess,
  names: readonly string[],
  patient: Partial<Patience> = patience,
  signal?: AbortSignal,
): Promise<RegistryState[]> {
  const states = await askStates(
    names.map((name) => ({
      reference: name as Reference,
      repository: `${to.host}/${name}` as Repository,
      version: '1',
      access: to,
    })),
    { patience: patient, ...(signal === undefined ? {} : { signal }) },
  );
  return [...states.values()];
}

/** The state of one image on a registry that answers `/v2/` well and misbehaves otherwise. */
async function stateUnder(behave: (asked: Asked) => Misbehaviour, patient = patience) {
  const fake = await faultyRegistry(behave);
  const [state] = await askAll(access(fake.host), ['img'], patient);
  await fake.stop();
  assert.ok(state !== undefined);
  const reason = state.kind === 'unknown' ? state.reason.replaceAll(fake.host, 'HOST') : state.kind;
  return { state, reason, asked: fake.asked };
}

const onManifests = (what: Misbehaviour) => (asked: Asked) =>
  asked.path.includes('/manifests/') ? what : 'pass';

test('where a HEAD tells nothing, the manifest is asked for', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'img', '1', { labels: { a: 'b' } });
  const heads: readonly Misbehaviour[] = [
    { status: 405 },
    { status: 404 },
    { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } },
    { status: 200, headers: { 'content-type': 'application/json' } },
    { status: 200, headers: { 'docker-content-digest': 'sha256:short', 'content-type': 'a/b' } },
    'reset',
  ];
  for (const head of heads) {
    const fake = await faultyRegistry(({ method }) => (method === 'HEAD' ? head : 'pass'), {
      behind: real.host,
    });
    const repository = `${fake.host}/img` as Repository;
    const image = {
      reference: 'img' as Reference,
      repository,
      version: '1',
      access: access(fake.host),
    };
    const file = scratchTree().at('configs.json');
    const first = await askStates([image], { patience, cache: configCache(file) });
    const again = await askStates([image], { patience, cache: configCache(file) });
    assert.deepEqual(again, first);
    assert.equal(first.get(image.reference)?.kind, 'published', JSON.stringify(head));
    const gets = fake.asked.filter(
      ({ method, path }) => method === 'GET' && path.endsWith('/manifests/1'),
    );
    assert.equal(gets.length, 2);
    await fake.stop();
  }
});

test("only a 404 in a registry's own words is absent", async () => {
  for (const code of ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'NOT_FOUND']) {
    assert.equal((await stateUnder(onManifests(refusal(404, code)))).reason, 'absent');
  }
  const html = { 'content-type': 'text/html' };
  const malformed: Misbehaviour[] = [
    { status: 404 },
    { status: 404, body: 'not found' },
    { status: 404, headers: html, body: '<h1>Not Found</h1>' },
    { status: 404, body: '{"errors":"no"}' },
    { status: 404, body: '{"errors":[]}' },
    { status: 404, body: '{"message":"nothing here"}' },
    refusal(404, 'UNAUTHORIZED'),
  ];
  for (const answer of malformed) {
    const { reason } = await stateUnder(onManifests(answer));
    assert.match(reason, /^HOST does not answer as a registry does: 404/, inspect(answer));
  }
});

test('an answer that is no manifest is unknown', async () => {
  const answers: Misbehaviour[] = [
    { status: 200 },
    { status: 200, body: 'welcome' },
    { status: 200, body: 'null' },
    { status: 200, body: '[]' },
    { status: 200, body: '{}' },
    { status: 200, body: '{"schemaVersion":2}' },
    { status: 200, body: '{"schemaVersion":1,"fsLayers":[]}' },
    { status: 204 },
    { status: 302, headers: { location: '/login' } },
    {
      status: 200,
      body: '{"schemaVersion":2,"config":{}}',
      headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` },
    },
    { status: 200, body: `"${'x'.repeat(17 * 1024 * 1024)}"` },
    { status: 418, body: 'a teapot' },
  ];
  for (const answer of answers) {
    const { state, reason } = await stateUnder(onManifests(answer));
    assert.equal(state.kind, 'unknown', inspect(answer));
    assert.match(reason, /does not answer as a registry does/);
  }
});

test('a web server in place of a registry is unknown', async () => {
  const { state, reason } = await stateUnder(() => ({
    status: 404,
    headers: { 'content-type': 'text/html' },
    body: '<html>',
  }));
  assert.equal(state.kind, 'unknown');
  assert.match(reason, /does not answer as a registry does/);
});

test('an error code needs no message to make an image absent', async () => {
  const answer = { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }) };
  assert.equal((await stateUnder(onManifests(answer))).reason, 'absent');
});

test('a 404 to the greeting makes nothing absent, whatever its code', async () => {
  const { state, reason } = await stateUnder(() => refusal(404, 'NOT_FOUND'));
  assert.equal(state.kind, 'unknown');
  assert.equal(reason, 'HOST does not answer as a registry does: status 404 for /v2/');
});

test('403, 429 and 5xx are unknown, and asked again where it can help', async () => {
  const cases: [Misbehaviour, string, number][] = [
    [refusal(403, 'DENIED', 'not yours'), 'HOST answers 403: not yours', 1],
    [{ status: 429 }, 'HOST answers 429: too many requests', 4],
    [
      refusal(403, 'DENIED', 'You have exceeded a secondary rate limit'),
      'HOST answers 403: too many requests',
      4,
    ],
    [{ status: 429, headers: { 'retry-after': '3600' } }, 'HOST answers 429: too many requests', 1],
    [{ status: 500, body: 'oh' }, 'HOST answers 500', 2],
    [{ status: 503, headers: { 'content-type': 'text/html' }, body: '<' }, 'HOST answers 503', 2],
  ];
  for (const [answer, expected, attempts] of cases) {
    const { reason, asked } = await stateUnder(onManifests(answer));
    assert.equal(reason, expected);
    assert.equal(asked.filter(({ path }) => path.includes('/manifests/')).length, attempts);
  }
});

test('a registry that hangs, breaks off or never ends is unknown within its time', async () => {
  const hurried = { ...patience, requestMs: 400 };
  for (const what of ['hang', 'trickle'] as const) {
    for (const behave of [onManifests(what), () => what]) {
      assert.equal((await stateUnder(behave, hurried)).reason, 'HOST did not answer within 0.4 s');
    }
  }
  for (const behave of [onManifests('reset'), () => 'reset' as const]) {
    assert.match((await stateUnder(behave)).reason, /HOST cannot be reached/);
  }
});

test('the host that does not answer is named: the registry, its token service, a redirect', async () => {
  const other = await faultyRegistry(() => refusal(404, 'MANIFEST_UNKNOWN'));
  const gone = await faultyRegistry(() => 'pass');
  await gone.stop();
  const asksFor = (host: string) => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="http://${host}/token",service="s"` },
  });
  const redirects = (host: string) =>
    onManifests({ status: 307, headers: { location: `http://${host}/x` } });
  const service = '(token service of HOST)';
  const refused = 'cannot be reached: connection refused';
  const cases: [(asked: Asked) => Misbehaviour, string][] = [
    [() => asksFor(gone.host), `${gone.host} ${service} ${refused}`],
    // Only the registry itself makes an image absent.
    [
      () => asksFor(other.host),
      `${other.host} ${service} does not answer as a registry does: status 404`,
    ],
    [redirects(gone.host), `${gone.host} (HOST redirects to it) ${refused}`],
    [
      redirects(other.host),
      `${other.host} (HOST redirects to it) does not answer as a registry does: status 404`,
    ],
  ];
  for (const [behave, expected] of cases) {
    const { state, reason } = await stateUnder(behave);
    assert.equal(reason, expected);
    assert.match(
      (state.kind === 'unknown' && state.hint) || '',
      /check that this machine reaches it/,
    );
  }
  await other.stop();
});

test('whom a registry redirects to for a blob is no token service of it', async () => {
  const behaviours: [Misbehaviour, string, RegExp][] = [
    [{ status: 403 }, 'answers 403', /check that this machine reaches it/],
    [{ status: 500 }, 'answers 500', /try again later/],
    ['hang', 'did not answer within 0.4 s', /check that this machine reaches it/],
    ['trickle', 'did not answer within 0.4 s', /check that this machine reaches it/],
  ];
  for (const [behaviour, expected, hint] of behaviours) {
    const storage = await faultyRegistry(() => behaviour);
    const fake = await faultyRegistry(({ path }) =>
      path.includes('/blobs/')
        ? { status: 307, headers: { location: `http://${storage.host}/x` } }
        : { status: 200 },
    );
    const reached = new Registry(access(fake.host), {
      patience: { ...patience, requestMs: 400, attempts: 1 },
    });
    const digest = `sha256:${'0'.repeat(64)}` as Digest;
    const blob = await reached.blob(`${fake.host}/one` as Repository, digest);
    assert.ok(!blob.ok);
    const told = reached.explain(blob.fault);
    assert.equal(told.reason, `${storage.host} (${fake.host} redirects to it) ${expected}`);
    assert.match(told.hint ?? '', hint);
    reached.close();
    await Promise.all([fake.stop(), storage.stop()]);
  }
});

test('nobody listening and no such host are unknown', async () => {
  const fake = await faultyRegistry(() => 'pass');
  await fake.stop();
  const [refused] = await askAll(access(fake.host), ['img']);
  assert.ok(refused?.kind === 'unknown');
  assert.equal(refused.reason, `${fake.host} cannot be reached: connection refused`);
  const [nowhere] = await askAll(access('registry.invalid'), ['img']);
  assert.ok(nowhere?.kind === 'unknown');
  assert.match(nowhere.reason, /registry.invalid (cannot be reached|did not answer)/);
});

test('a fault of one image is not that of another', async () => {
  const fake = await faultyRegistry((asked) => {
    if (!asked.path.includes('/manifests/')) {
      return 'pass';
    }
    return asked.path.includes('/bad/') ? { status: 500 } : refusal(404, 'MANIFEST_UNKNOWN');
  });
  const states = await askAll(access(fake.host), ['good', 'bad', 'fine']);
  await fake.stop();
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ['absent', 'unknown', 'absent'],
  );
});

test('a registry that is down is not asked for every image', async () => {
  const fake = await faultyRegistry(() => ({ status: 502 }));
  const names = Array.from({ length: 200 }, (_, at) => `img${at}`);
  const states = await askAll(access(fake.host), names);
  await fake.stop();
  assert.ok(states.every(({ kind }) => kind === 'unknown'));
  assert.equal(states.length, 200);
  assert.ok(fake.asked.length < 40, `${fake.asked.length} requests`);
});

test('all of it has a deadline, and a signal ends it', async () => {
  const fake = await faultyRegistry(onManifests('hang'));
  const names = Array.from({ length: 50 }, (_, at) => `img${at}`);
  const forever = { requestMs: 60_000, attempts: 9 };
  const late = await askAll(access(fake.host), names, { ...forever, totalMs: 100 });
  for (const state of late) {
    assert.ok(state.kind === 'unknown' && state.reason === 'not all was answered within 0.1 s');
  }
  const stop = new AbortController();
  const asking = askAll(access(fake.host), names, forever, stop.signal);
  stop.abort();
  for (const state of await asking) {
    assert.ok(state.kind === 'unknown' && state.reason === 'stopped');
  }
  await fake.stop();
});

interface TokenService {
  /** Under which name the token is handed out. */
  readonly key?: string;
  /** How often a token can be used. */
  readonly life?: number;
  /** What the token service says instead of a token. */
  readonly says?: Misbehaviour;
}

/** A registry that wants bearer tokens, with the service that gives them. */
function tokenRegistry({ key = 'token', life = Number.POSITIVE_INFINITY, says }: TokenService) {
  let issued = 0;
  const uses = new Map<string, number>();
  return (asked: Asked): Misbehaviour => {
    if (asked.path.startsWith('/token')) {
      if (says !== undefined) {
        return says;
      }
      const sent = `Basic ${Buffer.from(`amy:${password}`).toString('base64')}`;
      const known =
        asked.method === 'POST'
          ? asked.body.includes('refresh_token=identity-1')
          : asked.headers.authorization === sent;
      if (!known) {
        return refusal(401, 'UNAUTHORIZED');
      }
      issued++;
      uses.set(`Bearer token-${issued}`, 0);
      return { status: 200, body: JSON.stringify({ [key]: `token-${issued}`, expires_in: 60 }) };
    }
    const bearer = asked.headers.authorization ?? '';
    const used = uses.get(bearer);
    if (used !== undefined && used < life) {
      uses.set(bearer, used + 1);
      return 'pass';
    }
    const realm = `http://${asked.headers.host}/token`;
    return {
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${realm}",service="test service"` },
    };
  };
}

const toToken = ({ path }: Asked) => path.startsWith('/token');

test('bearer tokens: one login a repository, token or access_token, renewed when they expire', {
  skip,
}, async () => {
  const real = await registry();
  for (const name of ['one', 'two']) {
    await putImage({ host: real.host }, name, '1');
  }
  for (const key of ['token', 'access_token']) {
    for (const life of [1, 2, 100]) {
      const fake = await faultyRegistry(tokenRegistry({ key, life }), { behind: real.host });
      const states = await askAll(access(fake.host), ['one', 'two']);
      assert.deepEqual(
        states.map(({ kind }) => kind),
        ['published', 'published'],
        `${key} ${life}`,
      );
      const logins = fake.asked.filter(toToken);
      assert.equal(logins.length, life === 1 ? 4 : 2);
      const query = new URL(logins[0]?.path ?? '', 'http://x').searchParams;
      assert.equal(query.get('scope'), 'repository:one:pull');
      assert.equal(query.get('service'), 'test service');
      assert.equal(query.get('account'), 'amy');
      await fake.stop();
    }
  }
  await real.stop();
});

test('ten parallel questions ask for one token', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1');
  const fake = await faultyRegistry(tokenRegistry({}), { behind: real.host });
  const phase = new Registry(access(fake.host), { patience });
  const repository = `${fake.host}/one` as Repository;
  const replies = await Promise.all(
    Array.from({ length: 10 }, () => phase.manifest(repository, '1')),
  );
  assert.ok(replies.every(({ ok }) => ok));
  assert.equal(fake.asked.filter(toToken).length, 1);
  phase.close();
  await fake.stop();
  await real.stop();
});

test('an identity token is changed into an access token by OAuth2', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1');
  const fake = await faultyRegistry(tokenRegistry({ key: 'access_token' }), { behind: real.host });
  const credentials: Credentials = {
    kind: 'identity',
    token: new Secret('identity-1'),
    source: 'the test',
    mayPublish: false,
  };
  const [state] = await askAll(access(fake.host, { credentials }), ['one']);
  assert.equal(state?.kind, 'published');
  await fake.stop();
  await real.stop();
});

test('a token service that gives none, refuses, or is no such thing makes it unknown', async () => {
  const answers: Misbehaviour[] = [
    { status: 200, body: '{"secret_token":"hunter2"}' },
    { status: 200, body: 'hunter2' },
    { status: 200 },
    refusal(401, 'UNAUTHORIZED', `amy:${password} is wrong`),
    refusal(403, 'DENIED'),
    { status: 500 },
    'reset',
  ];
  for (const says of answers) {
    assert.equal((await stateUnder(tokenRegistry({ says }))).state.kind, 'unknown', inspect(says));
  }
  const challenges = [
    'Bearer realm="ftp://x/token",service="s"',
    'Bearer realm="nonsense",service="s"',
    'Bearer realm="",service="s"',
    'Negotiate',
    'Bearer',
    '%%%',
    'Digest realm="x"',
  ];
  for (const challenge of challenges) {
    const headers = { 'www-authenticate': challenge };
    const { state } = await stateUnder(() => ({ status: 401, headers }));
    assert.equal(state.kind, 'unknown', challenge);
  }
});

test('a registry that wants a login for some requests only gets it there', { skip }, async () => {
  const real = await registry();
  const digest = await putImage({ host: real.host }, 'one', '1');
  const sent = `Basic ${Buffer.from(`amy:${password}`).toString('base64')}`;
  // As nginx does it with limit_except in front of an open registry.
  const fake = await faultyRegistry(
    ({ method, headers }) =>
      method === 'GET' || headers.authorization === sent
        ? 'pass'
        : { status: 401, headers: { 'www-authenticate': 'Basic realm="push"' } },
    { behind: real.host },
  );
  const phase = new Registry(access(fake.host), { patience });
  const repository = `${fake.host}/one` as Repository;
  const version = await readTag(phase, repository, '1');
  assert.equal(version.kind, 'found');
  assert.equal((await putTag(phase, repository, 'latest', version.manifest)).kind, 'moved');
  const latest = await readTag(phase, repository, 'latest');
  assert.ok(latest.kind === 'found' && latest.manifest.digest === digest);
  phase.close();
  await fake.stop();
  await real.stop();
});

test('putTag believes the tag that it reads, not the answer to its PUT', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1');
  const failing: [string, (asked: Asked) => Misbehaviour][] = [
    ['takes and drops it', ({ method }) => (method === 'PUT' ? { status: 201 } : 'pass')],
    ['does not take it', ({ method }) => (method === 'PUT' ? { status: 500 } : 'pass')],
    ['cannot be read', ({ path }) => (path.endsWith('/latest') ? { status: 500 } : 'pass')],
  ];
  for (const [what, behave] of failing) {
    const fake = await faultyRegistry(behave, { behind: real.host });
    const phase = new Registry(access(fake.host), { patience });
    const repository = `${fake.host}/one` as Repository;
    const version = await readTag(phase, repository, '1');
    assert.equal(version.kind, 'found');
    const move = await putTag(phase, repository, 'latest', version.manifest);
    assert.equal(move.kind, 'failed', what);
    phase.close();
    await fake.stop();
  }
  await real.stop();
});

test('labels that cannot be read leave an image published', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1');
  const answers: Misbehaviour[] = [
    { status: 500 },
    { status: 404 },
    { status: 200, body: '{"config":{"Labels":{"forged":"yes"}}}' },
  ];
  for (const answer of answers) {
    const fake = await faultyRegistry(({ path }) => (path.includes('/blobs/') ? answer : 'pass'), {
      behind: real.host,
    });
    const [state] = await askAll(access(fake.host), ['one']);
    assert.ok(state?.kind === 'published');
    assert.ok(!state.config.known);
    await fake.stop();
  }
  await real.stop();
});

test('a list of tags without an end, or that goes on elsewhere, is refused', async () => {
  const links = [
    '</v2/img/tags/list?n=100>; rel="next"',
    '<http://elsewhere.example/v2/img/tags/list>; rel="next"',
  ];
  for (const link of links) {
    const page: Misbehaviour = { status: 200, headers: { link }, body: '{"tags":["a"]}' };
    const fake = await faultyRegistry(({ path }) => (path.includes('/tags/') ? page : 'pass'));
    const phase = new Registry(access(fake.host), { patience });
    const reply = await phase.tags(`${fake.host}/img` as Repository);
    assert.ok(!reply.ok && reply.fault.kind === 'malformed', link);
    phase.close();
    await fake.stop();
  }
});

test('no secret leaves: not in a state, not on stderr', async () => {
  const written: string[] = [];
  const { error, log, warn } = console;
  const catching = (...parts: unknown[]) => {
    written.push(inspect(parts, { depth: 9 }));
  };
  Object.assign(console, { error: catching, log: catching, warn: catching });
  try {
    const said: unknown[] = [];
    const echo = await stateUnder((asked) =>
      asked.path === '/v2/'
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : refusal(403, 'DENIED', `you sent ${asked.headers.authorization} ${password}`),
    );
    assert.match(echo.reason, /you sent/);
    assert.ok(echo.asked.some(({ headers }) => headers.authorization !== undefined));
    said.push(echo.state);
    for (const says of [
      { status: 200, body: '{"refresh_token":"token-secret"}' },
      { status: 403, body: '{"token":5,"x":"token-secret"}' },
    ]) {
      said.push((await stateUnder(tokenRegistry({ says }))).state);
    }
    const all = inspect([said, written], { depth: 9 });
    const basic = Buffer.from(`amy:${password}`).toString('base64');
    for (const secret of [password, basic, 'token-secret']) {
      assert.ok(!all.includes(secret), all);
    }
  } finally {
    Object.assign(console, { error, log, warn });
  }
});

test('a blob on another host is fetched there without the credentials', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1', { labels: { a: 'b' } });
  const store = await faultyRegistry(() => 'pass', { behind: real.host });
  const elsewhere = store.host.replace('127.0.0.1', 'localhost');
  const fake = await faultyRegistry(
    ({ path, headers }) => {
      if (headers.authorization === undefined) {
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      }
      return path.includes('/blobs/')
        ? { status: 307, headers: { location: `http://${elsewhere}${path}` } }
        : 'pass';
    },
    { behind: real.host },
  );
  const [state] = await askAll(access(fake.host), ['one']);
  assert.ok(state?.kind === 'published' && state.config.known);
  assert.equal(state.config.value.labels.get('a'), 'b');
  assert.equal(store.asked.length, 1);
  assert.equal(store.asked[0]?.headers.authorization, undefined);
  await Promise.all([fake.stop(), store.stop(), real.stop()]);
});

test('a manifest elsewhere is fetched there, with the login only where that is one port', {
  skip,
}, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1', { labels: { a: 'b' } });
  const store = await faultyRegistry(() => 'pass', { behind: real.host });
  const own = { target: '' };
  const fake = await faultyRegistry(
    ({ path, headers }) => {
      if (headers.authorization === undefined) {
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      }
      return path.endsWith('/manifests/1') && own.target !== ''
        ? { status: 307, headers: { location: `${own.target}${path}?moved` } }
        : 'pass';
    },
    { behind: real.host },
  );
  for (const host of [store.host, store.host.replace('127.0.0.1', 'localhost')]) {
    own.target = `http://${host}`;
    const before = store.asked.length;
    const [state] = await askAll(access(fake.host), ['one']);
    assert.equal(state?.kind, 'published', host);
    const asked = store.asked.slice(before);
    assert.ok(
      asked.length > 0 && asked.every(({ headers }) => headers.authorization === undefined),
    );
  }
  // On the same port the login goes along: without one it answers 401.
  own.target = `http://${fake.host}`;
  const [same] = await askAll(access(fake.host), ['one']);
  assert.equal(same?.kind, 'published');
  assert.ok(fake.asked.some(({ path }) => path.endsWith('?moved')));
  const loops = await faultyRegistry(({ path }) =>
    path.includes('/manifests/') ? { status: 302, headers: { location: path } } : 'pass',
  );
  const [round] = await askAll(access(loops.host), ['one']);
  assert.ok(round?.kind === 'unknown' && /redirects more than 20 times/.test(round.reason));
  const strange = await faultyRegistry(({ path }) =>
    path.includes('/manifests/')
      ? { status: 302, headers: { location: 'file:///etc/passwd' } }
      : 'pass',
  );
  const [file] = await askAll(access(strange.host), ['one']);
  assert.ok(file?.kind === 'unknown' && /not a web address/.test(file.reason));
  await Promise.all([fake, store, real, loops, strange].map((each) => each.stop()));
});

test('a HEAD that is limited is waited for, and is no reason for a GET', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1', { labels: { a: 'b' } });
  const heads = { left: 1 };
  const fake = await faultyRegistry(
    ({ method, path }) =>
      method === 'HEAD' && path.includes('/manifests/') && heads.left-- > 0
        ? { status: 429, headers: { 'retry-after': '1' } }
        : 'pass',
    { behind: real.host },
  );
  const phase = new Registry(access(fake.host), { patience });
  const head = await phase.head(`${fake.host}/one` as Repository, '1');
  assert.ok(head !== undefined);
  assert.ok(
    !fake.asked.some(({ method, path }) => method === 'GET' && path.includes('/manifests/')),
  );
  phase.close();
  await Promise.all([fake.stop(), real.stop()]);
});

test('credentials that died are found again, and what others wait for goes on with them', {
  skip,
}, async () => {
  const real = await registry();
  for (const name of ['one', 'two']) {
    await putImage({ host: real.host }, name, '1');
  }
  let valid = 'first';
  const fake = await faultyRegistry(
    ({ headers }) =>
      headers.authorization === `Basic ${Buffer.from(`amy:${valid}`).toString('base64')}`
        ? 'pass'
        : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
    { behind: real.host },
  );
  let given = 0;
  let now = 0;
  const find = async (): Promise<Credentials> => {
    given++;
    return { ...amy, password: new Secret(valid) };
  };
  const keyring = new Keyring(await find(), find, () => now);
  const credentials = keyring.current;
  const to = access(fake.host, { credentials, keyring });
  const kinds = async () => (await askAll(to, ['one', 'two'])).map(({ kind }) => kind);
  assert.deepEqual(await kinds(), ['published', 'published']);
  assert.equal(given, 1);
  now += 60_000;
  valid = 'second';
  assert.deepEqual(await kinds(), ['published', 'published']);
  assert.equal(given, 2);
  // Nobody has the third: the helper gives the second again, and is not asked for every image.
  now += 60_000;
  const gone = new Keyring(
    keyring.current,
    async () => {
      given++;
      return keyring.current;
    },
    () => now,
  );
  now += 60_000;
  valid = 'third';
  const states = await askAll(access(fake.host, { credentials, keyring: gone }), ['one', 'two']);
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ['unknown', 'unknown'],
  );
  assert.equal(given, 3);
  await fake.stop();
  await real.stop();
});

/** Answers for what is there; refuses what is not, unless the token may push. */
function creatingRegistry(refusedAs: 401 | 403) {
  return ({ path, headers }: Asked): Misbehaviour => {
    if (path.startsWith('/token')) {
      const scope = new URL(path, 'http://x').searchParams.get('scope') ?? '';
      return { status: 200, body: JSON.stringify({ token: scope.split(':')[2] }) };
    }
    const realm = `Bearer realm="http://${headers.host}/token",service="s"`;
    const bearer = headers.authorization?.slice('Bearer '.length);
    if (bearer === undefined) {
      return { status: 401, headers: { 'www-authenticate': realm } };
    }
    if (path.startsWith('/v2/there/') || bearer === 'pull,push') {
      return 'pass';
    }
    return { ...(refusal(refusedAs, 'DENIED') as object), status: refusedAs };
  };
}

test('a repository that is refused unless one may push is absent for a run that publishes', {
  skip,
}, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'there', '1');
  for (const refusedAs of [401, 403] as const) {
    const fake = await faultyRegistry(creatingRegistry(refusedAs), { behind: real.host });
    const kinds = async (asking: Asking) => {
      const states = await askAll(access(fake.host, { asking }), ['there', 'new']);
      return states.map(({ kind }) => kind);
    };
    assert.deepEqual(await kinds({}), ['published', 'unknown']);
    const looked = fake.asked.length;
    assert.ok(fake.asked.every(({ path }) => !path.includes('push')));
    assert.deepEqual(await kinds({ creates: true }), ['published', 'absent']);
    const scopes = fake.asked
      .slice(looked)
      .filter(toToken)
      .map(({ path }) => new URL(path, 'http://x').searchParams.get('scope'));
    // What is there is asked about as before: no right that is not needed.
    assert.ok(!scopes.includes('repository:there:pull,push'), scopes.join(' '));
    await fake.stop();
  }
  // Refused to those who may push too: the first answer counts.
  const strict = await faultyRegistry(onManifests(refusal(403, 'DENIED', 'no')));
  const [state] = await askAll(access(strict.host, { asking: { creates: true } }), ['new']);
  assert.equal(state?.kind === 'unknown' && state.reason, `${strict.host} answers 403: no`);
  await strict.stop();
  await real.stop();
});

test('Retry-After beyond the usual patience is waited for, and told', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'one', '1');
  let asked = 0;
  const fake = await faultyRegistry(
    ({ path }) =>
      path.includes('/manifests/') && ++asked === 1
        ? { status: 429, headers: { 'retry-after': '6' } }
        : 'pass',
    { behind: real.host },
  );
  const told: string[] = [];
  const asking = { waits: new SignsOfLife(lineByLine((line) => told.push(line))) };
  const began = performance.now();
  const [state] = await askAll(access(fake.host, { asking }), ['one']);
  assert.equal(state?.kind, 'published');
  assert.ok(performance.now() - began >= 6_000);
  assert.equal(told.length, 1, told.join());
  assert.match(told[0] ?? '', / answers 429: too many requests; waiting 6 s \(2 s so far\)$/);
  await fake.stop();
  await real.stop();
});

const uploads = ({ path }: Asked) => path.includes('/blobs/uploads/');

test('the right to push: the token says it, or the beginning of an upload does', async () => {
  const at = `http://HOST/token`;
  const jwt = (...actions: string[]) => {
    const access = [{ type: 'repository', name: 'one', actions }];
    return `e30.${Buffer.from(JSON.stringify({ access })).toString('base64url')}.x`;
  };
  const begun = { status: 202, headers: { location: '/v2/one/blobs/uploads/u?state=s' } };
  const elsewhere = { status: 202, headers: { location: 'https://other.example/u' } };
  const cases: [token: string | undefined, Misbehaviour, RegExp | undefined, string[]][] = [
    [jwt('pull', 'push'), begun, undefined, []],
    [
      jwt('pull'),
      begun,
      /does not include the right to push \| asked as amy .*push to HOST\/one/,
      [],
    ],
    ['opaque', begun, undefined, ['POST', 'DELETE']],
    ['opaque', elsewhere, undefined, ['POST']],
    ['opaque', { status: 202 }, undefined, ['POST']],
    ['opaque', refusal(403, 'DENIED', 'no'), /HOST answers 403: no \| asked as amy/, ['POST']],
    // Amazon's answer.
    [
      undefined,
      refusal(404, 'NAME_UNKNOWN', 'The repository does not exist'),
      /HOST has no repository one \(NAME_UNKNOWN\) \| create HOST\/one/,
      ['POST'],
    ],
    // What is no answer to the question is no obstacle.
    [undefined, { status: 405 }, undefined, ['POST']],
    [undefined, { status: 200, body: '<p>' }, undefined, ['POST']],
    [undefined, { status: 500 }, undefined, ['POST', 'POST']],
    [undefined, 'reset', undefined, ['POST', 'POST']],
  ];
  for (const [token, says, expected, methods] of cases) {
    const fake = await faultyRegistry((asked) => {
      if (toToken(asked)) {
        return { status: 200, body: JSON.stringify({ token }) };
      }
      if (token !== undefined && asked.headers.authorization !== `Bearer ${token}`) {
        const realm = at.replace('HOST', asked.headers.host ?? '');
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } };
      }
      if (asked.path === '/v2/') {
        return { status: 200, body: '{}' };
      }
      return asked.method === 'DELETE' ? { status: 500 } : says;
    });
    const phase = new Registry(access(fake.host), { patience });
    const obstacle = await phase.pushObstacle(`${fake.host}/one` as Repository);
    phase.close();
    const told = obstacle && `${obstacle.reason} | ${obstacle.hint}`.replaceAll(fake.host, 'HOST');
    if (expected === undefined) {
      assert.equal(told, undefined);
    } else {
      assert.match(told ?? '', expected);
    }
    assert.deepEqual(
      fake.asked.filter(uploads).map(({ method }) => method),
      methods,
      inspect(says),
    );
    await fake.stop();
  }
});

test('an upload that is begun and cancelled leaves nothing', { skip }, async () => {
  const real = await registry({ users: { amy: password } });
  const phase = new Registry(access(real.host), { patience });
  assert.equal(await phase.pushObstacle(`${real.host}/one` as Repository), undefined);
  const state = await askState(phase, `${real.host}/one` as Repository, '1');
  assert.equal(state.kind, 'absent');
  phase.close();
  assert.deepEqual(
    real
      .requests()
      .filter(({ path }) => path.includes('/uploads/'))
      .map(({ method, status }) => `${method} ${status}`),
    ['POST 202', 'DELETE 204'],
  );
  const catalog = await fetch(`http://${real.host}/v2/_catalog`, {
    headers: { authorization: `Basic ${Buffer.from(`amy:${password}`).toString('base64')}` },
  });
  assert.deepEqual(await catalog.json(), { repositories: [] });
  await real.stop();
});

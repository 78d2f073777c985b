/**
 * Builds with each kind of credential, and a search for the secret in everything that they wrote or
 * started: output, logs, reports, state, temporary files, arguments and environments of programs,
 * tests, and the registry with its attestations.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import {
  type PrivateEngine,
  privateEngine,
  privateEngineMissing,
} from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import {
  type Asked,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../support/faultyRegistry.js';
import { onlyLong } from '../support/long.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

const secret = 'q7x/ü+Geheim';
const pair = `amy:${secret}`;
const bearer = 'bearer-q7x-token';
const proxyPassword = 'pr0xy-q7x';

/** Every form in which a secret may go over the wire or into a file. */
const forms = [...[secret, pair, bearer, proxyPassword, `user:${proxyPassword}`]].flatMap(
  (text) => [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('base64'),
    JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  ],
);

interface Kind {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** `IN` is the directory of these files, HOST the registry. */
  readonly files?: Readonly<Record<string, ScratchFile>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly dockerConfig?: (host: string) => object;
  /** Tried with a registry that repeats what it was sent too: half a minute each. */
  readonly isSpiteful?: true;
  /** The registry takes identity tokens. */
  readonly isIdentity?: true;
}

const auth = Buffer.from(pair).toString('base64');

function helper(username: string): Record<string, ScratchFile> {
  const reply = JSON.stringify({ Username: username, Secret: secret });
  return {
    'bin/docker-credential-q': {
      text: `#!/bin/sh\ncat >/dev/null\necho '${reply}'\n`,
      mode: 0o755,
    },
  };
}

const kinds: readonly Kind[] = [
  { name: 'password of the configuration', config: { username: 'amy', password: secret } },
  {
    name: 'password_file',
    config: { username: 'amy', password_file: 'IN/password' },
    files: { password: `${secret}\n` },
    env: { GENERATE_BAKE_REGISTRY: 'HOST' },
  },
  {
    name: 'GENERATE_BAKE_PASSWORD',
    env: {
      GENERATE_BAKE_REGISTRY: 'HOST',
      GENERATE_BAKE_USERNAME: 'amy',
      GENERATE_BAKE_PASSWORD: secret,
    },
  },
  {
    name: '$CREDENTIALS_DIRECTORY',
    files: {
      'handed/generate-bake-registry': 'HOST',
      'handed/generate-bake-username': 'amy',
      'handed/generate-bake-password': secret,
    },
    env: { CREDENTIALS_DIRECTORY: 'IN/handed', GENERATE_BAKE_REGISTRY: 'HOST' },
  },
  { name: 'auths', dockerConfig: (host) => ({ auths: { [host]: { auth } } }) },
  {
    name: 'credHelpers',
    isSpiteful: true,
    files: helper('amy'),
    dockerConfig: (host) => ({ credHelpers: { [host]: 'q' } }),
  },
  { name: 'credsStore', files: helper('amy'), dockerConfig: () => ({ credsStore: 'q' }) },
  {
    name: 'identity token of auths',
    isSpiteful: true,
    dockerConfig: (host) => ({ auths: { [host]: { identitytoken: secret } } }),
    isIdentity: true,
  },
  {
    name: 'identity token of a helper',
    files: helper('<token>'),
    dockerConfig: (host) => ({ credHelpers: { [host]: 'q' } }),
    isIdentity: true,
  },
  {
    name: 'DOCKER_AUTH_CONFIG',
    env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { HOST: { auth } } }) },
  },
  {
    name: 'password of a proxy',
    isSpiteful: true,
    config: {
      username: 'amy',
      password: secret,
      http_proxy: `http://user:${proxyPassword}@127.0.0.1:9`,
    },
  },
];

/** Lets in who has the secret; `spiteful` refuses versions and repeats what it was sent. */
function gate(isIdentity: boolean, spiteful: () => boolean) {
  return ({ method, path, headers, body }: Asked): Misbehaviour => {
    const sent = headers.authorization ?? '';
    if (path.startsWith('/token')) {
      const form = new URLSearchParams(body);
      return form.get('refresh_token') === secret
        ? { status: 200, body: JSON.stringify({ access_token: bearer, token: bearer }) }
        : refusal(401, 'UNAUTHORIZED', `not ${body}`);
    }
    const expected = isIdentity ? `Bearer ${bearer}` : `Basic ${auth}`;
    if (sent !== expected) {
      const challenge = isIdentity
        ? `Bearer realm="http://${headers.host}/token",service="s"`
        : 'Basic realm="x"';
      return { status: 401, headers: { 'www-authenticate': challenge } };
    }
    if (spiteful() && method === 'PUT' && path.includes('/manifests/')) {
      return refusal(403, 'DENIED', `you sent ${pair} ${secret} ${sent}`);
    }
    return 'pass';
  };
}

/** The files below a directory in which one of the forms is, with the form. */
function found(
  directory: string,
  skipped: readonly string[],
  inFile: (path: string, text: string) => string[] = inText,
): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() && !skipped.includes(path)
      ? inFile(path, readFileSync(path, 'utf8'))
      : [];
  });
}

function inText(where: string, text: string): string[] {
  return forms.filter((form) => text.includes(form)).map((form) => `${where}: ${form}`);
}

async function buildWith(docker: PrivateEngine, kind: Kind): Promise<void> {
  const store = await registry();
  let isSpiteful = false;
  const fake = await faultyRegistry(
    gate(kind.isIdentity === true, () => isSpiteful),
    { behind: store.host },
  );
  const inputs = scratchTree({ log: '' });
  const filled = (text: string) =>
    text.replaceAll('IN/', `${inputs.path}/`).replaceAll('HOST', fake.host);
  const own = docker.env.DOCKER_CONFIG ?? '';
  const engineConfig = JSON.parse(readFileSync(join(own, 'config.json'), 'utf8'));
  const path = `${inputs.at('bin')}:${docker.env.PATH}`;
  inputs.write({
    ...Object.fromEntries(
      Object.entries(kind.files ?? {}).map(([name, file]) => [
        name,
        typeof file === 'string' ? filled(file) : file,
      ]),
    ),
    'docker/config.json': JSON.stringify({ ...engineConfig, ...kind.dockerConfig?.(fake.host) }),
    // Notes how docker is called, and is docker then.
    'wrap/docker': {
      text: `#!/bin/sh
PATH='${path}'
{ echo "argv: $*"; case "$*" in *' bake --file '*|'push '*) env ;; esac; } >> '${inputs.at('log')}'
exec docker "$@"
`,
      mode: 0o755,
    },
  });
  const config = { registry: fake.host, ...JSON.parse(filled(JSON.stringify(kind.config ?? {}))) };
  const env = Object.fromEntries(
    Object.entries(kind.env ?? {}).map(([name, value]) => [name, filled(value)]),
  );
  const tree = buildTree(
    docker,
    config,
    {
      one: {
        dockerfile: 'FROM secrets/base:1\nRUN echo one > /one\n',
        test: 'env; cat /proc/$PPID/cmdline | tr "\\0" " "',
      },
    },
    { ...env, DOCKER_CONFIG: inputs.at('docker'), PATH: `${inputs.at('wrap')}:${path}` },
  );
  const told: string[] = [];
  const run = async (command: string, ...args: string[]) => {
    const done = await tree.run(command, ...args);
    told.push(done.stdout, done.stderr);
    return done;
  };
  const flags = ['--publish', '--debug', '--report', 'report.json', '--junit', 'junit.xml'];
  const runAttested = async (mode: string) => {
    // The directories are before what is for bake.
    const done = await runCli(
      ['build', '-c', 'config.yaml', ...flags, 'images', '--', `--provenance=mode=${mode}`],
      { cwd: tree.at('work'), env: tree.env },
    );
    told.push(done.stdout, done.stderr);
    return done;
  };
  const isProxy = kind.config?.http_proxy !== undefined;
  if (isProxy) {
    const refused = await runAttested('max');
    assert.equal(refused.status, 2, refused.stderr);
    assert.match(refused.stderr, /http_proxy of images contains a user name or password/);
    assert.ok(!readFileSync(inputs.at('log'), 'utf8').includes(' bake --file '));
  }
  const first = await runAttested('min');
  assert.equal(first.status, 0, `${kind.name}: ${first.stderr}`);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))), { published: ['one:1'] });
  await run('status', '--json');
  await run('list');
  if (kind.isSpiteful === true) {
    isSpiteful = true;
    tree.sketch({
      one: {
        version: '2',
        dockerfile: 'FROM secrets/base:1\nRUN echo two > /two; env; echo "$http_proxy"\n',
      },
    });
    const second = await run('build', ...flags, '--retries', '0');
    assert.equal(second.status, 1, second.stderr);
    assert.match(second.stderr, /one:2: FAILED to publish: .*you sent/);
  }

  const attestations = found(dirname(store.logFile), [], (path, text) =>
    text.includes('https://slsa.dev/provenance/') ? [path] : [],
  );
  assert.ok(attestations.length > 0, 'nothing is attested');
  const inline = isProxy || kind.config?.password !== undefined;
  const skipped = inline ? [tree.at('work/config.yaml')] : [];
  const log = readFileSync(inputs.at('log'), 'utf8');
  assert.match(log, /^argv: push /m);
  assert.match(log, /^argv: buildx bake --file /m);
  // What the user's own environment has, docker has too; but no push and no bake call of another login.
  const isOurs = kind.env?.GENERATE_BAKE_PASSWORD === undefined;
  const argv = log.split('\n').filter((line) => line.startsWith('argv: '));
  const leaks = [
    ...inText('output', told.join('\n')),
    ...inText('arguments', argv.join('\n')),
    ...(isOurs ? inText('environment of docker', log) : []),
    ...found(tree.path, skipped),
    ...found(dirname(store.logFile), []),
  ];
  assert.deepEqual(leaks, [], kind.name);
  await fake.stop();
  await store.stop();
}

test('no secret is in what a build writes or starts, with any kind of credential', {
  skip: privateEngineMissing() ?? onlyLong,
}, async (t) => {
  const docker = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
  t.after(() => docker.remove());
  await loadBase(docker, 'secrets/base:1');
  for (const kind of kinds) {
    await t.test(kind.name, () => buildWith(docker, kind));
  }
});

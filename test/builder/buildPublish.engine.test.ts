/** Who may publish, what is pinned, and where secrets must not show. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildTree, readReport, sketchFiles } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine, engines } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { firstUnlessLong } from '../support/long.js';
import { must, run } from '../support/process.js';

const child = (from: string, line: string): string =>
  `FROM {{ "${from}" | image_tag }}\nRUN ${line}\n`;

interface Published {
  readonly digest: string;
  readonly layers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What the registry itself says of a tag, past all of our own code. */
async function published(
  { host }: Registry,
  name: string,
  tag: string,
  user: string,
): Promise<Published | undefined> {
  const headers = {
    authorization: `Basic ${Buffer.from(user).toString('base64')}`,
    accept: 'application/vnd.docker.distribution.manifest.v2+json',
  };
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { headers });
  if (answer.status === 404) {
    return undefined;
  }
  assert.equal(answer.status, 200);
  const digest = answer.headers.get('docker-content-digest') ?? '';
  const manifest = (await answer.json()) as { config: { digest: string } };
  const blob = await fetch(`http://${host}/v2/${name}/blobs/${manifest.config.digest}`, {
    headers,
  });
  const config = (await blob.json()) as {
    rootfs: { diff_ids: string[] };
    config: { Labels?: Record<string, string> };
  };
  return { digest, layers: config.rootfs.diff_ids, labels: config.config.Labels ?? {} };
}

const putsOf = (store: Registry, from: number): string[] =>
  store
    .requests()
    .slice(from)
    .filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'))
    .map(({ path }) => path);

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: a child is built on its published parent, by the digest, with the tree's own password`, async () => {
    const store = await registry({ users: { robot: 'ge:heim' } });
    await loadBase(engine, `${store.host}/base:1`);
    const config = { registry: store.host, username: 'robot', password: 'ge:heim' };
    const tree = buildTree(engine, config, {
      parent: { dockerfile: `FROM ${store.host}/base:1\nRUN echo parent > /parent\n` },
    });
    const first = await tree.run('build', '--no-pull');
    assert.equal(first.status, 0, first.stderr);
    const parent = await published(store, 'parent', '1', 'robot:ge:heim');
    assert.ok(parent !== undefined);
    // Gone from the engine with its layers: it must be fetched, and the machine has no login.
    await engine.docker('image', 'rm', `${store.host}/parent:1`);
    await engine.docker('builder', 'prune', '--all', '--force');

    tree.sketch({
      child: { dockerfile: child('parent', 'test -e /parent && echo child > /child') },
    });
    const dry = await tree.run('build', '--print', '--rebuild-key', 'k');
    assert.equal(dry.status, 0, dry.stderr);
    const plan = await tree.run('plan', '--unpublished', '--rebuild-key', 'k');
    assert.equal(plan.status, 0, plan.stderr);
    const targets = JSON.parse(plan.stdout).target;
    assert.deepEqual(JSON.parse(dry.stdout).target, targets);
    assert.deepEqual(Object.keys(targets), ['child']);
    const pinned = `docker-image://${store.host}/parent:1@${parent.digest}`;
    assert.deepEqual(targets.child.contexts, { [`${store.host}/parent:1`]: pinned });

    const second = await tree.run('build', '--report', 'report.json');
    assert.equal(second.status, 0, second.stderr);
    const made = await published(store, 'child', '1', 'robot:ge:heim');
    assert.ok(made !== undefined);
    assert.deepEqual(made.layers.slice(0, parent.layers.length), parent.layers);
    assert.equal(made.labels['org.opencontainers.image.base.digest'], parent.digest);
    const report = readReport(tree.at('work/report.json'));
    const record = report.images.find(({ reference }) => reference.endsWith('/child:1'));
    assert.deepEqual(record?.parents, [
      { reference: `${store.host}/parent:1`, digest: parent.digest },
    ]);
    assert.equal(record?.digest, made.digest);
    assert.deepEqual(
      readdirSync(tree.at('tmp')).filter((name) => name.includes('login')),
      [],
    );
  });
}

test('two trees on one registry push with two users; a docker login alone publishes nothing', async () => {
  const docker = await engine();
  const store = await registry({ users: { amy: 'apass', bob: 'bpass' } });
  await loadBase(docker, `${store.host}/base:1`);
  const tree = buildTree(docker, {}, {});
  tree.write({
    'work/generate-bake.yaml': [
      'tree:',
      ...['a', 'b'].map((name) => `- {name: ${name}, directory: ${name}, config: ${name}.yaml}`),
      '',
    ].join('\n'),
    'work/a.yaml': `{registry: "${store.host}", namespace: a, username: amy, password: apass}`,
    'work/b.yaml': `{registry: "${store.host}", namespace: b, username: bob, password: bpass}`,
    ...sketchFiles('work/a', {
      one: { dockerfile: `FROM ${store.host}/base:1\nRUN echo 1 > /1\n` },
    }),
    ...sketchFiles('work/b', {
      two: { dockerfile: `FROM ${store.host}/a/one:1\nRUN echo 2 > /2\n` },
    }),
  });
  const bin = join(root, 'bin/generate-bake.js');
  const build = (...args: string[]) =>
    run(process.execPath, [bin, 'build', ...args], { cwd: tree.at('work'), env: tree.env });

  const refused = await build();
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /--all/);
  const all = await build('--all');
  assert.equal(all.status, 0, all.stderr);
  const log = readFileSync(store.logFile, 'utf8');
  const users = (path: string) =>
    new Set(
      [...log.matchAll(/^\S+ - (\S*) \[[^\]]*\] "PUT (\S+) /gm)]
        .filter(([, , asked]) => asked?.startsWith(path))
        .map(([, user]) => user),
    );
  // The access log of the distribution names no user for htpasswd in every version; what it does
  // name must be the right one.
  for (const user of users('/v2/a/one/')) {
    assert.ok(user === 'amy' || user === '-' || user === '', user);
  }
  for (const user of users('/v2/b/two/')) {
    assert.ok(user === 'bob' || user === '-' || user === '', user);
  }
  assert.deepEqual(putsOf(store, 0).sort(), [
    '/v2/a/one/manifests/1',
    '/v2/a/one/manifests/latest',
    '/v2/b/two/manifests/1',
    '/v2/b/two/manifests/latest',
  ]);

  // Wrong for one of them: only that tree's fail.
  tree.write({
    'work/b.yaml': `{registry: "${store.host}", namespace: b, username: bob, password: wrong}`,
    ...sketchFiles('work/a', {
      one: { version: '2', dockerfile: `FROM ${store.host}/base:1\nRUN echo 1 > /1\n` },
    }),
    ...sketchFiles('work/b', {
      three: { dockerfile: `FROM ${store.host}/base:1\nRUN echo 3 > /3\n` },
    }),
  });
  const half = await build('--all');
  assert.equal(half.status, 3, half.stderr);
  assert.match(half.stderr, /^2 images not built: \S+ answers 401: .*b\/three:1, b\/two:1$/m);
  assert.ok(!half.stderr.includes('wrong'), half.stderr);
  assert.ok((await published(store, 'a/one', '2', 'amy:apass')) !== undefined);

  // Logged in on the machine, no credentials in the configuration.
  const dockerConfig = tree.at('docker');
  tree.write({
    'docker/config.json': readFileSync(join(docker.env.DOCKER_CONFIG ?? '', 'config.json')),
  });
  const env = { ...tree.env, DOCKER_CONFIG: dockerConfig };
  await must('docker', ['login', '--username', 'amy', '--password-stdin', store.host], {
    env,
    input: 'apass',
  });
  tree.write({
    'work/a.yaml': `{registry: "${store.host}", namespace: a}`,
    'work/b.yaml': `{registry: "${store.host}", namespace: b}`,
    ...sketchFiles('work/a', {
      one: { version: '3', dockerfile: `FROM ${store.host}/base:1\nRUN echo 1 > /1\n` },
    }),
  });
  const from = store.requests().length;
  const quiet = await run(process.execPath, [bin, 'build', '--all'], { cwd: tree.at('work'), env });
  assert.equal(quiet.status, 0, quiet.stderr);
  assert.deepEqual(putsOf(store, from), []);
  const asked = await run(process.execPath, [bin, 'build', '--all', '--publish'], {
    cwd: tree.at('work'),
    env,
  });
  assert.equal(asked.status, 0, asked.stderr);
  assert.ok(putsOf(store, from).includes('/v2/a/one/manifests/3'));
});

test('no secret shows: in no log, report, error, temporary file or process list', async () => {
  const docker = await engine();
  const secret = 'Gehe1m:ßüß"$(x)';
  const store = await registry({ users: { robot: secret } });
  await loadBase(docker, `${store.host}/base:1`);
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'robot', password: secret },
    {
      good: {
        dockerfile: `FROM ${store.host}/base:1\nRUN sleep 1; env\n`,
        test: 'env; cat "$HOME/.docker/config.json"; sleep 1; ps -ef || true',
      },
      bad: { dockerfile: `FROM ${store.host}/base:1\nRUN env; exit 4\n` },
      fails: { dockerfile: `FROM ${store.host}/base:1\nRUN echo x > /x\n`, test: 'env; exit 5' },
    },
  );
  const forms = [
    secret,
    Buffer.from(`robot:${secret}`).toString('base64'),
    'Gehe1m',
    encodeURIComponent(secret),
  ];
  const args = [
    'build',
    '-c',
    'config.yaml',
    '--debug',
    '--report',
    'r.json',
    '--junit',
    'j.xml',
    'images',
  ];
  const running = spawn(process.execPath, [join(root, 'bin/generate-bake.js'), ...args], {
    cwd: tree.at('work'),
    env: tree.env,
  });
  let said = '';
  running.stderr.on('data', (data) => {
    said += data;
  });
  running.stdout.on('data', (data) => {
    said += data;
  });
  const commands = new Set<string>();
  const watch = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        commands.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        // It has ended.
      }
    }
  }, 50);
  const status = await new Promise((resolve) => running.on('close', resolve));
  clearInterval(watch);
  assert.equal(status, 1, said);
  assert.match(said, /good:1: published/);
  assert.ok(
    [...commands].some((command) => command.includes('push')),
    'pushes were seen',
  );
  const read = (folder: string): string =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'config.yaml')
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');
  const everything = [said, [...commands].join('\n'), read(tree.path)].join('\n');
  assert.match(everything, /exit 5|status 5/);
  for (const form of forms) {
    assert.ok(!everything.includes(form), `${form} shows`);
  }

  // A registry that refuses the password, and says so with it.
  tree.configure({ registry: store.host, username: 'robot', password: `${secret}2` });
  const refused = await tree.run('build', '--debug', '--report', 'r.json');
  assert.equal(refused.status, 3, refused.stderr);
  for (const form of forms) {
    assert.ok(!refused.stderr.includes(form), refused.stderr);
  }
});

test('a published version is not overwritten, drift is shown, latest goes forward only', async () => {
  const docker = await engine();
  const store = await registry({ users: { robot: 'geheim' } });
  await loadBase(docker, `${store.host}/base:1`);
  const dockerfile = (text: string) => `FROM ${store.host}/base:1\nRUN echo ${text} > /it\n`;
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'robot', password: 'geheim' },
    { one: { version: '1.9', dockerfile: dockerfile('first') } },
  );
  const state = (tag: string) => published(store, 'one', tag, 'robot:geheim');
  assert.equal((await tree.run('build')).status, 0);
  const first = await state('1.9');
  assert.equal((await state('latest'))?.digest, first?.digest);

  tree.sketch({ one: { version: '1.9', dockerfile: dockerfile('changed') } });
  let from = store.requests().length;
  const drifted = await tree.run('build');
  assert.equal(drifted.status, 0, drifted.stderr);
  assert.match(drifted.stderr, /one:1\.9: drifted: changed since it was published/);
  assert.deepEqual(putsOf(store, from), []);
  const status = await tree.run('status', '--json');
  assert.equal(JSON.parse(status.stdout).images[0].state, 'drifted');

  const over = await tree.run('build', '--overwrite-published');
  assert.equal(over.status, 0, over.stderr);
  const second = await state('1.9');
  assert.notEqual(second?.digest, first?.digest);
  assert.equal((await state('latest'))?.digest, second?.digest);

  // A lower version is published, and latest stays; nightly ones leave it too.
  tree.sketch({ one: { version: '1.8', dockerfile: dockerfile('old') } });
  const unasked = await tree.run('build');
  assert.equal(unasked.status, 1);
  assert.match(unasked.stderr, /one:1\.8: not built: it is lost: the registry has 1\.9, which/);
  const lower = await tree.run('build', '--rebuild-lost');
  assert.equal(lower.status, 0, lower.stderr);
  assert.match(lower.stderr, /latest stays at 1\.9/);
  assert.equal((await state('latest'))?.digest, second?.digest);
  from = store.requests().length;
  const nightly = await tree.run('build', '--nightly');
  assert.equal(nightly.status, 0, nightly.stderr);
  const puts = putsOf(store, from);
  assert.equal(puts.length, 1);
  assert.match(puts[0] ?? '', /\/manifests\/1\.8-\d{8}$/);

  tree.sketch({ one: { version: '1.7', dockerfile: dockerfile('older') } });
  assert.equal((await tree.run('build', '--latest', '--rebuild-lost')).status, 0);
  assert.equal((await state('latest'))?.digest, (await state('1.7'))?.digest);

  // Somebody else publishes the version after it was found to be absent: no overwriting either.
  assert.equal((await tree.run('status', '--exit-code')).status, 0);
  assert.equal((await tree.run('build', '--quiet')).stderr, '');

  // With a registry that nobody can ask there is nothing to do either, and it is not well.
  await store.stop();
  const down = await tree.run('build', '--quiet');
  assert.equal(down.status, 3);
  assert.match(down.stderr, /cannot be reached.*\n1 not built\n$/);
});

test('latest that an interrupted run still owed is moved by the next one', async () => {
  const docker = await engine();
  const store = await registry();
  await loadBase(docker, `${store.host}/base:1`);
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'any', password: 'thing' },
    { one: { dockerfile: `FROM ${store.host}/base:1\nRUN echo x > /x\n` } },
  );
  assert.equal((await tree.run('build', '--nightly')).status, 0);
  assert.equal((await tree.run('build')).status, 0);
  // What a run that was killed between the version's push and the move leaves behind.
  const owed = { repository: `${store.host}/one`, version: '1' };
  tree.sketch({
    one: { version: '2', dockerfile: `FROM ${store.host}/base:1\nRUN echo y > /x\n` },
  });
  assert.equal((await tree.run('build')).status, 0);
  const journals = readdirSync(tree.at('state/generate-bake')).filter((each) =>
    /^latest-/.test(each),
  );
  assert.deepEqual(journals, []);
  const name = journalName(tree.at('state/generate-bake'), store.host);
  writeFileSync(name, JSON.stringify(owed));
  const from = store.requests().length;
  const next = await tree.run('build', '--latest');
  assert.equal(next.status, 0, next.stderr);
  assert.deepEqual(putsOf(store, from), ['/v2/one/manifests/latest']);
  assert.ok(!existsSync(name));
});

/** The journal's file is named after the registry's host. */
function journalName(folder: string, host: string): string {
  return join(
    folder,
    `latest-${createHash('sha256').update(host).digest('hex').slice(0, 16)}.jsonl`,
  );
}

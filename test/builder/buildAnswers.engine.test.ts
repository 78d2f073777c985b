/**
 * Whole builds against what public registries answer (Docker Hub, ECR, GHCR, Harbor, Quay): a fake
 * in front of a real registry plays what is known from reports.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { account, plain, putsVersion, reported, tagsOf } from '../support/faultTree.js';
import {
  type Asked,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../support/faultyRegistry.js';
import { onlyLong } from '../support/long.js';

const docker = await engine();
const base = 'answers/base:1';
await loadBase(docker, base);

test('a push that is limited is tried until the registry takes it again, with signs of life', {
  skip: onlyLong,
}, async () => {
  const real = await registry();
  let since: number | undefined;
  let readsFrom: number | 'next' = 0;
  const limits: Readonly<Record<string, Misbehaviour>> = {
    hub: {
      ...(refusal(429, 'TOOMANYREQUESTS') as object),
      status: 429,
      headers: { 'retry-after': '15' },
    },
    github: refusal(403, 'DENIED', 'You have exceeded a secondary rate limit'),
  };
  const fake = await faultyRegistry(
    (asked) => {
      const limit = limits[/^\/v2\/(\w+)\//.exec(asked.path)?.[1] ?? ''];
      if (limit === undefined || !putsVersion(asked)) {
        if (!asked.path.includes('/manifests/')) {
          return 'pass';
        }
        // The first questions of a run, all that are asked at the same time.
        readsFrom = readsFrom === 'next' ? Date.now() + 1_000 : readsFrom;
        const isLimited = Date.now() < readsFrom;
        return isLimited ? { status: 429, headers: { 'retry-after': '6' } } : 'pass';
      }
      since ??= Date.now();
      // Longer than --retries 1 would have borne.
      return Date.now() - since < 15_000 ? limit : 'pass';
    },
    { behind: real.host },
  );
  const images = { hub: plain(base, 'hub'), github: plain(base, 'github') };
  const tree = buildTree(docker, { registry: fake.host, ...account }, images);
  const { status, stderr, report } = await reported(tree, '--retries', '1');
  assert.equal(status, 0, stderr);
  assert.deepEqual(endings(report), { published: ['github:1', 'hub:1'] });
  assert.match(stderr, /\/hub:1: .*; waiting \d+ s\n/);
  assert.match(stderr, /\/github:1: .*secondary rate limit.*; waiting \d+ s\n/);

  const waiting = async (...args: string[]) => {
    readsFrom = 'next';
    return tree.run('build', ...args);
  };
  const loud = await waiting();
  assert.equal(loud.status, 0, loud.stderr);
  assert.match(loud.stderr, /answers 429: too many requests; waiting 6 s/);
  // A wait is no work.
  const quiet = await waiting('--quiet');
  assert.deepEqual(quiet, { status: 0, stdout: '', stderr: '' });
  await fake.stop();
});

test('a push that stays limited is given up once the transfer time is over', {
  skip: onlyLong,
}, async () => {
  const real = await registry();
  const fake = await faultyRegistry(
    (asked) => (putsVersion(asked) ? refusal(429, 'TOOMANYREQUESTS') : 'pass'),
    { behind: real.host },
  );
  const tree = buildTree(docker, { registry: fake.host, ...account }, { one: plain(base, 'late') });
  const { status, stderr, report } = await reported(tree, '--transfer-timeout', '8');
  assert.equal(status, 1, stderr);
  assert.deepEqual(endings(report), { failed: ['one:1'] });
  assert.match(stderr, /\/one:1: FAILED to publish: toomanyrequests/i);
  await fake.stop();
});

/** Answers for what is there; refuses what is not, unless the token may push. */
function creating(isThere: (name: string) => boolean) {
  return ({ method, path, headers }: Asked): Misbehaviour => {
    // containerd asks as OAuth 2 has it first, and then as docker does.
    if (path.startsWith('/token') && method === 'POST') {
      return { status: 405, body: '{}' };
    }
    if (path.startsWith('/token')) {
      const scopes = new URL(path, 'http://x').searchParams.getAll('scope');
      const token = scopes.map((scope) => scope.split(':')[2] ?? 'none').join(',');
      return { status: 200, body: JSON.stringify({ token }) };
    }
    const bearer = headers.authorization?.slice('Bearer '.length);
    const name = /^\/v2\/(.+?)\/(?:manifests|blobs|tags)\//.exec(path)?.[1];
    if (bearer !== undefined && (name === undefined || isThere(name) || bearer.includes('push'))) {
      return 'pass';
    }
    const realm = `Bearer realm="http://${headers.host}/token",service="s"`;
    const scope = name === undefined ? '' : `,scope="repository:${name}:pull"`;
    const refused = refusal(401, 'UNAUTHORIZED', 'no such project, or not yours') as object;
    return { ...refused, status: 401, headers: { 'www-authenticate': `${realm}${scope}` } };
  };
}

test('a repository that answers 401 until somebody who may push asks: a new fleet is published', async () => {
  const real = await registry();
  const fake = await faultyRegistry(
    creating(() => false),
    { behind: real.host },
  );
  const images = { one: plain(base, 'new'), two: plain(base, 'newer') };
  const tree = buildTree(docker, { registry: fake.host, ...account }, images);
  const looked = await tree.run('status', '--json');
  assert.equal(looked.status, 3);
  assert.ok(fake.asked.every(({ path }) => !path.includes('push')));
  const first = await reported(tree);
  assert.equal(first.status, 0, first.stderr);
  assert.deepEqual(endings(first.report), { published: ['one:1', 'two:1'] });
  assert.deepEqual(await tagsOf(real.host, 'one'), ['1', 'latest']);
  await fake.stop();
});

test('a base that cannot be had stops what is built on it alone, and what nobody needs is not asked', async () => {
  const real = await registry();
  await docker.docker('tag', base, `${real.host}/good:1`);
  await docker.docker('push', `${real.host}/good:1`);
  const answers: Readonly<Record<string, Misbehaviour>> = {
    limited: refusal(429, 'TOOMANYREQUESTS'),
    down: { status: 503 },
    denied: refusal(401, 'UNAUTHORIZED'),
  };
  const fake = await faultyRegistry(
    ({ path }) => answers[/^\/v2\/(\w+)\//.exec(path)?.[1] ?? ''] ?? 'pass',
    { behind: real.host },
  );
  const bad = Object.keys(answers);
  const bases = [...bad, 'unneeded'].map((name) => `${fake.host}/${name}:1`);
  const images = {
    ...Object.fromEntries(bad.map((name) => [name, plain(`${fake.host}/${name}:1`, name)])),
    child: { dockerfile: 'FROM {{ "limited" | image_tag }}\nRUN echo child > /child\n' },
    well: plain(`${real.host}/good:1`, 'well'),
    copies: {
      dockerfile: `FROM ${real.host}/good:1\nCOPY --from=${fake.host}/down:1 /etc /x\n`,
    },
  };
  const config = { namespace: 'answers', base_images: [...bases, `${real.host}/good:1`] };
  const tree = buildTree(docker, config, images);
  const some = await reported(tree, '--retries', '1');
  assert.equal(some.status, 3, some.stderr);
  assert.deepEqual(endings(some.report), {
    built: ['well:1'],
    failed: ['copies:1', 'denied:1', 'down:1', 'limited:1'],
    skipped: ['child:1'],
  });
  assert.ok(fake.asked.every(({ path }) => !path.includes('unneeded')));
  for (const { ending, during } of some.report.images) {
    assert.equal(during, ending === 'failed' ? 'base' : undefined);
  }
  assert.match(
    some.stderr,
    /answers\/limited:1: FAILED: cannot refresh the base image .*limited:1: /,
  );
  assert.match(some.stderr, /FAILED {2}limited:1 \(base\)/);
  assert.match(some.stderr, /child:1: skipped: parent .*limited:1 failed/);

  // What is asked for needs none of them: nothing is asked, and nothing stops.
  const before = fake.asked.length;
  tree.sketch({ other: plain(`${real.host}/good:1`, 'other') });
  const one = await tree.run('build', '--select', 'other');
  assert.equal(one.status, 0, one.stderr);
  assert.equal(fake.asked.length, before);
  await fake.stop();
});

test('what could not be pushed is told before hours are spent on it, and the rest is published', async () => {
  const real = await registry();
  const answers: Readonly<Record<string, Misbehaviour>> = {
    forbidden: refusal(403, 'DENIED', 'the quota of robot accounts'),
    ready: refusal(403, 'DENIED', 'the quota of robot accounts'),
    // Amazon's answer.
    nowhere: refusal(404, 'NAME_UNKNOWN', 'The repository does not exist in the registry'),
  };
  const fake = await faultyRegistry(
    ({ method, path }) =>
      (method === 'POST' && answers[/^\/v2\/(\w+)\//.exec(path)?.[1] ?? '']) || 'pass',
    { behind: real.host },
  );
  const slow = { dockerfile: `FROM ${base}\nRUN sleep 600\n` };
  const tree = buildTree(
    docker,
    { registry: fake.host, ...account },
    {
      forbidden: slow,
      nowhere: slow,
      child: { dockerfile: 'FROM {{ "nowhere" | image_tag }}\nRUN sleep 600\n' },
      // Built before, and only to be tested and published.
      ready: { ...plain(base, 'ready'), test: 'false' },
      below: { dockerfile: 'FROM {{ "ready" | image_tag }}\nRUN sleep 600\n' },
      well: plain(base, 'well'),
    },
  );
  const unpublished = await tree.run('build', '--no-publish', '--select', 'ready');
  assert.equal(unpublished.status, 1);
  for (const command of ['plan', 'list', 'status']) {
    await tree.run(command);
  }
  const dry = await tree.run('build', '--dry-run');
  assert.equal(dry.status, 0, dry.stderr);
  assert.ok(fake.asked.every(({ method }) => method === 'GET' || method === 'HEAD'));
  const { status, stderr, report } = await reported(tree);
  assert.equal(status, 1, stderr);
  assert.deepEqual(endings(report), {
    failed: ['forbidden:1', 'nowhere:1', 'ready:1'],
    published: ['well:1'],
    skipped: ['below:1', 'child:1'],
  });
  assert.match(stderr, /\/forbidden:1: FAILED to publish: .*answers 403: the quota/);
  assert.match(stderr, /\/ready:1: FAILED to publish: .*answers 403: the quota/);
  assert.match(
    stderr,
    /FAILED {2}forbidden:1.*\n.*\n {8}\| hint: asked as any .*ask for the right to push to /,
  );
  assert.match(
    stderr,
    /\/nowhere:1: FAILED to publish: .* has no repository nowhere \(NAME_UNKNOWN\)/,
  );
  assert.match(stderr, /FAILED {2}nowhere:1.*\n.*\n {8}\| hint: create /);
  assert.deepEqual(await tagsOf(real.host, 'well'), ['1', 'latest']);
  // Nothing is asked where nothing is published.
  const before = fake.asked.length;
  await tree.run('build', '--no-publish', '--select', 'well');
  assert.ok(fake.asked.slice(before).every(({ method }) => method !== 'POST'));
  await fake.stop();
});

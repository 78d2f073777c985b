/** How commands ask a registry: how often they greet it, how many questions at a time, how long they wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import {
  type Asked,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../support/faultyRegistry.js';
import { scratchTree } from '../support/scratch.js';

function treeFor(host: string, images: readonly string[]) {
  const tree = scratchTree({
    'home/x': '',
    'generate-bake.toml': `registry = "${host}"\nversion = "1"\n`,
    ...Object.fromEntries(images.map((name) => [`${name}/Dockerfile`, 'FROM scratch\n'])),
  });
  return (args: readonly string[]) =>
    runCli(args, {
      cwd: tree.path,
      env: {
        PATH: process.env.PATH,
        HOME: tree.at('home'),
        DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      },
    });
}

const isGreeting = ({ path }: Asked) => path === '/v2/';

test('one command greets a registry once, whatever its phases ask', async () => {
  // Absent images are asked for, and then what else the registry has of them: two phases at least.
  const fake = await faultyRegistry((asked) =>
    isGreeting(asked) ? 'pass' : refusal(404, 'NAME_UNKNOWN'),
  );
  const { stdout } = await treeFor(fake.host, ['a', 'b'])(['status']);
  await fake.stop();
  assert.match(stdout, /a:1 +absent/);
  assert.ok(fake.asked.some(({ path }) => path.includes('/tags/list')));
  assert.equal(fake.asked.filter(isGreeting).length, 1);
});

test('a challenge that is over by the next phase is asked for again', async () => {
  const challenge = (realm: string): Misbehaviour => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` },
  });
  const token = { status: 200, body: '{"token":"t"}' };
  const first = await faultyRegistry(({ path }) =>
    path.includes('/old') && count(first.asked, '/old') > 1 ? { status: 500 } : token,
  );
  const fake = await faultyRegistry((asked) => {
    if (isGreeting(asked)) {
      const isFirst = fake.asked.filter(isGreeting).length <= 1;
      return challenge(`http://${first.host}/${isFirst ? 'old' : 'new'}`);
    }
    return asked.headers.authorization === undefined
      ? challenge(`http://${first.host}/new`)
      : refusal(404, 'NAME_UNKNOWN');
  });
  const { status, stdout, stderr } = await treeFor(fake.host, ['a'])([
    'status',
    '--no-credentials',
  ]);
  await Promise.all([fake.stop(), first.stop()]);
  assert.match(stdout, /a:1 +absent/, stderr);
  assert.equal(status, 0, stderr);
  // Two questions may meet the old challenge at the same time: each forgets it.
  const greetings = fake.asked.filter(isGreeting).length;
  assert.ok(greetings === 2 || greetings === 3, `${greetings}`);
});

function count(asked: readonly Asked[], part: string): number {
  return asked.filter(({ path }) => path.includes(part)).length;
}

test('prune --registry lists the tags of repositories side by side, in the order of the images', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  let open = 0;
  let most = 0;
  const fake = await faultyRegistry(
    ({ path }) => {
      if (!path.includes('/tags/list')) {
        return path === '/v2/' ? 'pass' : refusal(404, 'MANIFEST_UNKNOWN');
      }
      open--;
      return path.includes('/d/')
        ? refusal(403, 'DENIED', 'not yours')
        : { status: 200, body: JSON.stringify({ tags: ['2', '1'] }) };
    },
    {
      delayMs: ({ path }) => {
        if (!path.includes('/tags/list')) {
          return 0;
        }
        most = Math.max(most, ++open);
        // The first one is answered last.
        return path.includes('/a/') ? 600 : 300;
      },
    },
  );
  const { status, stdout, stderr } = await treeFor(fake.host, names)(['prune', '--registry']);
  await fake.stop();
  assert.equal(status, 3, stderr);
  assert.equal(most, names.length);
  const listed = [...stdout.matchAll(/\/([a-f]):/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(listed)], ['a', 'b', 'c', 'e', 'f']);
  assert.deepEqual([...listed], [...listed].sort());
  assert.match(stderr, /cannot list the tags of [^ ]*\/d: /);
});

test('outside of build nobody waits longer than a minute because a registry says so', async () => {
  const fake = await faultyRegistry((asked) =>
    isGreeting(asked) ? 'pass' : { status: 429, headers: { 'retry-after': '61' } },
  );
  const cli = treeFor(fake.host, ['a']);
  const commands = [
    ['status'],
    ['plan', '--unpublished'],
    ['promote', 'a', '1', '-y'],
    ['rollback', 'a', '-y'],
    ['prune', '--registry'],
  ];
  await Promise.all(
    commands.map(async (args) => {
      const began = performance.now();
      const { status, stdout, stderr } = await cli(args);
      assert.ok(performance.now() - began < 30_000, `${args}`);
      assert.match(
        stdout + stderr,
        /answers 429: too many requests; it asks for a wait of 61 s, and this command waits 60 s in all/,
        `${args}`,
      );
      assert.equal(status, 3, `${args}: ${stdout}${stderr}`);
    }),
  );
  await fake.stop();
});

/** Registries that want to know who asks: tokens that expire, passwords that are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { run } from '../support/process.js';
import { tokenService } from '../support/tokenService.js';

const docker = await engine();
const base = 'tokens/base:1';
await loadBase(docker, base);
const openssl = await run('openssl', ['version']).catch(() => undefined);
const skip = openssl?.status === 0 ? false : 'no openssl on this machine';

const password = 'pä:ß Привет"$(x)';

test('tokens that expire during the run are fetched anew, in every phase', { skip }, async () => {
  const service = await tokenService(`robot:${password}`, 4);
  const store = await registry({ tokens: service.authority });
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'robot', password },
    {
      // Longer than a token lasts, before the push and between push and the end of the run.
      one: { dockerfile: `FROM ${base}\nRUN sleep 5 && echo one > /one\n` },
      two: { dockerfile: `FROM ${base}\nRUN echo two > /two\n`, test: 'sleep 11' },
      child: { dockerfile: 'FROM {{ "two" | image_tag }}\nRUN echo child > /child\n' },
    },
  );
  const built = await tree.run('build', '--report', 'report.json');
  assert.equal(built.status, 0, built.stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), { published: ['child:1', 'one:1', 'two:1'] });
  assert.equal(report.latest.length, 3);
  assert.equal(service.refused(), 0);
  const pushes = service.given.filter((scope) => /^repository:one:.*push/.test(scope));
  assert.ok(pushes.length >= 2, service.given.join(' '));

  const again = await tree.run('build');
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stderr, /nothing to do/);
  await service.stop();
});

test('a registry that is down, a token service that is down, a wrong password: nothing is built in vain', {
  skip,
}, async () => {
  const service = await tokenService('robot:right', 60);
  const byToken = await registry({ tokens: service.authority });
  const byPassword = await registry({ users: { robot: 'right' } });
  const images = {
    one: { dockerfile: `FROM ${base}\nRUN echo vain > /vain\n` },
    two: { dockerfile: 'FROM {{ "one" | image_tag }}\nRUN echo vain > /two\n' },
  };
  const refusedBy = async (host: string, secret: string) => {
    const tree = buildTree(docker, { registry: host, username: 'robot', password: secret }, images);
    const built = await tree.run('build', '--report', 'report.json');
    assert.equal(built.status, 3, built.stderr);
    assert.deepEqual(endings(readReport(tree.at('work/report.json'))), {
      untouched: ['one:1', 'two:1'],
    });
    assert.ok(!built.stderr.includes(secret), built.stderr);
    assert.match(built.stderr, /\n2 not built\n$/);
    assert.equal(await docker.docker('image', 'ls', '--quiet', `${host}/one`), '');
    const status = await tree.run('status', '--json');
    assert.equal(JSON.parse(status.stdout).images[0].state, 'unknown');
    return built.stderr;
  };
  for (const { host } of [byToken, byPassword]) {
    const said = await refusedBy(host, 'Falsch12');
    assert.match(said, new RegExp(`not built: .*${host}\\)? answers 401`));
    assert.match(said, /asked as robot .*check the password/);
  }
  await service.stop();
  const noService = await refusedBy(byToken.host, 'right!');
  assert.match(noService, /not built: .*connection refused/);
  await byPassword.stop();
  const down = await refusedBy(byPassword.host, 'right!');
  assert.match(down, /not built: .*cannot be reached: connection refused/);
});

/** `diff` of what a real engine has: built, published, and saved by docker itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildTree } from '../../support/buildTree.js';
import { runCli } from '../../support/cli.js';
import { loadBase } from '../../support/engine/base.js';
import {
  type Engine,
  engines,
  privateEngine,
  privateEngineMissing,
} from '../../support/engine/engine.js';
import { registry } from '../../support/engine/registry.js';
import { firstUnlessLong, onlyLong } from '../../support/long.js';

const dockerfile = (text: string): string =>
  [
    'FROM diff/busybox:1',
    `RUN mkdir -p /opt/d && echo ${text} > /opt/d/a && ln /opt/d/a /opt/d/hard && ln -s a /opt/d/soft`,
    `RUN echo ${text} > /opt/d/gone && echo x > /etc/x.conf`,
    `RUN rm /opt/d/gone && chown 7:${text} /etc/x.conf && chmod 4${text}0 /etc/x.conf`,
    `ENV TEXT=${text}`,
    'USER nobody',
    '',
  ].join('\n');

async function compareAll(docker: Engine): Promise<void> {
  await loadBase(docker, 'diff/busybox:1');
  const store = await registry({ users: { robot: 'geheim' } });
  const config = { registry: store.host, username: 'robot', password: 'geheim' };
  const tree = buildTree(docker, config, { app: { dockerfile: dockerfile('44') } });
  const env = { ...tree.env, GENERATE_BAKE_REGISTRY: store.host };
  const diff = (...args: string[]) =>
    runCli(['diff', 'app', ...args], { cwd: tree.at('work'), env });
  const built = await tree.run('build', '--no-pull');
  assert.equal(built.status, 0, built.stderr);

  const same = await diff('1', 'local', '--exit-code');
  assert.equal(same.status, 0, same.stdout + same.stderr);
  assert.match(same.stdout, /^nothing differs$/m);

  // Of the definition as it is now nothing is published: it is compared with what is.
  tree.sketch({ app: { version: '2', dockerfile: dockerfile('55') } });
  const local = await tree.run('build', '--no-pull', '--no-publish');
  assert.equal(local.status, 0, local.stderr);
  const found = await diff();
  assert.equal(found.status, 0, found.stderr);
  const lines = found.stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  '));
  assert.deepEqual(
    lines.filter((line) => !/^layers|^size|^ {2}\d/.test(line)),
    [
      `app: ${store.host}/app:1 → ${store.host}/app:2 (local)`,
      'packages: neither has a database of dpkg',
      'config: 1 differs, beside 2 labels of the build',
      '  changed  ENV TEXT  44 → 55',
      'files: 3 differ',
      '  changed  -r-Sr----- → -r-sr-x---, 7:44 → 7:55  /etc/x.conf',
      '  changed  content  /opt/d/a',
      '  changed  content  /opt/d/hard',
      'more than upgraded packages differs',
      '',
    ],
  );

  await docker.docker('save', '--output', tree.at('work/two.tar'), `${store.host}/app:2`);
  const saved = readFileSync(tree.at('work/two.tar'));
  tree.write({ 'work/two.tar.gz': gzipSync(saved, { level: 1 }) });
  for (const file of ['two.tar', 'two.tar.gz']) {
    assert.equal((await diff(file, 'local', '--exit-code')).status, 0, file);
    assert.equal((await diff('1', file, '--exit-code')).status, 1, file);
  }
  const both = `${store.host}/app:1`;
  await docker.docker('save', '--output', tree.at('work/both.tar'), both, `${store.host}/app:2`);
  const two = await diff('both.tar', 'local');
  assert.match(two.stderr, /both\.tar has 2 images .*\n.*hint: save one image alone/);
  assert.equal(two.status, 3);
  const none = await diff('local:3');
  assert.match(none.stderr, /the engine has no image .*app:3 \[diff-image\]/);
  assert.equal(none.status, 2);
  const refused = await diff('1', 'local', '--no-credentials');
  assert.match(refused.stderr, /answers 401/);
  assert.equal(refused.status, 3);
}

for (const docker of firstUnlessLong(await engines())) {
  test(`what is built, published and saved is compared (${docker.name})`, () => compareAll(docker));
}

test('the same with a containerd image store', {
  skip: onlyLong || (privateEngineMissing() ?? false),
}, async () => {
  const docker = await privateEngine('current', ['--feature', 'containerd-snapshotter=true']);
  try {
    await compareAll(docker);
  } finally {
    await docker.remove();
  }
});

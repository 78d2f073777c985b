/** Tests that run inside the images, on a real engine. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../../support/cli.js';
import { loadBase } from '../../support/engine/base.js';
import { engine } from '../../support/engine/engine.js';
import { lines } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

const docker = await engine();
const withoutGoss = (docker.env.PATH ?? '')
  .split(':')
  .filter((folder) => !existsSync(join(folder, 'goss')))
  .join(':');

/** No goss can be had here: this one only shows what it is asked, and passes where the file says so. */
const standInGoss = '#!/bin/sh\necho "stand-in goss $*"\ngrep -q "exists: true" "$2"\n';

test('a child inherits the tests inside its ancestors, and its containers are removed', async () => {
  await loadBase(docker, 'inside/base:1');
  const tree = scratchTree({
    'config.yaml': 'namespace: inside\n',
    'images/root/Dockerfile': 'FROM inside/base:1\nRUN echo root > /promise\nUSER 1234\n',
    'images/root/image.toml': 'version = "1"\ntests = ["root.sh"]\n',
    'images/root/root.sh': {
      text: '#!/bin/sh\nset -e\ntest "$(cat /promise)" = root\ntest "$(id -u)" = 1234\n',
      mode: 0o600,
    },
    'images/child/Dockerfile': 'FROM inside/root\n',
    'images/child/image.toml': 'version = "1"\ntests = ["own.sh"]\n',
    'images/child/own.sh': 'echo "own test of $0"\n',
  });
  const build = () =>
    runCli(['build', '--no-publish', '--debug', 'images'], { cwd: tree.path, env: docker.env });

  const kept = await build();
  assert.equal(kept.status, 0, kept.stderr);
  assert.match(kept.stderr, /inside\/child:1: \| own test of \/generate-bake-test\/own.sh/);

  tree.write({
    'images/child/Dockerfile': 'FROM inside/root\nUSER 0\nRUN echo child > /promise\n',
    'images/child/image.toml': 'version = "2"\ntests = ["own.sh"]\n',
  });
  const broken = await build();
  assert.equal(broken.status, 1, broken.stderr);
  assert.match(broken.stderr, /images\/root\/root.sh \(of inside\/root:1\) exited with status 1/);
  const left = await docker.docker(
    'ps',
    '--all',
    '--quiet',
    '--filter',
    'name=generate-bake-test-',
  );
  assert.equal(left, '');
});

test('goss is taken from the image, missed where it is required, passed over where it is not', async () => {
  await loadBase(docker, 'inside/base:1');
  const tree = scratchTree({
    'config.yaml': 'namespace: inside\n',
    'images/with-goss/Dockerfile': 'FROM inside/base:1\nCOPY goss /bin/goss\n',
    'images/with-goss/image.toml': 'version = "1"\n',
    'images/with-goss/goss': { text: standInGoss, mode: 0o755 },
    'images/with-goss/goss.yaml': 'file: {/bin/sh: {exists: true}}\n',
  });
  chmodSync(tree.at('images/with-goss/goss'), 0o755);
  const build = () =>
    runCli(['build', '--no-publish', '--debug', 'images'], {
      cwd: tree.path,
      env: { ...docker.env, PATH: withoutGoss },
    });
  const found = await build();
  assert.equal(found.status, 0, found.stderr);
  assert.match(found.stderr, /stand-in goss --gossfile \/generate-bake-test\/goss.yaml validate/);
  tree.write({
    'images/with-goss/goss.yaml': 'file: {/bin/sh: {exists: false}}\n',
    'images/with-goss/image.toml': 'version = "2"\n',
  });
  const failing = await build();
  assert.equal(failing.status, 1, failing.stderr);
  assert.match(failing.stderr, /images\/with-goss\/goss.yaml exited with status 1/);

  const without = {
    'images/with-goss/Dockerfile': 'FROM inside/base:1\n',
    'images/with-goss/image.toml': 'version = "3"\n',
  };
  tree.write(without);
  const passedOver = await build();
  assert.equal(passedOver.status, 0, passedOver.stderr);
  assert.match(passedOver.stderr, /goss.yaml was not run: goss is not installed/);
  tree.write({
    'config.yaml': lines(`
      namespace: inside
      goss_required: true
    `),
    'images/with-goss/image.toml': 'version = "4"\n',
  });
  const required = await build();
  assert.equal(required.status, 1, required.stderr);
  assert.match(required.stderr, /goss.yaml needs goss, which is not installed/);
});

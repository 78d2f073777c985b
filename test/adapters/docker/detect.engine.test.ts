import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonAnswers, detectEngine } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import {
  type Engine,
  engines,
  privateEngine,
  privateEngineMissing,
} from '../../support/engine/engine.js';
import { run } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

const tree = scratchTree();

function docker(engine: Engine, env: NodeJS.ProcessEnv = {}, builder?: string): Docker {
  return {
    program: 'docker',
    env: { ...engine.env, ...env },
    cwd: tree.path,
    ...(builder === undefined ? {} : { builder }),
  };
}

/** The reason why an engine cannot be used; the message is checked to say what it should. */
async function refused(asked: Docker, message: RegExp): Promise<string> {
  const detection = await detectEngine(asked);
  assert.ok(detection.kind === 'unusable', JSON.stringify(detection));
  assert.match(detection.diagnostic.message, message);
  assert.doesNotMatch(detection.diagnostic.message, /[\n.]$/);
  assert.equal(detection.diagnostic.code, `engine-${detection.reason}`);
  assert.ok(detection.diagnostic.hint);
  return detection.reason;
}

const all = await engines();

for (const engine of all) {
  test(`${engine.name}: is found, with what it can do`, async () => {
    const detection = await detectEngine(docker(engine));
    assert.ok(detection.kind === 'found', JSON.stringify(detection));
    const { dockerVersion, buildxVersion, builder, supportsAllow } = detection.engine;
    assert.equal(dockerVersion, engine.dockerVersion);
    assert.equal(buildxVersion, engine.buildxVersion);
    assert.equal(builder.driver, 'docker');
    assert.equal(detection.engine.sharesImages, true);
    assert.equal(supportsAllow, engine.buildxVersion !== '0.13.1');
    assert.equal(await daemonAnswers(docker(engine)), true);
  });

  test(`${engine.name}: a daemon that does not run`, async () => {
    const down = docker(engine, { DOCKER_HOST: `unix://${tree.at('no.sock')}` });
    assert.equal(
      await refused(down, /^Cannot connect to the Docker daemon at unix:/),
      'daemon-down',
    );
    assert.equal(await daemonAnswers(down), false);
  });

  test(`${engine.name}: a builder that does not exist, asked for or in the environment`, async () => {
    const message = /^no builder nope: no builder "nope" found/;
    assert.equal(await refused(docker(engine, {}, 'nope'), message), 'builder-missing');
    assert.equal(
      await refused(docker(engine, { BUILDX_BUILDER: 'nope' }), message),
      'builder-missing',
    );
  });

  test(`${engine.name}: a builder of another driver is told, though it does not run`, async () => {
    const config = { BUILDX_CONFIG: tree.at(`buildx-${engine.kind}`) };
    const env = { ...engine.env, ...config };
    const created = await run(
      'docker',
      ['buildx', 'create', '--name', 'far', '--driver', 'remote', `unix://${tree.at('no.sock')}`],
      { env },
    );
    assert.equal(created.status, 0, created.stderr);
    const detection = await detectEngine(docker(engine, config, 'far'));
    // A builder whose other end is missing is down or, in 0.13, merely inactive.
    if (detection.kind === 'found') {
      assert.equal(detection.engine.builder.driver, 'remote');
      assert.equal(detection.engine.sharesImages, false);
    } else {
      assert.equal(detection.kind === 'unusable' && detection.reason, 'builder-down');
    }
  });

  test(`${engine.name}: docker without buildx`, async (context) => {
    const config = { DOCKER_CONFIG: scratchTree({ 'config.json': '{}' }).path };
    const asked = docker(engine, config);
    if ((await run('docker', ['buildx', 'version'], { env: { ...asked.env } })).status === 0) {
      return context.skip("this machine's own buildx is found by every docker");
    }
    assert.equal(await refused(asked, /^docker has no buildx$/), 'buildx-missing');
    return undefined;
  });
}

const [first] = all;
assert.ok(first);

test('no docker at all', async () => {
  const none = { ...docker(first), program: 'docker', env: { PATH: tree.path } };
  assert.equal(await refused(none, /no program docker/), 'docker-missing');
});

test('an abort ends the questions', async () => {
  assert.equal((await detectEngine(docker(first), AbortSignal.abort())).kind, 'cancelled');
});

// Neither an old daemon nor one that refuses root can be had here.
test('fake: a daemon too old, a buildx too old, a socket of others', async () => {
  const fake = (script: string): Docker => {
    const path = scratchTree({ docker: { text: `#!/bin/sh\n${script}`, mode: 0o755 } }).path;
    return { program: 'docker', env: { PATH: `${path}:/usr/bin:/bin` }, cwd: tree.path };
  };
  const old = 'case "$1 $2" in "version --format") echo 20.10.24;; *) echo v0.13.1;; esac';
  assert.equal(await refused(fake(old), /daemon 20\.10\.24 is too old/), 'docker-too-old');
  const oldPlugin =
    'case "$1 $2" in "version --format") echo 28.5.2;; *) echo github.com/docker/buildx v0.12.1;; esac';
  assert.equal(await refused(fake(oldPlugin), /buildx 0\.12\.1 is too old/), 'buildx-too-old');
  const denied =
    'echo "permission denied while trying to connect to the Docker daemon socket at unix:///x" >&2; exit 1';
  assert.equal(await refused(fake(denied), /permission denied/), 'not-permitted');
});

test('an engine that keeps its images with containerd is told', {
  skip: privateEngineMissing() ?? false,
}, async () => {
  const engine = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
  const detection = await detectEngine(docker(engine));
  await engine.remove();
  assert.ok(detection.kind === 'found', JSON.stringify(detection));
  assert.equal(detection.engine.imageStore, 'containerd');
  // Of the others docker says what they have: the tests run on either store.
  const other = await detectEngine(docker(first));
  const status = await first.docker('info', '--format', '{{json .DriverStatus}}');
  const store = status.includes('io.containerd.snapshotter') ? 'containerd' : 'classic';
  assert.equal(other.kind === 'found' && other.engine.imageStore, store);
});

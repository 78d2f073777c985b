/** `container_limits` as `resources` of targets, where bake and the engine know them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildTree } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engine, prepareEngines } from '../support/engine/engine.js';
import { scratchTree } from '../support/scratch.js';

const missing = await prepareEngines();
const skip = missing ?? false;

/**
 * A double of a newer docker: it says that it is one, keeps what bake is given, and is the real one in all else. The real
 * buildx reads over `resources` without a word, as every older one does.
 */
function newerDockerDouble(docker: Engine, version: string, buildx: string) {
  const double = scratchTree({
    docker: {
      text: `#!/bin/sh
PATH=\${PATH#*:}
case "$*" in
  'version --format {{.Server.Version}}') echo ${version};;
  'buildx version') echo 'github.com/docker/buildx v${buildx} double';;
  'buildx bake --file'*) tee "$(dirname "$0")/plan" | docker "$@";;
  *) exec docker "$@";;
esac
`,
      mode: 0o755,
    },
  });
  return {
    path: `${double.path}:${docker.env.PATH}`,
    plan: () => JSON.parse(readFileSync(double.at('plan'), 'utf8')) as Plan,
  };
}

interface Plan {
  readonly target: Readonly<Record<string, { readonly resources?: unknown }>>;
}

const limits = 'memory=67108864,memswap=-1,cpushares=512,cpusetcpus=0-1';

test('a double of a newer docker gets resources, and no builder is made', { skip }, async () => {
  const docker = await engine();
  await loadBase(docker, 'store/base:1');
  const { path, plan } = newerDockerDouble(docker, '29.6.0', '0.35.0');
  const images = { one: { dockerfile: 'FROM store/base:1\nRUN echo one > /one\n' } };
  const config = { namespace: 'resources', container_limits: limits };
  const tree = buildTree(docker, config, images, { PATH: path });
  const builders = await docker.docker('buildx', 'ls', '--format', '{{.Name}}');
  const resources = {
    memory: '67108864',
    'memory-swap': '-1',
    'cpu-shares': 512,
    'cpuset-cpus': '0-1',
  };

  const printed = await tree.run('build', '--print');
  assert.equal(printed.status, 0, printed.stderr);
  const shown = JSON.parse(printed.stdout) as Plan;
  assert.deepEqual(Object.values(shown.target)[0]?.resources, resources);
  const built = await tree.run('build', '--builder', 'default');
  assert.equal(built.status, 0, built.stderr);
  assert.deepEqual(Object.values(plan().target)[0]?.resources, resources);
  assert.equal(await docker.docker('buildx', 'ls', '--format', '{{.Name}}'), builders);

  const free = await tree.run(
    'build',
    '--print',
    '--no-cache',
    '--no-pull',
    '--no-container-limits',
  );
  assert.ok(!free.stdout.includes('resources'), free.stdout);
  // A plan for any bake has nothing that another one would read over.
  const plain = await tree.run('plan');
  assert.ok(plain.stdout.includes('"target"') && !plain.stdout.includes('"memory"'), plain.stdout);
});

test('a double of one that is not new enough, in docker or buildx, has none of it', {
  skip,
}, async () => {
  const docker = await engine();
  await loadBase(docker, 'store/base:1');
  for (const [version, buildx] of [
    ['29.5.9', '0.35.0'],
    ['29.6.0', '0.34.9'],
  ] as const) {
    const { path } = newerDockerDouble(docker, version, buildx);
    const images = { two: { dockerfile: 'FROM store/base:1\nRUN echo two > /two\n' } };
    const config = { namespace: 'resources', container_limits: limits };
    const tree = buildTree(docker, config, images, { PATH: path });
    const named = await tree.run('build', '--builder', 'default');
    assert.equal(named.status, 3, named.stderr);
    assert.match(
      named.stderr,
      /^config\.yaml:1:\d+: error: container_limits cannot be applied to the builder default/m,
    );
    const printed = await tree.run('build', '--print');
    assert.equal(printed.status, 0, printed.stderr);
    assert.ok(!printed.stdout.includes('"memory"'), printed.stdout);
  }
});

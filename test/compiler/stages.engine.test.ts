/**
 * A repository with the traits of a company's base images: a root filesystem, stages side by side,
 * one version, values of a vars file, a trailer, tests that children inherit, a registry.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { lines } from '../support/explain.js';
import { debianMirror } from '../support/mirror.js';
import { scratchTree } from '../support/scratch.js';

const docker = await engine();
const mirror = await debianMirror();
const hub = await registry({ users: { robot: 'geheim' } });
after(() => mirror.stop());

const vars = (version: string): string =>
  lines(`
    #!/bin/bash
    export VERSION='${version}'
    export USER_ID=1999 GREETING="good day"
    export ORGANISATION=acme
    export IMAGE_PREFIX="$ORGANISATION/base-"
    export BUILD_STAGES="root run run-jre build build-sbt"
    image_name () { echo "$IMAGE_PREFIX$stage:$VERSION"; }
  `);

const stage = (parent: string): string =>
  lines(`
    ARG IMAGE_PREFIX
    ARG VERSION
    FROM \${IMAGE_PREFIX}${parent}:\${VERSION}
    ARG STAGE
    ARG USER_ID
    USER 0
    ADD docker/\${STAGE} /docker.\${STAGE}/
    RUN sh /docker.\${STAGE}/setup.sh
    USER \${USER_ID}
  `);

const setUp = 'echo "$STAGE was here" >/etc/$STAGE\n';

const tree = scratchTree({
  'home/': '',
  'state/': '',
  'work/generate-bake.toml': lines(`
    [[tree]]
    kind = "stages"
    directory = "base"
    config = "config.yaml"
    vars = "vars.sh"
    prefix = "\${IMAGE_PREFIX}"
    stages = "\${BUILD_STAGES}"
    rootfs = "rootfs"
    tests = ["docker/{stage}/test.sh"]
    trailer = """
    ADD README.md /docker.{stage}/README.md
    ADD Dockerfile.{stage} /docker.{stage}/Dockerfile
    RUN rm -f /docker && ln -s docker.{stage} /docker && echo {stage} >>/etc/layers
    """
  `),
  'work/config.yaml': '{}\n',
  'work/base/vars.sh': vars('v1'),
  'work/base/README.md': '# Base images\n',
  'work/base/rootfs/rootfs.toml': lines(`
    name = "root-import"
    suite = "bookworm"
    variant = "apt"
    mirrors = ["${mirror.uri}"]
    timestamp = "2026-03-01"
    aliases = ["root-import:local"]
  `),
  'work/base/Dockerfile.root': lines(`
    FROM root-import:local
    ARG STAGE
    ARG USER_ID
    ARG GREETING
    ARG SHELL_NAME=sh
    ADD docker/\${STAGE} /docker.\${STAGE}/
    RUN sh /docker.\${STAGE}/setup.sh && echo "$GREETING" >/etc/greeting
    USER \${USER_ID}
  `),
  'work/base/Dockerfile.run': stage('root'),
  'work/base/Dockerfile.run-jre': stage('run'),
  'work/base/Dockerfile.build': stage('root'),
  'work/base/Dockerfile.build-sbt': stage('build'),
  'work/base/docker/root/setup.sh': `useradd -u "$USER_ID" duser\n${setUp}`,
  'work/base/docker/root/test.sh':
    'test "$(id -un)" = duser && test "$(cat /etc/greeting)" = "good day"\n',
  'work/base/docker/run/setup.sh': setUp,
  'work/base/docker/run/test.sh': 'grep -qx run /etc/layers\n',
  'work/base/docker/run-jre/setup.sh': setUp,
  'work/base/docker/build/setup.sh': setUp,
  'work/base/docker/build-sbt/setup.sh': setUp,
});

const env = { ...docker.env, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('state') };
const cli = (...args: string[]) => runCli(args, { cwd: tree.at('work'), env });
const built = (stderr: string): string[] =>
  [...stderr.matchAll(/^(\S+): built in/gm)].map((found) => found[1] ?? '').sort();

test('the whole repository is built by one command, from the root filesystem on', async () => {
  const build = await cli('build', '--all', '--info');
  assert.equal(build.status, 0, build.stderr);
  assert.deepEqual(built(build.stderr), [
    'acme/base-build-sbt:v1',
    'acme/base-build:v1',
    'acme/base-root:v1',
    'acme/base-run-jre:v1',
    'acme/base-run:v1',
    'root-import:20260301',
  ]);
  const inImage = (...command: string[]) =>
    docker.docker('run', '--rm', 'acme/base-run-jre:v1', ...command);
  assert.equal(await inImage('cat', '/etc/layers'), 'root\nrun\nrun-jre');
  assert.equal(await inImage('id', '-un'), 'duser');
  assert.equal(await inImage('cat', '/docker/README.md'), '# Base images');
  assert.equal(await inImage('cat', '/etc/run-jre'), 'run-jre was here');
  assert.equal(
    await inImage('cat', '/docker.root/Dockerfile').then((text) => text.split('\n')[0]),
    'FROM root-import:local',
  );
});

test('a stage is built by its name, with what it stands on, and options go on to bake', async () => {
  tree.write({ 'work/base/vars.sh': vars('v2') });
  const build = await cli('build', 'build', '--info', '--', '--set', '*.labels.from=test');
  assert.equal(build.status, 0, build.stderr);
  assert.deepEqual(built(build.stderr), ['acme/base-build:v2', 'acme/base-root:v2']);
  const label = await docker.docker(
    ...['image', 'inspect', '--format', '{{index .Config.Labels "from"}}'],
    'acme/base-build:v2',
  );
  assert.equal(label, 'test');
});

test('a child that breaks what its ancestor promises is not published', async () => {
  tree.write({ 'work/base/docker/run-jre/setup.sh': 'echo hello >/etc/greeting\n' });
  const build = await cli('build', 'run-jre', '--info');
  assert.equal(build.status, 1, build.stderr);
  assert.match(
    build.stderr,
    /acme\/base-run-jre:v2: FAILED to verify: base\/docker\/root\/test.sh \(of acme\/base-root:v2\)/,
  );
  tree.write({ 'work/base/docker/run-jre/setup.sh': setUp });
});

test('the stages are pushed to a registry, under their own names', async () => {
  tree.write({
    'work/config.yaml': `registry: ${hub.host}\nusername: robot\npassword: geheim\n`,
    'work/base/vars.sh': vars('v3'),
  });
  const one = await cli('build', 'run', '--info');
  assert.equal(one.status, 0, one.stderr);
  const pushed = (): string[] =>
    hub
      .requests()
      .filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/v3'))
      .map(({ path }) => path)
      .sort();
  assert.deepEqual(pushed(), ['/v2/acme/base-root/manifests/v3', '/v2/acme/base-run/manifests/v3']);
  const all = await cli('build', '--all', '--info');
  assert.equal(all.status, 0, all.stderr);
  assert.equal(pushed().length, 5);
});

test('a vars file that wants to be executed is refused, and is not', async () => {
  tree.write({ 'work/base/vars.sh': `${vars('v4')}export NOW="$(touch ran)"\n` });
  const build = await cli('build', '--all');
  assert.equal(build.status, 2);
  assert.match(
    build.stderr,
    /base\/vars.sh:8:13: error: this is a command substitution, and vars files are not executed/,
  );
  assert.ok(!existsSync(tree.at('work/ran')) && !existsSync(tree.at('work/base/ran')));
});

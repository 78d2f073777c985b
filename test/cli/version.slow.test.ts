import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runCli } from '../support/cli.js';
import { scratchTree } from '../support/scratch.js';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const { node } = process.versions;

/** A `docker` that answers as docker does, by what it is asked. */
function fakeDocker(answers: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const cases = Object.entries(answers).map(([asked, does]) => `"${asked}"*) ${does} ;;`);
  const text = `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\nesac\n`;
  const tree = scratchTree({ 'bin/docker': { text, mode: 0o755 }, 'home/': '' });
  return { PATH: `${tree.at('bin')}:/usr/bin:/bin`, HOME: tree.at('home') };
}

const working = {
  'version --format {{.Client.Version}}': 'echo 28.5.2',
  'version --format {{.Server.Version}}': 'echo 26.1.5+dfsg1',
  'buildx version': 'echo github.com/docker/buildx 0.29.1 abc',
  'buildx inspect': "printf 'Name:          default\\nDriver:        docker\\n\\nNodes:\\n'",
};

test('one program a line', async () => {
  const { stdout, stderr, status } = await runCli(['version'], { env: fakeDocker(working) });
  assert.deepEqual([stderr, status], ['', 0]);
  assert.equal(
    stdout,
    `generate-bake  ${version}
node           ${node}
docker client  28.5.2
docker server  26.1.5+dfsg1
buildx         0.29.1
builder        default (docker)
`,
  );
  const json = await runCli(['version', '--json'], { env: fakeDocker(working) });
  assert.deepEqual(JSON.parse(json.stdout), {
    schema: 1,
    version,
    node,
    docker: { client: '28.5.2', server: '26.1.5+dfsg1' },
    buildx: '0.29.1',
    builder: 'default (docker)',
  });
});

test('an engine that does not answer, and no buildx: said, with status 0', async () => {
  const lost =
    "echo 'Cannot connect to the Docker daemon at tcp://127.0.0.1:9. Is the docker daemon running?' >&2; exit 1";
  const env = fakeDocker({
    'version --format {{.Client.Version}}': `echo 28.5.2; ${lost}`,
    'version --format {{.Server.Version}}': lost,
    buildx: "echo 'docker: unknown command: docker buildx' >&2; exit 1",
  });
  const nameless = fakeDocker({
    'buildx inspect': "printf 'Name: default\\nDriver: \\nError: Cannot connect\\n'",
  });
  const dead = await runCli(['version'], { env: nameless });
  assert.match(dead.stdout, /^builder {8}not available: default: Cannot connect$/m);
  const { stdout, status } = await runCli(['version'], { env });
  assert.equal(status, 0);
  assert.match(stdout, /^docker client {2}28\.5\.2$/m);
  assert.match(stdout, /^docker server {2}not available: Cannot connect to the Docker daemon/m);
  assert.match(stdout, /^buildx {9}not available: unknown command: docker buildx$/m);
  const json = await runCli(['version', '--json'], { env });
  const { docker, buildx, builder } = JSON.parse(json.stdout);
  assert.deepEqual([docker, buildx, builder], [{ client: '28.5.2', server: null }, null, null]);
});

test('no docker at all; -V is one line as ever', async () => {
  const tree = scratchTree({ 'bin/': '', 'home/': '' });
  const env = { PATH: tree.at('bin'), HOME: tree.at('home') };
  const { stdout, status } = await runCli(['version'], { env });
  assert.equal(status, 0);
  assert.equal(stdout.match(/not available: /g)?.length, 4, stdout);
  for (const flag of ['-v', '-V', '--version']) {
    assert.equal((await runCli([flag], { env })).stdout, `${version}\n`);
  }
});

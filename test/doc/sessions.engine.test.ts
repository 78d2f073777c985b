/** What README.md and pages show of a terminal is what the program says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sketchFiles } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { run } from '../support/process.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';
import { filesOf, runSteps, sessionsOf } from '../support/sessions.js';

/** A tree of docker-pkg that was built with it, whose log has the Dockerfiles. */
function dockerPkgTree(): ScratchTree {
  const version = '1.0.0-1';
  const dockerfiles = {
    base: 'FROM debian:trixie-slim\nENV LANG=C.UTF-8',
    golang: `FROM fleet/base:${version}\nRUN echo go >/usr/bin/go`,
    billing: `FROM fleet/base:${version}\nCOPY --from=fleet/golang:${version} /usr/bin/go /srv/`,
  };
  const template = (text: string) =>
    text.replace(/fleet\/(\w+):1\.0\.0-1/g, '{{ "$1" | image_tag }}');
  const images = Object.entries(dockerfiles).map(([name, text]) => {
    const check = name === 'billing' ? { test: 'exit 0' } : {};
    return [name, { version, dockerfile: template(text), ...check }] as const;
  });
  const logged = Object.entries(dockerfiles).map(
    ([name, text]) =>
      `2026-11-27 01:02:03,456 [docker-pkg-build] INFO - Generated dockerfile for fleet/${name}:${version}:\n${text} (image.py:185)\n`,
  );
  return scratchTree({
    'config.yaml': 'registry: ""\nnamespace: fleet\n',
    ...sketchFiles('images', Object.fromEntries(images)),
    'docker-pkg-build.log': logged.join(''),
  });
}

async function withoutImages(docker: Engine, ...prefixes: string[]): Promise<void> {
  for (const prefix of prefixes) {
    const found = await docker.docker('images', '--quiet', '--filter', `reference=${prefix}/*`);
    const ids = found.split('\n').filter((id) => id !== '');
    if (ids.length > 0) {
      await run('docker', ['image', 'rm', '--force', ...ids], { env: docker.env });
    }
  }
}

test('README.md: the three ways to begin', async () => {
  const docker = await engine();
  await loadBase(docker, 'debian:trixie-slim');
  await withoutImages(docker, 'acme', 'fleet');
  const dockerfiles = scratchTree(filesOf('doc/dockerfiles.md'));
  const trees = new Map([
    ['You have Dockerfiles', dockerfiles],
    ['You have docker-pkg', dockerPkgTree()],
    ['You want a bake file', dockerfiles],
  ]);
  const sessions = sessionsOf('README.md');
  assert.deepEqual([...sessions.keys()], [...trees.keys()]);
  for (const [heading, steps] of sessions) {
    await runSteps(steps, { cwd: trees.get(heading)?.path ?? '', env: docker.env });
  }
});

test('doc/dockerfiles.md: from nothing to a built image', async () => {
  const docker = await engine();
  await loadBase(docker, 'debian:trixie-slim');
  await withoutImages(docker, 'acme');
  const tree = scratchTree(filesOf('doc/dockerfiles.md'));
  for (const steps of sessionsOf('doc/dockerfiles.md').values()) {
    await runSteps(steps, { cwd: tree.path, env: docker.env });
  }
});

test('doc/why-not-rebuilt.md: what status says in each case', async () => {
  const docker = await engine();
  await loadBase(docker, 'debian:trixie-slim');
  const { host } = await registry();
  const image = (dockerfile: string) => ({ version: '1.0.0-1', dockerfile });
  const tree = scratchTree({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
    'config.yaml': `registry: ${host}\nnamespace: fleet\n`,
    ...sketchFiles('images', {
      base: image('FROM debian:trixie-slim\nENV LANG=C.UTF-8\n'),
      golang: image('FROM {{ "base" | image_tag }}\nRUN echo go >/usr/bin/go\n'),
      billing: image('FROM {{ "golang" | image_tag }}\nRUN echo billing >/srv.txt\n'),
    }),
  });
  const shown = (text: string) => text.replaceAll(host, 'registry.example');
  const surroundings = { cwd: tree.path, env: docker.env, shown };
  const step = (command: string) => ({ place: 'before', command, output: ['...'] });
  const save =
    'git add --all . && git -c user.email=a@example.org -c user.name=A commit -q -m first';
  await runSteps(
    [step(`git init -q && ${save}`), step('generate-bake build --publish')],
    surroundings,
  );
  for (const steps of sessionsOf('doc/why-not-rebuilt.md').values()) {
    await runSteps([...steps, step('git checkout -q .')], surroundings);
  }
});

test('doc/commands.md: build, of the sample', async () => {
  const docker = await engine();
  await loadBase(docker, 'debian:trixie-slim');
  await withoutImages(docker, 'sample');
  const tree = scratchTree();
  const made = await runCli(['init', 'sample'], { cwd: tree.path });
  assert.equal(made.status, 0, made.stderr);
  const steps = sessionsOf('doc/commands.md').get(
    'build: what is missing, built, tested, published',
  );
  assert.ok(steps !== undefined);
  await runSteps(steps, { cwd: tree.at('sample'), env: docker.env });
});

test('doc/docker-pkg.md: the proof of a switch', async () => {
  const { env } = await engine();
  const tree = dockerPkgTree();
  const steps = sessionsOf('doc/docker-pkg.md').get('Prove it') ?? [];
  assert.ok(steps.length > 0);
  await runSteps(steps, { cwd: tree.path, env });
});

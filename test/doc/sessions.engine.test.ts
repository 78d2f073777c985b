/** What README.md and pages show of a terminal is what the program says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sketchFiles } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engine } from '../support/engine/engine.js';
import { run } from '../support/process.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';
import { runSteps, sessionsOf } from '../support/sessions.js';

/** Three Dockerfiles, of which one copies from another. */
function shop(): ScratchTree {
  return scratchTree({
    'base/Dockerfile': 'FROM debian:trixie-slim\nENV LANG=C.UTF-8\n',
    'api/Dockerfile': 'FROM acme/base\nCOPY greet.sh /srv/\nCMD ["sh", "/srv/greet.sh"]\n',
    'api/greet.sh': 'echo "hello from ${1:-api}"\n',
    'web/Dockerfile':
      'FROM acme/base\nCOPY --from=acme/api /srv/greet.sh /srv/\nCMD ["sh", "/srv/greet.sh", "web"]\n',
  });
}

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
  const dockerfiles = shop();
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

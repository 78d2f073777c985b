/** `render --diff` of versions that git describes, dates of configurations, excludes that match nothing. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { scratchTree } from '../support/scratch.js';

test('--diff REVISION: versions that git describes are described there', {
  skip: noGit,
}, async (t) => {
  const cwd = gitRepository(t, {
    'config.yaml': 'registry: ""\n',
    'images/base/image.toml': 'version = "git:v*"\n',
    'images/base/Dockerfile': 'FROM scratch\n',
    'images/child/Dockerfile.template': 'FROM {{ "base" | image_tag }}\n',
    'images/child/changelog':
      'child (1) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n',
    'images/child/control': 'Build-Depends: base\n',
  });
  gitIn(cwd, 'tag', 'v1.0');
  gitIn(cwd, 'commit', '--quiet', '--allow-empty', '-m', 'second');
  gitIn(cwd, 'tag', 'v2.0');
  const { status, stdout, stderr } = await runCli(['render', '--diff', 'main~1', 'images'], {
    cwd,
  });
  assert.equal(status, 1, stderr);
  assert.match(stdout, /^-FROM base:v1\.0$/m);
  assert.match(stdout, /^\+FROM base:v2\.0$/m);
});

const tree = {
  'config.yaml': 'registry: ""\nsnapshot: 2026-08-01\n',
  'images/a/Dockerfile.template': 'FROM scratch\nENV SNAPSHOT={{ snapshot }}\n',
  'images/a/changelog':
    'a (1) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n',
};

test('a date of the configuration is printed as docker-pkg prints it', async () => {
  const { stdout, stderr } = await runCli(['plan', 'images'], { cwd: scratchTree(tree).path });
  assert.match(stdout, /ENV SNAPSHOT=2026-08-01\b/, stderr);
});

test('an --exclude that matches nothing is a warning', async () => {
  const { path: cwd } = scratchTree(tree);
  for (const command of ['list', 'plan', 'refresh']) {
    const words = [command, '--exclude', '*spark*', 'images'];
    const { status, stderr } = await runCli(words, { cwd });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /warning: no image matches --exclude \*spark\*/, command);
  }
});

test('image.toml names a context of the repository, without git’s own files', {
  skip: noGit,
}, async (t) => {
  const image = (context: string) => `version = "1"\ncontext = "${context}"\n`;
  const cwd = gitRepository(t, {
    'config.yaml': 'registry: ""\n',
    'src/main.c': 'int main;\n',
    'images/a/image.toml': image('../..'),
    'images/a/Dockerfile': 'FROM scratch\nCOPY src /src\n',
  });
  const plan = async () => {
    const { stdout, stderr } = await runCli(['plan', 'images'], { cwd });
    return { stderr, target: stdout === '' ? undefined : JSON.parse(stdout).target?.a };
  };
  const first = await plan();
  assert.equal(first.target?.context, '.', first.stderr);
  const dockerfile = first.target.dockerfile.replace('cwd://', '');
  assert.equal(
    readFileSync(join(cwd, `${dockerfile}.dockerignore`), 'utf8'),
    '\n**/.generate-bake\n**/.git\n',
  );
  // The narrowing of a workspace, and tests, are by the image's own directory.
  assert.match(
    (await runCli(['list', 'images/a', '-c', 'config.yaml'], { cwd })).stdout,
    /images\/a/,
  );
  writeFileSync(join(cwd, 'src/main.c'), 'int main = 1;\n');
  assert.notDeepEqual((await plan()).target.labels, first.target.labels);
  for (const outside of ['../../..', '/etc', '../../.git', 'gone']) {
    writeFileSync(join(cwd, 'images/a/image.toml'), image(outside));
    assert.match(
      (await plan()).stderr,
      /image\.toml:2:11: error: the context .*\[context-unreadable\]/,
    );
  }
});

test('a Dockerfile in a hidden directory, node_modules or vendor is no image', async () => {
  const dockerfile = 'FROM scratch\nCOPY Dockerfile /\n';
  const { path: cwd } = scratchTree({
    'config.yaml': 'registry: ""\ndockerfile_version: "1"\n',
    'app/Dockerfile': dockerfile,
    '.devcontainer/Dockerfile': dockerfile,
    'app/node_modules/x/Dockerfile': dockerfile,
    'vendor/a/b/Dockerfile': dockerfile,
    'vendor/named/Dockerfile': dockerfile,
    'vendor/named/image.toml': 'version = "2"\n',
  });
  const { stdout, stderr } = await runCli(['list', '--json', '-c', 'config.yaml', '.'], { cwd });
  const { images } = JSON.parse(stdout) as { images: readonly { readonly path: string }[] };
  assert.deepEqual(images.map(({ path }) => path).sort(), ['app', 'vendor/named'], stderr);
});

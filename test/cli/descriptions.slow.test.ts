/** `render --diff` of versions that git describes, dates of configurations, excludes that match nothing. */
import assert from 'node:assert/strict';
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

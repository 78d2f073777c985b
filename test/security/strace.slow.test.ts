/**
 * What the program starts and whom it connects to, as the kernel sees it, on a tree that wants it to
 * do more: nothing but git with the safe options, and the registry that the configuration names.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { run } from '../support/process.js';
import { temporaryDirectory } from '../support/temporary.js';

const noStrace =
  spawnSync('strace', ['-f', '-e', 'trace=execve', 'true'], { stdio: 'ignore' }).status === 0
    ? false
    : 'strace is not installed, or may not trace here';

const changelog =
  'base (1.0) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n';

/** Everything that a tree can try: programs of git's configuration, other hosts, a shell in words. */
function hostileTree(t: TestContext, registry: string): string {
  const tree = gitRepository(t, {
    'config.yaml':
      `registry: "${registry}"\n` +
      'verify_command: touch /tmp/never\nbase_images: ["127.0.0.3:9/base:1"]\n',
    '.gitattributes': '* filter=evil diff=evil\n',
    'images/app/image.toml': 'version = "git:v*"\n',
    'images/app/Dockerfile':
      '# syntax=127.0.0.4:9/frontend\nFROM 127.0.0.5:9/other:1\nRUN $(touch /tmp/never)\n',
    'images/app/HEAD': 'ref: refs/heads/main\n',
    'images/app/config': '[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = touch /tmp/never\n',
    'images/app/objects/keep': '',
    'images/app/refs/keep': '',
    'images/app/test.sh': '#!/bin/sh\ntouch /tmp/never\n',
    'images/base/Dockerfile.template': 'FROM 127.0.0.5:9/other:1\n',
    'images/base/changelog': changelog,
  });
  gitIn(tree, 'tag', 'v1.0');
  for (const [name, value] of [
    ['core.fsmonitor', 'touch /tmp/never'],
    ['core.hooksPath', 'images/app'],
    ['filter.evil.clean', 'touch /tmp/never'],
    ['diff.evil.textconv', 'touch /tmp/never'],
    ['diff.external', 'touch /tmp/never'],
  ] as const) {
    gitIn(tree, 'config', name, value);
  }
  return tree;
}

/** The calls of a command and of all that it starts, a line each. */
async function calls(t: TestContext, tree: string, words: readonly string[]): Promise<string[]> {
  const log = join(temporaryDirectory(t), 'log');
  const bin = join(root, 'bin/generate-bake.js');
  const traced = ['-f', '-v', '-s', '2000', '-e', 'trace=execve,connect', '-o', log];
  const { status, stderr } = await run(
    'strace',
    [...traced, process.execPath, bin, ...words, 'images'],
    { cwd: tree, env: { PATH: process.env.PATH, HOME: temporaryDirectory(t) } },
  );
  assert.ok([0, 1, 2, 3].includes(status ?? -1), `${words.join(' ')}: ${status} ${stderr}`);
  return readFileSync(log, 'utf8').split('\n');
}

for (const words of [
  ['list'],
  ['plan'],
  ['check', '--format', 'github'],
  ['check', '--since', 'HEAD'],
  ['check', '--policy-from', 'HEAD'],
  ['render', '-o', 'out'],
  ['status', '--no-credentials'],
  ['update', '--dry-run', '--reason', 'x', 'base'],
]) {
  test(`${words.join(' ')} starts only git, safely`, { skip: noGit || noStrace }, async (t) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const lines = await calls(t, hostileTree(t, `127.0.0.1:${port}`), words);

    // The first is the program itself; git's own parts are started by git, from its own directory.
    const started = lines.filter((line) => /execve\(.*\) = 0$/.test(line)).slice(1);
    for (const line of started) {
      assert.match(line, /execve\("[^"]*\/(?:git|docker)", \[/);
      if (/\/git"/.test(line)) {
        assert.match(line, /"-c", "safe\.bareRepository=explicit"/);
        // `git config` looks at no file of the work tree.
        assert.match(line, /"config", "|GIT_CONFIG_KEY_\d+=core\.fsmonitor"/);
      }
    }
    assert.ok(words[0] === 'status' || started.every((line) => !line.includes('/docker"')));

    const hosts = lines.filter((line) => /connect\(.*AF_INET/.test(line));
    for (const line of hosts) {
      assert.equal(words[0], 'status', line);
      assert.match(line, new RegExp(`htons\\(${port}\\).*"127\\.0\\.0\\.1"`));
    }
    assert.ok(words[0] !== 'status' || (asked.length > 0 && hosts.length > 0));
  });
}

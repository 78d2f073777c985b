/** What a build that was killed leaves in the temporary directory. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTree } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';

/** The processes of this host that have this in their environment. */
function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(variable);
      } catch {
        return false;
      }
    });
}

test('what buildx has in the temporary directory is removed by the next run after a SIGKILL', {
  skip: existsSync('/proc/self/environ') ? false : 'there is no /proc',
}, async () => {
  const docker = await engine();
  await loadBase(docker, 'killed/base:1');
  const slow = (seconds: number) =>
    Object.fromEntries(
      ['killed-a', 'killed-b'].map((name) => [
        name,
        { dockerfile: `FROM killed/base:1\nRUN sleep ${seconds}; echo ${name} > /made\n` },
      ]),
    );
  const tree = buildTree(docker, {}, slow(120));
  const program = [join(root, 'bin/generate-bake.js'), 'build', '-c', 'config.yaml', 'images'];
  const running = spawn(process.execPath, program, {
    cwd: tree.at('work'),
    env: tree.env,
    stdio: 'ignore',
  });
  const ended = once(running, 'exit');
  // buildx writes what it sends to the engine there.
  const made = (): string[] =>
    readdirSync(tree.at('tmp'), { recursive: true })
      .map(String)
      .filter((path) => /dockerfile/.test(path));
  for (let tries = 0; made().length === 0; tries++) {
    assert.ok(tries < 600, 'buildx made no directory');
    await sleep(100);
  }
  const all = processesWith(`HOME=${tree.at('home')}`);
  // All at once: buildx tidies up when the docker that started it is gone.
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
    for (const pid of all) {
      process.kill(pid, signal);
    }
  }
  await ended;
  assert.notDeepEqual(made(), []);
  assert.deepEqual(
    readdirSync(tree.at('tmp')).filter((name) => !name.startsWith('generate-bake-')),
    [],
  );

  tree.sketch(slow(0));
  const next = await tree.run('build');
  assert.equal(next.status, 0, next.stderr);
  assert.deepEqual(readdirSync(tree.at('tmp')), []);
});

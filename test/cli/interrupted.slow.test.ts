/** Ctrl-C ends whatever asks a registry, also while a credential helper hangs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../support/cli.js';
import { scratchTree } from '../support/scratch.js';

const host = '127.0.0.1:9';

/** Commands that ask for credentials before anything else is done. */
const commands = [
  ['status'],
  ['status', '--json'],
  ['prune', '--registry'],
  ['plan', '--unpublished'],
  ['promote', 'api', '1', '-y'],
  ['rollback', 'api', '--dry-run'],
  ['refresh', '--dry-run'],
];

/** A helper that hangs, and waits for a process of its own; the second one does not heed SIGTERM. */
const helpers = [
  '#!/bin/sh\nsleep 60 &\necho "$$ $!" > "$PIDS.new"\nmv "$PIDS.new" "$PIDS"\nwait\n',
  '#!/bin/sh\ntrap "" TERM\nsleep 60 &\necho "$$ $!" > "$PIDS.new"\nmv "$PIDS.new" "$PIDS"\nwait\n',
];

function isRunning(pid: number): boolean {
  try {
    // A zombie has ended: nobody has asked for its status yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

for (const [at, helper] of helpers.entries()) {
  for (const args of commands) {
    test(`${args.join(' ')} ends with 130 while helper ${at + 1} hangs`, async () => {
      const tree = scratchTree({
        'home/.docker/config.json': JSON.stringify({ credHelpers: { [host]: 'slow' } }),
        'bin/docker-credential-slow': helper,
        'tree/config.yaml': `registry: ${host}\n`,
        'tree/api/Dockerfile.template': 'FROM scratch\n',
        'tree/api/changelog':
          'api (1) stable; urgency=low\n\n  * First.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n',
      });
      chmodSync(tree.at('bin/docker-credential-slow'), 0o755);
      const child = spawn(process.execPath, [`${root}/bin/generate-bake.js`, ...args], {
        cwd: tree.at('tree'),
        env: {
          PATH: `${tree.at('bin')}:${process.env.PATH}`,
          HOME: tree.at('home'),
          XDG_STATE_HOME: tree.at('state'),
          DOCKER_HOST: 'unix:///nonexistent/docker.sock',
          EMAIL: 'a@b.c',
          PIDS: tree.at('pids'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      child.stderr.on('data', (text) => {
        output += text;
      });
      const ended = once(child, 'exit');
      for (let waited = 0; !existsSync(tree.at('pids')); waited += 20) {
        assert.ok(waited < 10_000 && child.exitCode === null, `no helper was asked: ${output}`);
        await pause(20);
      }
      const began = performance.now();
      child.kill('SIGINT');
      const [status, signal] = await ended;
      assert.deepEqual([status, signal], [130, null], output);
      assert.ok(performance.now() - began < 1_000, `${performance.now() - began} ms`);
      // The helper is no problem that anybody has to be told of.
      assert.doesNotMatch(output, /docker-credential-slow/);
      const pids = readFileSync(tree.at('pids'), 'utf8').trim().split(' ').map(Number);
      assert.deepEqual(pids.filter(isRunning), []);
    });
  }
}

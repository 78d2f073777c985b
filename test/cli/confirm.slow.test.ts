/** `promote` asks on a terminal, and nowhere else. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const skip =
  (registryProgram() === undefined && 'no docker-registry on this machine') ||
  (!existsSync('/usr/bin/script') && 'no script(1) on this machine');

test('y moves latest, anything else leaves it; -y and pipes are not asked', { skip }, async () => {
  const real = await registry();
  const labels = (version: string) => ({ 'org.opencontainers.image.version': version });
  for (const version of ['1', '2', 'latest']) {
    const number = version === 'latest' ? '2' : version;
    await putImage(real, 'app', version, { labels: labels(number), layers: [number] });
  }
  const tree = scratchTree({
    'generate-bake.toml': `registry = "${real.host}"\nversion = "2"\n`,
    'app/Dockerfile': 'FROM debian:13\n',
  });
  const env = {
    PATH: process.env.PATH,
    HOME: tree.at('home'),
    XDG_STATE_HOME: tree.at('state'),
    TERM: 'xterm',
  };
  const onTerminal = (input: string, ...args: string[]) => {
    const words = [process.execPath, join(root, 'bin/generate-bake.js'), ...args];
    const line = words.map((word) => `'${word}'`).join(' ');
    return run('script', ['-qec', line, '/dev/null'], { cwd: tree.path, env, input });
  };
  const latest = async () => {
    const said = await runCli(['promote', 'app', '1', '--dry-run'], { cwd: tree.path, env });
    return /latest is 1 already/.test(said.stdout) ? '1' : '2';
  };

  const no = await onTerminal('n\n', 'promote', 'app', '1');
  assert.match(
    no.stdout,
    /latest was 2 .*becomes 1 .*Move latest\? \[y\/N\] .*nothing was changed/s,
  );
  assert.deepEqual([no.status, await latest()], [1, '2']);
  const yes = await onTerminal('y\n', 'promote', 'app', '1');
  assert.deepEqual([yes.status, await latest()], [0, '1'], yes.stdout);
  assert.match(yes.stdout, /\/app:latest is 1 now\r?\n/);
  const unasked = await onTerminal('', 'promote', '-y', 'app', '2');
  assert.doesNotMatch(unasked.stdout, /\[y\/N\]/);
  assert.deepEqual([unasked.status, await latest()], [0, '2'], unasked.stdout);
  const piped = await runCli(['promote', 'app', '1'], { cwd: tree.path, env });
  assert.doesNotMatch(piped.stderr, /\[y\/N\]/);
  assert.deepEqual([piped.status, await latest()], [0, '1'], piped.stderr);
});

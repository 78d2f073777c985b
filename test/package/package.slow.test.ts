import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/cli.js';
import { must, run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

test('npm run package makes one tarball that installs without a network, works and is removed again', async () => {
  const scratch = scratchTree({ 'home/': '', 'prefix/': '' });
  // npm's own cache stays out of it, so that everything must be in the tarball.
  const env = { ...process.env, npm_config_cache: scratch.at('home') };
  await must('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', scratch.path], {
    cwd: root,
  });
  const [tarball] = readdirSync(scratch.path).filter((name) => name.endsWith('.tgz'));
  assert.ok(tarball);
  await must(
    'npm',
    ['install', '-g', '--offline', '--prefix', scratch.at('prefix'), scratch.at(tarball)],
    { cwd: scratch.path, env },
  );
  const bin = scratch.at('prefix/bin');
  for (const name of ['generate-bake', 'gbake']) {
    const help = await run(join(bin, name), ['--help']);
    assert.equal(help.status, 0);
  }
  await must(join(bin, 'generate-bake'), ['init', 'sample'], { cwd: scratch.path });
  assert.equal(statSync(scratch.at('sample/images/greeter/test.sh')).mode & 0o777, 0o755);
  const plan = await run(join(bin, 'gbake'), ['images'], { cwd: scratch.at('sample') });
  assert.equal(plan.status, 0, plan.stderr);
  assert.deepEqual(Object.keys(JSON.parse(plan.stdout).target), [
    'sample__base',
    'sample__toolchain',
    'sample__greeter',
  ]);

  await must('npm', ['uninstall', '-g', '--prefix', scratch.at('prefix'), 'generate-bake'], {
    env,
  });
  const left = readdirSync(scratch.at('prefix'), { recursive: true, encoding: 'utf8' });
  assert.deepEqual(left.sort(), ['bin', 'lib', 'lib/node_modules']);
});

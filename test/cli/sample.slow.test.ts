/** The bundled sample on a machine without Docker: its plan, its script, and the example made of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { root, runCli } from '../support/cli.js';
import { run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

test('docker-bake.example.hcl is the plan of the sample, made at the repository’s root', async () => {
  const args = ['-c', 'templates/init/config.yaml', 'templates/init/images', '--format', 'hcl'];
  const made = await runCli(args, { cwd: root });
  assert.deepEqual([made.stderr, made.status], ['', 0]);
  assert.equal(
    readFileSync(`${root}/docker-bake.example.hcl`, 'utf8'),
    made.stdout,
    `run: node bin/generate-bake.js ${args.join(' ')} -o docker-bake.example.hcl`,
  );
});

test('npm run sample without a Docker makes the plan, and says what is missing', async () => {
  // All that the script needs, and nothing else: no docker.
  const tree = scratchTree({ 'bin/': '' });
  for (const program of ['node', 'sed', 'dirname', 'cat']) {
    const path = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    tree.write({ [`bin/${program}`]: { symlink: path } });
  }
  const done = await run('/bin/sh', [`${root}/scripts/sample.sh`, 'mine'], {
    cwd: tree.path,
    env: { PATH: tree.at('bin'), HOME: tree.path },
  });
  assert.equal(done.status, 0, done.stderr);
  assert.equal(existsSync(tree.at('mine/bake.json')), true);
  assert.match(done.stdout, /\nTREE +NAME +VERSION +PATH +BASE +PARENTS\nimages {2}base /);
  assert.match(
    done.stdout,
    /\nthe plan is in mine\/bake\.json\n\nDocker with buildx is not running here, so nothing was built\. .*\n.*apt install docker\.io docker-buildx/,
  );
  assert.match(done.stdout, /\nthen: +cd mine && docker buildx bake -f bake\.json\n$/);
  assert.doesNotMatch(done.stdout, /^\$ docker/m);

  // A second time takes what is there.
  const again = await run('/bin/sh', [`${root}/scripts/sample.sh`, 'mine'], {
    cwd: tree.path,
    env: { PATH: tree.at('bin'), HOME: tree.path },
  });
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stdout, /^mine exists already: using it as it is\n/);
});

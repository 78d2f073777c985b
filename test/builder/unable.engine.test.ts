/** What a classic image store cannot do is refused before anything is built. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { buildTree } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { remoteBuilder } from '../support/engine/remote.js';

test('several platforms and attestations: refused on a classic store at the line that asks, built on a containerd one', {
  skip: privateEngineMissing() ?? false,
}, async (t) => {
  for (const isFull of [false, true]) {
    const docker = await privateEngine('current', [`--feature=containerd-snapshotter=${isFull}`]);
    t.after(() => docker.remove());
    await loadBase(docker, 'unable/base:1');
    const tree = buildTree(docker, {}, {});
    const settings = 'name = "several"\nversion = "1"\n';
    tree.write({
      'work/images/several/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
      'work/images/several/image.toml': `${settings}platforms = ["linux/amd64", "linux/arm64"]\n`,
      'work/images/one/Dockerfile': 'FROM unable/base:1\nRUN true\n',
      'work/images/one/image.toml': 'name = "one"\nversion = "1"\n',
    });
    const build = (...rest: string[]) =>
      runCli(['build', '-c', 'config.yaml', 'images', ...rest], {
        cwd: tree.at('work'),
        env: tree.env,
      });
    const several = await build();
    if (isFull) {
      assert.equal(several.status, 0, several.stderr);
      const attested = await build('--use-cache', '--', '--sbom=false', '--provenance=true');
      assert.equal(attested.status, 0, attested.stderr);
      continue;
    }
    assert.equal(several.status, 2, several.stderr);
    assert.match(
      several.stderr,
      /images\/several\/image\.toml:3:\d+: error: several:1 is for linux\/amd64 and linux\/arm64: the classic image store/,
    );
    assert.match(
      several.stderr,
      /hint: use an engine with the containerd image store .*daemon\.json\)$/m,
    );
    // What another builder makes is loaded into the same store.
    const builder = await remoteBuilder(docker);
    const far = await build('--builder', builder.name);
    await builder.remove();
    assert.equal(far.status, 2, far.stderr);
    assert.match(far.stderr, /several:1 is for .* \[engine-unable\]$/m);
    assert.ok(!several.stderr.includes('building'), several.stderr);
    assert.ok(!existsSync(tree.at('work/.generate-bake/logs')));
    const dry = await build('--dry-run');
    assert.equal(dry.status, 2, dry.stderr);

    tree.write({ 'work/images/several/image.toml': settings });
    for (const [args, what] of [
      [['--provenance=true'], '--provenance'],
      [['--provenance', 'mode=min'], '--provenance'],
      [['--sbom=true'], '--sbom'],
      [['--set', 'one.attest=type=sbom'], '--set of attest'],
      [['--set=*.cache-to=type=registry,ref=r/c'], '--set of cache-to'],
    ] as const) {
      const refused = await build('--', ...args);
      assert.equal(refused.status, 2, refused.stderr);
      assert.match(refused.stderr, new RegExp(`error: ${what}: the classic image store`));
      assert.ok(!refused.stderr.includes('building'), refused.stderr);
    }
    const plain = await build('--', '--provenance=false', '--set', '*.cache-to=type=inline');
    assert.equal(plain.status, 0, plain.stderr);
    // Nothing is to be built: nothing is refused.
    assert.equal((await build('--', '--provenance=true')).status, 0);
  }
});

/** Every wave of the public production-images repository's plan, through the real `bake --print`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { engines } from '../support/engine/engine.js';
import { printedTargets } from '../support/engine/printed.js';
import { goldenImages, noRealTree, realWorkspace } from '../support/golden.js';

for (const engine of noRealTree === false ? await engines() : [undefined]) {
  for (const format of ['json', 'hcl']) {
    const name = `buildx ${engine?.buildxVersion ?? ''}: every wave of the real trees, every Dockerfile byte for byte, from ${format}`;
    test(name, { skip: noRealTree }, async (t) => {
      assert.ok(engine !== undefined);
      const tree = realWorkspace('stock');
      const file = `bake.${format}`;
      const done = await runCli(['plan', '-o', file], { cwd: tree.path });
      assert.equal(done.status, 0, done.stderr);
      const text = readFileSync(tree.at(file), 'utf8');
      const waves = [...new Set(text.match(/\bwave-\d+(?=")/g))].sort();
      const golden = new Map(goldenImages().map((image) => [image.label, image.sha256]));
      const seen = new Set<string>();
      for (const wave of waves) {
        const printed = await printedTargets(engine, tree.path, file, wave);
        for (const target of Object.values(printed)) {
          const [tag = ''] = target.tags ?? [];
          const digest = createHash('sha256')
            .update(target['dockerfile-inline'] ?? '')
            .digest('hex');
          assert.equal(digest, golden.get(tag), tag);
          seen.add(tag);
        }
      }
      t.diagnostic(`${waves.length} waves, ${seen.size} images`);
      assert.deepEqual([...seen].sort(), [...golden.keys()].sort());
    });
  }
}

/** Every wave of the made-up repository, through the real `bake --print`. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { engines } from '../support/engine/engine.js';
import { printedTargets } from '../support/engine/printed.js';
import { fleetImages, fleetTree, referenceOf } from '../support/fleet.js';
import { firstUnlessLong } from '../support/long.js';

for (const engine of firstUnlessLong(await engines())) {
  for (const format of ['json', 'hcl']) {
    test(`buildx ${engine.buildxVersion}: every wave gives back every Dockerfile, from ${format}`, async () => {
      const fleet = fleetTree();
      const plan = `plan.${format}`;
      const args = ['plan', '--format', format, '--wave-size', '6'];
      const whole = await runCli([...args, '-o', plan], { cwd: fleet.path });
      assert.equal(whole.status, 0, whole.stderr);
      const split = await runCli([...args, '--split-waves', 'waves'], { cwd: fleet.path });
      assert.equal(split.status, 0, split.stderr);

      const seen = new Set<string>();
      for (const file of readdirSync(fleet.at('waves')).sort()) {
        const wave = file.slice(0, file.lastIndexOf('.'));
        const [ofWhole, ofSplit] = await Promise.all([
          printedTargets(engine, fleet.path, plan, wave),
          printedTargets(engine, fleet.path, `waves/${file}`),
        ]);
        assert.deepEqual(ofSplit, ofWhole);
        for (const [name, target] of Object.entries(ofWhole)) {
          const image = fleetImages.find((each) => each.target === name);
          assert.ok(image !== undefined, name);
          assert.equal(target['dockerfile-inline'], image.dockerfile);
          assert.deepEqual(target.tags, [referenceOf(image)]);
          for (const link of Object.values(target.contexts ?? {})) {
            assert.ok(Object.keys(ofWhole).includes(link.replace(/^target:/, '')), link);
          }
          seen.add(name);
        }
      }
      assert.deepEqual([...seen].sort(), fleetImages.map((image) => image.target).sort());
    });
  }
}

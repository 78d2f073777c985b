/** What doc/running.md shows of a terminal is what the program says. */
import { before, suite, test } from 'node:test';
import { sketchFiles } from '../support/buildTree.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';
import { filesOf, runSteps, sessionsOf } from '../support/sessions.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

suite('doc/running.md', { skip }, () => {
  let real: Registry;
  let tree: ScratchTree;

  before(async () => {
    real = await registry();
    tree = scratchTree({
      // The reader's registry has this name.
      'work/generate-bake.toml': `registry_aliases = { "registry.example" = "${real.host}" }\n[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n`,
      'work/config.yaml': `registry: ${real.host}\nnamespace: fleet\n`,
      ...sketchFiles('work/images', {
        base: { version: '1.0.0-3', dockerfile: 'FROM scratch\nCOPY changelog /\n' },
      }),
      'work/images/base/control': 'Package: base\nMaintainer: Ida Quay <ida@example.org>\n',
      ...filesOf('doc/running.md'),
    });
    for (const version of ['1', '2', '3']) {
      await putImage(real, 'fleet/base', `1.0.0-${version}`, { layers: [`base ${version}`] });
    }
    await putImage(real, 'services/thumbor', '2026-11-02', { layers: ['base 2', 'thumbor'] });
  });

  test('what it shows is what the program says', async () => {
    const shown = (text: string) => text.replaceAll(real.host, 'registry.example');
    for (const steps of sessionsOf('doc/running.md').values()) {
      await runSteps(steps, { cwd: tree.at('work'), env: process.env, shown });
    }
  });
});

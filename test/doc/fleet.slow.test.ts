/** What doc/fleet.md shows of a terminal is what the program says. */
import { before, suite, test } from 'node:test';
import { sketchFiles } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { gitIn } from '../support/gitRepository.js';
import { putImage } from '../support/images.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';
import { runSteps, sessionsOf } from '../support/sessions.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

const changelog = (name: string, change: string, date: string) =>
  [
    `${name} (1.0.0-2) wikimedia; urgency=medium\n\n  * Weekly rebuild.\n`,
    ' -- Bot <bot@example.org>  Sun, 22 Nov 2026 06:00:00 +0000\n',
    `${name} (1.0.0-1) wikimedia; urgency=medium\n\n  * ${change}\n`,
    ` -- Ida Quay <ida@example.org>  ${date}\n`,
  ].join('\n');

suite('doc/fleet.md', { skip }, () => {
  let real: Registry;
  let tree: ScratchTree;

  /** base ← golang ← billing, and tides: all published but billing. */
  before(async () => {
    real = await registry();
    const image = (dockerfile: string, test?: string) => ({
      dockerfile,
      ...(test === undefined ? {} : { test }),
    });
    tree = scratchTree({
      'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
      'config.yaml': `registry: ${real.host}\nnamespace: fleet\n`,
      ...sketchFiles('images', {
        base: image('FROM debian:trixie-slim\nENV LANG=C.UTF-8\n', 'true'),
        golang: image('FROM {{ "base" | image_tag }}\nRUN echo go >/usr/bin/go\n'),
        billing: image('FROM {{ "golang" | image_tag }}\nRUN echo billing >/srv.txt\n', 'true'),
        tides: image('FROM {{ "base" | image_tag }}\nRUN echo tides >/srv.txt\n'),
      }),
      'images/base/changelog': changelog('base', 'Use trixie.', 'Mon, 02 Mar 2026 10:00:00 +0000'),
      'images/golang/changelog': changelog('golang', 'Go 1.25.', 'Tue, 04 Aug 2026 10:00:00 +0000'),
      'images/billing/changelog': changelog('billing', 'Start.', 'Fri, 20 Nov 2026 10:00:00 +0000'),
      'images/tides/changelog': changelog('tides', 'Neap.', 'Wed, 14 May 2025 10:00:00 +0000'),
      'images/base/control': 'Package: base\nMaintainer: Ida Quay <ida@example.org>\n',
      '.github/CODEOWNERS': '/images/golang/ @harbour/platform\n/images/billing/ @harbour/money\n',
    });
    gitIn(tree.path, 'init', '--quiet');
    gitIn(tree.path, 'add', '--all');
    const plan = JSON.parse((await runCli(['plan'], { cwd: tree.path })).stdout) as {
      readonly target: Readonly<Record<string, { readonly labels: Record<string, string> }>>;
    };
    const debian = 'd'.repeat(28_000);
    const published = {
      base: [debian, 'b'.repeat(1_200)],
      golang: [debian, 'b'.repeat(1_200), 'g'.repeat(93_000)],
      tides: [debian, 'b'.repeat(1_200), 't'.repeat(310)],
    };
    for (const [name, layers] of Object.entries(published)) {
      const labels = plan.target[name]?.labels ?? {};
      for (const tag of ['1.0.0-2', 'latest']) {
        const made = { labels, layers, created: '2026-11-22T06:14:00Z' };
        await putImage(real, `fleet/${name}`, tag, made);
      }
    }
  });

  test('what it shows is what the program says', async () => {
    // The reader has an engine; here there is none.
    const shown = (text: string) =>
      text
        .replaceAll(real.host, 'registry.example')
        .replace(/^warning: .* \[engine-daemon-down\]\n {2}hint: .*\n/m, '');
    const env = { ...process.env, TZ: 'UTC', DOCKER_HOST: 'unix:///nowhere' };
    for (const steps of sessionsOf('doc/fleet.md').values()) {
      await runSteps(steps, { cwd: tree.path, env, shown });
    }
  });
});

/** `graph`: whole outputs of the real command line, and states of a real registry. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sketchFiles } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { lines } from '../support/explain.js';
import { fleetTree } from '../support/fleet.js';
import { putImage } from '../support/images.js';
import { run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const fleet = fleetTree();
const cwd = fleet.path;

/** Mermaid without styles and settings. */
const drawn = (text: string) => text.replace(/^(?:%%| {2}(?:classDef|class|linkStyle) ).*\n/gm, '');

/** The last line of stderr: what is said of the whole. */
const summaryOf = (stderr: string) => stderr.trimEnd().split('\n').at(-1);

test('an image with its parents, its children and what they are built on', async () => {
  const args = ['graph', 'mesh/build', '--with-parents', '--with-children', '--bases'];
  const { stdout, stderr, status } = await runCli([...args, '--format', 'mermaid'], { cwd });
  assert.equal(status, 0, stderr);
  assert.equal(
    drawn(stdout),
    lines(`
      flowchart LR
        n0["registry.harbour.example/bookworm:latest"]:::plain
        n1["registry.harbour.example/trixie:latest"]:::plain
        n2["slate:2.0.1-3-20261101"]:::plain
        n3["quill1.4:1.4-2-20261101"]:::plain
        n4["mesh/build:1.29-1-20261101"]:::plain
        n5["mesh/proxy:1.29-1-20261101"]:::plain
        n1 --> n2
        n2 --> n3
        n3 --> n4
        n4 -.-> n5
        n0 --> n5
    `),
  );
  assert.match(stdout, /^ {2}class n4 named$/m);
  assert.equal(summaryOf(stderr), '4 images, 5 links');
});

test('without --with-parents the links from there are counted; folded images are too', async () => {
  const alone = await runCli(['graph', 'mesh/build'], { cwd });
  assert.match(alone.stdout, /^digraph images \{\n/);
  assert.equal(
    summaryOf(alone.stderr),
    '1 image, 0 links; 1 link from parents that are not selected left out (--with-parents)',
  );
  const tree = scratchTree({
    'work/generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
    'work/config.yaml': 'registry: r.example\nseed_image: debian:12\n',
    ...sketchFiles('work/images', {
      base: { dockerfile: 'FROM {{ seed_image }}\n' },
      ...Object.fromEntries(
        ['a', 'b', 'c', 'd', 'e'].map((name) => [
          name,
          { dockerfile: 'FROM {{ "base" | image_tag }}\n' },
        ]),
      ),
    }),
  });
  const at = { cwd: tree.at('work') };
  const folded = await runCli(['graph', '--format', 'mermaid'], at);
  assert.match(folded.stdout, /n1\[\["5 images<br>a:1<br>b:1<br>c:1<br>and 2 more"\]\]/);
  assert.equal(folded.stderr, '6 images, 5 links; 5 of them folded (--no-fold shows each)\n');
  const whole = await runCli(['graph', '--no-fold', '--format', 'mermaid'], at);
  assert.equal(whole.stdout.match(/n0 --> n[1-5]$/gm)?.length, 5);
  assert.equal(whole.stderr, '6 images, 5 links\n');
});

test('a picture: by the ending of its file, the same twice, never on a terminal', async () => {
  const name = 'images.svg';
  const first = await runCli(['graph', '-o', name], { cwd });
  assert.deepEqual([first.status, first.stdout], [0, ''], first.stderr);
  const svg = readFileSync(fleet.at(name), 'utf8');
  assert.match(
    svg,
    /^<\?xml [\s\S]*<svg [\s\S]*>slate:2\.0\.1&#45;3&#45;20261101<[\s\S]*<\/svg>\n$/,
  );
  const piped = await runCli(['graph', '--format', 'svg'], { cwd });
  assert.equal(piped.stdout, svg);
  if (existsSync('/usr/bin/script')) {
    const line = `'${process.execPath}' '${join(root, 'bin/generate-bake.js')}' graph --format svg --color never`;
    const shown = await run('script', ['-qec', line, '/dev/null'], { cwd });
    assert.equal(shown.status, 2);
    assert.match(
      shown.stdout,
      /^error: a picture is not for a terminal \[usage\]\r?\n +hint: write/m,
    );
    assert.doesNotMatch(shown.stdout, /<svg/);
  }
});

test('bad command lines and broken images', async () => {
  const unclear = await runCli(['graph', '-o', 'images.png'], { cwd });
  assert.equal(unclear.status, 2);
  assert.match(unclear.stderr, /the ending of a file does not say what it is: images\.png/);
  assert.match(unclear.stderr, /hint: add --format dot, mermaid or svg/);
  const unknown = await runCli(['graph', 'slaet'], { cwd });
  assert.deepEqual([unknown.status, unknown.stdout], [2, '']);
  const nowhere = await runCli(['graph', '-o', 'missing/images.dot'], { cwd });
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.stderr, /\[unwritable\]/);
  const tree = scratchTree({
    'work/generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
    'work/config.yaml': 'registry: r.example\nseed_image: debian:12\n',
    ...sketchFiles('work/images', {
      good: { dockerfile: 'FROM scratch\n' },
      bad: { dockerfile: 'FROM {{ "good" | image_tag }}\n{{ missing.value }}\n' },
    }),
  });
  const broken = await runCli(['graph', '--format', 'mermaid'], { cwd: tree.at('work') });
  assert.equal(broken.status, 0, broken.stderr);
  assert.match(broken.stdout, /\["bad:1<br>broken"\]:::broken$/m);
  assert.match(broken.stderr, /images\/bad\/Dockerfile\.template:2/);
});

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

test('--states: what the registry has and lacks', { skip }, async () => {
  const real = await registry();
  const tree = scratchTree({
    'home/': '',
    'work/generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
    'work/config.yaml': `registry: ${real.host}/graph\nseed_image: debian:12\n`,
    ...sketchFiles('work/images', {
      base: { dockerfile: 'FROM scratch\nENV A=1\n' },
      child: { dockerfile: 'FROM {{ "base" | image_tag }}\nENV B=1\n' },
      other: { dockerfile: 'FROM scratch\nENV C=1\n' },
    }),
  });
  // No engine answers there.
  const env = {
    PATH: process.env.PATH,
    HOME: tree.at('home'),
    DOCKER_HOST: `unix://${tree.at('none.sock')}`,
  };
  const at = { cwd: tree.at('work'), env };
  const plan = JSON.parse((await runCli(['plan'], at)).stdout) as {
    readonly target: Readonly<Record<string, { readonly labels: Record<string, string> }>>;
  };
  const labels = plan.target.graph__base?.labels ?? plan.target.base?.labels ?? {};
  await putImage(real, 'graph/base', '1', { labels });
  await putImage(real, 'graph/base', 'latest', { labels });
  await putImage(real, 'graph/other', '1', {
    labels: { 'io.github.generate-bake.definition': `sha256:${'e'.repeat(64)}` },
  });
  const { stdout, stderr, status } = await runCli(['graph', '--states', '--format', 'mermaid'], at);
  assert.equal(status, 0, stderr);
  assert.equal(
    drawn(stdout),
    lines(`
      flowchart LR
        n0["base:1<br>published"]:::published
        n1["other:1<br>drifted"]:::drifted
        n2["child:1<br>absent"]:::absent
        n0 --> n2
    `),
  );
  await real.stop();
  const gone = await runCli(['graph', '--states', '--format', 'mermaid'], at);
  assert.equal(gone.status, 3, gone.stderr);
  assert.match(gone.stdout, /n0\["base:1<br>unknown"\]:::unknown/);
});

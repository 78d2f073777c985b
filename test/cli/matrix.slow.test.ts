/** `matrix`, and what `build --job` refuses before it asks anything. */
import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { suite, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { imageFiles } from '../support/refused.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

function treeOn(host: string): ScratchTree {
  return scratchTree({
    'config.yaml': `registry: ${host}\n`,
    'home/': '',
    ...imageFiles('base', 'FROM debian:13\nCOPY . /\n'),
    ...imageFiles('child', 'FROM {{ "base" | image_tag }}\nCOPY . /\n'),
    ...imageFiles('other', 'FROM debian:13\nCOPY . /\n'),
    ...imageFiles('broken', 'FROM debian:13\nRUN {{ nothing.here }}\n'),
  });
}

async function matrix(tree: ScratchTree, ...args: string[]) {
  const options = {
    cwd: tree.path,
    env: { PATH: process.env.PATH, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('home') },
  };
  return runCli(args, options);
}

interface Printed {
  readonly id: string;
  readonly jobs: readonly {
    readonly job: string;
    readonly images: readonly { readonly reference: string }[];
  }[];
}

function imagesOf(text: string): readonly (readonly string[])[] {
  const { jobs }: Printed = JSON.parse(text);
  return jobs.map(({ images }) => images.map(({ reference }) => reference));
}

test('what is linked is of one job; what is broken is of none, and ends it with 1', async () => {
  const tree = treeOn('registry.invalid');
  const made = await matrix(tree, 'matrix', '--format', 'json', '--max-jobs', '2', 'images');
  assert.equal(made.status, 1, made.stderr);
  assert.deepEqual(imagesOf(made.stdout), [
    ['registry.invalid/base:1', 'registry.invalid/child:1'],
    ['registry.invalid/other:1'],
  ]);
  assert.match(
    made.stderr,
    /^images\/broken\/Dockerfile\.template:2:8: error: UndefinedError: 'nothing' is undefined/m,
  );
  const again = await matrix(tree, 'matrix', '--format', 'json', '--max-jobs', '2', 'images');
  assert.notEqual(JSON.parse(again.stdout).id, JSON.parse(made.stdout).id, 'nobody can know it');
});

test('a job takes no selection', async () => {
  const tree = treeOn('registry.invalid');
  const made = await matrix(tree, 'matrix', '--output', 'matrix.json', 'images/other');
  assert.equal(made.status, 0, made.stderr);
  const job = [
    'build',
    '--job',
    '1/1',
    '--matrix',
    'matrix.json',
    '--staging',
    'staging.invalid/x',
  ];
  for (const more of [
    ['base'],
    ['--with-children'],
    ['--with-parents'],
    ['--exclude', 'base'],
    ['--select', 'b*'],
  ]) {
    const { status, stderr, stdout } = await matrix(tree, ...job, ...more);
    assert.equal(status, 2, more.join(' '));
    assert.match(
      stderr,
      /--job says which images are built, and takes no selection/,
      more.join(' '),
    );
    assert.equal(stdout, '');
  }
});

test('what is no matrix is refused', async () => {
  const tree = treeOn('registry.invalid');
  const made = await matrix(tree, 'matrix', '--output', 'matrix.json', 'images/other');
  assert.equal(made.status, 0, made.stderr);
  const text = readFileSync(tree.at('matrix.json'), 'utf8');
  tree.write({
    empty: '',
    cut: text.slice(0, 200),
    null: 'null',
    newer: text.replace('"schema": 1', '"schema": 2'),
    colours: text.replace('registry.invalid/other:1', '\\u001b[31mred\\u001b[0m:1'),
    huge: '',
  });
  truncateSync(tree.at('huge'), 65 * 1024 * 1024);
  for (const [file, why] of [
    ['nowhere', 'nowhere: error: the matrix does not exist [matrix]'],
    ['images', 'images: error: the matrix is a directory [matrix]'],
    ['empty', 'empty: error: the matrix cannot be used: it is not JSON [matrix]'],
    ['cut', 'cut: error: the matrix cannot be used: it is not JSON [matrix]'],
    [
      'null',
      'null: error: the matrix cannot be used: it is not a matrix of this version of generate-bake [matrix]',
    ],
    [
      'newer',
      'newer: error: the matrix cannot be used: it is not a matrix of this version of generate-bake [matrix]',
    ],
    ['colours', 'error: the matrix is of other trees: here is no \\x1b[31mred\\x1b[0m:1 [matrix]'],
    ['huge', 'huge: error: the matrix cannot be used: it is larger than 64 MiB [matrix]'],
  ] as const) {
    for (const job of ['1/1', 'publish']) {
      const args = ['--job', job, '--matrix', file, '--staging', 's.invalid/x', 'images/other'];
      const { status, stdout, stderr } = await matrix(tree, 'build', ...args);
      assert.deepEqual([status, stdout, stderr.split('\n')[0]], [2, '', why]);
    }
  }
});

test('durations that cannot be read are no durations', async () => {
  const tree = treeOn('registry.invalid');
  tree.write({ timings: 'garbage' });
  const args = ['matrix', '--timings', 'timings', '--output', 'matrix.json', 'images/other'];
  const made = await matrix(tree, ...args);
  assert.deepEqual([made.status, made.stdout], [2, '']);
  assert.match(made.stderr, /^timings: error: not a file of durations/m);
});

test('more jobs than a CI system takes are refused', async () => {
  const names = Array.from({ length: 257 }, (_, at) => `i${at}`);
  const files = names.map((name) => imageFiles(name, 'FROM debian:13\nCOPY . /\n'));
  const tree = scratchTree({
    'config.yaml': 'registry: registry.invalid\n',
    'home/': '',
    ...Object.assign({}, ...files),
  });
  for (const [format, fits, most] of [
    ['gitlab', '50', /^error: the job that publishes needs all 257 jobs, and GitLab allows 50 \[/],
    ['github', '256', /^error: the matrix has 257 jobs, and GitHub runs 256 \[/],
  ] as const) {
    const args = ['matrix', '--format', format, '--output', 'matrix.json', 'images'];
    const made = await matrix(tree, ...args, '--max-jobs', '257');
    assert.deepEqual([made.status, made.stdout], [2, '']);
    assert.match(made.stderr, most);
    const taken = await matrix(tree, ...args, '--max-jobs', fits);
    assert.equal(taken.status, 0, taken.stderr);
    if (format === 'gitlab') {
      const pipeline: Readonly<Record<string, unknown>> = JSON.parse(taken.stdout);
      for (const [name, job] of [
        ['publish', 'publish'],
        ['build 50/50', '50/50'],
      ] as const) {
        const { script } = pipeline[name] as { readonly script: unknown };
        const line = `generate-bake build --job ${job} --matrix matrix.json --wait`;
        assert.deepEqual(script, [line]);
      }
    }
  }
});

test('what makes no sense for a job is refused', async () => {
  const tree = treeOn('registry.invalid');
  const made = await matrix(tree, 'matrix', '--output', 'matrix.json', 'images/other');
  assert.equal(made.status, 0, made.stderr);
  for (const [job, flag, why] of [
    [
      '1/1',
      '--no-pull',
      /^error: --job takes parents from staging, and --no-pull those of the engine/,
    ],
    ['publish', '--no-publish', /^error: --job publish publishes: leave out --no-publish/],
    ['publish', '--dry-run', /^error: --job publish builds nothing, and cannot be tried/],
    ['publish', '--print', /^error: --job publish builds nothing, and cannot be tried/],
  ] as const) {
    const args = ['build', '--job', job, '--matrix', 'matrix.json', '--staging', 's.invalid/x'];
    const { status, stderr } = await matrix(tree, ...args, flag);
    assert.equal(status, 2, flag);
    assert.match(stderr, why);
  }
});

suite('with a registry', { skip }, () => {
  test('parents that are not published either are in a job, and so is what is wrong with their contexts', async () => {
    const real = await registry();
    const tree = treeOn(real.host);
    const args = ['matrix', '--unpublished', '--format', 'json', '--select', 'child'];
    const made = await matrix(tree, ...args);
    assert.equal(made.status, 0, made.stderr);
    assert.deepEqual(imagesOf(made.stdout), [[`${real.host}/base:1`, `${real.host}/child:1`]]);
    tree.write({ 'images/base/loop': { symlink: 'loop' } });
    const wrong = await matrix(tree, ...args);
    assert.equal(wrong.status, 1, wrong.stderr);
    assert.match(wrong.stderr, /child:1: not built: blocked by .*base:1, which is broken/);
    assert.deepEqual(imagesOf(wrong.stdout), [], 'the child is built on it');
    await real.stop();
  });
});

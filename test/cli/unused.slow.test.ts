/** `unused`: whole outputs of the real command line. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { sketchFiles } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { lines } from '../support/explain.js';
import { putImage } from '../support/images.js';
import { imagesAndCharts } from '../support/references.js';
import { scratchTree } from '../support/scratch.js';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(root, 'doc/unused.schema.json'), 'utf8')),
);

interface Document {
  readonly images: readonly {
    readonly repository: string;
    readonly unused: boolean;
    readonly perhaps: readonly { readonly file: string; readonly line: number }[];
  }[];
}

async function json(cwd: string, ...args: string[]): Promise<Document> {
  const { stdout, stderr } = await runCli(['unused', '--json', ...args], { cwd });
  assert.ok(stdout !== '', stderr);
  const document: Document = JSON.parse(stdout);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  return document;
}

/** `name`, with `?` where it is perhaps used and `-` where no file was searched. */
function shape({ images }: Document, isSearched = true): string[] {
  return images.map(({ repository, unused, perhaps }) => {
    assert.equal(unused, isSearched && perhaps.length === 0);
    return repository + (isSearched && !unused ? '?' : '');
  });
}

test('without --references no image is said to be unused', async () => {
  const tree = imagesAndCharts({}, '""');
  const { stdout, stderr, status } = await runCli(['unused'], { cwd: tree.at('images') });
  assert.equal(status, 0);
  assert.equal(
    stdout.replace(/ +/g, ' '),
    lines(`
      IMAGE PUBLISHED CHANGED DEFINITION
      api - 2026-06-01 images/api
      build - 2026-06-01 images/build
      istio/build - 2026-06-01 istio/build
    `),
  );
  assert.equal(
    stderr,
    '3 images without a child in the trees; no files were searched: add --references PATH\n',
  );
});

test('--json says which are unused, and where others are perhaps used', async () => {
  const tree = imagesAndCharts({ 'a.yaml': 'image: api\nversion: x\n' }, '""');
  const cwd = tree.at('images');
  assert.deepEqual(shape(await json(cwd), false), ['api', 'build', 'istio/build']);
  const found = await json(cwd, '--references', '../charts');
  // Without a registry the name alone is whole.
  assert.deepEqual(shape(found), ['build', 'istio/build']);
});

test('selections, the next command, and what cannot be searched', async () => {
  const tree = imagesAndCharts({ 'a.txt': 'x' }, '""');
  const at = { cwd: tree.at('images') };
  const one = await runCli(['unused', 'api', 'golang', '--references', '../charts'], at);
  assert.equal(one.status, 0, one.stderr);
  assert.match(one.stdout, /^api +- +2026-06-01 +images\/api$/m);
  assert.ok(!one.stdout.includes('golang'));
  assert.equal(
    one.stderr,
    lines(`
      1 image with neither a child in the trees nor a reference in 1 file; 0 images without a child are referred to
      next: git rm -r images/api
    `),
  );
  const missing = await runCli(['unused', '--references', 'nowhere'], at);
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /nowhere does not exist/);
  assert.ok(!missing.stderr.includes('next:'));
  const empty = await runCli(['unused', '--references', ''], at);
  assert.equal(empty.status, 2);
  assert.match(empty.stderr, /--references takes a path/);
});

test('a version that another definition pins is used; broken definitions may use any', async () => {
  const tree = scratchTree({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
    'config.yaml': 'registry: ""\nnamespace: fleet\n',
    ...sketchFiles('images', {
      old: { version: '2', dockerfile: 'FROM scratch\nCOPY changelog /\n' },
      app: { dockerfile: 'FROM fleet/old:1\nRUN true\n' },
      bad: { dockerfile: 'FROM {{ nothing }}\n' },
    }),
    'images/bad/changelog': 'no changelog\n',
    'charts/a.txt': '',
  });
  const { stdout, stderr } = await runCli(['unused', '--references', 'charts'], { cwd: tree.path });
  assert.match(stdout, /^fleet\/app /m);
  assert.ok(!stdout.includes('old'), stdout);
  assert.match(stderr, /^broken definitions, which may be built on any of them: images\/bad/m);
});

test('a registry says what is published', {
  skip: registryProgram() === undefined && 'no docker-registry on this machine',
}, async () => {
  const real = await registry();
  const tree = imagesAndCharts({ 'a.txt': '' }, real.host);
  await putImage(real, 'api', '2.10');
  const args = ['unused', '--references', '../charts'];
  const { stdout, status } = await runCli(args, { cwd: tree.at('images') });
  assert.equal(status, 0);
  assert.match(stdout, /\/api +yes /);
  assert.match(stdout, /\/istio\/build +no /);
  await real.stop();
  const gone = await runCli(args, { cwd: tree.at('images') });
  assert.equal(gone.status, 3);
  assert.match(gone.stdout, /\/api +not known /);
});

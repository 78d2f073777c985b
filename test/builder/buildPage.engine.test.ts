/** `build --page` on an engine: what failed, what was published and what was cut off are on it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BuildTree, buildTree, readReport, type Sketch } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';

const child = (parent: string, run: string): string =>
  `FROM {{ "${parent}" | image_tag }}\nRUN ${run}\n`;

/** Twelve images in three levels; some of a second version are larger, or fail. */
function twelve({ host }: Registry, version: '1' | '2'): Sketch {
  const isNew = version === '2';
  const wait = 'head -c 200000 /dev/urandom > /data';
  return {
    base: {
      version,
      dockerfile: `FROM ${host}/busybox:1\nRUN ${wait}\n`,
      test: 'docker run --rm "$1" true',
      files: { control: 'Package: base\nMaintainer: Base Team <base@example.org>\n' },
    },
    python: {
      version,
      dockerfile: child('base', `head -c ${isNew ? 900_000 : 300_000} /dev/urandom > /python`),
      test: 'docker run --rm "$1" test -e /python',
    },
    golang: {
      version,
      dockerfile: child(
        'base',
        isNew ? 'echo "<b>golang</b>: no such module" >&2; exit 4' : 'echo go > /go',
      ),
    },
    nodejs: { version, dockerfile: child('base', 'echo node > /node') },
    'python-web': { version, dockerfile: child('python', 'echo web > /web') },
    'python-batch': {
      version,
      dockerfile: child('python', 'echo batch > /batch'),
      test: isNew ? 'echo "1 of 3 tests failed"; exit 7' : 'true',
    },
    'golang-proxy': { version, dockerfile: child('golang', 'echo proxy > /proxy') },
    'golang-proxy-tls': { version, dockerfile: child('golang-proxy', 'echo tls > /tls') },
    'node-front': {
      version,
      dockerfile: child('nodejs', 'echo front > /front'),
      test: 'true',
    },
    'node-back': { version, dockerfile: child('nodejs', 'echo back > /back') },
    'node-jobs': { version, dockerfile: child('nodejs', 'echo jobs > /jobs') },
    tools: { version: '1', dockerfile: `FROM ${host}/busybox:1\nRUN echo tools > /tools\n` },
  };
}

interface Shown {
  readonly name: string;
  readonly ending: string;
  readonly why: readonly string[];
  readonly owner?: string;
  readonly delta?: string;
  readonly critical?: true;
  readonly facts: readonly (readonly [string, string])[];
  readonly parents: readonly { readonly name: string; readonly digest?: string }[];
  readonly chain?: readonly { readonly name: string }[];
  readonly log?: { readonly whole: boolean; readonly here: boolean };
}

/** What the script of a page is given. */
function dataOf(
  tree: BuildTree,
  file: string,
): { readonly html: string; readonly images: readonly Shown[] } {
  const html = readFileSync(tree.at('work', file), 'utf8');
  const text = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  return { html, ...(JSON.parse(text) as { readonly images: readonly Shown[] }) };
}

test('the page of a run has what failed with its place, what was published with its size, and the whole logs', async () => {
  const docker = await engine();
  const store = await registry();
  await loadBase(docker, `${store.host}/busybox:1`);
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'any', password: 'thing' },
    twelve(store, '1'),
  );
  const first = await tree.run('build', '--page', 'first.html');
  assert.equal(first.status, 0, first.stderr);
  const before = dataOf(tree, 'first.html');
  assert.match(before.html, /<p class="verdict done">/);
  assert.equal(
    before.images.every(({ delta, ending }) => delta === undefined && ending === 'published'),
    true,
  );

  tree.sketch(twelve(store, '2'));
  const second = await tree.run('build', '--page', 'run.html', '--report', 'report.json');
  assert.equal(second.status, 1, second.stderr);
  const { html, images } = dataOf(tree, 'run.html');
  const of = (name: string): Shown | undefined => images.find((image) => image.name === name);
  const factOf = (name: string, fact: string): string | undefined =>
    of(name)?.facts.find(([label]) => label === fact)?.[1];
  assert.deepEqual(images.map(({ name, ending }) => [name, ending]).slice(0, 4), [
    ['golang', 'failed'],
    ['python-batch', 'failed'],
    ['golang-proxy', 'skipped'],
    ['golang-proxy-tls', 'skipped'],
  ]);
  assert.match(factOf('golang', 'Place') ?? '', /^images\/golang\/Dockerfile\.template:2$/);
  assert.match(html, /<pre class="log"[^>]*>[^<]*&lt;b&gt;golang&lt;\/b&gt;: no such module/);
  assert.match(html, /1 of 3 tests failed/);
  assert.deepEqual(
    of('golang-proxy-tls')?.chain?.map(({ name }) => name),
    ['golang-proxy:2', 'golang:2'],
  );
  // Noise of random bytes cannot be compressed: 600,000 more on the python layer.
  assert.match(factOf('python', 'Size') ?? '', /^\d\.\d+ MB compressed, 60\d kB more than 1$/);
  assert.match(of('python')?.delta ?? '', /^\+60\d kB$/);
  assert.match(factOf('python', 'Test') ?? '', /^passed in /);
  assert.equal(factOf('nodejs', 'Test'), 'none: the image has no test');
  assert.match(of('python')?.parents[0]?.digest ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.match(of('base')?.why[0] ?? '', /new version 2: 1 is published/);
  assert.equal(of('tools')?.ending, 'untouched');
  assert.equal(of('base')?.owner, 'Base Team <base@example.org>');
  assert.equal(
    images.filter(({ log }) => log !== undefined).every(({ log }) => log?.whole && log.here),
    true,
  );

  const records = readReport(tree.at('work/report.json')).images as readonly {
    readonly ending: string;
    readonly startedAt?: number;
    readonly verifyStartedAt?: number;
    readonly publishStartedAt?: number;
    readonly endedAt?: number;
  }[];
  for (const { startedAt, endedAt, ending, verifyStartedAt, publishStartedAt } of records) {
    const times = [startedAt, verifyStartedAt, publishStartedAt, endedAt].filter(
      (time) => time !== undefined,
    );
    assert.equal(times.length > 0, ending !== 'untouched' && ending !== 'skipped');
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
  }
  // What is made of the report later is the same page.
  const later = await runCli(['report', 'report.json', '-o', 'later.html'], {
    cwd: tree.at('work'),
    env: tree.env,
  });
  assert.deepEqual([later.status, later.stderr], [0, '']);
  assert.equal(readFileSync(tree.at('work/later.html'), 'utf8'), html);
});

test('Ctrl-C leaves a page of what was done, and a page that cannot be written is reported before the build', async () => {
  const docker = await engine();
  const store = await registry();
  await loadBase(docker, `${store.host}/busybox:1`);
  const tree = buildTree(
    docker,
    { registry: store.host },
    {
      quick: { dockerfile: `FROM ${store.host}/busybox:1\nRUN echo quick > /quick\n` },
      slow: { dockerfile: child('quick', 'echo now it waits && sleep 300') },
    },
  );
  const refused = await tree.run('build', '--page', 'none/run.html');
  assert.equal(refused.status, 2);
  assert.match(
    refused.stderr,
    /none\/run\.html cannot be written: it would be in .*none, which does not exist/,
  );
  assert.equal(existsSync(tree.at('work/.generate-bake')), false);

  const args = ['build', '-c', 'config.yaml', '--debug', '--page', 'run.html', 'images'];
  const run = spawn(process.execPath, [join(root, 'bin/generate-bake.js'), ...args], {
    cwd: tree.at('work'),
    env: tree.env,
  });
  let said = '';
  const isStopped = new Promise<number | null>((resolve) => run.on('close', resolve));
  run.stderr.on('data', (data) => {
    const isWaiting = said.includes('now it waits\n');
    said += data;
    // Once: a second one does not wait for anything.
    if (!isWaiting && said.includes('now it waits\n')) {
      run.kill('SIGINT');
    }
  });
  assert.equal(await isStopped, 130, said);
  const { html, images } = dataOf(tree, 'run.html');
  assert.match(html, /<p class="verdict interrupted">/);
  assert.deepEqual(
    images.map(({ name, ending }) => [name, ending]),
    [
      ['slow', 'unfinished'],
      ['quick', 'built'],
    ],
  );
});

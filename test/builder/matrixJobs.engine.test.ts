/** A build that is cut into jobs, each run in an engine that has nothing, as by machines of a CI system. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, privateEngine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { onParents } from '../support/onParents.js';

interface Matrix {
  readonly jobs: readonly {
    readonly job: string;
    readonly stage: number;
    readonly images: readonly { readonly reference: string }[];
  }[];
}

/** One library, and eleven images on it, of which one fails; one more is on that. */
function sketch(base: string): { images: Sketch; parents: ReadonlyMap<string, string> } {
  const images: Record<string, Sketch[string]> = {
    lib: { dockerfile: `FROM ${base}\nRUN echo lib > /lib\n`, test: 'true' },
  };
  const parents = new Map<string, string>();
  for (let at = 1; at <= 10; at++) {
    const line = at === 3 ? 'false' : `cat /lib > /app${at}`;
    images[`app${at}`] = { dockerfile: `FROM {{ "lib" | image_tag }}\nRUN ${line}\n` };
    if (at !== 3) {
      parents.set(`app${at}`, 'lib');
    }
  }
  images.top = { dockerfile: 'FROM {{ "app3" | image_tag }}\nRUN true\n' };
  return { images, parents };
}

async function empty(engine: Engine): Promise<void> {
  await engine.docker('system', 'prune', '--all', '--force');
}

test('jobs build in stages on machines of their own, and the last one publishes what has passed', async () => {
  const engine = await privateEngine();
  const store = await registry();
  const base = `${store.host}/base:1`;
  await loadBase(engine, base);
  await engine.docker('push', '--quiet', base);
  const { images, parents } = sketch(base);
  const config = { registry: store.host, username: 'any', password: 'body' };
  // Which only the last job needs.
  const hook = { 'generate-bake': { after_publish: ['nowhere-to-be-found'] } };
  const tree = buildTree(engine, { ...config, ...hook }, images);
  const cut = await tree.run('matrix', '--max-jobs', '4', '--format', 'json');
  assert.equal(cut.status, 0, cut.stderr);
  tree.write({ 'work/matrix.json': cut.stdout });
  const matrix = JSON.parse(cut.stdout) as Matrix;
  assert.deepEqual(
    matrix.jobs.map(({ stage }) => stage),
    [1, 2, 2, 2],
  );
  const job = (name: string) => [
    ...['--job', name, '--matrix', 'matrix.json'],
    ...['--staging', `${store.host}/staging`, '--report', 'report.json'],
  ];

  const early = await tree.run('build', ...job('2/4'));
  assert.equal(early.status, 3, early.stderr);
  assert.match(early.stderr, /job 1\/4 of the matrix has not made it/);
  for (const { job: name, images: own } of matrix.jobs) {
    await empty(engine);
    const done = await tree.run('build', ...job(name));
    const fails = own.some(({ reference }) => reference.endsWith('/app3:1'));
    assert.equal(done.status, fails ? 1 : 0, done.stderr);
    const report = readReport(tree.at('work/report.json'));
    const { built = [], ...others } = endings(report);
    assert.equal(built.length, own.length - (fails ? 2 : 0), done.stderr);
    const staged = report.images.filter(({ staged: digest }) => digest !== undefined);
    assert.deepEqual(staged.map(({ reference }) => reference.replace(/^.*\//, '')).sort(), built);
    assert.match(done.stderr, new RegExp(`^${built.length} staged[, ]`, 'm'));
    assert.doesNotMatch(done.stderr, /: published as|\d published|not published: no/);
    assert.deepEqual(
      Object.keys(others).sort(),
      [...(fails ? ['failed', 'skipped'] : []), ...(name === '1/4' ? [] : ['untouched'])].sort(),
    );
  }
  const changes = store.requests().filter(({ method }) => !['GET', 'HEAD'].includes(method));
  assert.deepEqual(
    changes.filter(({ path }) => !/^\/v2\/(?:staging\/|base\/)/.test(path)),
    [],
    'nothing is published before the last job',
  );

  const lacking = await tree.run('build', ...job('publish'));
  assert.equal(lacking.status, 2, lacking.stderr);
  assert.match(lacking.stderr, /nowhere-to-be-found/);
  tree.configure(config);
  const last = await tree.run('build', ...job('publish'));
  assert.equal(last.status, 1, last.stderr);
  assert.match(last.stderr, /^12 images to publish$/m, 'they were tested by their jobs');
  const ended = endings(readReport(tree.at('work/report.json')));
  assert.equal(ended.published?.length, 10, last.stderr);
  assert.deepEqual([ended.failed, ended.skipped], [['app3:1'], ['top:1']]);
  await onParents(store, parents);

  tree.sketch({ app1: { dockerfile: 'FROM {{ "lib" | image_tag }}\nRUN echo other\n' } });
  const other = await tree.run('build', ...job('publish'));
  assert.equal(other.status, 2);
  assert.match(other.stderr, /of another commit: here \S+\/app1:1 is made of something else/);
  assert.match(readFileSync(tree.at('work/matrix.json'), 'utf8'), /"id": "[0-9a-f]{16}"/);
  await engine.remove();
  await store.stop();
});

/** The one tag that an image has in staging. */
async function stagedTag({ host }: Registry, name: string): Promise<string> {
  const answer = await fetch(`http://${host}/v2/staging/${name}/tags/list`);
  const { tags } = (await answer.json()) as { readonly tags: readonly string[] };
  assert.equal(tags.length, 1);
  return tags[0] ?? '';
}

test('a job trusts neither the engine nor what has another image under its tag', async () => {
  const engine = await privateEngine();
  const store = await registry();
  const base = `${store.host}/base:1`;
  await loadBase(engine, base);
  await engine.docker('push', '--quiet', base);
  const tree = buildTree(
    engine,
    { registry: store.host },
    {
      lib: { dockerfile: `FROM ${base}\nRUN echo lib > /lib\n` },
      app1: { dockerfile: 'FROM {{ "lib" | image_tag }}\nRUN echo 1 > /app\n' },
      app2: { dockerfile: 'FROM {{ "lib" | image_tag }}\nRUN echo 2 > /app\n' },
      app3: { dockerfile: 'FROM {{ "lib" | image_tag }}\nRUN echo 3 > /app\n' },
    },
  );
  const job = (name: string, file = 'matrix.json') =>
    tree.run(
      'build',
      ...['--job', name, '--matrix', file],
      ...['--staging', `${store.host}/staging`, '--report', 'report.json'],
    );

  // No job makes lib, and two would each make another one.
  const apps = ['--select', 'app*', '--max-jobs', '3', '--output', 'apps.json'];
  assert.equal((await tree.run('matrix', ...apps)).status, 0);
  const orphan = await job('1/3', 'apps.json');
  assert.equal(orphan.status, 3, orphan.stderr);
  assert.match(orphan.stderr, /lib:1: it is not published, and no job of the matrix makes it/);

  // What is on the engine already is staged all the same, without credentials for publishing.
  const whole = ['--max-jobs', '4', '--format', 'json', '--output', 'matrix.json'];
  const cut = await tree.run('matrix', ...whole);
  const matrix = JSON.parse(cut.stdout) as Matrix & {
    readonly jobs: readonly { readonly images: readonly { readonly definition: string }[] }[];
  };
  assert.equal((await tree.run('build')).status, 0);
  const early = await job('publish');
  assert.equal(early.status, 1, early.stderr);
  assert.deepEqual(endings(readReport(tree.at('work/report.json'))), {
    failed: ['lib:1'],
    skipped: ['app1:1', 'app2:1', 'app3:1'],
  });
  const first = await job('1/4');
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /^1 image to test and stage$/m);
  assert.match(first.stderr, /lib:1: staged as sha256:/);

  const app = matrix.jobs[1]?.images[0]?.reference.replace(/^.*\/|:1$/g, '') ?? '';
  const second = await job('2/4');
  assert.equal(second.status, 0, second.stderr);

  // Another lib, of the same definition: as two runs of one job at the same moment may leave it.
  const tag = await stagedTag(store, 'lib');
  const label = 'io.github.generate-bake.definition';
  const definition = matrix.jobs[0]?.images[0]?.definition ?? '';
  await putImage(store, 'staging/lib', tag, { labels: { [label]: definition }, layers: ['other'] });
  const astray = await job('publish');
  assert.equal(astray.status, 1);
  assert.match(
    astray.stderr,
    new RegExp(`/${app}:1: FAILED to publish: what is staged is not built on \\S+/lib:1: cut`),
  );

  // Something else altogether; nothing takes it.
  await putImage(store, 'staging/lib', tag, { layers: ['garbage'] });
  const wrong = /\/staging\/lib:\S+ is something else: cut the matrix again/;
  const third = await job('3/4');
  assert.equal(third.status, 3, third.stderr);
  assert.match(third.stderr, wrong);
  const again = await job('1/4');
  assert.equal(again.status, 3, again.stderr);
  assert.match(again.stderr, wrong);
  await engine.remove();
  await store.stop();
});

/** `build --json` on a real engine: what happened, as it happens, as doc/events.schema.json says. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildTree, readReport } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { readEvents } from '../support/events.js';

const docker = await engine();
const password = 'geheimes-wort-4711';

test('a run that publishes two images, and of which one fails', async () => {
  const store = await registry({ users: { robot: password } });
  const base = `${store.host}/base:1`;
  await loadBase(docker, base);
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'robot', password },
    {
      parent: { dockerfile: `FROM ${base}\nRUN echo parent > /p\n`, test: 'true' },
      child: { dockerfile: 'FROM {{ "parent" | image_tag }}\nRUN echo child-says\n' },
      bad: { dockerfile: `FROM ${base}\nRUN echo ${password.slice(0, 3)}; exit 7\n` },
      below: { dockerfile: 'FROM {{ "bad" | image_tag }}\n' },
    },
  );
  const first = await tree.run('build', '--json', '--report', 'report.json');
  assert.equal(first.status, 1, first.stderr);
  assert.match(first.stderr, /parent:1: published as/);
  assert.ok(!first.stdout.includes(password));
  const events = readEvents(first.stdout);
  const of = (kind: string) =>
    events.filter((event) => event.kind === kind).map(({ reference }) => String(reference));
  const named = (...names: string[]) => names.map((name) => `${store.host}/${name}:1`);
  assert.deepEqual(of('image-decided').toSorted(), named('bad', 'below', 'child', 'parent'));
  assert.deepEqual(of('published').toSorted(), named('child', 'parent'));
  assert.deepEqual(of('image-failed'), named('bad'));
  assert.deepEqual(of('image-skipped'), named('below'));
  assert.deepEqual(of('output'), [], 'only with --debug');
  const { images } = readReport(tree.at('work/report.json'));
  for (const { reference, digest } of images.filter(({ ending }) => ending === 'published')) {
    const event = events.find((one) => one.kind === 'published' && one.reference === reference);
    assert.equal(event?.digest, digest);
  }
  const result = events.at(-1);
  assert.equal(result?.exitCode, 1);
  assert.deepEqual(result?.counts, {
    published: 2,
    built: 0,
    untouched: 0,
    unfinished: 0,
    skipped: 1,
    failed: 1,
    stopped: 0,
    unnamed: 0,
  });

  // Nothing is on stderr with --quiet: the failure is in the stream.
  const again = await tree.run('build', '--json', '-q', '--select', '*child*', '--debug');
  assert.deepEqual([again.stderr, again.status], ['', 0]);
  assert.deepEqual(
    readEvents(again.stdout)
      .filter(({ kind }) => kind === 'image-decided')
      .map(({ action }) => action),
    ['skip', 'skip'],
  );
  // --quiet alone keeps its meaning: nothing was to do.
  const quiet = await tree.run('build', '-q', '--select', '*child*');
  assert.deepEqual([quiet.stdout, quiet.stderr, quiet.status], ['', '', 0]);
});

test('an event is there when it happens, and Ctrl-C ends the stream with its result', async () => {
  const base = 'events/base:1';
  await loadBase(docker, base);
  const tree = buildTree(
    docker,
    {},
    { slow: { dockerfile: `FROM ${base}\nRUN echo begun; sleep 600\n` } },
  );
  const bin = join(root, 'bin/generate-bake.js');
  const args = [bin, 'build', '--json', '--no-pull', '--debug', '-c', 'config.yaml', 'images'];
  const child = spawn(process.execPath, args, {
    cwd: tree.at('work'),
    env: tree.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  let stopped = false;
  child.stdout.on('data', (data) => {
    text += data;
    // The step runs for ten minutes: what it prints is read while it runs.
    if (!stopped && /"kind":"output".*begun/.test(text)) {
      stopped = true;
      child.kill('SIGINT');
    }
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  assert.equal(status, 130);
  const result = readEvents(text).at(-1);
  assert.deepEqual([result?.exitCode, result?.interrupted], [130, true]);
  const { unfinished } = (result?.counts ?? {}) as { readonly unfinished?: number };
  assert.equal(unfinished, 1);
});

test('--fail-on-drift ends with 1 when all else is done; what is built anew has not drifted', async () => {
  const store = await registry({ users: { robot: password } });
  const base = `${store.host}/base:1`;
  await loadBase(docker, base);
  const one = (text: string) => ({ one: { dockerfile: `FROM ${base}\nRUN echo ${text} > /p\n` } });
  const config = { registry: store.host, username: 'robot', password };
  const tree = buildTree(docker, config, one('first'));
  assert.equal((await tree.run('build', '--fail-on-drift')).status, 0);
  tree.sketch({ ...one('second'), two: { dockerfile: `FROM ${base}\nRUN echo two > /two\n` } });
  const drifted = await tree.run('build', '--fail-on-drift', '--json');
  assert.equal(drifted.status, 1, drifted.stderr);
  assert.match(drifted.stderr, /error: 1 image has changed without a new version/);
  const events = readEvents(drifted.stdout);
  const published = events.filter(({ kind }) => kind === 'published');
  assert.deepEqual(
    published.map(({ reference }) => reference),
    [`${store.host}/two:1`],
  );
  assert.ok(events.some(({ code }) => code === 'drifted'));
  // It is not asked for here, or not selected, or replaced.
  assert.equal((await tree.run('build')).status, 0);
  assert.equal((await tree.run('build', '--fail-on-drift', '--select', 'two')).status, 0);
  assert.equal((await tree.run('build', '--fail-on-drift', '--dry-run')).status, 1);
  assert.equal((await tree.run('build', '--fail-on-drift', '--overwrite-published')).status, 0);
});

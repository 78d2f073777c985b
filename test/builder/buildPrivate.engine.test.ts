/** Private images are pushed to their own namespace, and what is built on one is never pushed to another. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildTree, readReport, sketchFiles } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';

test('an embargoed fix is published to its namespace alone, and nothing built on it anywhere else', async () => {
  const docker = await engine();
  const store = await registry();
  await loadBase(docker, `${store.host}/base:1`);
  const tree = buildTree(docker, {}, {});
  const on = (name: string, line: string) => `FROM {{ "${name}" | image_tag }}\nRUN ${line}\n`;
  const config = (namespace: string) =>
    `{registry: "${store.host}", namespace: ${namespace}, username: any, password: secret-thing}`;
  tree.write({
    'work/generate-bake.toml': [
      `private_registries = ["${store.host}/embargo"]`,
      '[[tree]]\ndirectory = "open"\nconfig = "open.yaml"',
      '[[tree]]\ndirectory = "fixes"\nconfig = "fixes.yaml"\nprivate = true\n',
    ].join('\n'),
    'work/open.yaml': config('open'),
    'work/fixes.yaml': config('embargo'),
    ...sketchFiles('work/open', {
      lib: { dockerfile: `FROM ${store.host}/base:1\nRUN echo lib > /lib\n` },
      app: { dockerfile: on('lib', 'echo app > /app') },
      leak: { dockerfile: on('patched', 'echo leak > /leak') },
    }),
    ...sketchFiles('work/fixes', {
      patched: { dockerfile: on('lib', 'echo patched > /lib') },
      service: { dockerfile: on('patched', 'echo service > /service') },
    }),
  });
  const build = (...args: string[]) =>
    runCli(['build', '--all', ...args], { cwd: tree.at('work'), env: tree.env });

  const cached = await build('--', '--set', '*.cache-to=type=inline');
  assert.equal(cached.status, 2, cached.stderr);
  assert.match(
    cached.stderr,
    /private images are never in a cache: embargo__patched, embargo__service/,
  );

  const files = ['--report', 'report.json', '--junit', 'junit.xml', '--metrics', 'run.prom'];
  const built = await build(...files);
  assert.equal(built.status, 1, built.stderr);
  assert.match(
    built.stderr,
    /error: leak is built on \S+\/embargo\/patched:1, which is private, and would be published as \S+\/open\/leak/,
  );
  const puts = store
    .requests()
    .filter(({ method, path }) => method === 'PUT' && path.endsWith('/manifests/1'))
    .map(({ path }) => path.replace(/^\/v2\/|\/manifests\/1$/g, ''));
  assert.deepEqual(puts.sort(), ['embargo/patched', 'embargo/service', 'open/app', 'open/lib']);
  // No request of whatever kind names one of them outside of its namespace.
  const strays = store
    .requests()
    .filter(({ path }) => /open\/(?:patched|service|leak)\//.test(path));
  assert.deepEqual(
    strays.filter(({ method }) => method !== 'GET' && method !== 'HEAD'),
    [],
  );

  const { images } = readReport(tree.at('work/report.json'));
  const privates = images.filter((image) => 'private' in image).map(({ reference }) => reference);
  assert.deepEqual(privates.map((reference) => reference.replace(`${store.host}/`, '')).sort(), [
    'embargo/patched:1',
    'embargo/service:1',
    'open/leak:1',
  ]);
  for (const file of ['junit.xml', 'run.prom']) {
    const text = readFileSync(tree.at(`work/${file}`), 'utf8');
    assert.doesNotMatch(text, /patched|service|leak|embargo/, file);
  }
  assert.match(readFileSync(tree.at('work/junit.xml'), 'utf8'), /tests="5" failures="1"/);
  await store.stop();
});

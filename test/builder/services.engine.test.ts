/** Services of Blubber files are built by their own frontend, on the parents of the same run: by a fake of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { endings, readReport, sketchFiles } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { loadDockerfileFrontend } from '../support/engine/dockerfileFrontend.js';
import { type Engine, engines, privateEngine } from '../support/engine/engine.js';
import { loadFakeFrontend, type Takes } from '../support/engine/frontend.js';
import { registry } from '../support/engine/registry.js';
import { remoteBuilder } from '../support/engine/remote.js';
import { readEvents } from '../support/events.js';
import { lines } from '../support/explain.js';
import { firstUnlessLong, onlyLong } from '../support/long.js';
import { type ScratchFile, type ScratchTree, scratchTree } from '../support/scratch.js';

/** The files of a service `name` on `node`, whose `build` is on `devel`; the fake frontend builds the Dockerfile. */
function service(host: string, name: string, frontend: string): Record<string, string> {
  return {
    [`work/services/${name}/.pipeline/blubber.yaml`]: lines(`
      # syntax=${frontend}
      version: v4
      base: ${host}/node
      variants:
        build: { base: ${host}/devel, copies: [{ from: local, source: src }] }
        production: { copies: [build] }
    `),
    [`work/services/${name}/src`]: `${name}\n`,
    [`work/services/${name}/fake.Dockerfile`]: lines(`
      FROM ${host}/devel AS build
      COPY src /src
      RUN cat /proc/sys/kernel/random/uuid > /when
      FROM ${host}/node AS production
      COPY --from=build /src /when /
      RUN cp /node /was
    `),
  };
}

interface Workspace extends ScratchTree {
  run(...args: string[]): ReturnType<typeof runCli>;
  /** Builds all, which ends with this status; gives how each image ended, and the calls. */
  build(status: number, ...args: string[]): Promise<Built>;
}

interface Built {
  readonly stderr: string;
  readonly ended: Record<string, string[]>;
  /** The images of each call, as it starts. */
  readonly calls: readonly (readonly string[])[];
  /** Reasons of failures, by name. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** The workspace file; `more`: of the tree of services. */
function settings(host: string, more: string): string {
  return lines(`
    [[tree]]
    directory = "images"
    config = "config.yaml"
    [[tree]]
    kind = "blubber"
    directory = "services"
    registry = "${host}"
    variants = ["production"]
  `).concat(more);
}

/** `base`, `node` and `devel` on each other, in the registry `host`, and the services. */
function workspace(
  engine: Engine,
  host: string,
  services: Readonly<Record<string, ScratchFile>>,
  more = 'version = "1"\n',
): Workspace {
  const tree = scratchTree({
    ...{ 'home/': '', 'state/': '', 'cache/': '', 'tmp/': '', 'locks/': '' },
    'work/generate-bake.toml': settings(host, more),
    'work/config.yaml': `registry: ${host}\nbase_images: []\n`,
    ...images(host, '1'),
    ...services,
  });
  const env = {
    ...engine.env,
    HOME: tree.at('home'),
    XDG_STATE_HOME: tree.at('state'),
    XDG_CACHE_HOME: tree.at('cache'),
    TMPDIR: tree.at('tmp'),
    GENERATE_BAKE_LOCK_DIRECTORY: tree.at('locks'),
  };
  const run = (...args: string[]) => runCli(args, { cwd: tree.at('work'), env });
  const build = async (status: number, ...args: string[]): Promise<Built> => {
    const built = await run('build', '--all', '--json', '--report', '../report.json', ...args);
    assert.equal(built.status, status, `${built.stderr}${built.stdout.slice(-3_000)}`);
    const report = readReport(tree.at('report.json'));
    const calls = readEvents(built.stdout).flatMap((event) =>
      event.kind === 'call-started' ? [(event.images as string[]).map(nameOf).sort()] : [],
    );
    const reasons = report.images.flatMap(({ reference, reason }) =>
      reason === undefined ? [] : [[nameOf(reference), reason]],
    );
    const { untouched: _, ...ended } = endings(report);
    return { stderr: built.stderr, ended, calls, reasons: Object.fromEntries(reasons) };
  };
  return { ...tree, run, build };
}

function images(host: string, version: string): ReturnType<typeof sketchFiles> {
  return sketchFiles('work/images', {
    base: { dockerfile: `FROM ${host}/root:1\nRUN echo base > /base\n` },
    node: {
      version,
      dockerfile: `FROM {{ "base" | image_tag }}\nRUN echo ${version} > /node\n`,
    },
    devel: {
      version,
      dockerfile: `FROM {{ "node" | image_tag }}\nRUN echo devel > /devel\n`,
    },
  });
}

function nameOf(reference: string): string {
  return reference.replace(/^.*\/|:[^:]*$/g, '');
}

async function layersOf(engine: Engine, reference: string): Promise<readonly string[]> {
  const format = '{{json .RootFS.Layers}}';
  return JSON.parse(await engine.docker('image', 'inspect', '--format', format, reference));
}

/** Whether the layers of an image begin with those of another. */
async function isOn(engine: Engine, child: string, parent: string): Promise<boolean> {
  const [own, below] = await Promise.all([layersOf(engine, child), layersOf(engine, parent)]);
  return below.length < own.length && below.every((layer, at) => own[at] === layer);
}

/** A file of an image. */
async function textIn(engine: Engine, reference: string, file: string): Promise<string> {
  return engine.docker('run', '--rm', '--network', 'none', '--entrypoint', 'cat', reference, file);
}

for (const engine of firstUnlessLong(await engines())) {
  const ways: readonly (readonly [string, Takes, readonly (readonly string[])[]])[] = [
    ['no label: by policy', [], [['base', 'devel', 'node'], ['one'], ['two']]],
    ['contexts: pinned', ['contexts'], [['base', 'devel', 'node'], ['one'], ['two']]],
    [
      'contexts and inputs: linked in one call',
      ['contexts', 'inputs'],
      [['base', 'devel', 'node', 'one', 'two']],
    ],
  ];
  const frontends = [
    { of: 'a fake frontend', skip: false, host: 'services', load: loadFakeFrontend },
    {
      of: "BuildKit's Dockerfile frontend",
      skip: onlyLong,
      host: 'services-real',
      load: loadDockerfileFrontend,
    },
  ];
  const cases = frontends.flatMap((one) => ways.map((way) => [one, way] as const));
  for (const [{ of, skip, load, host: prefix }, [name, takes, calls]] of cases) {
    const title = `${engine.name}: three generations in one build, a parent bumped: ${of}, ${name}`;
    test(title, { skip }, async () => {
      const host = `${prefix}${takes.length}.example`;
      const frontend = `${host}/blubber/buildkit:v1.8.0`;
      await loadBase(engine, `${host}/root:1`);
      await load(engine, frontend, takes);
      const tree = workspace(
        engine,
        host,
        { ...service(host, 'one', frontend), ...service(host, 'two', frontend) },
        '',
      );
      const first = await tree.build(0, '--no-publish', '--no-pull');
      assert.deepEqual([...first.calls].sort(), calls);
      const list = JSON.parse((await tree.run('list', '--json')).stdout).images as {
        readonly name: string;
        readonly reference: string;
      }[];
      const one = list.find((image) => image.name === 'one')?.reference ?? assert.fail('no one');
      assert.ok(await isOn(engine, one, `${host}/node:1`));
      assert.equal(await textIn(engine, one, '/was'), '1');
      assert.equal(await textIn(engine, one, '/src'), 'one');

      // Nothing is built again, and what is built on it follows a new version of the parent.
      const again = await tree.build(0, '--no-publish', '--no-pull');
      assert.deepEqual(again.calls, []);
      tree.write(images(host, '2'));
      const second = await tree.build(0, '--no-publish', '--no-pull');
      assert.deepEqual(second.ended.built?.map(nameOf), ['devel', 'node', 'one', 'two']);
      const after = JSON.parse((await tree.run('list', '--json')).stdout).images as typeof list;
      const other = after.find((image) => image.name === 'one')?.reference ?? '';
      assert.notEqual(other, one);
      assert.ok(await isOn(engine, other, `${host}/node:2`));
      assert.equal(await textIn(engine, other, '/was'), '2');
    });
  }

  test(`${engine.name}: a new version runs all steps of its variants again, unless the cache is to be used`, async () => {
    const host = 'services-again.example';
    const frontend = `${host}/blubber/buildkit:v1.8.0`;
    await loadBase(engine, `${host}/root:1`);
    await loadFakeFrontend(engine, frontend, []);
    const tree = workspace(engine, host, service(host, 'one', frontend));
    const offline = ['--no-publish', '--no-pull'];
    await tree.build(0, ...offline);
    const version = (to: string): void => {
      tree.write({ 'work/generate-bake.toml': settings(host, `version = "${to}"\n`) });
    };
    version('2');
    await tree.build(0, ...offline, '--use-cache');
    version('3');
    await tree.build(0, ...offline);
    const when = await Promise.all(
      ['1', '2', '3'].map((each) => textIn(engine, `${host}/one:${each}`, '/when')),
    );
    assert.equal(when[1], when[0]);
    assert.notEqual(when[2], when[0]);
  });

  test(`${engine.name}: published parents are pinned whatever has moved; a frontend that is gone costs its services alone`, async (t) => {
    const store = await registry();
    t.after(() => store.stop());
    const { host } = store;
    const frontend = `${host}/blubber/buildkit:v1.8.0`;
    await loadBase(engine, `${host}/root:1`);
    await loadFakeFrontend(engine, frontend, []);
    const tree = workspace(engine, host, {});
    const first = await tree.build(0, '--publish');
    assert.deepEqual(first.ended.published?.map(nameOf) ?? first.ended, ['base', 'devel', 'node']);

    // Whoever takes `node` by its name gets this, from the engine and from the registry.
    await engine.docker('tag', `${host}/root:1`, `${host}/node:latest`);
    await engine.docker('push', '--quiet', `${host}/node:latest`);
    await engine.docker('image', 'rm', '--force', `${host}/node:1`, `${host}/devel:1`);
    const pushed = await engine.docker('push', frontend);
    const pinned = `${host}/blubber/buildkit@${/sha256:\w+/.exec(pushed)?.[0]}`;
    await engine.docker('image', 'rm', frontend);
    // One that knows the registry by another name, and one whose frontend is not there.
    const alias = 'services-alias.example';
    const plain = readFileSync(tree.at('work/generate-bake.toml'), 'utf8');
    tree.write({
      'work/generate-bake.toml': `registry_aliases = { "${alias}" = "${host}" }\n${plain}`,
      ...service(alias, 'one', frontend),
      ...service(host, 'two', `${host}/blubber/gone:v1.8.0`),
    });
    const second = await tree.build(1, '--publish');
    assert.deepEqual(second.ended.failed, ['two:1'], second.stderr);
    assert.match(second.reasons.two ?? '', /blubber\/gone:v1\.8\.0.*not found/);
    assert.deepEqual(second.ended.published?.map(nameOf), ['one']);
    await engine.docker('pull', '--quiet', `${host}/node:1`);
    assert.ok(await isOn(engine, `${host}/one:1`, `${host}/node:1`));
    assert.equal(await textIn(engine, `${host}/one:1`, '/was'), '1');

    // A frontend of the tree replaces what the files name.
    const toml = readFileSync(tree.at('work/generate-bake.toml'), 'utf8');
    tree.write({ 'work/generate-bake.toml': `${toml}frontend = "${pinned}"\n` });
    const third = await tree.build(0, '--publish');
    assert.deepEqual(third.ended.published?.map(nameOf), ['two']);
    assert.ok(await isOn(engine, `${host}/two:1`, `${host}/node:1`));
  });

  test(`${engine.name}: tests, drift and old versions of services are as those of other images`, async (t) => {
    const store = await registry();
    t.after(() => store.stop());
    const { host } = store;
    const frontend = `${host}/blubber/buildkit:v1.8.0`;
    await loadBase(engine, `${host}/root:1`);
    await loadFakeFrontend(engine, frontend, []);
    const tests = lines(`
      [[tree.image]]
      path = "services/two"
      tests = ["services/two/smoke"]
    `);
    const tree = workspace(
      engine,
      host,
      {
        ...service(host, 'one', frontend),
        ...service(host, 'two', frontend),
        'work/services/two/smoke': { text: '#!/bin/sh\ngrep -q three /src\n', mode: 0o755 },
      },
      `version = "1"\n${tests}`,
    );
    const first = await tree.build(1, '--publish');
    assert.deepEqual(first.ended.failed, ['two:1']);
    assert.match(first.reasons.two ?? '', /services\/two\/smoke exited with status 1/);
    assert.ok(first.ended.published?.includes('one:1'), first.stderr);

    tree.write({ 'work/services/one/src': 'changed\n', 'work/services/two/src': 'three\n' });
    const status = await tree.run('status', '--all');
    assert.match(status.stdout, /\/one:1 +drifted /);
    assert.match(status.stdout, /\/two:1 +drifted +build /, 'it is not published');
    const toml = readFileSync(tree.at('work/generate-bake.toml'), 'utf8');
    tree.write({ 'work/generate-bake.toml': toml.replace('version = "1"', 'version = "2"') });
    const second = await tree.build(0, '--publish');
    assert.deepEqual(second.ended.published, ['one:2', 'two:2'], second.stderr);
    const pruned = await tree.run('prune', '--dry-run');
    assert.match(pruned.stdout, /\/one:1$/m, pruned.stderr);
    assert.doesNotMatch(pruned.stdout, /:2$/m);
  });
}

test('a builder that does not see local images: refused before anything is built, unless the frontend is linked', async (t) => {
  const engine = (await engines())[0] ?? assert.fail('no engine');
  const store = await registry();
  const far = await remoteBuilder(engine);
  t.after(() => Promise.all([far.remove(), store.stop()]));
  const { host } = store;
  const every: readonly (readonly [Takes, number])[] = [
    [['contexts'], 2],
    [['contexts', 'inputs'], 0],
  ];
  await loadBase(engine, `${host}/root:1`);
  await engine.docker('push', '--quiet', `${host}/root:1`);
  for (const [takes, status] of every) {
    const frontend = `${host}/blubber/buildkit:v1.8.${takes.length}`;
    await loadFakeFrontend(engine, frontend, takes);
    await engine.docker('push', '--quiet', frontend);
    const tree = workspace(engine, host, service(host, 'one', frontend));
    const args = ['build', '--all', '--no-publish', '--no-pull', '--builder', far.name];
    const built = await tree.run(...args);
    assert.equal(built.status, status, built.stderr);
    if (status === 2) {
      assert.match(
        built.stderr,
        /^services\/one\/\.pipeline\/blubber\.yaml:3:7: error: \S+\/one:1 cannot be built on \S+\/node:1: the builder \S+ does not see what it has built before \[engine-unable\]$/m,
      );
      assert.doesNotMatch(built.stderr, /: building/);
    } else {
      assert.ok(await isOn(engine, `${host}/one:1`, `${host}/node:1`));
    }
  }
});

test('a frontend that cannot be read is taken for the simplest, whatever its tag was before', async (t) => {
  const engine = (await engines())[0] ?? assert.fail('no engine');
  const store = await registry();
  t.after(() => store.stop());
  const host = 'services-stale.example';
  // The same registry under a name that no tree has: nobody asks it.
  const frontend = `localhost:${store.host.split(':')[1]}/buildkit:v1.8.0`;
  await loadBase(engine, `${host}/root:1`);
  await loadFakeFrontend(engine, frontend, []);
  await engine.docker('push', '--quiet', frontend);
  await engine.docker('image', 'rm', frontend);
  const tree = workspace(engine, host, service(host, 'one', frontend));
  const caps = 'moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts';
  tree.write({
    'cache/generate-bake/frontends.json': JSON.stringify({ format: 1, labels: [[frontend, caps]] }),
  });
  const built = await tree.build(0, '--no-publish', '--no-pull');
  assert.deepEqual([...built.calls].sort(), [['base', 'devel', 'node'], ['one']]);
  assert.ok(await isOn(engine, `${host}/one:1`, `${host}/node:1`));
});

test('on a containerd store a service is built on the local parent, whatever the registry has', {
  skip: onlyLong,
}, async (t) => {
  const engine = await privateEngine('current', ['--feature', 'containerd-snapshotter=true']);
  t.after(() => engine.remove());
  const store = await registry();
  t.after(() => store.stop());
  const { host } = store;
  await loadBase(engine, `${host}/root:1`);
  for (const name of ['node:1', 'node:latest', 'devel:1', 'devel:latest']) {
    await engine.docker('tag', `${host}/root:1`, `${host}/${name}`);
    await engine.docker('push', '--quiet', `${host}/${name}`);
    await engine.docker('image', 'rm', `${host}/${name}`);
  }
  const every: readonly Takes[] = [[], ['contexts'], ['contexts', 'inputs']];
  for (const takes of every) {
    const frontend = `${host}/blubber/buildkit:v1.8.${takes.length}`;
    await loadFakeFrontend(engine, frontend, takes);
    const name = `one${takes.length}`;
    const files = service(host, name, frontend);
    const file = `work/services/${name}/.pipeline/blubber.yaml`;
    // One that names the very version, and one that does not.
    const text = (files[file] ?? '').replace('/devel,', '/devel:1,');
    const dockerfile = `work/services/${name}/fake.Dockerfile`;
    const stages = (files[dockerfile] ?? '').replace('/devel AS', '/devel:1 AS');
    const tree = workspace(engine, host, { ...files, [file]: text, [dockerfile]: stages });
    await tree.build(0, '--no-publish', '--no-pull');
    assert.ok(await isOn(engine, `${host}/${name}:1`, `${host}/node:1`), name);
    assert.equal(await textIn(engine, `${host}/${name}:1`, '/was'), '1');
  }
});

/** A repository of plain Dockerfiles whose contexts are its root: thirty services on five bases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endings, readReport } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engines } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { gitIn, noGit } from '../support/gitRepository.js';
import { firstUnlessLong, onlyLong } from '../support/long.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const bases = 5;
const services = 30;

function repository(host: string, version: string): Record<string, string> {
  const files: Record<string, string> = {
    'work/config.yaml': JSON.stringify({
      registry: host,
      namespace: 'company',
      dockerfile_version: version,
      username: 'robot',
      password: 'geheim',
    }),
    'work/README.md': 'read me\n',
    'work/.dockerignore': '**/*.md\n',
    'work/lib/shared': 'shared\n',
    'home/': '',
    'state/': '',
    'tmp/': '',
    'locks/': '',
  };
  for (let at = 0; at < bases; at++) {
    const directory = `work/bases/b${at}`;
    files[`${directory}/image.toml`] = 'context = "../.."\n';
    files[`${directory}/Dockerfile`] = `FROM ${host}/base:1\nCOPY bases/b${at}/etc /etc/b${at}\n`;
    files[`${directory}/etc/file`] = `${at}\n`;
  }
  for (let at = 0; at < services; at++) {
    const directory = `work/services/s${at}`;
    const base = `${host}/company/b${at % bases}`;
    files[`${directory}/image.toml`] = 'context = "../.."\n';
    files[`${directory}/Dockerfile`] =
      `FROM ${base}:latest\nCOPY lib /lib\nCOPY services/s${at}/src /src\nRUN test -e /src/main\n`;
    files[`${directory}/src/main`] = `${at}\n`;
    files[`${directory}/README.md`] = 'read me\n';
  }
  return files;
}

function builder(engine: Engine, tree: ScratchTree) {
  const env = {
    ...engine.env,
    HOME: tree.at('home'),
    XDG_STATE_HOME: tree.at('state'),
    TMPDIR: tree.at('tmp'),
    GENERATE_BAKE_LOCK_DIRECTORY: tree.at('locks'),
  };
  /** The names of the images by how they ended. */
  return async (status = 0): Promise<Record<string, string[]>> => {
    const { status: ended, stderr } = await runCli(['build', '--report', '../report.json'], {
      cwd: tree.at('work'),
      env,
    });
    assert.equal(ended, status, stderr);
    const { untouched: _, ...rest } = endings(readReport(tree.at('report.json')));
    const named = Object.entries(rest).map(([ending, references]) => [
      ending,
      references.map((reference) => reference.replace(/:.*/, '')).sort(),
    ]);
    return Object.fromEntries(named) as Record<string, string[]>;
  };
}

const names = (letter: string, numbers: readonly number[]) =>
  numbers.map((number) => `${letter}${number}`).sort();
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: an edit builds what is made of it, and a README nothing`, {
    skip: onlyLong,
  }, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    await loadBase(engine, `${store.host}/base:1`);
    const tree = scratchTree(repository(store.host, 'content'));
    const build = builder(engine, tree);
    const all = [...names('b', upTo(bases)), ...names('s', upTo(services))];
    assert.deepEqual(await build(), { published: all });
    assert.deepEqual(await build(), {});

    tree.write({ 'work/services/s7/src/main': 'edited\n' });
    assert.deepEqual(await build(), { published: ['s7'] });

    tree.write({ 'work/bases/b2/etc/file': 'edited\n' });
    const onBase = upTo(services).filter((number) => number % bases === 2);
    assert.deepEqual(await build(), { published: ['b2', ...names('s', onBase)] });

    tree.write({ 'work/README.md': 'edited\n', 'work/services/s1/README.md': 'edited\n' });
    tree.write({ 'work/bases/b0/notes': 'new\n' });
    assert.deepEqual(await build(), {});

    tree.write({ 'work/lib/shared': 'edited\n' });
    assert.deepEqual(await build(), { published: names('s', upTo(services)) });
  });

  test(`${engine.name}: what is not committed is built and never published`, {
    skip: noGit,
  }, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    await loadBase(engine, `${store.host}/base:1`);
    const files = Object.entries(repository(store.host, 'commit'));
    const few = files.filter(([path]) => !/\/(?:b|s)[1-9]/.test(path));
    const tree = scratchTree(Object.fromEntries(few));
    const work = tree.at('work');
    gitIn(work, 'init', '--quiet');
    tree.write({ 'work/.gitignore': '.generate-bake\n' });
    const commit = () => {
      gitIn(work, 'add', '--all');
      gitIn(work, '-c', 'user.name=T', '-c', 'user.email=t@e', 'commit', '--quiet', '-m', 'x');
    };
    commit();
    const build = builder(engine, tree);
    assert.deepEqual(await build(), { published: ['b0', 's0'] });
    tree.write({ 'work/services/s0/src/main': 'edited\n' });
    assert.deepEqual(await build(), { built: ['s0'] });
    assert.deepEqual(await build(), {});
    tree.write({ 'work/services/s0/src/main': 'edited again\n' });
    assert.deepEqual(await build(), { built: ['s0'] });
    commit();
    assert.deepEqual(await build(), { published: ['s0'] });
  });
}

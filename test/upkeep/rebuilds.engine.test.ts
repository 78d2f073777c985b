/** Rebuilds of images without a changelog, counted, built and published: a real engine and registry. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { gitIn, noGit } from '../support/gitRepository.js';
import { scratchTree } from '../support/scratch.js';

const docker = await engine();

suite(`rebuilds on ${docker.name}`, { skip: noGit }, () => {
  test('an update publishes new versions beside the old ones, on another machine too', async () => {
    const store = await registry({ users: { amy: 'secret' } });
    const base = `rebuilds-${process.pid}:1`;
    await loadBase(docker, base);
    const tree = scratchTree({
      'work/config.yaml': `registry: ${store.host}\nnamespace: co\nusername: amy\npassword: secret\n`,
      'work/lib/Dockerfile': `FROM ${base}\nRUN head -c 16 /dev/urandom > /random\n`,
      'work/lib/image.toml': 'version = "environment:TAG"\ntags = ["v{version}"]\n',
      'work/app/Dockerfile': `FROM ${store.host}/co/lib:2.0\nCOPY a /\n`,
      'work/app/image.toml': 'version = "content"\n',
      'work/app/a': 'a',
      'work/alone/Dockerfile': 'FROM scratch\nCOPY a /\n',
      'work/alone/image.toml': 'version = "content"\n',
      'work/alone/a': 'a',
      'home/': '',
    });
    const work = tree.at('work');
    gitIn(work, 'init', '--quiet', '--initial-branch=main');
    gitIn(work, 'config', 'user.name', 'Test Er');
    gitIn(work, 'config', 'user.email', 'test@example.org');
    gitIn(work, 'add', '--all');
    gitIn(work, 'commit', '--quiet', '-m', 'first');
    const cli = async (state: string, cwd: string, ...args: string[]) => {
      const env = {
        ...docker.env,
        TAG: '2.0',
        HOME: tree.at('home'),
        XDG_CACHE_HOME: tree.at('home', state),
        XDG_STATE_HOME: tree.at('home', state),
      };
      const done = await runCli(args, { cwd, env });
      assert.equal(done.status, 0, done.stderr);
      return done.stdout;
    };
    const states = async (state: string, cwd = work) => {
      const { images } = JSON.parse(await cli(state, cwd, 'status', '--env', 'TAG', '--json')) as {
        images: { name: string; version: string; state: string; action: string }[];
      };
      return new Map(images.map((image) => [image.name, image]));
    };
    const shown = (of: Awaited<ReturnType<typeof states>>) =>
      ['lib', 'app', 'alone'].map((name) => `${name} ${of.get(name)?.state}`);
    const digestOf = async (repository: string, tag: string) => {
      const url = `http://${store.host}/v2/co/${repository}/manifests/${tag}`;
      const accept = [
        'application/vnd.docker.distribution.manifest.v2+json',
        'application/vnd.oci.image.manifest.v1+json',
        'application/vnd.oci.image.index.v1+json',
      ].join(', ');
      const authorization = `Basic ${Buffer.from('amy:secret').toString('base64')}`;
      const answer = await fetch(url, { headers: { accept, authorization } });
      assert.equal(answer.status, 200, url);
      return answer.headers.get('docker-content-digest');
    };

    await cli('one', work, 'build', '--env', 'TAG');
    const before = await states('one');
    assert.deepEqual(shown(before), ['lib published', 'app published', 'alone published']);
    const old = await digestOf('lib', '2.0');

    await cli('one', work, 'update', 'lib', '--env', 'TAG', '--commit');
    assert.match(
      readFileSync(tree.at('work/generate-bake.lock'), 'utf8'),
      /\[rebuilds\]\n"co\/lib" = 1\n$/,
    );
    const after = await states('one');
    assert.equal(after.get('lib')?.version, '2.0-r1');
    assert.notEqual(after.get('app')?.version, before.get('app')?.version);
    assert.equal(after.get('alone')?.version, before.get('alone')?.version);
    assert.deepEqual(shown(after), ['lib absent', 'app absent', 'alone published']);
    await cli('one', work, 'build', '--env', 'TAG');
    const renewed = await digestOf('lib', '2.0-r1');
    assert.notEqual(renewed, old, 'its RUN ran again');
    assert.equal(await digestOf('lib', '2.0'), old, 'the old version stays');
    assert.equal(await digestOf('lib', 'v2.0-r1'), renewed);
    assert.equal(await digestOf('lib', 'latest'), renewed);

    // Another machine has the clone and nothing else.
    gitIn(tree.path, 'clone', '--quiet', 'work', 'clone');
    assert.deepEqual(shown(await states('two', tree.at('clone'))), [
      'lib published',
      'app published',
      'alone published',
    ]);
  });
});

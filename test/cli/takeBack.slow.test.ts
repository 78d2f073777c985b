/** `promote --run REPORT --back`, on a real registry. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { definitionLabel } from '#compiler/plan/labels.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

suite('promote --run', { skip }, () => {
  let real: Registry;
  let tree: ScratchTree;
  const digests = new Map<string, string>();
  const names = ['base', 'app', 'first', 'moved', 'gone'] as const;
  const put = async (name: string, tag: string, version: string) => {
    const digest = await putImage(real, name, tag, {
      layers: [`${name} ${version}`],
      labels: {
        'org.opencontainers.image.version': version,
        [definitionLabel]: `9:sha256:${'d'.repeat(64)}`,
      },
    });
    digests.set(`${name} ${version}`, digest);
  };
  before(async () => {
    real = await registry();
    tree = scratchTree({
      'home/': '',
      'generate-bake.toml': `registry = "${real.host}"\nversion = "2"\n`,
      ...Object.fromEntries(names.map((name) => [`${name}/Dockerfile`, 'FROM scratch\n'])),
    });
    for (const name of names) {
      for (const version of name === 'first' ? ['2'] : ['1', '2']) {
        await put(name, version, version);
      }
      await put(name, 'latest', '2');
    }
  });

  const cli = (...args: string[]) =>
    runCli(args, {
      cwd: tree.path,
      env: { PATH: process.env.PATH, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('home') },
    });
  const at = async (name: string, tag: string) => {
    const answer = await fetch(`http://${real.host}/v2/${name}/manifests/${tag}`, {
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });
    await answer.text();
    const digest = answer.headers.get('docker-content-digest');
    return [...digests].find(([, each]) => each === digest)?.[0];
  };
  const entry = (name: string, before: unknown) => ({
    repository: `${real.host}/${name}`,
    digest: digests.get(`${name} 2`),
    version: '2',
    before,
  });
  const was = (name: string) => ({ digest: digests.get(`${name} 1`), version: '1' });
  const write = (latest: unknown) =>
    tree.write({ 'report.json': typeof latest === 'string' ? latest : JSON.stringify(latest) });
  const back = (...more: string[]) => cli('promote', '--run', 'report.json', '--back', ...more);

  test('what is not a report, or one that does not say what latest was, is refused by name', async () => {
    for (const [report, expected] of [
      ['{', /report\.json: error: not a report: it is not JSON/],
      ['{"schema": 2, "latest": []}', /report\.json: error: not a report of schema 1/],
      [
        { schema: 1, latest: [{ repository: 'r/app', digest: `sha256:${'a'.repeat(64)}` }] },
        /does not say what latest of r\/app was before: an older generate-bake wrote it/,
      ],
      [
        { schema: 1, latest: [{ repository: 'r/app', digest: 'x', before: null }] },
        /the report is damaged: latest of r\/app cannot be read/,
      ],
    ] as const) {
      write(report);
      const { status, stderr } = await back();
      assert.equal(status, 2);
      assert.match(stderr, expected);
    }
    assert.match((await cli('promote', '--run', 'none.json', '--back')).stderr, /the report /);
    write({ schema: 1, latest: [] });
    const nothing = await back();
    assert.equal(nothing.status, 0);
    assert.match(nothing.stderr, /the run moved no latest/);
  });

  test('all of a run goes back and is held; every fault stays where it is', async () => {
    await put('moved', 'latest', '3');
    await put('moved', '3', '3');
    const gone = { digest: `sha256:${'e'.repeat(64)}`, version: '0' };
    write({
      schema: 1,
      latest: [
        entry('base', was('base')),
        entry('app', was('app')),
        entry('first', null),
        entry('moved', was('moved')),
        entry('gone', gone),
        { ...entry('base', was('base')), repository: `${real.host}/another` },
      ],
    });
    const dry = await back('--dry-run');
    assert.equal(dry.status, 1);
    assert.match(dry.stderr, /nothing was changed/);
    assert.equal(await at('app', 'latest'), 'app 2');
    assert.equal(await at('app', 'latest-held'), undefined);
    const done = await back();
    assert.equal(done.status, 1, done.stderr);
    const lines = done.stdout.replaceAll(`${real.host}/`, '').trimEnd().split('\n');
    assert.deepEqual(lines, [
      'base:latest was 2, becomes 1',
      'app:latest was 2, becomes 1',
      'first:latest stays where it is: there was no latest before, and nothing in a registry is removed',
      `moved:latest stays where it is: it was moved since the run: it is ${digests.get('moved 3')}`,
      'gone:latest stays where it is: 0 is not in the registry any more',
      'another:latest stays where it is: no image of the trees has this repository',
    ]);
    assert.match(done.stderr, /2 taken back, 4 stay; no build moves them on/);
    for (const name of ['base', 'app']) {
      assert.equal(await at(name, 'latest'), `${name} 1`);
      assert.equal(await at(name, 'latest-held'), `${name} 1`);
      assert.equal(await at(name, '2'), `${name} 2`);
    }
    assert.equal(await at('moved', 'latest'), 'moved 3');
    assert.equal(await at('gone', 'latest'), 'gone 2');
    assert.match((await cli('status')).stderr, /latest held: 2$/m);
    write({ schema: 1, latest: [entry('base', was('base'))] });
    const again = await back();
    assert.equal(again.status, 0, again.stderr);
    assert.match(again.stdout, /base:latest is 1 already/);
  });

  test('the line takes a report or an image', async () => {
    for (const [args, expected] of [
      [['--run', 'report.json'], /--run needs --back/],
      [['--back'], /--back needs --run/],
      [[], /missing required argument 'NAME'/],
      [['app'], /missing required argument 'VERSION'/],
    ] as const) {
      const { status, stderr } = await cli('promote', ...args);
      assert.equal(status, 2);
      assert.match(stderr, expected);
    }
  });
});

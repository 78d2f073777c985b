/**
 * What `latest` is after each step of its keepers: with a model of what they would expect, and the harms that
 * holds are there against.
 */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { compareVersions } from '#formats/debian/version.js';
import { type BuildTree, buildTree } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { type Engine, engines } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { firstUnlessLong, isLong } from '../support/long.js';

const login = `Basic ${Buffer.from('robot:geheim').toString('base64')}`;

/** The version that a tag is at, by the label of its image; undefined: there is no such tag. */
async function versionAt({ host }: Registry, name: string, tag: string) {
  const headers = {
    authorization: login,
    accept: 'application/vnd.docker.distribution.manifest.v2+json',
  };
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { headers });
  if (answer.status === 404) {
    return undefined;
  }
  const { config } = (await answer.json()) as { config: { digest: string } };
  const blob = await fetch(`http://${host}/v2/${name}/blobs/${config.digest}`, { headers });
  const image = (await blob.json()) as { config: { Labels: Record<string, string> } };
  return image.config.Labels['org.opencontainers.image.version'];
}

const changelogOf = (tree: BuildTree, name = 'app'): string =>
  readFileSync(tree.at(`work/images/${name}/changelog`), 'utf8');

const currentOf = (tree: BuildTree, name = 'app'): string =>
  /\((\S+)\)/.exec(changelogOf(tree, name))?.[1] ?? assert.fail();

const trees = '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n';

/** A workspace with one small image, which takes its changelog, and the command line in it. */
function workspaceOn(engine: Engine, store: Registry) {
  const tree = buildTree(
    engine,
    { registry: store.host, username: 'robot', password: 'geheim' },
    { app: { dockerfile: 'FROM scratch\nCOPY changelog /\n' } },
  );
  tree.write({ 'work/generate-bake.toml': trees });
  const cli = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runCli(args, { cwd: tree.at('work'), env: { ...tree.env, ...env } });
  return { tree, cli };
}

/** Numbers from 0 to 1 that are the same for the same seed (a linear congruential generator). */
function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a keeper knows of the image: all that the rules of holds are about. */
class Model {
  current = '1';
  readonly published: string[] = [];
  latest: string | undefined;
  mark: string | undefined;
  /** A hold of the workspace file is on its latest. */
  isFrozen = false;

  get isHeld(): boolean {
    return this.latest !== undefined && this.latest === this.mark;
  }

  /** The registry does not have the current version yet: a refresh leaves it as it is. */
  get isPending(): boolean {
    return !this.published.includes(this.current);
  }

  publish(): void {
    if (!this.published.includes(this.current)) {
      this.published.push(this.current);
    }
    const isAhead = this.latest === undefined || compareVersions(this.current, this.latest) > 0;
    if (!this.isHeld && !this.isFrozen && isAhead) {
      this.latest = this.current;
    }
  }

  promote(version: string): void {
    if (version !== this.current) {
      this.mark = version;
    }
    this.latest = version;
  }

  /** The newest published version below latest. */
  get below(): string | undefined {
    const { latest } = this;
    return latest === undefined
      ? undefined
      : this.published
          .filter((one) => compareVersions(one, latest) < 0)
          .sort(compareVersions)
          .at(-1);
  }
}

const steps = [
  'publish',
  'publish',
  'update',
  'refresh',
  'promote',
  'rollback',
  'hold',
  'lift',
  'forget',
] as const;

/** Random steps of one seed, each followed by a look at the registry. */
async function play(engine: Engine, seed: number, count: number): Promise<void> {
  const store = await registry({ users: { robot: 'geheim' } });
  const { tree, cli } = workspaceOn(engine, store);
  const model = new Model();
  const random = randomOf(seed);
  const told: string[] = [];
  for (let number = 0; number < count; number++) {
    const step =
      number === 0 ? 'publish' : (steps[Math.floor(random() * steps.length)] ?? 'publish');
    told.push(step);
    const about = `seed ${seed}: ${told.join(', ')}`;
    switch (step) {
      case 'publish': {
        const wasHeld = model.isHeld && model.latest !== model.current;
        const built = await cli(['build']);
        assert.equal(built.status, 0, `${about}\n${built.stderr}`);
        model.publish();
        if (wasHeld && !model.isFrozen) {
          assert.match(built.stderr, new RegExp(`app:latest is held at ${model.latest}: `), about);
        }
        break;
      }
      case 'update': {
        const updated = await cli(['update', 'app', '--reason', `change ${number}`]);
        assert.equal(updated.status, 0, `${about}\n${updated.stderr}`);
        const next = currentOf(tree);
        assert.ok(compareVersions(next, model.current) > 0, about);
        model.current = next;
        break;
      }
      case 'refresh': {
        const day = `${Date.UTC(2026, 0, 1 + number) / 1000}`;
        const done = await cli(['refresh'], { SOURCE_DATE_EPOCH: day });
        assert.equal(done.status, 0, `${about}\n${done.stderr}`);
        assert.equal(currentOf(tree) === model.current, model.isHeld || model.isPending, about);
        model.current = currentOf(tree);
        break;
      }
      case 'promote': {
        const version = model.published[Math.floor(random() * model.published.length)] ?? '1';
        told.push(version);
        const done = await cli(['promote', 'app', version]);
        assert.equal(done.status, 0, `${about}\n${done.stderr}`);
        model.promote(version);
        break;
      }
      case 'rollback': {
        const { below } = model;
        const done = await cli(['rollback', 'app']);
        assert.equal(done.status, below === undefined ? 2 : 0, `${about}\n${done.stderr}`);
        if (below !== undefined) {
          model.promote(below);
        }
        break;
      }
      case 'hold':
      case 'lift': {
        const args =
          step === 'lift' ? ['--lift', 'app'] : ['app', '--stops', 'latest', '--reason', 'x'];
        const isChange = model.isFrozen === (step === 'lift');
        const done = await cli(['hold', ...args]);
        assert.equal(done.status, isChange ? 0 : 2, `${about}\n${done.stderr}`);
        model.isFrozen = step === 'hold';
        break;
      }
      case 'forget':
        // Another machine, or this one after a reinstallation.
        rmSync(tree.at('state'), { recursive: true, force: true });
        rmSync(tree.at('home/.cache'), { recursive: true, force: true });
        break;
    }
    assert.equal(await versionAt(store, 'app', 'latest'), model.latest, about);
    assert.equal(await versionAt(store, 'app', 'latest-held'), model.mark, about);
    for (const version of model.published) {
      assert.equal(await versionAt(store, 'app', version), version, about);
    }
  }
  const status = JSON.parse((await cli(['status', '--json'])).stdout);
  const held = model.isHeld ? model.latest : undefined;
  assert.equal(status.images[0].held?.version, held, told.join(', '));
  await store.stop();
}

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: latest is what its keeper expects after every step`, async () => {
    for (let seed = 1; seed <= (isLong ? 30 : 1); seed++) {
      await play(engine, seed, isLong ? 20 : 10);
    }
  });

  test(`${engine.name}: a rollback outlasts refresh, builds of two machines, and the loss of all state`, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    const { tree, cli } = workspaceOn(engine, store);
    const latest = () => versionAt(store, 'app', 'latest');
    const ok = async (...args: readonly string[]) => {
      const done = await cli(args);
      assert.equal(done.status, 0, done.stderr);
      return done;
    };
    await ok('build');
    await ok('update', 'app', '--reason', 'a bad idea');
    const bad = currentOf(tree);
    await ok('build', '--report', 'bad.json');
    assert.equal(await latest(), bad);
    assert.deepEqual(
      JSON.parse(readFileSync(tree.at('work/bad.json'), 'utf8')).latest.map(
        ({ version, before }: { version: string; before: { version: string } }) => [
          version,
          before.version,
        ],
      ),
      [[bad, '1']],
    );
    const back = await ok('rollback', 'app');
    assert.match(back.stderr, /git revert what came with \S+, then generate-bake update app/);
    assert.match((await ok('refresh')).stderr, /app is skipped: its latest is held at 1\n/);
    assert.match((await ok('build')).stderr, /app:latest is held at 1: `generate-bake promote /);
    assert.equal(await latest(), '1');
    // Another machine has the definitions, and nothing else.
    const other = workspaceOn(engine, store);
    other.tree.write({ 'work/images/app/changelog': changelogOf(tree) });
    assert.equal((await other.cli(['build', '--latest'])).status, 0);
    assert.equal(await latest(), '1');
    // A new version is published, and stays where nobody gets it unasked.
    await ok('update', 'app', '--reason', 'a good one');
    const good = currentOf(tree);
    rmSync(tree.at('state'), { recursive: true });
    const built = await ok('build', '--report', 'good.json');
    assert.match(built.stderr, new RegExp(`app:latest is held at 1: .*promote \\S+ ${good}`));
    assert.equal(await versionAt(store, 'app', good), good);
    assert.equal(await latest(), '1');
    const report = JSON.parse(readFileSync(tree.at('work/good.json'), 'utf8'));
    assert.deepEqual(report.latest, []);
    assert.equal(report.images[0].held.version, '1');
    assert.match((await ok('status')).stdout, /published, latest held at 1 /);
    await ok('promote', 'app', good);
    assert.equal(await latest(), good);
    await ok('update', 'app');
    await ok('build', '--report', 'next.json');
    assert.equal(await latest(), currentOf(tree));
    // And the whole run back.
    await ok('promote', '--run', 'next.json', '--back');
    assert.equal(await latest(), good);
    assert.equal(await versionAt(store, 'app', 'latest-held'), good);
    await store.stop();
  });

  test(`${engine.name}: a hold of each kind over a build`, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    const { tree, cli } = workspaceOn(engine, store);
    tree.sketch({
      kid: { dockerfile: 'FROM {{ "app" | image_tag }}\nCOPY changelog /kid\n' },
      bad: { dockerfile: 'FROM {{ nothing.at.all }}\n' },
    });
    const hold = (images: string, stops: string) =>
      `[[hold]]\nimages = [${images}]\nstops = [${stops}]\nreason = "audit"\n`;
    const build = async (holds: string) => {
      tree.write({ 'work/generate-bake.toml': `${trees}${hold('"bad"', '"build"')}${holds}` });
      const built = await cli(['build', '--report', 'report.json']);
      assert.equal(built.status, 0, built.stderr);
      const { images } = JSON.parse(readFileSync(tree.at('work/report.json'), 'utf8'));
      const endings = images.map(({ reference, ending }: Record<string, string>) => [
        reference?.replace(/^.*\/|:.*$/g, ''),
        ending,
      ]);
      return { ...built, endings: Object.fromEntries(endings) };
    };
    const none = { bad: 'skipped', app: 'skipped', kid: 'skipped' };
    const held = await build(hold('"app"', '"build"'));
    assert.deepEqual(held.endings, none);
    assert.match(held.stderr, /app:1: not built: held: audit \(generate-bake\.toml:8\)/);
    assert.match(held.stderr, /kid:1: not built: blocked by \S+app:1, which is held: audit/);
    assert.match(held.stderr, /bad:1: not built: held: audit \S+; its definition is broken/);
    const tested = await build(hold('"app"', '"publish"'));
    assert.deepEqual(tested.endings, { bad: 'skipped', app: 'built', kid: 'built' });
    assert.match(tested.stderr, /app:1: not published: held: audit/);
    assert.match(
      tested.stderr,
      /kid:1: not published: it is built on \S+app:1, which is held back/,
    );
    assert.equal(await versionAt(store, 'app', '1'), undefined);
    assert.equal(await versionAt(store, 'kid', '1'), undefined);
    // What is built already is said too, by the quietest run.
    const later = await cli(['build', '--quiet']);
    assert.match(later.stderr, /app:1: not published: held: audit/);
    // Neither hides the other.
    tree.configure({ registry: store.host });
    // Credentials of the environment publish nothing by themselves.
    const poor = await cli(['build'], {
      GENERATE_BAKE_REGISTRY: store.host,
      GENERATE_BAKE_USERNAME: 'robot',
      GENERATE_BAKE_PASSWORD: 'geheim',
    });
    assert.match(poor.stderr, /app:1: not published: held: audit/);
    assert.match(poor.stderr, /not published: no credentials for \S+ \(2 images\)/);
    tree.configure({ registry: store.host, username: 'robot', password: 'geheim' });
    const quiet = await build(hold('"app"', '"latest"'));
    assert.deepEqual(quiet.endings, { bad: 'skipped', app: 'published', kid: 'published' });
    assert.equal(await versionAt(store, 'app', 'latest'), undefined);
    assert.equal(await versionAt(store, 'kid', 'latest'), '1');
    assert.match(quiet.stderr, /app:1: latest stays where it is: held: audit/);
    const free = await build('');
    assert.equal(await versionAt(store, 'app', 'latest'), '1', free.stderr);
    await store.stop();
  });
}

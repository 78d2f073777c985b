/** Every command of the pipelines that `init --ci` writes, run as a runner would; `gh` and `npm` are doubles. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { load } from 'js-yaml';
import { type BuildTree, buildTree, sketchFiles } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engines } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { gitIn } from '../support/gitRepository.js';
import { type Finished, run } from '../support/process.js';

interface GitHubJob {
  readonly steps: readonly { readonly run?: string }[];
}

interface GitLabJob {
  readonly script: readonly string[];
  readonly allow_failure?: unknown;
}

const onLib = 'FROM {{ "lib" | image_tag }}\nRUN cat /lib > /app\n';

/** A repository whose origin is beside it, with an image, one that is built on it and one that is not. */
function repository(engine: Engine, host: string): BuildTree {
  const tree = buildTree(
    engine,
    { registry: host, username: 'any', password: 'body' },
    {
      lib: { dockerfile: `FROM ${host}/base:1\nRUN echo 1 > /lib\n`, test: 'true' },
      app: { dockerfile: onLib },
      other: { dockerfile: `FROM ${host}/base:1\nRUN echo other > /other\n` },
    },
  );
  tree.write({
    'bin/generate-bake': {
      text: `#!/bin/sh\nexec ${process.execPath} ${join(root, 'bin/generate-bake.js')} "$@"\n`,
      mode: 0o755,
    },
    'bin/npm': { text: '#!/bin/sh\n# A double: what is tested is there already.\n', mode: 0o755 },
    'bin/gh': {
      text: '#!/bin/sh\n# A double: writes down what it is asked for.\n{ echo "$@"; cat; } >> "$GH_LOG"\n[ "$2" != list ] || echo "$GH_OPEN"\n',
      mode: 0o755,
    },
    output: '',
    summary: '',
    // Of several trees, each is named, or all.
    'work/generate-bake.toml': ['images', 'more']
      .map((tree) => `[[tree]]\ndirectory = "${tree}"\nconfig = "config.yaml"\n`)
      .join(''),
    ...sketchFiles('work/more', {
      another: { dockerfile: `FROM ${host}/base:1\nRUN echo another > /another\n` },
    }),
  });
  const work = tree.at('work');
  gitIn(work, 'init', '--quiet', '--initial-branch=main');
  gitIn(work, 'config', 'user.name', 'Test Er');
  gitIn(work, 'config', 'user.email', 'test@example.org');
  gitIn(work, 'add', '--all');
  gitIn(work, 'commit', '--quiet', '-m', 'first');
  gitIn(tree.at('home'), 'init', '--quiet', '--bare', 'origin.git');
  gitIn(tree.at('home/origin.git'), 'config', 'receive.advertisePushOptions', 'true');
  gitIn(work, 'remote', 'add', 'origin', tree.at('home/origin.git'));
  gitIn(work, 'push', '--quiet', '--set-upstream', 'origin', 'main');
  gitIn(work, 'remote', 'set-head', 'origin', 'main');
  return tree;
}

/** As a runner: stops at the first command that fails. */
function shell(tree: BuildTree, script: string, env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: tree.at('work'),
    env: {
      ...tree.env,
      PATH: `${tree.at('bin')}:${tree.env.PATH ?? ''}`,
      GITHUB_ACTIONS: '',
      GITHUB_BASE_REF: '',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: '',
      CI_DEFAULT_BRANCH: '',
      GITHUB_OUTPUT: tree.at('output'),
      GITHUB_STEP_SUMMARY: tree.at('summary'),
      GH_LOG: tree.at('gh.log'),
      ...env,
    },
  });
}

async function passes(tree: BuildTree, script: string, env: NodeJS.ProcessEnv = {}) {
  const done = await shell(tree, script, env);
  assert.equal(done.status, 0, `${script}\n${done.stdout}${done.stderr}`);
  return done;
}

async function pipeline(tree: BuildTree, system: string): Promise<Record<string, unknown>> {
  await passes(tree, `generate-bake init --ci ${system}`);
  const path = system === 'github' ? '.github/workflows/images.yml' : '.gitlab-ci.yml';
  gitIn(tree.at('work'), 'add', '--all');
  gitIn(tree.at('work'), 'commit', '--quiet', '-m', 'pipeline');
  gitIn(tree.at('work'), 'push', '--quiet');
  return load(readFileSync(join(tree.at('work'), path), 'utf8')) as Record<string, unknown>;
}

/** A branch on which `lib` is another, with a new version; its name tries to be a command. */
function change(tree: BuildTree, dockerfile: string): void {
  gitIn(tree.at('work'), 'switch', '--quiet', '-c', 'topic-$(touch${IFS}/tmp/no)', 'main');
  const app = { version: '2', dockerfile: onLib };
  tree.sketch({ lib: { version: '2', dockerfile, test: 'true' }, app });
  gitIn(tree.at('work'), 'commit', '--quiet', '--all', '-m', 'change');
  gitIn(tree.at('work'), 'branch', '--quiet', '--set-upstream-to=origin/main');
}

async function prepared(t: TestContext, engine: Engine) {
  const store = await registry();
  t.after(() => store.stop());
  await loadBase(engine, `${store.host}/base:1`);
  await engine.docker('push', '--quiet', `${store.host}/base:1`);
  return { store, tree: repository(engine, store.host) };
}

const noJq = spawnSync('sh', ['-c', 'command -v jq']).status === 0 ? false : 'jq is not installed';

for (const engine of (await engines()).slice(-1)) {
  test(`${engine.name}: GitHub's commands, from the main branch to a proposal`, {
    skip: noJq,
  }, async (t) => {
    const { store, tree } = await prepared(t, engine);
    const { jobs } = (await pipeline(tree, 'github')) as { jobs: Record<string, GitHubJob> };
    const scripts = (job: string): string[] => jobs[job]?.steps.flatMap((s) => s.run ?? []) ?? [];
    const runAll = async (job: string, env: NodeJS.ProcessEnv = {}): Promise<string> => {
      let said = '';
      for (const script of scripts(job)) {
        said += (await passes(tree, script, env)).stderr;
      }
      return said;
    };
    assert.match(await runAll('publish'), /4 published, latest moved for 4/);

    change(tree, `FROM ${store.host}/base:1\nRUN echo 2 > /lib\n`);
    assert.match(await runAll('check'), /2 changed\n2 images: no problems/);
    const built = await runAll('build');
    assert.match(built, /2 built in/, 'lib, and app on the new lib');
    const output = readFileSync(tree.at('output'), 'utf8');
    assert.match(output, /^text<<(end-[0-9a-f]{32})\n[\s\S]*`\/lib`[\s\S]*\n\1\n$/);
    assert.match(readFileSync(tree.at('summary'), 'utf8'), /lib/);

    await runAll('comment', {
      DIFFERENCES: 'what differs',
      NUMBER: '7',
      GITHUB_REPOSITORY: 'acme/images',
    });
    assert.equal(
      readFileSync(tree.at('gh.log'), 'utf8'),
      'pr comment 7 --repo acme/images --edit-last --create-if-none --body-file -\nwhat differs\n',
    );
    // These images have no packages of Debian: nothing is known, and nothing proposed.
    gitIn(tree.at('work'), 'switch', '--quiet', 'main');
    await runAll('upgrade');
    const heads = () => gitIn(tree.at('work'), 'ls-remote', '--heads', 'origin').split('\n').length;
    assert.equal(heads(), 2);
    // As a run of the same day has left it, with its pull request and without.
    const today = new Date().toISOString().slice(0, 10);
    gitIn(tree.at('work'), 'push', '--quiet', 'origin', `main:upgrade-${today}`);
    for (const [open, asked] of [
      ['1', []],
      ['0', [`pr create --head upgrade-${today} --title Upgrade packages of images`]],
    ] as const) {
      await runAll('upgrade', { GH_OPEN: open, TZ: 'UTC' });
      const log = readFileSync(tree.at('gh.log'), 'utf8');
      const created = [...log.matchAll(/^pr create .* images/gm)].map(([line]) => line);
      assert.deepEqual(created, asked);
    }
  });

  test(`${engine.name}: GitLab's commands; a broken change fails its job`, {
    skip: noJq,
  }, async (t) => {
    const { store, tree } = await prepared(t, engine);
    const jobs = (await pipeline(tree, 'gitlab')) as Record<string, GitLabJob>;
    const script = (job: string): string => jobs[job]?.script.join('\n') ?? '';
    const env = {
      CI_PROJECT_URL: tree.at('home/origin'),
      UPGRADE_TOKEN: 'geheim',
      CI_COMMIT_BRANCH: 'main',
    };
    assert.match((await passes(tree, script('publish'))).stderr, /4 published, latest moved for 4/);

    change(tree, `FROM ${store.host}/base:1\nRUN echo 2 > /lib\n`);
    await passes(tree, script('check'));
    const report = readFileSync(join(tree.at('work'), 'gl-code-quality-report.json'), 'utf8');
    assert.deepEqual(JSON.parse(report), []);
    await passes(tree, script('build'));
    assert.match(readFileSync(join(tree.at('work'), 'differences.md'), 'utf8'), /`\/lib`/);

    // As its runner leaves it: a commit, and what the remote has of the branch.
    gitIn(tree.at('work'), 'switch', '--quiet', '--detach', 'origin/main');
    gitIn(tree.at('work'), 'branch', '--quiet', '-D', 'main');
    assert.equal((await shell(tree, script('upgrade'), env)).status, 3);
    assert.match(gitIn(tree.at('work'), 'branch', '--show-current'), /^upgrade-/);
    assert.deepEqual(jobs.upgrade?.allow_failure, { exit_codes: 3 });
    const asked = 'printf "protocol=https\\nhost=gitlab.example\\n\\n" | git credential fill';
    assert.match((await passes(tree, asked, env)).stdout, /^password=geheim$/m);
    gitIn(tree.at('work'), 'switch', '--quiet', 'topic-$(touch${IFS}/tmp/no)');
    tree.sketch({ lib: { version: '3', dockerfile: `FROM ${store.host}/base:1\nRUN false\n` } });
    assert.equal((await shell(tree, script('build'))).status, 1);
  });
}

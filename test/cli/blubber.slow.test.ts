/** Services of Blubber files beside trees of docker-pkg images, on the real command line: whole outputs. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import { sketchFiles } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { gitIn, noGit } from '../support/gitRepository.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const publish = lines(`
  pipelines:
    publish:
      blubberfile: blubber.yaml
      stages:
        - { name: production, build: production, publish: { image: true } }
`);

/** Two trees with an image `build` each, and two services: the second copies from the first. */
function fleet(more: Parameters<typeof scratchTree>[0] = {}): ScratchTree {
  return scratchTree({
    'generate-bake.toml': lines(`
      [[tree]]
      directory = "images"
      config = "config.yaml"
      [[tree]]
      directory = "serving"
      config = "serving.yaml"
      [[tree]]
      kind = "blubber"
      directory = "services"
      registry = "r.example"
      namespace = "wikimedia"
      version = "1"
    `),
    'config.yaml': 'registry: r.example\nbase_images: [r.example/bookworm:1]\n',
    'serving.yaml': 'registry: r.example\nnamespace: kserve\nbase_images: [r.example/bookworm:1]\n',
    ...sketchFiles('images', {
      node: { version: '22-1', dockerfile: 'FROM r.example/bookworm:1\nRUN true\n' },
      'node-devel': { version: '22-1', dockerfile: 'FROM {{ "node" | image_tag }}\nRUN true\n' },
      build: { dockerfile: 'FROM r.example/bookworm:1\nRUN true\n' },
    }),
    ...sketchFiles('serving', {
      build: { version: '2-1', dockerfile: 'FROM r.example/bookworm:1\nRUN true\n' },
    }),
    'services/api/.pipeline/blubber.yaml': lines(`
      # syntax=r.example/buildkit:v1.8.0
      version: v4
      base: r.example/node
      variants:
        build:
          base: r.example/node-devel:latest
          copies: [local]
          builders:
            - custom: { requirements: [{ from: r.example/kserve/build, source: /tool }] }
        production:
          copies: [{ from: build }, { from: r.example/elsewhere:3 }]
    `),
    'services/api/.pipeline/config.yaml': publish,
    'services/api/server.js': '1\n',
    'services/web/.pipeline/blubber.yaml': lines(`
      # syntax=r.example/buildkit:v1.8.0
      version: v4
      variants:
        site: { base: "r.example/build:1", copies: [{ from: local, source: site/ }] }
        production:
          copies:
            - { from: site, source: /srv/app, destination: ./ }
            - { from: r.example/wikimedia/api, source: /srv/app/docs }
    `),
    'services/web/.pipeline/config.yaml': publish,
    'services/web/site/index.html': '<p>\n',
    ...more,
  });
}

async function said(tree: ScratchTree, ...args: string[]): Promise<string> {
  const { stdout, stderr, status } = await runCli(args, { cwd: tree.path });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('three generations are one fleet, and two images called build stay apart', async () => {
  const tree = fleet();
  assert.equal(
    await said(tree, 'list'),
    lines(`
      TREE      NAME        VERSION  PATH                                 BASE                  PARENTS
      images    build       1        images/build                         r.example/bookworm:1  -
      images    node        22-1     images/node                          r.example/bookworm:1  -
      images    node-devel  22-1     images/node-devel                    node                  node
      services  api         1        services/api/.pipeline/blubber.yaml  node                  node node-devel kserve/build
      services  web         1        services/web/.pipeline/blubber.yaml  scratch               build api
      serving   build       2-1      serving/build                        r.example/bookworm:1  -
    `),
  );
  assert.equal(
    await said(tree, 'list', '--tree', 'node', '--with-children'),
    lines(`
      node:22-1
      ├── node-devel:22-1
      └── wikimedia/api:1  (also node-devel:22-1, kserve/build:2-1)
          └── wikimedia/web:1  (also build:1)
    `),
  );
  assert.equal(
    await said(tree, 'graph', '--format', 'mermaid', 'kserve/build', '--with-children').then(
      (text) => text.replace(/^(?:%%| {2}(?:classDef|class|linkStyle) ).*\n/gm, ''),
    ),
    lines(`
      flowchart LR
        n0["kserve/build:2-1"]:::plain
        n1["wikimedia/api:1"]:::plain
        n2["wikimedia/web:1"]:::plain
        n0 -.-> n1
        n1 -.-> n2
    `),
  );
  const listed = JSON.parse(await said(tree, 'list', '--json', 'wikimedia/api'));
  const [{ edges, external }] = listed.images;
  const seen = (each: { readonly kind: string; readonly written: string; readonly line: number }) =>
    `${each.kind} ${each.written} ${each.line}`;
  assert.deepEqual(edges.map(seen), [
    'from r.example/node 3',
    'from r.example/node-devel:latest 6',
    'copy r.example/kserve/build 9',
  ]);
  assert.deepEqual(external.map(seen), ['copy r.example/elsewhere:3 11']);
  assert.equal(edges[2].parent, 'r.example/kserve/build:2-1');
});

test('what an upgrade of an image reaches, and how a file refers to it', async () => {
  const tree = fleet();
  const env = { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const { stdout } = await runCli(['impact', '--json', 'node-devel'], { cwd: tree.path, env });
  const reached = JSON.parse(stdout).images.map(
    ({ reference, level }: { readonly reference: string; readonly level: number }) =>
      `${level} ${reference}`,
  );
  assert.deepEqual(reached, ['1 r.example/wikimedia/api:1', '2 r.example/wikimedia/web:1']);
  assert.equal(
    await said(tree, 'references', '--select', 'build', 'services/web'),
    lines(`
      IMAGE            USED  CURRENT  BEHIND   WHERE
      r.example/build  1     1        current  services/web/.pipeline/blubber.yaml:4
    `),
  );
});

test('check: another version, a name that is nearly a variant, what is not in the context', async () => {
  const tree = fleet({
    'services/web/.pipeline/blubber.yaml': lines(`
      # syntax=r.example/buildkit:v1.8.0
      version: v4
      base: r.example/node:21-1
      variants:
        build: {}
        production:
          copies: [{ from: biuld }, { from: local, source: dist/ }]
    `),
  });
  const { stdout, stderr, status } = await runCli(['check', 'wikimedia/web'], { cwd: tree.path });
  assert.equal(status, 0);
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    lines(`
      services/web/.pipeline/blubber.yaml:3:7: warning: r.example/node:21-1 is pulled, not built: this tree builds r.example/node:22-1 [other-version]
          3 | base: r.example/node:21-1
            |       ^^^^^^^^^^^^^^^^^^^
        hint: drop the tag to follow the tree
      services/web/.pipeline/blubber.yaml:7:22: warning: "biuld" is not a variant, so it is pulled as an image [blubber-variant]
          7 |     copies: [{ from: biuld }, { from: local, source: dist/ }]
            |                      ^^^^^
        hint: did you mean "build"?
      services/web/.pipeline/blubber.yaml:7:22: warning: biuld has no tag: it may be another image tomorrow [base-untagged]
          7 |     copies: [{ from: biuld }, { from: local, source: dist/ }]
            |                      ^^^^^
        hint: write a version, or a digest
      services/web/.pipeline/blubber.yaml:7:54: warning: the variant copies dist, which is not in the context services/web [source-missing]
          7 |     copies: [{ from: biuld }, { from: local, source: dist/ }]
            |                                                      ^^^^^
        hint: make it before the build; where it is elsewhere, set context in image.toml, or in [[image]] of generate-bake.toml
      4 warnings
    `),
  );
});

test('the version by content: what the variant is made of, and nothing else', async () => {
  const tree = fleet({
    'services/web/.dockerignore': 'site/draft\n',
    'services/web/site/draft': '1\n',
    'services/web/README.md': '1\n',
  });
  tree.write({
    'generate-bake.toml': lines(`
      [[tree]]
      kind = "blubber"
      directory = "services"
      checkouts = ["web"]
    `),
  });
  const version = async () => {
    const { images } = JSON.parse(await said(tree, 'list', '--json'));
    return images[0].version as string;
  };
  const before = await version();
  assert.match(before, /^[0-9a-f]{12}$/);
  tree.write({ 'services/web/README.md': '2\n', 'services/web/site/draft': '2\n' });
  assert.equal(await version(), before, 'not copied, or left out by the ignore rules');
  tree.write({ 'services/web/site/index.html': '<b>\n' });
  const after = await version();
  assert.notEqual(after, before, 'a file that is copied');
  tree.write({ 'services/web/.pipeline/blubber.yaml.dockerignore': 'nothing\n' });
  assert.notEqual(await version(), after, 'rules beside the file replace the others');
});

test('a plan leaves out the services whose parents it cannot hold', async () => {
  const { stdout, stderr, status } = await runCli(['plan'], { cwd: fleet().path });
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    Object.values<{ readonly description: string }>(JSON.parse(stdout).target).map(
      ({ description }) => description,
    ),
    [
      'r.example/build:1',
      'r.example/kserve/build:2-1',
      'r.example/node:22-1',
      'r.example/node-devel:22-1',
    ],
  );
  assert.equal(
    stderr,
    'left out, since a plan cannot give their frontends the parents: r.example/wikimedia/api:1, r.example/wikimedia/web:1 (generate-bake build builds them)\n',
  );
});

test('check has nothing against services whose parents a printed plan cannot hold', async () => {
  const { stdout, stderr, status } = await runCli(['check'], { cwd: fleet().path });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(`${stdout}${stderr}`, /error|frontend-contexts/);
});

test('what is built on a service is planned on its published version', async () => {
  const tree = fleet(
    sketchFiles('images', { proxy: { dockerfile: 'FROM r.example/wikimedia/api:1\nRUN true\n' } }),
  );
  const plan = JSON.parse(await said(tree, 'plan', 'proxy'));
  assert.deepEqual(Object.keys(plan.target), ['proxy']);
  assert.equal(plan.target.proxy.contexts, undefined, 'FROM names that very version');
});

test('a service that is named is an error in a plan that cannot hold its parents', async () => {
  const tree = fleet();
  const { stdout, stderr, status } = await runCli(['plan', 'node', 'wikimedia/api'], {
    cwd: tree.path,
  });
  assert.equal(status, 1);
  assert.deepEqual(Object.keys(JSON.parse(stdout).target), ['node']);
  assert.equal(
    stderr,
    lines(`
      services/api/.pipeline/blubber.yaml:3:7: error: a plan cannot give r.example/node:22-1 to r.example/wikimedia/api:1: its frontend r.example/buildkit:v1.8.0 is not known to take it [frontend-contexts]
          3 | base: r.example/node
            |       ^^^^^^^^^^^^^^
        hint: build it with generate-bake build, or set frontend_takes of its tree to what the frontend takes
    `),
  );
});

test('a plan of a service alone does not leave its parents to whatever latest is', async () => {
  const tree = fleet();
  const { stdout, stderr, status } = await runCli(['plan', 'wikimedia/api'], { cwd: tree.path });
  assert.equal(status, 1);
  assert.deepEqual(JSON.parse(stdout).target ?? {}, {});
  assert.match(
    stderr,
    /api\/\.pipeline\/blubber\.yaml:3:7: error: a plan cannot give r\.example\/node:22-1 to /,
  );
  const toml = readFileSync(tree.at('generate-bake.toml'), 'utf8');
  tree.write({ 'generate-bake.toml': `${toml}frontend_takes = ["contexts"]\n` });
  const pinned = JSON.parse(await said(tree, 'plan', 'wikimedia/api'));
  assert.deepEqual(Object.values(pinned.target)[0], {
    ...(Object.values(pinned.target)[0] as object),
    contexts: {
      'r.example/node': 'docker-image://r.example/node:22-1',
      'r.example/node-devel': 'docker-image://r.example/node-devel:22-1',
      'r.example/kserve/build': 'docker-image://r.example/kserve/build:2-1',
    },
  });
});

test('a plan links services whose frontend takes that, as their tree says or an earlier run has read', async () => {
  const tree = fleet({ 'cache/': '' });
  const toml = readFileSync(tree.at('generate-bake.toml'), 'utf8');
  const contexts = async (takes: string, ...names: string[]) => {
    tree.write({ 'generate-bake.toml': `${toml}${takes}` });
    const { stdout, status, stderr } = await runCli(['plan', ...names], {
      cwd: tree.path,
      env: { ...process.env, XDG_CACHE_HOME: tree.at('cache') },
    });
    return { status, stderr, contexts: JSON.parse(stdout).target.wikimedia__api?.contexts };
  };
  const linked = {
    'r.example/kserve/build': 'target:kserve__build',
    'r.example/node': 'target:node',
    'r.example/node-devel': 'target:node-devel',
  };
  const told = await contexts('frontend_takes = ["contexts", "inputs"]\n');
  assert.deepEqual({ ...told.contexts }, linked, told.stderr);
  tree.write({
    'cache/generate-bake/frontends.json': JSON.stringify({
      format: 1,
      labels: [
        [
          'r.example/buildkit:v1.8.0',
          'moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts',
        ],
      ],
    }),
  });
  assert.deepEqual({ ...(await contexts('')).contexts }, linked);
  // What the tree says comes before what was read.
  const pinned = await contexts('frontend_takes = ["contexts"]\n');
  assert.equal(pinned.contexts, undefined);
  assert.match(pinned.stderr, /^left out, since a plan cannot give their frontends the parents: /);
  tree.write({ 'generate-bake.toml': `${toml}frontend = "docker-image://r.example/x:1"\n` });
  const unnamed = await runCli(['list'], { cwd: tree.path });
  assert.equal(unnamed.status, 2);
  assert.match(
    unnamed.stderr,
    /^generate-bake\.toml:\d+:12: error: frontend: "docker-image:\/\/r\.example\/x:1" is not a valid image reference: /,
  );
  tree.write({ 'generate-bake.toml': `${toml}frontend_takes = ["context"]\n` });
  const wrong = await runCli(['list'], { cwd: tree.path });
  assert.equal(wrong.status, 2);
  assert.match(
    wrong.stderr,
    /^generate-bake\.toml:13:19: error: frontend_takes does not know "context" .*\n.*\n.*\n {2}hint: did you mean "contexts"\?$/m,
  );
});

test('a machine without the services, and a commit without them', { skip: noGit }, async () => {
  const tree = fleet();
  renameSync(tree.at('services'), tree.at('elsewhere'));
  const alone = await runCli(['list', 'node', '--with-children'], { cwd: tree.path });
  assert.equal(alone.status, 0);
  assert.equal(
    alone.stdout,
    lines(`
      TREE    NAME        VERSION  PATH               BASE                  PARENTS
      images  node        22-1     images/node        r.example/bookworm:1  -
      images  node-devel  22-1     images/node-devel  node                  node
    `),
  );
  assert.equal(
    alone.stderr,
    lines(`
      generate-bake.toml:9:13: warning: the directory services does not exist: its services are left out [directory]
          9 | directory = "services"
            |             ^^^^^^^^^^
        hint: check the services out there, to see which are built on an image
      2 images in 2 levels, 1 link to parents
    `),
  );
  // The services are repositories of their own, which the one of the images ignores.
  renameSync(tree.at('elsewhere'), tree.at('services'));
  tree.write({ '.gitignore': 'services\n' });
  gitIn(tree.path, 'init', '--quiet');
  gitIn(tree.path, 'add', '--all');
  gitIn(tree.path, 'commit', '--quiet', '--message', 'All');
  const since = await runCli(['list', '--since', 'HEAD'], { cwd: tree.path });
  assert.match(since.stderr, /^since HEAD \(\w+\): 2 new$/m);
  assert.doesNotMatch(since.stdout, /^images /m);
});

test('refresh leaves services out, unless their tree says otherwise', async () => {
  const tree = fleet();
  const refresh = () => runCli(['refresh', '--dry-run'], { cwd: tree.path });
  assert.match((await refresh()).stderr, /^services: api is skipped: tree "services" is not/m);
  const toml = readFileSync(tree.at('generate-bake.toml'), 'utf8');
  tree.write({ 'generate-bake.toml': `${toml}refresh = true\n` });
  assert.doesNotMatch((await refresh()).stderr, /is skipped/);
});

test('new writes none', async () => {
  const tree = fleet();
  const { stderr, status } = await runCli(['new', 'services/other'], { cwd: tree.path });
  assert.equal(status, 2);
  assert.equal(
    stderr,
    lines(`
      error: the tree services has Blubber files, which "new" does not write [new-tree]
        hint: write .pipeline/blubber.yaml in a directory of its own below the tree
    `),
  );
});

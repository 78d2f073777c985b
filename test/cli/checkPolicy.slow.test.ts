/** `check` with the table `policy`: a tree that breaks each of its rules, and the same tree well kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

type Files = Readonly<Record<string, ScratchFile>>;

function image(name: string, dockerfile: string): Files {
  const block = `${name} (1.0) w; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n`;
  return {
    [`images/${name}/Dockerfile.template`]: dockerfile,
    [`images/${name}/changelog`]: block,
    [`images/${name}/control`]: `Package: ${name}\nMaintainer: Ada <a@example.org>\nDescription: x\nBuild-Depends: ${dockerfile.includes('"root"') ? 'root' : ''}\n`,
  };
}

const workspace = (policy: string): Files => ({
  'config.yaml': 'registry: r.example\n',
  'generate-bake.toml': `[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n\n${policy}`,
});

const policy = `[policy]
registries = ["r.example", "docker.io/library"]
distributions = ["trixie"]
labels = ["team"]

[policy.base]
images = ["root", "trixie"]
on = ["base", "scratch"]

[policy.production]
images = ["too*", "debian*"]
on = ["base"]

[policy.service]
images = ["app"]
on = ["production"]
`;
const root = 'FROM {{ "root" | image_tag }}\n';

const day = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const exception = (images: string, rule: string, until: string): string =>
  `\n[[policy.exception]]\nimages = "${images}"\nrule = "${rule}"\nreason = "moves"\nuntil = "${until}"\n`;

/** Without the excerpts. */
const lines = (stderr: string): readonly string[] =>
  stderr.split('\n').filter((line) => !/^ +(?:\d+)? \| /.test(line) && line !== '');

const check = (cwd: string, ...more: string[]) => runCli(['check', ...more], { cwd });

const bad = {
  ...image('root', 'FROM r.example/trixie:13\nLABEL team=a\n'),
  ...image(
    'tool',
    `ARG OTHER=evil.example/x\nFROM $OTHER:1 AS x\n${root}COPY --from=x /x /x\nCOPY --from=r.example.evil.example/z:1 /z /z\nRUN --mount=from=quay.io/y:1,target=/y true\n`,
  ),
  ...image('app', `# syntax=evil.example/dockerfile:1\n${root}`),
  ...image('debians', 'FROM debian:bookworm\n'),
  ...image('new', 'FROM alpine:3.20\nLABEL team=a\n'),
};

test('each rule finds what breaks it, at its place', async () => {
  const tree = scratchTree({ ...workspace(policy), ...bad });
  const { status, stderr } = await check(tree.path);
  assert.equal(status, 1);
  assert.deepEqual(lines(stderr), [
    'images/app/Dockerfile.template:1:10: error: # syntax= takes evil.example/dockerfile:1, whose registry the policy does not allow [policy-registry]',
    '  hint: allowed: r.example, docker.io/library (generate-bake.toml:6)',
    'images/app/Dockerfile.template:2:1: error: app is service, and built on r.example/root:1.0, which is base [policy-base]',
    '  hint: the policy wants service images on: production',
    'images/debians/Dockerfile.template:1:6: error: debians is production, and built on debian:bookworm, which is production [policy-base]',
    '  hint: the policy wants production images on: base',
    'images/debians/Dockerfile.template:1:6: error: debian:bookworm is Debian 12 (bookworm), which the policy does not allow [policy-distribution]',
    '  hint: allowed: trixie (generate-bake.toml:7)',
    'images/debians/changelog:1:1: error: debians does not have the label team [policy-label]',
    '  hint: write LABEL team="…" in its Dockerfile, or set it in labels of its image.toml',
    'images/new/Dockerfile.template:1:6: error: the name alpine:3.20 does not say that it is of a distribution that the policy allows [policy-distribution]',
    '  hint: allowed: trixie (generate-bake.toml:7)',
    'images/new/changelog:1:1: error: the policy does not say what new is [policy-kind]',
    '  hint: add it to images of one: policy.base, policy.production, policy.service',
    'images/tool/Dockerfile.template:2:6: error: FROM takes evil.example/x:1, whose registry the policy does not allow [policy-registry]',
    '  hint: allowed: r.example, docker.io/library (generate-bake.toml:6)',
    'images/tool/Dockerfile.template:5:13: error: COPY --from takes r.example.evil.example/z:1, whose registry the policy does not allow [policy-registry]',
    '  hint: allowed: r.example, docker.io/library (generate-bake.toml:6)',
    'images/tool/Dockerfile.template:6:18: error: RUN --mount takes quay.io/y:1, whose registry the policy does not allow [policy-registry]',
    '  hint: allowed: r.example, docker.io/library (generate-bake.toml:6)',
    '10 errors',
  ]);
});

test('scanners of attestations and caches are of registries too, each at its place', async () => {
  const settings = (text: string): string => `name = "app"\nversion = "1"\n${text}`;
  const found = async (image: string, config = 'registry: r.example\n', ofTree = '') => {
    const tree = scratchTree({
      'config.yaml': config,
      'generate-bake.toml': `[policy]\nregistries = ["ok.example"]\n[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n${ofTree}`,
      'images/app/image.toml': settings(image),
      'images/app/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
      'images/two/image.toml': 'name = "two"\nversion = "1"\n',
      'images/two/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
    });
    const { status, stderr } = await check(tree.path);
    return [status, ...lines(stderr).filter((line) => /policy-registry/.test(line))];
  };
  assert.deepEqual(await found('[attest]\nsbom = "evil.example/scan:1"\n'), [
    1,
    'images/app/image.toml:3:2: error: attest takes evil.example/scan:1, whose registry the policy does not allow [policy-registry]',
  ]);
  assert.deepEqual(await found('cache = "evil.example/cache/app"\n'), [
    1,
    'images/app/image.toml:3:9: error: cache takes evil.example/cache/app:cache, whose registry the policy does not allow [policy-registry]',
  ]);
  // What the whole tree has is one place.
  assert.deepEqual(await found('', undefined, 'cache = "evil.example/cache"\n'), [
    1,
    'generate-bake.toml:6:9: error: cache takes evil.example/cache/{name}:cache, whose registry the policy does not allow [policy-registry]',
  ]);
  for (const fine of [
    '[attest]\nsbom = true\n',
    '[attest]\nsbom = "docker.io/docker/buildkit-syft-scanner:stable-1"\n',
    '[attest]\nsbom = "ok.example/scan:1"\n',
    'cache = "ok.example/cache/app"\n',
    'cache = "r.example/cache/app"\n',
  ]) {
    assert.deepEqual(await found(fine), [0], fine);
  }
  assert.deepEqual(
    await found(
      'cache = "old.example/cache/app"\n',
      'registry: r.example\ngenerate-bake: {registry_aliases: {old.example: r.example}}\n',
    ),
    [0],
  );
  // A registry that many share is not the tree's own but for its namespace.
  const inNamespace = 'registry: Ghcr.example\nnamespace: ours\n';
  assert.deepEqual(await found('cache = "ghcr.example/ours/cache"\n', inNamespace), [0]);
  for (const path of ['evil/cache', 'ours-evil/cache']) {
    assert.deepEqual(await found(`cache = "ghcr.example/${path}"\n`, inNamespace), [
      1,
      `images/app/image.toml:3:9: error: cache takes ghcr.example/${path}:cache, whose registry the policy does not allow [policy-registry]`,
    ]);
  }
});

test('the same images well kept', async () => {
  const tree = scratchTree({
    ...workspace(policy),
    ...image('root', 'FROM r.example/trixie:13\nLABEL team=a\n'),
    ...image('tool', `FROM golang:1.25-trixie AS x\n${root}COPY --from=x /x /x\n`),
    ...image('app', '# syntax=r.example/dockerfile:1\nFROM {{ "tool" | image_tag }}\n'),
    'images/app/control': 'Package: app\nMaintainer: Ada <a@example.org>\nBuild-Depends: tool\n',
  });
  const { status, stderr } = await check(tree.path);
  assert.deepEqual([status, stderr], [0, '3 images: no problems\n']);
});

test('levels, and exceptions: those in force, those that end soon, ended and unused ones', async () => {
  const levels = '\n[check]\npolicy-kind = "off"\npolicy-label = "warning"\npolicy-base = "off"\n';
  const soon = day(10);
  const tree = scratchTree({
    ...workspace(
      policy +
        levels +
        exception('tool', 'policy-registry', '2999-01-01') +
        exception('app', 'policy-registry', soon) +
        exception('*', 'policy-distribution', '2020-01-01') +
        exception('new', 'policy-distribution', '2999-01-01') +
        exception('tool', 'policy-distribution', '2020-01-01'),
    ),
    ...bad,
  });
  const { status, stderr } = await check(tree.path);
  assert.equal(status, 1);
  assert.deepEqual(lines(stderr), [
    `generate-bake.toml:33:3: warning: the exception of policy-registry for app ends soon: ${soon} (moves) [policy-exception-ends]`,
    '  hint: fix what it is about, or agree on another day',
    'generate-bake.toml:39:3: error: the exception of policy-distribution for debians ended: 2020-01-01 (moves) [policy-exception-ended]',
    '  hint: fix what it is about, or agree on another day',
    'generate-bake.toml:51:3: warning: no image needs the exception of policy-distribution [policy-exception-unused]',
    '  hint: remove it, or correct its images',
    'images/debians/Dockerfile.template:1:6: error: debian:bookworm is Debian 12 (bookworm), which the policy does not allow [policy-distribution]',
    '  hint: allowed: trixie (generate-bake.toml:7)',
    'images/debians/changelog:1:1: warning: debians does not have the label team [policy-label]',
    '  hint: write LABEL team="…" in its Dockerfile, or set it in labels of its image.toml',
    '2 errors, 3 warnings',
  ]);
  const one = await check(tree.path, 'tool');
  assert.deepEqual([one.status, one.stderr], [0, '1 image: no problems\n']);
  // Nothing of it keeps a plan from being made.
  assert.equal((await runCli(['plan'], { cwd: tree.path })).status, 0);
});

/** The registries of a policy bind what BuildKit really takes, not only what `check` can see. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { endings, readReport, type Sketch, sketchFiles } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, engine, engines, privateEngine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { remoteBuilder } from '../support/engine/remote.js';
import { firstUnlessLong } from '../support/long.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const good = 'policy.example';
const evil = 'policy-evil.example';

/** A workspace of one tree; its images are `policy.example/NAME:1`. */
function workspace(engine: Engine, policy: string, images: Sketch, config = {}) {
  const tree = scratchTree({
    'home/': '',
    'state/': '',
    'tmp/': '',
    'locks/': '',
    'work/config.yaml': JSON.stringify({ registry: good, base_images: [], ...config }),
    'work/generate-bake.toml': `${policy}\n[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n`,
    ...sketchFiles('work/images', images),
  });
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runCli(args, {
      cwd: tree.at('work'),
      env: {
        ...engine.env,
        HOME: tree.at('home'),
        XDG_STATE_HOME: tree.at('state'),
        TMPDIR: tree.at('tmp'),
        GENERATE_BAKE_LOCK_DIRECTORY: tree.at('locks'),
        ...env,
      },
    });
  const build = async (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    const built = await run(['build', '--no-publish', '--report', 'report.json', ...args], env);
    return { ...built, report: () => readReport(tree.at('work/report.json')) };
  };
  return { ...tree, run, build };
}

const onlyGood = `[policy]\nregistries = ["${good}"]\n`;

/** The environment of a user whose docker gives builds a proxy for FTP: an argument that no file of a tree has. */
function ftpProxy({ env }: Engine, proxy: string): NodeJS.ProcessEnv {
  const own = env.DOCKER_CONFIG ?? '';
  const config = JSON.parse(readFileSync(join(own, 'config.json'), 'utf8'));
  const folder = scratchTree({
    'config.json': JSON.stringify({ ...config, proxies: { default: { ftpProxy: proxy } } }),
  });
  symlinkSync(join(own, 'buildx'), folder.at('buildx'));
  return { DOCKER_CONFIG: folder.path };
}

/** Reasons and hints of what failed, by name. */
function failures(report: ReturnType<typeof readReport>): Record<string, string> {
  return Object.fromEntries(
    report.images
      .filter(({ ending }) => ending === 'failed')
      .map(({ reference, reason = '' }) => [reference.replace(/^.*\/|:1$/g, ''), reason]),
  );
}

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: what evades check is denied, a neighbour in the same call and its child are built`, async () => {
    await loadBase(engine, `${good}/root:1`, `${evil}/root:1`, `${good}.evil.example/root:1`);
    // Its ONBUILD is not in any file of the tree.
    const triggers = scratchTree({
      Dockerfile: `FROM ${good}/root:1\nONBUILD COPY --from=${evil}/root:1 /bin/busybox /x\n`,
    });
    await engine.docker('build', '--quiet', '--tag', `${good}/triggers:1`, triggers.path);
    const tree = workspace(engine, onlyGood, {
      arg: { dockerfile: `ARG FTP_PROXY=${good}/root:1\nFROM $FTP_PROXY\nRUN echo arg >/arg\n` },
      onbuild: { dockerfile: `FROM ${good}/triggers:1\nRUN echo onbuild >/onbuild\n` },
      'onbuild-child': { dockerfile: 'FROM {{ "onbuild" | image_tag }}\nRUN true\n' },
      neighbour: { dockerfile: `FROM ${good}/root:1\nRUN sleep 1; echo n >/n\n` },
      'neighbour-child': { dockerfile: 'FROM {{ "neighbour" | image_tag }}\nRUN test -e /n\n' },
    });
    assert.equal((await tree.run(['check'])).status, 0);
    const { status, stderr, report } = await tree.build(
      ['--no-pull'],
      ftpProxy(engine, `${evil}/root:1`),
    );
    assert.equal(status, 1, stderr);
    const reason = `the build takes ${evil}/root:1, whose registry the policy does not allow`;
    // The frontend of Docker 26 itself refuses an ONBUILD that copies from an image.
    const ofOnbuild =
      'cannot copy from stage "policy-evil.example/root:1", it needs to be defined before current stage ""';
    const onbuild = engine.kind === 'baseline' ? ofOnbuild : reason;
    assert.deepEqual(failures(report()), { arg: reason, onbuild }, stderr);
    assert.deepEqual(endings(report()), {
      built: ['neighbour-child:1', 'neighbour:1'],
      failed: ['arg:1', 'onbuild:1'],
      skipped: ['onbuild-child:1'],
    });
    assert.match(stderr, /hint: allowed: policy\.example \(generate-bake\.toml:2\)/);
    // The line that asked for it, where the Dockerfile has one.
    assert.match(stderr, /images\/arg\/Dockerfile\.template:2/);
    assert.deepEqual(
      readdirSync(tree.at('tmp')).filter((name) => /policy|call/.test(name)),
      [],
    );
  });

  test(`${engine.name}: what a Dockerfile says is refused before anything is built or pulled, in a dry run too`, async () => {
    await loadBase(engine, `${good}/root:1`, `${evil}/root:1`, `${good}.evil.example/root:1`);
    const store = await registry();
    const tree = workspace(
      engine,
      onlyGood,
      {
        from: { dockerfile: `FROM ${good}.evil.example/root:1\nRUN true\n` },
        copy: { dockerfile: `FROM ${good}/root:1\nCOPY --from=${evil}/root:1 /bin/busybox /x\n` },
        mount: {
          dockerfile: `FROM ${good}/root:1\nRUN --mount=from=${evil}/root:1,target=/m true\n`,
        },
        syntax: { dockerfile: `# syntax=${evil}/frontend:1\nFROM ${good}/root:1\nRUN true\n` },
        child: { dockerfile: 'FROM {{ "mount" | image_tag }}\nRUN true\n' },
        fine: { dockerfile: `FROM POLICY.example/root:1\nRUN echo fine >/fine\n` },
      },
      { registry: store.host, base_images: [`${good}.evil.example/root:1`] },
    );
    await engine.docker('tag', `${good}/root:1`, 'POLICY.example/root:1');
    const dry = await tree.run(['build', '--no-publish', '--dry-run']);
    assert.equal(dry.status, 1, dry.stderr);
    assert.match(
      dry.stderr,
      /^images\/copy\/Dockerfile\.template:2:13: error: COPY --from takes policy-evil\.example\/root:1, whose registry the policy does not allow \[policy-registry\]$/m,
    );
    assert.doesNotMatch(dry.stdout, /pull/);

    const { status, stderr, report } = await tree.build();
    assert.equal(status, 1, stderr);
    const says = (word: string, image: string) =>
      `${word} takes ${image}, whose registry the policy does not allow`;
    assert.deepEqual(failures(report()), {
      from: says('FROM', `${good}.evil.example/root:1`),
      copy: says('COPY --from', `${evil}/root:1`),
      mount: says('RUN --mount', `${evil}/root:1`),
      syntax: says('# syntax=', `${evil}/frontend:1`),
    });
    assert.deepEqual(endings(report()).built, ['fine:1']);
    assert.deepEqual(endings(report()).skipped, ['child:1']);
    assert.match(stderr, /images\/mount\/Dockerfile\.template:2/);
    assert.match(stderr, /hint: allowed: policy\.example \(generate-bake\.toml:2\)/);
    await store.stop();
  });

  test(`${engine.name}: exceptions, ended ones too, and levels below error let images have what they name, and no more`, async () => {
    await loadBase(engine, `${good}/root:1`, `${evil}/root:1`, `${evil}/other:1`);
    const exception = `[[policy.exception]]\nimages = ["excepted"]\nrule = "policy-registry"\nreason = "moves"\nuntil = "2020-01-01"\n`;
    const images = {
      excepted: {
        dockerfile: `ARG FTP_PROXY=${evil}/root:1\nFROM $FTP_PROXY\nCOPY --from=${evil}/root:1 /bin/busybox /x\n`,
      },
      below: { dockerfile: 'FROM {{ "excepted" | image_tag }}\nRUN true\n' },
    };
    const tree = workspace(engine, onlyGood + exception, images);
    assert.match((await tree.run(['check'])).stderr, /\[policy-exception-ended\]/);
    const built = await tree.build(['--no-pull']);
    assert.equal(built.status, 0, built.stderr);

    tree.write(sketchFiles('work/images', { excepted: { ...images.excepted, version: '2' } }));
    const other = await tree.build(
      ['--no-pull', '--select', 'excepted'],
      ftpProxy(engine, `${evil}/other:1`),
    );
    assert.equal(other.status, 1, other.stderr);
    assert.match(other.stderr, /the build takes policy-evil\.example\/other:1, whose registry/);

    const lenient = workspace(engine, `${onlyGood}[check]\npolicy-registry = "warning"\n`, images);
    await engine.docker('image', 'rm', `${good}/excepted:1`, `${good}/below:1`);
    const warned = await lenient.build(['--no-pull']);
    assert.equal(warned.status, 0, warned.stderr);
  });

  test(`${engine.name}: where no registry is allowed, the trees' own images are, published ones by their digest`, async () => {
    const store = await registry();
    const tree = workspace(
      engine,
      '[policy]\nregistries = []\n',
      {
        parent: {
          dockerfile: 'FROM scratch\nCOPY file /file\n',
          files: { file: 'x' },
        },
      },
      { registry: store.host },
    );
    const first = await tree.run(['build', '--publish']);
    assert.equal(first.status, 0, first.stderr);
    await engine.docker('image', 'rm', '--force', `${store.host}/parent:1`);
    tree.write(
      sketchFiles('work/images', {
        child: {
          dockerfile:
            'FROM {{ "parent" | image_tag }}\nCOPY --from={{ "parent" | image_tag }} /file /again\n',
        },
      }),
    );
    const second = await tree.build(['--select', 'child']);
    assert.equal(second.status, 0, second.stderr);
    assert.deepEqual(endings(second.report()).built, ['child:1']);
    // Not a local one.
    const [child] = second.report().images.filter(({ ending }) => ending === 'built');
    assert.match(child?.parents[0]?.digest ?? '', /^sha256:/);
    await store.stop();
  });

  test(`${engine.name}: the user's own source policy is joined, or refused`, async () => {
    await loadBase(engine, `${good}/root:1`, `${good}/bad:1`);
    const tree = workspace(engine, onlyGood, {
      own: { dockerfile: `FROM ${good}/bad:1\nRUN echo own\n` },
      beside: { dockerfile: `FROM ${good}/root:1\nRUN echo beside\n` },
    });
    const variable = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY';
    tree.write({
      'work/deny.json': `{"rules": [{"action": "DENY", "selector": {"identifier": "docker-image://${good}/bad:*"}}]}`,
      'work/allow.json': '{"rules": [{"selector": {"identifier": "docker-image://*"}}]}',
      'work/broken.json': '{"rules": [',
      // buildx reads keys without case: the last one would count.
      'work/case.json': `{"rules": [{"action": "DENY", "Action": "ALLOW", "selector": {"identifier": "docker-image://*"}}]}`,
      'work/top.json':
        '{"rules": [], "RULES": [{"action": "DENY", "selector": {"identifier": "x"}}]}',
      'work/inner.json': `{"rules": [{"action": "DENY", "selector": {"identifier": "x", "matchType": "EXACT"}}]}`,
    });
    const joined = await tree.build(['--no-pull'], { [variable]: 'deny.json' });
    assert.equal(joined.status, 1, joined.stderr);
    assert.deepEqual(failures(joined.report()), {
      own: `the build takes ${good}/bad:1, which ${variable} does not allow`,
    });
    assert.deepEqual(endings(joined.report()).built, ['beside:1']);

    const allowing = await tree.run(['build', '--no-publish'], { [variable]: 'allow.json' });
    assert.equal(allowing.status, 2, allowing.stderr);
    assert.deepEqual(allowing.stderr.split('\n').slice(0, 2), [
      `error: ${variable}: allow.json has rules that allow, which would undo the registries of the policy [source-policy]`,
      '  hint: keep only rules that DENY or CONVERT, or unset the variable',
    ]);
    const broken = await tree.run(['build', '--no-publish'], { [variable]: 'broken.json' });
    assert.equal(broken.status, 2);
    assert.match(broken.stderr, /broken\.json cannot be read, or is not JSON \[source-policy\]/);
    for (const [file, key] of [
      ['case.json', 'Action'],
      ['inner.json', 'matchType'],
    ] as const) {
      const odd = await tree.run(['build', '--no-publish'], { [variable]: file });
      assert.equal(odd.status, 2);
      assert.match(
        odd.stderr,
        new RegExp(`${file} has a key that no rule has: "${key}" \\[source-policy\\]`),
      );
    }
    const top = await tree.run(['build', '--no-publish'], { [variable]: 'top.json' });
    assert.equal(top.status, 2);
    assert.match(
      top.stderr,
      /top\.json has the key "RULES" \[source-policy\]\n {2}hint: write "rules", once$/m,
    );
  });
}

test('an image does not read the cache of a parent that is excepted', async () => {
  const [engine] = await engines();
  assert.ok(engine);
  await loadBase(engine, `${good}/root:1`);
  const exception = `[[policy.exception]]\nimages = ["first"]\nrule = "policy-registry"\nreason = "moves"\nuntil = "2999-01-01"\n`;
  const tree = workspace(engine, onlyGood + exception, {});
  const image = (name: string, from: string, cache: string): Record<string, string> => ({
    [`work/images/${name}/Dockerfile`]: `FROM ${from}\nRUN true\n`,
    [`work/images/${name}/image.toml`]: `version = "1"\ncache = "${cache}"\n`,
  });
  tree.write({
    ...image('first', `${good}/root:1`, `${evil}/c/first`),
    ...image('second', `${good}/first:1`, `${good}/c/second`),
    ...image('third', `${good}/second:1`, `${good}/c/third`),
  });
  const { status, stdout, stderr } = await tree.run([
    'build',
    '--no-publish',
    '--no-pull',
    '--print',
  ]);
  assert.equal(status, 0, stderr);
  const read = (name: string): unknown => JSON.parse(stdout).target[name]['cache-from'];
  const ref = (at: string): string => `type=registry,ref=${at}:cache`;
  assert.deepEqual(['first', 'second', 'third'].map(read), [
    [ref(`${evil}/c/first`)],
    [ref(`${good}/c/second`)],
    [ref(`${good}/c/third`), ref(`${good}/c/second`)],
  ]);
});

test('a builder that does not say what it can do is tried, and one that does not keep to policies is refused', async () => {
  const [engine] = await engines();
  assert.ok(engine);
  await loadBase(engine, `${good}/root:1`, `${evil}/root:1`);
  const far = await remoteBuilder(engine);
  try {
    const tree = workspace(engine, onlyGood, {
      plain: { dockerfile: 'FROM scratch\nCOPY file /file\n', files: { file: 'x' } },
      arg: {
        dockerfile: 'ARG FTP_PROXY=scratch\nFROM $FTP_PROXY\nCOPY file /file\n',
        files: { file: 'y' },
      },
    });
    const { status, stderr, report } = await tree.build(
      ['--no-pull', '--builder', far.name],
      ftpProxy(engine, `${evil}/root:1`),
    );
    assert.equal(status, 1, stderr);
    assert.match(failures(report()).arg ?? '', /^the build takes policy-evil\.example\/root:1, /);
    assert.deepEqual(endings(report()).built, ['plain:1']);

    // A fake docker that drops the variable, as old engines ignore the policy.
    const paths = (engine.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'docker'));
    const docker = paths.find((path) => existsSync(path)) ?? assert.fail('no docker');
    tree.write({
      'fake/docker': {
        text: `#!/bin/sh\nunset EXPERIMENTAL_BUILDKIT_SOURCE_POLICY\nexec ${docker} "$@"\n`,
        mode: 0o755,
      },
    });
    const old = await tree.run(['build', '--no-publish', '--no-pull', '--builder', far.name], {
      PATH: `${tree.at('fake')}:${engine.env.PATH}`,
    });
    assert.equal(old.status, 2, old.stderr);
    assert.match(
      old.stderr,
      new RegExp(
        `^generate-bake\\.toml:2:\\d+: error: the builder ${far.name} does not keep to the registries of the policy \\[engine-unable\\]$`,
        'm',
      ),
    );
  } finally {
    await far.remove();
  }
});

test('several builders: what travels through staging is allowed, though its registry is not', async (t) => {
  const near = await engine();
  const far = await privateEngine('current', ['--feature', 'containerd-snapshotter=true']);
  t.after(() => far.remove());
  const store = await registry();
  for (const [name, { env }] of Object.entries({ 'policy-near': near, 'policy-far': far })) {
    const args = ['context', 'create', name, '--docker', `host=${env.DOCKER_HOST}`];
    await must('docker', args, { env: near.env });
  }
  await Promise.all([loadBase(near, `${good}/root:1`), loadBase(far, `${good}/root:1`)]);
  const children = [1, 2, 3, 4].map((at) => [
    `child${at}`,
    { dockerfile: `FROM {{ "parent" | image_tag }}\nRUN sleep 1; cat /parent > /${at}\n` },
  ]);
  const tree = workspace(
    near,
    onlyGood,
    {
      parent: { dockerfile: `FROM ${good}/root:1\nRUN echo parent > /parent\n` },
      ...Object.fromEntries(children),
    },
    { registry: store.host },
  );
  const { status, stderr, report } = await tree.build([
    ...['--builder', 'policy-near', '--builder', 'policy-far', '--jobs', '1'],
    ...['--staging', `${store.host}/staging`],
  ]);
  assert.equal(status, 0, stderr);
  assert.equal(endings(report()).built?.length, 5, stderr);
  const where = new Set(
    [...stderr.matchAll(/child\d:1: built in \S+ on (\S+)/g)].map(([, on]) => on),
  );
  assert.deepEqual([...where].sort(), ['policy-far', 'policy-near'], stderr);
  await store.stop();
});

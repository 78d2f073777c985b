/** `check --policy-from`: by the policy of another revision, so that a change does not approve itself. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { plant } from '../support/plant.js';
import { run } from '../support/process.js';
import { temporaryDirectory } from '../support/temporary.js';

const skip = { skip: noGit };

function image(name: string, dockerfile: string): Record<string, string> {
  return {
    [`images/${name}/Dockerfile.template`]: dockerfile,
    [`images/${name}/changelog`]: `${name} (1.0) w; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n`,
    [`images/${name}/control`]: `Package: ${name}\nMaintainer: Ada <a@example.org>\nDescription: x\n`,
  };
}

const trees = '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n';
const policy = '[policy]\nregistries = ["r.example"]\n';
const exception = (images: string, until: string): string =>
  `[[policy.exception]]\nimages = "${images}"\nrule = "policy-registry"\nreason = "moves"\nuntil = "${until}"\n`;
const shared = `[policy]\nregistries = ["r.example", "ok.example"]\n${trees}`;
const good = 'FROM r.example/root:1\n';
const evil = 'FROM evil.example/root:1\n';

const before = {
  'config.yaml': 'registry: r.example\n',
  'generate-bake.toml': policy + trees,
  ...image('one', good),
};

const check = (cwd: string, ...words: string[]) => runCli(['check', ...words], { cwd });

/** Without the excerpts. */
const lines = (stderr: string): readonly string[] =>
  stderr.split('\n').filter((line) => !/^ +(?:\d+)? \| /.test(line) && line !== '');

const finding = [
  'images/one/Dockerfile.template:1:6: error: FROM takes evil.example/root:1, whose registry the policy does not allow [policy-registry]',
  '  hint: allowed: r.example (main:generate-bake.toml:2)',
];

/** Whatever a change does to let itself through, with the policy that it would be judged by. */
const ways: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  registries: {
    'generate-bake.toml': `[policy]\nregistries = ["r.example", "evil.example"]\n${trees}`,
  },
  'no policy': { 'generate-bake.toml': trees },
  'an exception': { 'generate-bake.toml': policy + exception('one', '2999-01-01') + trees },
  'a level of the file': {
    'generate-bake.toml': `${policy}[check]\npolicy-registry = "off"\n${trees}`,
  },
  'a level of the tree': {
    'generate-bake.toml': `${policy}${trees}check = { policy-registry = "off" }\n`,
  },
  'a level of its configuration': {
    'config.yaml': 'registry: r.example\ngenerate-bake: {check: {policy-registry: off}}\n',
  },
  'a further name of a registry': {
    'generate-bake.toml': `registry_aliases = { "evil.example" = "r.example" }\n${policy}${trees}`,
  },
};

for (const [way, files] of Object.entries(ways)) {
  test(`a change does not approve itself: ${way}`, skip, async (t) => {
    const top = gitRepository(t, before);
    plant(top, { ...image('one', evil), ...files });
    gitIn(top, 'switch', '--quiet', '--create', 'change');
    gitIn(top, 'add', '--all');
    gitIn(top, 'commit', '--quiet', '-m', 'change');
    const own = await check(top);
    assert.equal(own.status, 0, own.stderr);
    const { status, stderr } = await check(top, '--policy-from', 'main');
    assert.equal(status, 1, stderr);
    const commit = gitIn(top, 'rev-parse', 'main').slice(0, 12);
    assert.deepEqual(lines(stderr), [`policy: main:generate-bake.toml (${commit})`, ...finding]);
  });
}

test('a workspace file that a change puts nearer does not count either', skip, async (t) => {
  const top = gitRepository(t, before);
  plant(top, {
    ...image('one', evil),
    'sub/generate-bake.toml':
      '[policy]\n[[tree]]\ndirectory = "../images"\nconfig = "../config.yaml"\n',
  });
  const cwd = join(top, 'sub');
  const own = await check(cwd);
  assert.equal(own.status, 0, own.stderr);
  const { status, stderr } = await check(cwd, '--policy-from', 'main');
  assert.equal(status, 1, stderr);
  assert.match(
    stderr,
    /^\.\.\/images\/one\/.*: error: FROM takes evil\.example\/root:1, .*\[policy-registry\]$/m,
  );

  const named = await check(cwd, '--workspace', 'generate-bake.toml', '--policy-from', 'main');
  assert.equal(named.status, 2);
  assert.match(
    named.stderr,
    /^error: --policy-from: main \([0-9a-f]{12}\) has no sub\/generate-bake\.toml \[policy-from\]$/m,
  );
});

test(
  'a name that git may take for something of the change is refused, whatever the option',
  skip,
  async (t) => {
    const top = gitRepository(t, before);
    gitIn(top, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    gitIn(top, 'switch', '--quiet', '--create', 'change');
    plant(top, {
      ...image('one', evil),
      'generate-bake.toml': `[policy]\nregistries = ["evil.example"]\n${trees}`,
    });
    gitIn(top, 'commit', '--quiet', '--all', '-m', 'change');
    const id = gitIn(top, 'rev-parse', 'main').trim();
    const refusals = async (revision: string) => {
      for (const option of ['--policy-from', '--since'] as const) {
        const { status, stderr } = await check(top, option, revision);
        assert.deepEqual(
          [status, stderr.split('\n')[0]],
          [
            2,
            `error: ${option}: "${revision.replace(/\.{3}$/, '')}" is ambiguous in this repository [${option.slice(2)}]`,
          ],
        );
      }
      const { stderr } = await check(top, '--policy-from', revision);
      return /^ {2}hint: (.*)$/m.exec(stderr)?.[1];
    };
    const both = 'write its whole name: refs/tags/origin/main or refs/remotes/origin/main';
    gitIn(top, 'tag', 'origin/main', 'change');
    assert.equal(await refusals('origin/main'), both);
    assert.equal(await refusals('origin/main...'), both);
    assert.equal(await refusals('origin/main~0'), both);
    // The user's own configuration may be tired of warnings.
    gitIn(top, 'config', 'core.warnAmbiguousRefs', 'false');
    assert.equal(await refusals('origin/main'), both);
    gitIn(top, 'tag', '--delete', 'origin/main');
    gitIn(top, 'branch', 'origin/main', 'change');
    assert.equal(
      await refusals('origin/main'),
      'write its whole name: refs/heads/origin/main or refs/remotes/origin/main',
    );
    const short = id.slice(0, 8);
    gitIn(top, 'tag', short, 'change');
    assert.equal(await refusals(short), `write its whole name: refs/tags/${short}`);

    // What is certain is taken, and commits and files are not others by `git replace`.
    gitIn(top, 'tag', id, 'change');
    gitIn(top, 'replace', id, 'change');
    gitIn(top, 'replace', `${id}:generate-bake.toml`, 'change:generate-bake.toml');
    for (const revision of ['refs/remotes/origin/main', 'refs/heads/main', id]) {
      const { status, stderr } = await check(top, '--policy-from', revision);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /FROM takes evil\.example\/root:1, whose registry/);
    }
  },
);

const ofMore = (dockerfile: string) =>
  Object.fromEntries(
    Object.entries(image('four', dockerfile)).map(([path, text]) => [
      path.replace('images/', 'more/'),
      text,
    ]),
  );

/** What a change writes so that images come from elsewhere although no Dockerfile says so, and what is found. */
const detours: Readonly<
  Record<
    string,
    { readonly files: Readonly<Record<string, string>>; readonly found: readonly string[] }
  >
> = {
  'another registry of a tree': {
    files: {
      'config.yaml': 'registry: evil.example\n',
      ...image('one', 'FROM evil.example/two:1.0\n'),
      ...image('two', good),
    },
    found: [
      'config.yaml:1:11: error: images of the tree images come from evil.example, whose registry the policy does not allow [policy-registry]',
    ],
  },
  'another namespace': {
    files: { 'config.yaml': 'registry: shared.example\nnamespace: evil\n' },
    found: [
      'config.yaml:1:11: error: images of the tree images come from shared.example/evil, whose registry the policy does not allow [policy-registry]',
    ],
  },
  'a new tree': {
    files: {
      'evil.yaml': 'registry: evil.example\n',
      'generate-bake.toml': `${shared}[[tree]]\nname = "more"\ndirectory = "more"\nconfig = "evil.yaml"\n`,
      ...ofMore(good),
    },
    found: [
      'evil.yaml:1:11: error: images of the tree more come from evil.example, whose registry the policy does not allow [policy-registry]',
    ],
  },
  'a new tree without a registry, whose images are called after one': {
    files: {
      'none.yaml': 'namespace: evil.example/own\ndockerfile_version: "1"\n',
      'generate-bake.toml': `${shared}[[tree]]\nname = "more"\ndirectory = "more"\nconfig = "none.yaml"\n`,
      'more/app/Dockerfile': good,
      'more/two/Dockerfile': good,
      'more/two/image.toml': 'version = "1"\n',
    },
    found: [
      // Where their versions are.
      'more/two/image.toml:1:11: error: the image is called evil.example/own/two, whose registry the policy does not allow [policy-registry]',
      'none.yaml:2:22: error: the image is called evil.example/own/app, whose registry the policy does not allow [policy-registry]',
    ],
  },
  'a mirror, and staging': {
    files: {
      'generate-bake.toml': `pull_through = { "r.example" = "mirror.example/r", "docker.io" = "evil.example/hub", "quay.io" = "ok.example/quay" }\nstaging = "evil.example/s"\n${shared}`,
    },
    found: [
      'generate-bake.toml:1:52: error: pull_through takes images of docker.io from evil.example/hub, whose registry the policy does not allow [policy-registry]',
      'generate-bake.toml:2:11: error: images travel through the staging repository evil.example/s, whose registry the policy does not allow [policy-registry]',
    ],
  },
  'a mirror of something else, at a level of its own': {
    files: {
      'generate-bake.toml': `pull_through = { "quay.io" = "mirror.example/r" }\n[check]\npolicy-registry = "off"\n${shared}`,
    },
    found: [
      'generate-bake.toml:1:18: error: pull_through takes images of quay.io from mirror.example/r, whose registry the policy does not allow [policy-registry]',
    ],
  },
  'only what the commit has': {
    files: {
      ...ofMore(good),
      'more.yaml': 'registry: SHARED.example\nnamespace: ours/more\n',
      'generate-bake.toml': `pull_through = { "r.example" = "mirror.example/r" }\nstaging = "shared.example/staging"\n${shared}[[tree]]\nname = "more"\ndirectory = "more"\nconfig = "more.yaml"\n`,
    },
    found: [],
  },
};

for (const [detour, { files, found }] of Object.entries(detours)) {
  test(`a change does not say where images come from: ${detour}`, skip, async (t) => {
    const top = gitRepository(t, {
      'config.yaml': 'registry: shared.example\nnamespace: ours\n',
      'generate-bake.toml': `pull_through = { "r.example" = "mirror.example/r" }\nstaging = "shared.example/staging"\n${shared}`,
      ...image('one', good),
    });
    plant(top, files);
    gitIn(top, 'add', '--all');
    const own = await check(top);
    assert.equal(own.status, 0, own.stderr);
    const { status, stderr } = await check(top, '--policy-from', 'HEAD', '--since', 'HEAD');
    assert.deepEqual(
      lines(stderr).filter((line) => /policy-registry/.test(line)),
      found,
      stderr,
    );
    assert.equal(status, found.length === 0 ? 0 : 1, stderr);
    assert.equal(
      stderr.includes('hint: allow it in HEAD:generate-bake.toml first'),
      found.length > 0,
    );
  });
}

/** What no definition digest covers, or another image than the changed one does. */
const hidden: Readonly<
  Record<string, readonly [files: Readonly<Record<string, string>>, found: string]>
> = {
  'a cache of all trees': [
    { 'generate-bake.toml': `cache = "evil.example/c"\n${policy}${trees}` },
    'generate-bake.toml:1:9: error: cache takes evil.example/c/{name}:cache, whose',
  ],
  'a scanner in a configuration': [
    { 'config.yaml': 'registry: r.example\ngenerate-bake: {attest: {sbom: "evil.example/s:1"}}\n' },
    'config.yaml:2:25: error: attest takes evil.example/s:1, whose',
  ],
  'ONBUILD for nobody': [
    { ...image('two', `${good}ONBUILD COPY --from=evil.example/root:1 /a /b\n`) },
    'images/two/Dockerfile.template:2:21: error: ONBUILD takes evil.example/root:1, whose',
  ],
  'ONBUILD for a child that is the same': [
    { ...image('one', `${good}ONBUILD COPY --from=builder /a /b\n`) },
    'images/one/Dockerfile.template:2:21: error: ONBUILD takes builder, whose',
  ],
  'ONBUILD of what children call a stage': [
    { ...image('two', `${good}ONBUILD COPY --from=builder /a /b\n`) },
    '',
  ],
};

for (const [way, [files, found]] of Object.entries(hidden)) {
  test(`--since does not hide what a change does to what images take: ${way}`, skip, async (t) => {
    const top = gitRepository(t, {
      ...before,
      ...image('child', 'FROM {{ "one" | image_tag }}\n'),
      // What was there before is not the change's.
      ...image('old', evil),
    });
    plant(top, files);
    const { stderr } = await check(top, '--policy-from', 'HEAD', '--since', 'HEAD');
    const rest = ' registry the policy does not allow [policy-registry]';
    assert.deepEqual(
      lines(stderr).filter((line) => line.includes('policy-registry')),
      found === '' ? [] : [`${found}${rest}`],
      stderr,
    );
    assert.match(stderr, /^1 error(?:, \d+ warnings?)? in other images/m);
  });
}

test(
  'its exceptions count, with --since, and as JSON; a tree that is new is under it',
  skip,
  async (t) => {
    const top = gitRepository(t, {
      ...before,
      'generate-bake.toml':
        policy +
        exception('one', '2020-01-01') +
        exception('two', '2999-01-01') +
        exception('gone', '2999-01-01') +
        trees,
      ...image('two', good),
      ...image('three', evil),
    });
    const commit = gitIn(top, 'rev-parse', 'HEAD').trim();
    plant(top, {
      'generate-bake.toml': `[[tree]]\ndirectory = "more"\nconfig = "config.yaml"\nname = "more"\ncheck = { policy-registry = "off" }\n${trees}`,
      ...image('one', evil),
      ...image('two', evil),
      ...ofMore(evil),
    });
    const ended =
      'the exception of policy-registry for one ended: 2020-01-01 (moves), by HEAD:generate-bake.toml:3';
    const { status, stderr } = await check(top, '--policy-from', 'HEAD', '--since', 'HEAD');
    assert.equal(status, 1, stderr);
    assert.deepEqual(
      lines(stderr).filter((line) => /policy/.test(line)),
      [
        `policy: HEAD:generate-bake.toml (${commit.slice(0, 12)})`,
        `error: ${ended} [policy-exception-ended]`,
        ...['images/one', 'more/four'].map(
          (at) =>
            `${at}/Dockerfile.template:1:6: error: FROM takes evil.example/root:1, whose registry the policy does not allow [policy-registry]`,
        ),
      ],
    );
    // Of the image that the change does not touch.
    assert.match(stderr, /^1 error in other images/m);

    const json = await check(top, '--policy-from', 'HEAD', '--format', 'json');
    const document = JSON.parse(json.stdout);
    const isDocument = new Ajv2020({ strict: false }).compile(
      JSON.parse(readFileSync(join(root, 'doc/check.schema.json'), 'utf8')),
    );
    const isRight: boolean = isDocument(document);
    assert.ok(isRight, JSON.stringify(isDocument.errors));
    assert.deepEqual(document.policy, { file: 'HEAD:generate-bake.toml', commit });
    const findings: readonly { code: string; message: string; file?: string }[] = document.findings;
    assert.deepEqual(
      findings
        .filter(({ code }) => code.startsWith('policy-exception'))
        .map(({ message, file }) => [message, file]),
      [[ended, undefined]],
    );
  },
);

test(
  'an exception that no image needs is reported where the change still has it',
  skip,
  async (t) => {
    const [gone, also] = ['gone', 'also'].map((name) => exception(name, '2999-01-01'));
    const needed = exception('one', '2999-01-01');
    const top = gitRepository(t, {
      ...before,
      ...image('one', evil),
      'generate-bake.toml': `${policy}${gone}${also}${needed}${trees}`,
    });
    plant(top, {
      'generate-bake.toml': `# Lines of its own.\n\n${policy}${needed}${gone}${trees}`,
    });
    const { status, stderr } = await check(top, '--policy-from', 'HEAD');
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      lines(stderr).filter((line) => /exception/.test(line)),
      [
        'generate-bake.toml:10:3: warning: no image needs the exception of policy-registry [policy-exception-unused]',
      ],
    );
  },
);

test('what cannot be read is refused, with what to do', skip, async (t) => {
  const top = gitRepository(t, { 'config.yaml': 'registry: r.example\n', ...image('one', good) });
  gitIn(top, 'tag', 'without');
  const commitWith = (tag: string, files: Record<string, string>): void => {
    plant(top, files);
    gitIn(top, 'add', '--all');
    gitIn(top, 'commit', '--quiet', '-m', tag);
    gitIn(top, 'tag', tag);
  };
  commitWith('no-policy', { 'generate-bake.toml': trees });
  commitWith('broken', { 'generate-bake.toml': `[policy]\nregistry = []\n${trees}` });
  commitWith('no-config', {
    'generate-bake.toml': `${policy}[[tree]]\ndirectory = "images"\nconfig = "other.yaml"\n`,
  });
  commitWith('outside', {
    'generate-bake.toml': `${policy}[[tree]]\ndirectory = "images"\nconfig = "../../../../../etc/passwd"\n`,
  });
  commitWith('two', { 'generate-bake.toml': policy + trees, 'generate-bake.yaml': 'tree: []\n' });
  gitIn(top, 'rm', '--quiet', 'generate-bake.yaml');
  commitWith('fine', {});
  const refused = async (...words: string[]): Promise<string> => {
    const { status, stdout, stderr } = await check(top, ...words);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    return stderr.replace(/\([0-9a-f]{12}\)/g, '(ID)');
  };
  const from = (revision: string) => refused('--policy-from', revision);
  assert.equal(
    await from('without'),
    'error: --policy-from: without (ID) has no workspace file [policy-from]\n  hint: name a revision that has one, or leave --policy-from out\n',
  );
  assert.equal(
    await from('no-policy'),
    'error: --policy-from: no-policy:generate-bake.toml (ID) has no policy [policy-from]\n  hint: it counts once it is there: leave --policy-from out until then\n',
  );
  assert.match(
    await from('broken'),
    /^error: --policy-from: broken:generate-bake\.toml cannot be used: .*registry.* \(generate-bake\.toml, line 2\) \[policy-from\]$/m,
  );
  assert.match(
    await from('no-config'),
    /no-config:generate-bake\.toml cannot be used: .*other\.yaml/,
  );
  assert.match(await from('outside'), /outside:generate-bake\.toml cannot be used: .*passwd/);
  assert.equal(
    await from('two'),
    'error: --policy-from: two (ID) has two workspace files: generate-bake.toml and generate-bake.yaml [policy-from]\n  hint: choose one with --workspace\n',
  );
  assert.match(
    await from('withuot'),
    /^error: --policy-from: "withuot" is not a revision of this repository \[policy-from\]\n {2}hint: did you mean "?without"?\?/,
  );
  assert.equal(
    await from('no--since'),
    'error: --policy-from: "no--since" is not a revision of this repository [policy-from]\n  hint: name a branch, tag or commit; write directories and images before --policy-from\n',
  );
  assert.match(await from('--upload-pack=x'), /policy-from/);
  assert.match(await refused('--policy-from', ''), /empty --policy-from/);
  assert.equal((await check(top, '--policy-from', 'fine')).status, 0);
  assert.equal((await check(top, '--policy-from', 'fine...')).status, 0);
});

test(
  'the pipelines of init --ci ask for the policy of the target branch where there is one',
  skip,
  async (t) => {
    const top = gitRepository(t, before);
    gitIn(top, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    gitIn(top, 'switch', '--quiet', '--create', 'change');
    plant(top, { ...image('one', evil), 'generate-bake.toml': trees });
    gitIn(top, 'commit', '--quiet', '--all', '-m', 'change');
    const bin = temporaryDirectory(t);
    writeFileSync(
      join(bin, 'generate-bake'),
      `#!/bin/sh\nexec ${process.execPath} ${join(root, 'bin/generate-bake.js')} "$@"\n`,
      { mode: 0o755 },
    );
    const targets = {
      github: { GITHUB_BASE_REF: 'main' },
      gitlab: {
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
        CI_MERGE_REQUEST_DIFF_BASE_SHA: 'origin/main',
      },
    } as const;
    for (const [system, target] of Object.entries(targets)) {
      const checkOf = async (): Promise<string> => {
        const { status, stdout, stderr } = await runCli(['init', '--ci', system, '--print'], {
          cwd: top,
        });
        assert.equal(status, 0, stderr);
        return /generate-bake check .*/.exec(stdout)?.[0] ?? assert.fail(stdout);
      };
      assert.doesNotMatch(await checkOf(), /policy/);
      gitIn(top, 'checkout', '--quiet', 'main', '--', 'generate-bake.toml');
      const line = await checkOf();
      gitIn(top, 'checkout', '--quiet', 'HEAD', '--', 'generate-bake.toml');
      const { status, stderr } = await run('sh', ['-c', line], {
        cwd: top,
        env: {
          ...process.env,
          ...{ GITHUB_BASE_REF: '', CI_MERGE_REQUEST_DIFF_BASE_SHA: '', CI_DEFAULT_BRANCH: '' },
          ...target,
          PATH: `${bin}:${process.env.PATH}`,
        },
      });
      assert.equal(status, 1, stderr);
      assert.match(stderr, /^policy: refs\/remotes\/origin\/main:generate-bake\.toml \(/m);
      gitIn(top, 'clean', '--quiet', '-f');
    }
  },
);

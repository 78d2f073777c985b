/** `upgrade` without an engine: on Debian's docker-registry and a small archive, in git repositories with a remote. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, suite, type TestContext, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readChangelog } from '#formats/debian/changelog.js';
import { type AptArchive, aptArchive, aptArchiveMissing, statusOf } from '../support/aptArchive.js';
import { root as program, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { type MadeFile, putLayers, tarOf } from '../support/layers.js';
import { onlyLong } from '../support/long.js';
import { temporaryDirectory } from '../support/temporary.js';

const skip =
  aptArchiveMissing() ??
  (registryProgram() === undefined ? 'no docker-registry on this machine' : noGit);

const changelog = (name: string) =>
  `${name} (1) stable; urgency=low\n\n  * First.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n`;

const offered = {
  packages: [
    { name: 'libssl3', version: '3.0.17-1' },
    { name: 'zip', version: '2' },
  ],
  label: 'Debian-Security',
};

type Files = Readonly<Record<string, string>>;
const image = (name: string, dockerfile: string, depends?: string): Files => ({
  [`images/${name}/Dockerfile.template`]: dockerfile,
  [`images/${name}/changelog`]: changelog(name),
  ...(depends === undefined
    ? {}
    : {
        [`images/${name}/control`]: `Package: ${name}\nDepends: ${depends}\nMaintainer: Al <al@example.org>\n`,
      }),
});

interface Fixture {
  readonly root: string;
  readonly remote: string;
  readonly upgrade: (...args: string[]) => ReturnType<typeof runCli>;
  readonly run: (...args: string[]) => ReturnType<typeof runCli>;
  /** Puts a version of an image with these packages into the registry. */
  readonly put: (
    name: string,
    version: string,
    packages: Readonly<Record<string, string>>,
  ) => Promise<void>;
  readonly versions: () => Readonly<Record<string, string>>;
}

suite('upgrade', { skip }, () => {
  let real: Registry;
  let archive: AptArchive;
  let count = 0;
  before(async () => {
    real = await registry();
    archive = await aptArchive();
    await archive.publish('stable', offered);
  });

  /** base ← api ← web; site is built with api; other has nothing. All are published as version 1. */
  async function fixture(t: TestContext): Promise<Fixture> {
    const namespace = `f${++count}`;
    const root = gitRepository(t, {
      'config.yaml': `registry: ${real.host}\nnamespace: ${namespace}\n`,
      ...image('base', 'FROM scratch\nADD changelog /\n'),
      ...image('api', "FROM {{ 'base' | image_tag }}\nRUN true\n", 'base'),
      ...image('web', "FROM {{ 'api' | image_tag }}\nRUN true\n", 'api'),
      ...image('site', "FROM scratch\nCOPY --from={{ 'api' | image_tag }} /a /\n", 'api'),
      ...image('other', 'FROM scratch\nADD changelog /\n'),
    });
    const remote = join(temporaryDirectory(t), 'remote.git');
    gitIn(root, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
    gitIn(root, 'remote', 'add', 'origin', remote);
    gitIn(root, 'push', '--quiet', '--set-upstream', 'origin', 'main');
    const env = {
      PATH: process.env.PATH,
      HOME: temporaryDirectory(t),
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      DEBFULLNAME: 'Bo Keeper',
      DEBEMAIL: 'bo@example.org',
      SOURCE_DATE_EPOCH: String(Date.parse('2026-08-30T06:07:08Z') / 1000),
    };
    const run = (...args: string[]) => runCli(args, { cwd: root, env });
    const lines = `deb [signed-by=/usr/share/keyrings/a.asc] ${archive.uri} stable main\n`;
    const put: Fixture['put'] = async (name, version, packages) => {
      const files: Readonly<Record<string, MadeFile>> = {
        'etc/os-release': { text: 'ID=debian\nVERSION_ID="7"\nVERSION_CODENAME=wheezy\n' },
        'etc/apt/sources.list': { text: lines },
        'usr/share/keyrings/a.asc': { text: archive.armoured },
        'var/lib/dpkg/status': {
          text: statusOf(
            Object.entries(packages).map(([each, at]) => ({ name: each, version: at })),
          ),
        },
      };
      await putLayers(real.host, `${namespace}/${name}`, version, [
        await tarOf(Object.entries(files)),
      ]);
    };
    const old = { libssl3: '3.0.15-1' };
    await put('base', '1', old);
    await put('api', '1', { ...old, zip: '1' });
    await put('web', '1', { ...old, zip: '1' });
    await put('site', '1', {});
    await put('other', '1', {});
    return {
      root,
      remote,
      run,
      upgrade: (...args) => run('upgrade', ...args),
      put,
      versions: () =>
        Object.fromEntries(
          ['base', 'api', 'web', 'site', 'other'].map((name) => [
            name,
            readChangelog(
              'changelog',
              readFileSync(join(root, 'images', name, 'changelog'), 'utf8'),
            ).value[0]?.version ?? '',
          ]),
        ),
    };
  }

  /** What is said of the engine is not what is tested. */
  const withoutEngine = (stderr: string) =>
    stderr
      .replace(/^(?:warning: .*docker.*|\s+hint: .*)\n/gim, '')
      .replace(/^generate-bake-test-\w+: /gm, 'images: ');
  const blocks = ({ root }: Fixture, name: string) =>
    readChangelog(
      'changelog',
      readFileSync(join(root, 'images', name, 'changelog'), 'utf8'),
    ).value.map(({ changes }) => changes.filter((line) => line !== ''));
  const log = (directory: string, ...more: string[]) =>
    gitIn(directory, 'log', '--format=%s', ...more)
      .trim()
      .split('\n');

  test('--dry-run shows the blocks, and writes nothing', async (t) => {
    const fleet = await fixture(t);
    const dry = await fleet.upgrade('--dry-run');
    assert.equal(dry.status, 0, dry.stderr);
    assert.deepEqual(
      dry.stdout.split('\n').filter((line) => line.startsWith('+')),
      [
        ['base', 'packages.', 'libssl3 3.0.17-1 (security)'],
        ['api', 'packages.', 'libssl3 3.0.17-1 (security), zip 2 (security)'],
        [
          'web',
          'packages of what it is built on.',
          'libssl3 3.0.17-1 (security), zip 2 (security)',
        ],
      ].flatMap(([name, sentence, packages]) => [
        `+++ b/images/${name}/changelog`,
        `+${name} (1-s1) wikimedia; urgency=high`,
        '+',
        `+   Rebuild for newer ${sentence}`,
        `+   Upgrade: ${packages}`,
        '+',
        '+ -- Bo Keeper <bo@example.org>  Sun, 30 Aug 2026 06:07:08 +0000',
        '+',
      ]),
    );
    assert.equal(
      withoutEngine(dry.stderr),
      [
        'images: base 1 -> 1-s1',
        'images: api 1 -> 1-s1',
        'images: web 1 -> 1-s1',
        '3 changelogs would be written',
        '1 image only built with api 1, left as is (--toolchains): site 1',
        'unknown: other 1, site 1: it has no Debian packages',
        '',
      ].join('\n'),
    );
    assert.equal(gitIn(fleet.root, 'status', '--porcelain'), '');
  });

  test('a service of a Blubber file is outdated, pruned and upgraded like the others', async (t) => {
    const fleet = await fixture(t);
    const config = readFileSync(join(fleet.root, 'config.yaml'), 'utf8');
    const namespace = /^namespace: (\w+)$/m.exec(config)?.[1] ?? '';
    const files = {
      'generate-bake.toml': `[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n[[tree]]\nkind = "blubber"\ndirectory = "services"\nconfig = "config.yaml"\nversion = "1"\nvariants = ["production"]\n`,
      'services/thumbor/.pipeline/blubber.yaml': `# syntax=${real.host}/buildkit:v1.8.0\nversion: v4\nbase: ${real.host}/${namespace}/base\nvariants: { production: {} }\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(fleet.root, name)), { recursive: true });
      writeFileSync(join(fleet.root, name), text);
    }
    gitIn(fleet.root, 'add', '--all');
    gitIn(fleet.root, 'commit', '--quiet', '--message', 'A service');
    await fleet.put('thumbor', '1', { libssl3: '3.0.15-1' });
    const outdated = await fleet.run('outdated', 'thumbor');
    const [, enters] = outdated.stdout.split('\n');
    assert.match(enters ?? '', /\/base:1 +libssl3 +3\.0\.15-1 +3\.0\.17-1 +1 /);
    const impact = JSON.parse((await fleet.run('impact', '--json', 'base')).stdout);
    assert.ok(
      impact.images.some(
        (each: { readonly reference: string; readonly state: string }) =>
          each.reference === `${real.host}/${namespace}/thumbor:1` && each.state === 'published',
      ),
    );
    const toml = files['generate-bake.toml'];
    writeFileSync(join(fleet.root, 'generate-bake.toml'), toml.replace('"1"', '"2"'));
    const status = await fleet.run('status', 'thumbor', '--exit-code');
    assert.equal(status.status, 1, status.stderr);
    assert.match(status.stdout, /\/thumbor:2 +absent +build +/);
    writeFileSync(join(fleet.root, 'generate-bake.toml'), toml);
    await fleet.put('base', '0', {});
    await fleet.put('thumbor', '0', {});
    const pruned = await fleet.run('prune', '--registry', '--keep', '0');
    assert.match(pruned.stdout, /\/base:0/, pruned.stderr);
    assert.match(pruned.stdout, /thumbor:0/);
    const dry = await fleet.upgrade('--dry-run', '--json');
    const { images, leftOut } = JSON.parse(dry.stdout);
    assert.deepEqual(leftOut, []);
    const service = images.find(({ name }: { readonly name: string }) => name === 'thumbor');
    assert.deepEqual([service?.role, service?.toVersion], ['below', '1-r1']);
    assert.match(dry.stderr, /^3 changelogs and generate-bake\.lock would be written$/m);
  });

  test('--no-build --commit is one commit, and further runs write nothing', async (t) => {
    const fleet = await fixture(t);
    const made = await fleet.upgrade('--no-build', '--commit', '--reason', 'OpenSSL, again');
    assert.equal(made.status, 0, made.stderr);
    assert.deepEqual(fleet.versions(), {
      base: '1-s1',
      api: '1-s1',
      web: '1-s1',
      site: '1',
      other: '1',
    });
    assert.deepEqual(blocks(fleet, 'base')[0], [
      '   OpenSSL, again',
      '   Upgrade: libssl3 3.0.17-1 (security)',
    ]);
    assert.equal(
      gitIn(fleet.root, 'log', '-1', '--format=%B').trim(),
      [
        'Upgrade libssl3, zip: new versions of 3 images',
        '',
        'OpenSSL, again',
        '',
        'Upgrade: libssl3 3.0.17-1 (security), zip 2 (security)',
        '',
        'Generate-Bake: upgrade',
      ].join('\n'),
    );
    for (let again = 0; again < 2; again++) {
      const more = await fleet.upgrade('--no-build', '--commit');
      assert.equal(more.status, 0, more.stderr);
      assert.match(more.stderr, /no image is known to need a new version; 2 unknown/);
    }
    assert.equal(log(fleet.root).length, 2);
  });

  test('what a rebuild does not cure gets one version, and is listed', async (t) => {
    const fleet = await fixture(t);
    await fleet.upgrade('--no-build', '--commit');
    for (const name of ['base', 'api', 'web']) {
      await fleet.put(name, '1-s1', {
        libssl3: '3.0.15-1',
        ...(name === 'base' ? {} : { zip: '2' }),
      });
    }
    for (let again = 0; again < (onlyLong ? 2 : 5); again++) {
      const more = await fleet.upgrade('--no-build', '--commit');
      assert.equal(more.status, 0, more.stderr);
      assert.match(
        more.stderr,
        /^base 1-s1: libssl3 3\.0\.15-1 -> 3\.0\.17-1 \(3 images\): not cured by a rebuild: 1-s1 was made for it, and this image has 3\.0\.15-1 \(a pin, a frozen file, a mirror that is behind\)\n/m,
      );
    }
    assert.equal(log(fleet.root).length, 2);
    // Of the next candidate nothing was tried yet.
    await archive.publish('stable', {
      packages: [{ name: 'libssl3', version: '3.0.18-1' }],
      label: 'Debian-Security',
    });
    t.after(() => archive.publish('stable', offered));
    const next = await fleet.upgrade('--no-build', '--commit');
    assert.equal(next.status, 0, next.stderr);
    assert.deepEqual(fleet.versions(), {
      base: '1-s2',
      api: '1-s2',
      web: '1-s2',
      site: '1',
      other: '1',
    });
  });

  test('what a parent has by now is brought to those below, and to none that copies', async (t) => {
    const fleet = await fixture(t);
    await fleet.upgrade('--no-build', '--commit', '--package', 'libssl3', '--select', 'base');
    assert.deepEqual(fleet.versions(), { base: '1-s1', api: '1', web: '1', site: '1', other: '1' });
    const waits = await fleet.upgrade('--no-build', '--dry-run', '--package', 'libssl3');
    assert.match(
      withoutEngine(waits.stderr),
      /^api 1: libssl3 .* \(2 images\): waits for .*base:1-s1, which is neither published nor built\n/m,
    );
    assert.equal(waits.stdout, '');
    await fleet.put('base', '1-s1', { libssl3: '3.0.17-1' });
    const below = await fleet.upgrade('--no-build', '--commit', '--package', 'libssl3');
    assert.equal(below.status, 0, below.stderr);
    assert.deepEqual(fleet.versions(), {
      base: '1-s1',
      api: '1-s1',
      web: '1-s1',
      site: '1',
      other: '1',
    });
    assert.deepEqual(blocks(fleet, 'web')[0], [
      '   Rebuild for newer packages of what it is built on.',
      '   Upgrade: libssl3 3.0.17-1 (security)',
    ]);
  });

  test('a pace, canaries and toolchains', async (t) => {
    const fleet = await fixture(t);
    const few = await fleet.upgrade('--dry-run', '--max-images', '2');
    assert.match(
      few.stderr,
      /^2 changelogs would be written\n1 image for the next run \(--max-images\): web 1\n/m,
    );
    const canary = await fleet.upgrade('--dry-run', '--canary', 'api');
    assert.match(canary.stderr, /^1 image until --canary is published: web 1\n/m);
    const tools = await fleet.upgrade('--dry-run', '--toolchains', 'api', '--package', 'zip');
    assert.match(tools.stdout, /^\+ {3}Upgrade: built with api 1$/m);
    assert.match(withoutEngine(tools.stderr), /^images: site 1 -> 1-s1\n/m);
    const wrong = await fleet.upgrade('--dry-run', '--canary', 'nothing');
    assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
    assert.match(wrong.stderr, /error: no image matches --canary nothing \[select-nothing\]/);
  });

  test('images with changes of their own are left out, with what is below', async (t) => {
    const fleet = await fixture(t);
    writeFileSync(join(fleet.root, 'images/api/new'), 'x');
    const left = await fleet.upgrade('--no-build', '--commit');
    assert.equal(left.status, 1, left.stderr);
    assert.match(
      left.stderr,
      /warning: api is left out: it changed after 1: images\/api\/new \(not committed\)/,
    );
    assert.match(
      left.stderr,
      /^left out: web 1: .*api:1, which it has the packages from, gets no version\n/m,
    );
    assert.deepEqual(fleet.versions(), { base: '1-s1', api: '1', web: '1', site: '1', other: '1' });
  });

  test('--push pushes, and of two machines one takes its commit back', async (t) => {
    const fleet = await fixture(t);
    const other = join(temporaryDirectory(t), 'other');
    gitIn(fleet.root, 'clone', '--quiet', fleet.remote, other);
    gitIn(other, 'config', 'user.name', 'Ot Her');
    gitIn(other, 'config', 'user.email', 'other@example.org');
    const pushing = ['--no-build', '--commit', '--push', 'origin'];
    // The other machine is faster, by a hook that runs with our commit.
    const hook = join(fleet.root, '.git/hooks/post-commit');
    writeFileSync(
      hook,
      `#!/bin/sh\nunset GIT_DIR GIT_INDEX_FILE\ncd ${other} && git commit --quiet --allow-empty -m faster && git push --quiet\n`,
      { mode: 0o755 },
    );
    const slow = await fleet.upgrade(...pushing);
    assert.equal(slow.status, 1, slow.stderr);
    assert.match(
      slow.stderr,
      /error: git push to origin failed: \[rejected\] HEAD -> main \(fetch first\) \[push-refused\]\n {2}hint: the commit is on main, and nothing was built or published; run this again: it begins with what origin has\n/,
    );
    writeFileSync(hook, '#!/bin/sh\n');
    assert.equal(log(fleet.remote, 'main').length, 2);
    const again = await fleet.upgrade(...pushing);
    assert.equal(again.status, 0, again.stderr);
    assert.match(
      again.stderr,
      /^took back 1 commit of an earlier run: origin has others by now\n/m,
    );
    assert.match(again.stderr, /^pushed to origin\/main\n/m);
    assert.deepEqual(log(fleet.remote, 'main'), [
      'Upgrade libssl3, zip: new versions of 3 images',
      'faster',
      'first',
    ]);
    assert.equal(gitIn(fleet.root, 'rev-parse', 'HEAD'), gitIn(fleet.remote, 'rev-parse', 'main'));
    assert.deepEqual((await fleet.upgrade(...pushing)).status, 0);
    assert.equal(log(fleet.remote, 'main').length, 3);
  });

  test('a run that was killed before its push is pushed by the next one', async (t) => {
    const fleet = await fixture(t);
    // As Gerrit's hook does it, and many a company's.
    writeFileSync(
      join(fleet.root, '.git/hooks/commit-msg'),
      '#!/bin/sh\ngit interpret-trailers --in-place --trailer "Change-Id: I0123" "$1"\n',
      { mode: 0o755 },
    );
    await fleet.upgrade('--no-build', '--commit');
    const next = await fleet.upgrade('--no-build', '--commit', '--push', 'origin');
    assert.equal(next.status, 0, next.stderr);
    assert.match(next.stderr, /^pushed what an earlier run committed to origin\n/m);
    assert.equal(gitIn(fleet.root, 'rev-parse', 'HEAD'), gitIn(fleet.remote, 'rev-parse', 'main'));
  });

  test("commits of people are not pushed, and nobody's are forced away", async (t) => {
    const fleet = await fixture(t);
    gitIn(fleet.root, 'commit', '--quiet', '--allow-empty', '-m', 'mine');
    const refused = await fleet.upgrade('--no-build', '--commit', '--push', 'origin');
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /error: 1 commit that upgrade did not make is not pushed: [0-9a-f]{12} \[push-refused\]\n {2}hint: push first: git push origin\n/,
    );
    assert.deepEqual(fleet.versions().base, '1');
    const nowhere = await fleet.upgrade('--no-build', '--commit', '--push', 'nowhere');
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /error: nowhere cannot be asked: /);
  });

  test('--branch is made anew from the upstream branch, and kept where it is built on that', async (t) => {
    const fleet = await fixture(t);
    const proposing = ['--no-build', '--commit', '--branch', 'bot', '--push', 'origin'];
    const first = await fleet.upgrade(...proposing, '--summary', 'mr.md');
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(log(fleet.remote, 'bot'), [
      'Upgrade libssl3, zip: new versions of 3 images',
      'first',
    ]);
    assert.deepEqual(log(fleet.remote, 'main'), ['first']);
    assert.equal(gitIn(fleet.root, 'branch', '--show-current').trim(), 'bot');
    assert.equal(
      readFileSync(join(fleet.root, 'mr.md'), 'utf8').replace(/[\d.]+ k?B/g, 'SIZE'),
      [
        '## Upgrade of 2 packages in 3 images',
        '',
        'SIZE to push.',
        '',
        '| Package | Candidate | Images | Security |',
        '| --- | --- | --- | --- |',
        '| `libssl3` | `3.0.17-1` | 3 | security |',
        '| `zip` | `2` | 2 | security |',
        '',
        '| Image | From | To | Owner | Why | Last build | Size |',
        '| --- | --- | --- | --- | --- | --- | --- |',
        '| `base` | `1` | `1-s1` |  | packages enter here |  | SIZE |',
        '| `api` | `1` | `1-s1` | `Al <al@example.org>` | packages enter here |  | SIZE |',
        '| `web` | `1` | `1-s1` | `Al <al@example.org>` | built on it |  | SIZE |',
        '',
        '### Left as it is',
        '',
        '- `1 image only built with api 1, left as is (--toolchains): site 1`',
        '- `unknown: other 1, site 1: it has no Debian packages`',
        '',
      ].join('\n'),
    );
    const tip = gitIn(fleet.root, 'rev-parse', 'bot');
    const again = await fleet.upgrade(...proposing);
    assert.equal(again.status, 0, again.stderr);
    assert.equal(gitIn(fleet.root, 'rev-parse', 'bot'), tip);
    // The proposal is checked out, and is not pushed to the branch that it is to be merged into.
    const wrong = await fleet.upgrade('--no-build', '--commit', '--push', 'origin');
    assert.equal(wrong.status, 2, wrong.stderr);
    assert.match(
      wrong.stderr,
      /error: the branch bot would be pushed to main, which has another name \[branch-refused\]\n {2}hint: git switch main, or name the branch: --branch bot\n/,
    );
    assert.deepEqual(log(fleet.remote, 'main'), ['first']);
    // main moves on, and what is on origin is not a beginning of the new branch.
    gitIn(fleet.root, 'switch', '--quiet', 'main');
    gitIn(fleet.root, 'commit', '--quiet', '--allow-empty', '-m', 'moved');
    gitIn(fleet.root, 'push', '--quiet');
    const anew = await fleet.upgrade(...proposing);
    assert.equal(anew.status, 1, anew.stderr);
    assert.match(
      anew.stderr,
      /error: origin has another bot, which this one is not a continuation of \[push-refused\]/,
    );
    gitIn(fleet.root, 'push', '--quiet', 'origin', '--delete', 'bot');
    const free = await fleet.upgrade(...proposing);
    assert.equal(free.status, 0, free.stderr);
    assert.deepEqual(log(fleet.remote, 'bot'), [
      'Upgrade libssl3, zip: new versions of 3 images',
      'moved',
      'first',
    ]);
    gitIn(fleet.root, 'commit', '--quiet', '--allow-empty', '-m', 'by hand');
    gitIn(fleet.root, 'switch', '--quiet', 'main');
    gitIn(fleet.root, 'commit', '--quiet', '--allow-empty', '-m', 'and on');
    gitIn(fleet.root, 'push', '--quiet');
    const kept = await fleet.upgrade(...proposing);
    assert.equal(kept.status, 2, kept.stderr);
    assert.match(
      kept.stderr,
      /error: the branch bot has 1 commit of somebody else: [0-9a-f]{12} \[branch-refused\]/,
    );
  });

  test('holds keep images back, but for what fixes a vulnerability', async (t) => {
    const fleet = await fixture(t);
    const holding = (unless: string) =>
      writeFileSync(
        join(fleet.root, 'generate-bake.toml'),
        `[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n\n[[hold]]\nimages = ["api"]\nreason = "audit"\nstops = ["refresh"]\n${unless}`,
      );
    holding('');
    const held = await fleet.upgrade('--dry-run');
    assert.equal(held.status, 0, held.stderr);
    assert.match(held.stderr, /^images: base 1 -> 1-s1\n1 changelog would be written\n/m);
    assert.match(held.stderr, /^left out: api 1: held: audit \(generate-bake\.toml:5\)\n/m);
    assert.match(held.stderr, /^left out: web 1: .*api:1, which it has the packages from/m);
    holding('unless = "security"\n');
    const taken = await fleet.upgrade('--dry-run');
    assert.match(taken.stderr, /^3 changelogs would be written\n/m);
  });

  test('what a release has fixed and no sources have is told with --cve', async (t) => {
    const fleet = await fixture(t);
    await fleet.put('other', '1', { curl: '7' });
    const fixedIn = (version: string) => ({ releases: { wheezy: { fixed_version: version } } });
    writeFileSync(
      join(fleet.root, 'cve.json'),
      JSON.stringify({
        libssl3: { 'CVE-2026-1': fixedIn('3.0.16-1') },
        curl: { 'CVE-2026-2': fixedIn('8') },
      }),
    );
    const found = await fleet.upgrade('--dry-run', '--cve', 'cve.json');
    assert.equal(found.status, 0, found.stderr);
    assert.match(found.stdout, /^\+ {3}Upgrade: libssl3 3\.0\.17-1 \(security\)$/m);
    assert.ok(!found.stdout.includes('zip'));
    assert.match(
      found.stderr,
      /^curl 7 \(CVE-2026-2\): fixed in its release, and the sources lack it: the mirror is behind \(other 1\)\n/m,
    );
  });

  test('a root filesystem is made of what the mirrors of its recipe have', async (t) => {
    const fleet = await fixture(t);
    const mirror = (version: string) =>
      archive.publish('old', {
        packages: [{ name: 'libssl3', version }],
        label: 'Debian-Security',
      });
    await mirror('3.0.15-1');
    writeFileSync(join(fleet.root, 'key.gpg'), archive.key);
    mkdirSync(join(fleet.root, 'images/root'));
    writeFileSync(
      join(fleet.root, 'images/root/rootfs.toml'),
      `name = "root"\nsuite = "old"\nmirrors = ["${archive.uri}"]\nkeyring = "${fleet.root}/key.gpg"\ntimestamp = "2026-03-01"\n`,
    );
    gitIn(fleet.root, 'add', 'images/root');
    gitIn(fleet.root, 'commit', '--quiet', '-m', 'root');
    await fleet.put('root', '20260301', { libssl3: '3.0.15-1' });
    const behind = await fleet.upgrade('--dry-run', '--select', 'root');
    assert.equal(behind.status, 0, behind.stderr);
    assert.match(
      behind.stderr,
      /^root 20260301: libssl3 3\.0\.15-1 -> 3\.0\.17-1 \(1 image\): the mirror of its recipe is behind: it does not have 3\.0\.17-1\n/m,
    );
    assert.equal(behind.stdout, '');
    const noted = await fleet.run('outdated', '--select', 'root');
    assert.match(noted.stdout, /the mirror of its recipe is behind: it does not have 3\.0\.17-1\n/);
    await mirror('3.0.17-1');
    const made = await fleet.upgrade('--no-build', '--commit', '--select', 'root');
    assert.equal(made.status, 0, made.stderr);
    assert.match(withoutEngine(made.stderr), /^images: root 20260301 -> 20260830\n/m);
    const lock = readFileSync(join(fleet.root, 'generate-bake.lock'), 'utf8');
    assert.match(lock, /\n {2}"libssl3 3\.0\.17-1 20260830",\n/);
  });

  test('the mirrors of a recipe are taken as they were chosen, and what is not known of them is said', async (t) => {
    const fleet = await fixture(t);
    await archive.publish('chosen', {
      packages: [{ name: 'libssl3', version: '3.0.15-1' }],
      fields: { 'Valid-Until': 'Sat, 01 Jan 2022 00:00:00 UTC' },
    });
    writeFileSync(join(fleet.root, 'key.gpg'), archive.key);
    mkdirSync(join(fleet.root, 'images/root'));
    await fleet.put('root', '20260301', { libssl3: '3.0.15-1' });
    const about = async (mirror: string) => {
      writeFileSync(
        join(fleet.root, 'images/root/rootfs.toml'),
        `name = "root"\nsuite = "chosen"\nmirrors = ["${mirror}"]\nkeyring = "${fleet.root}/key.gpg"\ntimestamp = "2026-03-01"\n`,
      );
      const said = await fleet.run('outdated', '--select', 'root', '--json');
      assert.equal(said.status, 0, said.stderr);
      const { updates } = JSON.parse(said.stdout);
      return updates.find((each: { package: string }) => each.package === 'libssl3').recipe;
    };
    const behind = { state: 'behind', newest: null };
    const reason = (state: { reason?: string }) => state.reason ?? JSON.stringify(state);
    assert.match(reason(await about(archive.uri)), /^its sources cannot be fetched: .*expired/);
    // As the state of a past day is; what nobody has signed for this keyring; and a keyring from anywhere.
    for (const options of [`signed-by=${fleet.root}/key.gpg`, 'trusted=yes']) {
      assert.deepEqual(
        await about(`deb [check-valid-until=no ${options}] ${archive.uri} chosen main`),
        behind,
      );
    }
    assert.equal(
      reason(await about(`deb [signed-by=/srv/other.gpg] ${archive.uri} chosen main`)),
      'it does not have the keyring /srv/other.gpg of its apt sources',
    );
    assert.match(
      reason(await about('deb file:///srv/debian chosen main')),
      /^line 1 of its mirrors has the method file: only http and https are asked$/,
    );
    const text = await fleet.run('outdated', '--select', 'root');
    assert.match(
      text.stdout,
      /^nobody knows whether the mirrors of the recipe of \S*root:20260301 have it: line 1 of its mirrors has the method file/m,
    );
  });

  test('without an engine nothing is written that would have to be built', async (t) => {
    const fleet = await fixture(t);
    const without = await fleet.upgrade('--commit');
    assert.equal(without.status, 3);
    assert.match(without.stderr, /hint: nothing was written; --no-build needs no engine\n/);
    assert.deepEqual(log(fleet.root), ['first']);
    assert.equal(gitIn(fleet.root, 'status', '--porcelain'), '');
  });

  test('what is unknown is told, and where nothing is known it ends with 3', async (t) => {
    const fleet = await fixture(t);
    const broken = { packages: [{ name: 'libssl3', version: '3.0.17-1' }], isBroken: true };
    await archive.publish('stable', { ...broken, label: 'Debian-Security' });
    t.after(() => archive.publish('stable', offered));
    const summary = ['--summary', 'mr.md', '--json'];
    const blind = await fleet.upgrade('--dry-run', ...summary);
    assert.equal(blind.status, 3, blind.stderr);
    assert.match(blind.stderr, /^unknown: base 1, api 1, web 1: its sources cannot be fetched: /m);
    assert.match(blind.stderr, /^no image is known to need a new version; 5 unknown\n/m);
    const { unknown } = JSON.parse(blind.stdout) as { unknown: { reference: string }[] };
    assert.deepEqual(
      unknown.map(({ reference }) => reference.replace(/^.*\//, '')),
      ['base:1', 'other:1', 'api:1', 'site:1', 'web:1'],
    );
    assert.match(readFileSync(join(fleet.root, 'mr.md'), 'utf8'), /^- `unknown: base 1, /m);
    // One that is known is enough: images without packages are in many trees.
    await archive.publish('stable', offered);
    const seen = await fleet.upgrade('--dry-run', '--package', 'nothing');
    assert.equal(seen.status, 0, seen.stderr);
    assert.match(seen.stderr, /^no image is known to need a new version; 2 unknown\n/m);
  });

  test('private images are counted in the summary, and not named', async (t) => {
    const fleet = await fixture(t);
    writeFileSync(
      join(fleet.root, 'config.yaml'),
      `${readFileSync(join(fleet.root, 'config.yaml'), 'utf8')}generate-bake:\n  private: true\n  private_registries: [${real.host}]\n`,
    );
    const made = await fleet.upgrade('--dry-run', '--summary', 'mr.md');
    assert.equal(made.status, 0, made.stderr);
    const text = readFileSync(join(fleet.root, 'mr.md'), 'utf8');
    assert.doesNotMatch(text, /base|api|web|site/);
    assert.match(text, /^- `private images that get a version too: 3`$/m);
    const nowhere = await fleet.upgrade('--dry-run', '--summary', 'no/where/mr.md');
    assert.equal(nowhere.status, 2);
  });

  test('--json is as its schema says', async (t) => {
    const fleet = await fixture(t);
    const schema = JSON.parse(readFileSync(join(program, 'doc/upgrade.schema.json'), 'utf8'));
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    writeFileSync(join(fleet.root, 'images/web/new'), 'x');
    for (const more of [[], ['--max-images', '1'], ['--toolchains', 'api'], ['--canary', 'api']]) {
      const { stdout } = await fleet.upgrade('--dry-run', '--json', ...more);
      assert.ok(validate(JSON.parse(stdout)), JSON.stringify(validate.errors));
    }
    const { stdout } = await fleet.upgrade('--dry-run', '--json');
    const host = `${real.host}/f${count}`;
    const found = JSON.parse(stdout);
    assert.deepEqual(
      found.images.map((each: Record<string, unknown>) => [
        each.reference,
        each.toVersion,
        each.role,
      ]),
      [
        [`${host}/base:1`, '1-s1', 'entering'],
        [`${host}/api:1`, '1-s1', 'entering'],
      ],
    );
    assert.deepEqual(found.leftOut, [
      {
        reference: `${host}/web:1`,
        kind: 'unreleased',
        reason: 'it has changes without a version',
      },
    ]);
  });

  test('wrong words', async (t) => {
    const fleet = await fixture(t);
    for (const [args, message] of [
      [
        ['--publish', '--commit'],
        '--publish needs --push: a version is in git before it is published',
      ],
      [['--push', 'origin'], '--push needs --commit'],
      [['--branch', 'x'], '--branch needs --commit'],
      [['--package', 'A B'], '"A B" is not the name of a package'],
      [
        ['--reason', 'Upgrade: all'],
        'a line of --reason begins with "Upgrade:", as the one with the packages does',
      ],
    ] as const) {
      const wrong = await fleet.upgrade(...args);
      assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
      assert.ok(wrong.stderr.startsWith(`error: ${message}`), wrong.stderr);
    }
    gitIn(fleet.root, 'switch', '--quiet', '--detach');
    const detached = await fleet.upgrade('--commit', '--no-build', '--push', 'origin');
    assert.equal(detached.status, 2);
    assert.match(detached.stderr, /error: no branch is checked out \[branch-refused\]/);
  });
});

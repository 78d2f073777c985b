/** `--since`: which images of a git work tree are not as a revision has them. Whole outputs of the real command line. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { runCli, root as top } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { temporaryDirectory } from '../support/temporary.js';

const changelog = (name: string, version: string): string =>
  `${name} (${version}) wikimedia; urgency=low\n\n  * Change.\n\n -- A B <a@b.example>  Sun, 01 Nov 2026 12:00:00 +0000\n`;

const control = (name: string, depends = ''): string =>
  `Package: ${name}\nMaintainer: A B <a@b.example>\nDescription: ${name}\n${depends === '' ? '' : `Build-Depends: ${depends}\n`}`;

/** base ← mid ← leaf, by the versions that templates render; `lone` copies a file and includes another one. */
const files = {
  'config.yaml':
    'registry: r.example\nbase_images: [debian]\nseed_image: debian:13\nflavour: plain\n',
  'images/base/changelog': changelog('base', '1.0'),
  'images/base/control': control('base'),
  'images/base/Dockerfile.template': 'FROM {{ seed_image }}\nRUN echo base\n',
  'images/mid/changelog': changelog('mid', '1.0'),
  'images/mid/control': control('mid', 'base'),
  'images/mid/Dockerfile.template': 'FROM {{ "base" | image_tag }}\nRUN echo mid\n',
  'images/leaf/changelog': changelog('leaf', '1.0'),
  'images/leaf/control': control('leaf', 'mid'),
  'images/leaf/Dockerfile.template': 'FROM {{ "mid" | image_tag }}\nRUN echo leaf\n',
  'images/lone/changelog': changelog('lone', '1.0'),
  'images/lone/control': control('lone'),
  'images/lone/Dockerfile.template':
    'FROM {{ seed_image }}\n{% include "part.inc" %}\nCOPY run.sh /run.sh\n# {{ flavour }}\n',
  'images/lone/part.inc': 'RUN echo part\n',
  'images/lone/run.sh': 'echo run\n',
};

type Files = Readonly<Record<string, string>>;

function write(root: string, written: Files): void {
  for (const [name, text] of Object.entries(written)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

function repository(t: TestContext, written: Files = files): string {
  return gitRepository(t, written);
}

interface Listed {
  readonly names: readonly string[];
  readonly removed: readonly (string | undefined)[];
  readonly stderr: string;
  readonly why: Readonly<Record<string, unknown>>;
}

const schema = JSON.parse(readFileSync(`${top}/doc/list.schema.json`, 'utf8')) as object;
const validate = new Ajv2020({ strict: true }).compile(schema);

/** Not of this machine's pipeline. */
const quietEnv = { GITHUB_BASE_REF: '', CI_MERGE_REQUEST_DIFF_BASE_SHA: '', CI_DEFAULT_BRANCH: '' };

async function since(cwd: string, ...words: readonly string[]): Promise<Listed> {
  const args = ['list', '--json', '-c', 'config.yaml', 'images', ...words];
  const { stdout, stderr, status } = await runCli(args, { cwd, env: quietEnv });
  assert.equal(status, 0, stderr);
  const document = JSON.parse(stdout) as {
    images: { name: string; since?: unknown }[];
    since: { removed: { name?: string }[] };
  };
  assert.equal(validate(document), true, JSON.stringify(validate.errors));
  return {
    names: document.images.map(({ name }) => name).sort(),
    removed: document.since.removed.map(({ name }) => name),
    why: Object.fromEntries(document.images.map((image) => [image.name, image.since])),
    stderr,
  };
}

const was = (name: string, version = '1.0') => ({
  reference: `r.example/${name}:${version}`,
  version,
});
const noFiles = { added: [], removed: [], changed: [] };

test('what an image is made of counts, in the work tree and in commits', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  assert.deepEqual(await since(root, '--since', 'HEAD'), {
    names: [],
    removed: [],
    why: {},
    stderr: `since HEAD (${gitIn(root, 'rev-parse', 'HEAD').slice(0, 12)}): no image differs\n0 images in 0 levels, 0 links to parents\n`,
  });

  await t.test('a comment in control does not', async () => {
    write(root, { 'images/lone/control': `# who\n${control('lone')}` });
    assert.deepEqual((await since(root, '--since', 'HEAD')).names, []);
  });
  await t.test('an included file does, through the Dockerfile', async () => {
    write(root, { 'images/lone/part.inc': 'RUN echo other\n' });
    const { names, why } = await since(root, '--since', 'HEAD');
    assert.deepEqual(names, ['lone']);
    assert.deepEqual(why.lone, {
      change: 'changed',
      before: was('lone'),
      inputs: ['dockerfile'],
    });
    gitIn(root, 'checkout', '--quiet', '.');
  });
  await t.test('a file of its context does, and so does its executable bit', async () => {
    chmodSync(join(root, 'images/lone/run.sh'), 0o755);
    const { why } = await since(root, '--since', 'HEAD');
    assert.deepEqual(why, {
      lone: {
        change: 'changed',
        before: was('lone'),
        inputs: ['context'],
        files: { ...noFiles, changed: ['run.sh'] },
      },
    });
    gitIn(root, 'checkout', '--quiet', '.');
  });
  await t.test('a value of the configuration does, where a template uses it', async () => {
    write(root, { 'config.yaml': files['config.yaml'].replace('plain', 'spicy') });
    const { why } = await since(root, '--since', 'HEAD');
    assert.deepEqual(why, {
      lone: {
        change: 'changed',
        before: was('lone'),
        inputs: ['dockerfile'],
        settings: ['flavour'],
      },
    });
    gitIn(root, 'checkout', '--quiet', '.');
  });
  await t.test('a version does, and with it what names it in FROM', async () => {
    write(root, {
      'images/base/changelog': changelog('base', '1.1') + files['images/base/changelog'],
    });
    gitIn(root, 'commit', '--quiet', '-a', '-m', 'base 1.1');
    const { why } = await since(root, '--since', 'HEAD~1');
    assert.deepEqual(why, {
      base: { change: 'changed', before: was('base'), inputs: ['version'] },
      mid: {
        change: 'changed',
        before: was('mid'),
        inputs: ['dockerfile', 'parents'],
        parents: ['r.example/base:1.1'],
      },
    });
    assert.deepEqual((await since(root, '--since', 'HEAD')).names, []);
  });
  await t.test(
    'a changed parent of the same version does not, but with --with-children',
    async () => {
      write(root, { 'images/base/Dockerfile.template': 'FROM {{ seed_image }}\nRUN echo new\n' });
      assert.deepEqual((await since(root, '--since', 'HEAD')).names, ['base']);
      const { names, why } = await since(root, '--since', 'HEAD', '--with-children');
      assert.deepEqual(names, ['base', 'leaf', 'mid']);
      assert.equal(why.leaf, undefined);
      gitIn(root, 'checkout', '--quiet', '.');
    },
  );
});

test('new, removed and renamed images; other selections narrow them', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  renameSync(join(root, 'images/leaf'), join(root, 'images/moved'));
  renameSync(join(root, 'images/lone'), join(root, 'images/solo'));
  write(root, {
    'images/solo/changelog': changelog('solo', '1.0'),
    'images/solo/control': control('solo'),
  });
  const all = await since(root, '--since', 'main');
  // A directory may be called anything.
  assert.deepEqual([all.why, all.removed], [{ solo: { change: 'new' } }, ['lone']]);
  const commit = gitIn(root, 'rev-parse', 'HEAD').slice(0, 12);
  assert.match(
    all.stderr,
    new RegExp(`^since main \\(${commit}\\): 1 new, 1 removed\nremoved: r.example/lone:1.0\n`),
  );
  const some = await since(root, '--since', 'main', '--select', 'b*');
  assert.deepEqual([some.names, some.removed], [[], []]);
});

/** A clone of a repository whose branch `topic` changes `lone`, and whose main branch has moved since. */
function branched(t: TestContext): { readonly origin: string; readonly base: string } {
  const origin = repository(t);
  const base = gitIn(origin, 'rev-parse', 'HEAD').trim();
  gitIn(origin, 'switch', '--quiet', '-c', 'topic');
  write(origin, { 'images/lone/run.sh': 'echo other\n' });
  gitIn(origin, 'commit', '--quiet', '-a', '-m', 'topic');
  gitIn(origin, 'switch', '--quiet', 'main');
  write(origin, { 'images/base/Dockerfile.template': 'FROM {{ seed_image }}\nRUN echo main\n' });
  gitIn(origin, 'commit', '--quiet', '-a', '-m', 'main');
  return { origin, base };
}

function cloned(t: TestContext, origin: string, ...words: readonly string[]): string {
  const clone = join(temporaryDirectory(t), 'clone');
  gitIn(origin, 'clone', '--quiet', ...words, `file://${origin}`, clone);
  return clone;
}

/** What is said where there is nothing to compare with; the status is 2. */
async function refusal(cwd: string, words: readonly string[], env = {}): Promise<string> {
  const args = ['list', '-c', 'config.yaml', 'images', ...words];
  const { stdout, stderr, status } = await runCli(args, { cwd, env: { ...quietEnv, ...env } });
  assert.deepEqual([stdout, status], ['', 2]);
  return stderr;
}

test('the default: where HEAD left the upstream branch', { skip: noGit }, async (t) => {
  const { origin, base } = branched(t);
  const clone = cloned(t, origin);
  gitIn(clone, 'switch', '--quiet', 'topic');
  const first = `since merge base with origin/main (${base.slice(0, 12)}): 1 changed`;
  const ofBranch = await since(clone, '--since');
  assert.deepEqual([ofBranch.names, ofBranch.stderr.split('\n')[0]], [['lone'], first]);
  assert.deepEqual((await since(clone, '--since', 'origin/main')).names, ['base', 'lone']);
  assert.deepEqual((await since(clone, '--since', 'origin/main...')).names, ['lone']);

  // As CI has it: one commit, no branch.
  gitIn(clone, 'switch', '--quiet', '--detach');
  gitIn(clone, 'remote', 'set-head', 'origin', '--delete');
  assert.equal(
    await refusal(clone, ['--since']),
    'error: --since: this clone does not know which branch HEAD left [since]\n' +
      '  hint: name the branch, as --since origin/main..., or run: git remote set-head origin --auto\n',
  );
  const list = ['list', '--json', '-c', 'config.yaml', 'images', '--since'];
  const gitlab = { ...quietEnv, CI_MERGE_REQUEST_DIFF_BASE_SHA: base };
  const inGitlab = await runCli(list, { cwd: clone, env: gitlab });
  assert.match(inGitlab.stderr, new RegExp(`^since ${base.slice(0, 12)}: 1 changed\n`));
});

test('a shallow clone: the line of the hint brings what is missing', { skip: noGit }, async (t) => {
  const { origin, base } = branched(t);
  const clone = cloned(t, origin, '--depth=1', '--branch=topic');
  const env = { GITHUB_BASE_REF: 'main' };
  const said = await refusal(clone, ['--since'], env);
  const hint =
    /^error: --since: this clone does not have the branch origin\/main \[since\]\n {2}hint: (git fetch .*)\n$/;
  const line = hint.exec(said)?.[1] ?? '';
  assert.notEqual(line, '', said);
  for (const name of ['origin/main', 'refs/remotes/origin/main', 'refs/remotes/origin/main...']) {
    assert.ok((await refusal(clone, ['--since', name])).endsWith(`\n  hint: ${line}\n`), name);
  }
  gitIn(clone, ...line.split(' ').slice(1), '--quiet');
  const args = ['list', '-c', 'config.yaml', 'images', '--since'];
  const { stderr } = await runCli(args, { cwd: clone, env: { ...quietEnv, ...env } });
  assert.match(
    stderr,
    new RegExp(`^since merge base with origin/main \\(${base.slice(0, 12)}\\): 1 changed\n`),
  );
});

test('a revision that is none says what may be meant', { skip: noGit }, async (t) => {
  const root = repository(t);
  const unknown = (name: string) =>
    `error: --since: "${name}" is not a revision of this repository [since]\n`;
  assert.equal(
    await refusal(root, ['--since', 'mian']),
    `${unknown('mian')}  hint: did you mean "main"?\n`,
  );
  assert.equal(
    await refusal(root, ['--since', 'main..HEAD']),
    `${unknown('main..HEAD')}  hint: a range has two ends: write main, or main... for its merge base with HEAD\n`,
  );
  assert.equal(
    await refusal(root, ['--since', 'images']),
    `${unknown('images')}  hint: name a branch, tag or commit; write directories and images before --since\n`,
  );
  assert.match(await refusal(root, ['--since=']), /^error: empty --since \[usage\]\n/);
  const outside = temporaryDirectory(t);
  write(outside, files);
  assert.match(
    await refusal(outside, ['--since', 'main']),
    /^error: --since: not a git repository.*\n {2}hint: run it in the git repository that the trees are in\n$/,
  );
});

test('what was or is broken, and trees that were not there', { skip: noGit }, async (t) => {
  const root = repository(t);
  const good = files['images/lone/Dockerfile.template'];
  const bad = { 'images/lone/Dockerfile.template': '{{ nothing.at.all }}\n' };
  write(root, bad);
  const broken = await since(root, '--since', 'main');
  assert.deepEqual(broken.why, {
    lone: { change: 'uncompared', reason: 'it is broken, and was not' },
  });
  gitIn(root, 'commit', '--quiet', '-a', '-m', 'broken');
  assert.deepEqual((await since(root, '--since', 'HEAD')).why, {});
  write(root, { 'images/lone/Dockerfile.template': good });
  const repaired = await since(root, '--since', 'HEAD');
  assert.deepEqual(repaired.why, { lone: { change: 'uncompared', reason: 'it was broken' } });
  assert.match(repaired.stderr, /^not comparable: 1 image: it was broken$/m);

  gitIn(root, 'mv', 'images', 'pictures');
  const args = ['list', '--json', '-c', 'config.yaml', 'pictures', '--since', 'HEAD'];
  const moved = await runCli(args, { cwd: root, env: quietEnv });
  assert.match(moved.stderr, /^since HEAD \([0-9a-f]{12}\): 4 new\n/);
  gitIn(root, 'mv', 'pictures', 'images');

  gitIn(root, 'rm', '--quiet', '--cached', 'config.yaml');
  gitIn(root, 'commit', '--quiet', '-m', 'without');
  const { stderr } = await since(root, '--since', 'HEAD');
  assert.match(
    stderr,
    /: 4 not comparable, counted as changed\nnot comparable: 4 images: HEAD cannot be compiled: /,
  );
});

test('a workspace file that moved, and one of another place', { skip: noGit }, async (t) => {
  const workspace = (directory: string): string =>
    `[[tree]]\nname = "images"\ndirectory = "${directory}"\nconfig = "config.yaml"\n`;
  const root = repository(t, { ...files, 'generate-bake.toml': workspace('images') });
  mkdirSync(join(root, 'ci'));
  gitIn(root, 'mv', 'generate-bake.toml', 'ci/fleet.toml');
  gitIn(root, 'mv', 'config.yaml', 'ci/config.yaml');
  write(root, { 'ci/fleet.toml': workspace('../images'), 'images/lone/run.sh': 'echo other\n' });
  const args = (file: string) => ['list', '--workspace', file, '--since', 'main'];
  const moved = await runCli(args('ci/fleet.toml'), { cwd: root, env: quietEnv });
  assert.match(moved.stderr, /^since main \([0-9a-f]{12}\): 1 changed\n/m);

  const other = temporaryDirectory(t);
  write(other, {
    'fleet.toml': workspace(join(root, 'images')),
    'config.yaml': files['config.yaml'],
  });
  const file = join(other, 'fleet.toml');
  const { stdout, stderr, status } = await runCli(args(file), { cwd: root, env: quietEnv });
  assert.deepEqual([stdout, status], ['', 2]);
  assert.match(
    stderr,
    /^error: --since: .*fleet\.toml is not in the git repository .*, and cannot be compared \[since\]\n/m,
  );
});

test('submodules are compared as their commits have them', { skip: noGit }, async (t) => {
  const part = gitRepository(t, { file: 'one\n' });
  const root = repository(t);
  const git = (...words: string[]) => gitIn(root, '-c', 'protocol.file.allow=always', ...words);
  git('submodule', '--quiet', 'add', part, 'images/lone/part');
  write(root, { 'images/lone/Dockerfile.template': 'FROM {{ seed_image }}\nCOPY part /part\n' });
  git('commit', '--quiet', '-a', '-m', 'part');
  assert.deepEqual((await since(root, '--since', 'HEAD')).names, []);
  write(root, { 'images/lone/part/file': 'two\n' });
  const { why } = await since(root, '--since', 'HEAD');
  assert.deepEqual(why, {
    lone: {
      change: 'changed',
      before: was('lone'),
      inputs: ['context'],
      files: { ...noFiles, changed: ['part/file'] },
    },
  });
});

test('a submodule has no images of this repository, at no commit', { skip: noGit }, async (t) => {
  const part = gitRepository(t, { 'tool/Dockerfile': 'FROM scratch\n' });
  const root = gitRepository(t, {
    'generate-bake.toml': '',
    'a/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'a/x': '1\n',
  });
  gitIn(root, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', part, 'a/part');
  gitIn(root, 'commit', '--quiet', '-a', '-m', 'part');
  const { stderr, status } = await runCli(['list', '--since', 'HEAD'], {
    cwd: root,
    env: quietEnv,
  });
  assert.deepEqual(
    [status, stderr.split('\n')[0]?.replace(/\(.*\)/, '(C)')],
    [0, 'since HEAD (C): no image differs'],
  );
});

test('a build takes what did not change by its published version', { skip: noGit }, async (t) => {
  const root = repository(t);
  write(root, {
    'images/leaf/Dockerfile.template': 'FROM {{ "mid" | image_tag }}\nRUN echo new\n',
  });
  const args = ['plan', '-c', 'config.yaml', 'images', '--since', 'main'];
  const { stdout, stderr, status } = await runCli(args, { cwd: root, env: quietEnv });
  assert.equal(status, 0, stderr);
  const { target } = JSON.parse(stdout) as { target: Record<string, { contexts?: object }> };
  const plain = await runCli(['plan', '-c', 'config.yaml', 'images', '--select', 'leaf'], {
    cwd: root,
  });
  assert.deepEqual(target, (JSON.parse(plain.stdout) as { target: object }).target);
  assert.equal(Object.keys(target).length, 1);

  const patch = await runCli(
    ['render', '-c', 'config.yaml', 'images', '--since', 'main', '--diff', 'main'],
    { cwd: root, env: quietEnv },
  );
  assert.match(patch.stdout, /^-RUN echo leaf$/m);
  assert.match(patch.stderr, /^1 of 1 Dockerfiles differs from main$/m);
});

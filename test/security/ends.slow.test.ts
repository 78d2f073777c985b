/**
 * Small inputs that once hung the program, used up its memory or ended it with a stack trace: each
 * kind with further inputs of the same kind. All ends soon, with an error of that image.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../support/cli.js';
import { type Finished, run } from '../support/process.js';
import { temporaryDirectory } from '../support/temporary.js';

const bin = join(root, 'bin/generate-bake.js');

type Files = Readonly<Record<string, string>>;

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');

function treeOf(t: TestContext, files: Files): string {
  const directory = temporaryDirectory(t);
  for (const [name, text] of Object.entries({ 'config.yaml': 'registry: ""\n', ...files })) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** Runs the program, which must end soon, without a trace, and with little to say. */
async function ended(cwd: string, words: readonly string[]): Promise<Finished> {
  // Seconds of the processor, since the machine may be busy.
  const limits = 'ulimit -t 15; exec "$@"';
  const program = ['-c', limits, 'sh', process.execPath, bin, ...words];
  const result = await run('bash', program, { cwd });
  assert.ok(
    [0, 1, 2].includes(result.status ?? -1),
    `${result.status}: ${result.stderr.slice(-500)}`,
  );
  assert.doesNotMatch(result.stderr, /internal error|\.js:\d/);
  assert.ok(result.stderr.length < 500_000, `${result.stderr.length} characters on stderr`);
  return result;
}

/** A tree with an image for each Dockerfile; every one is an error that says `why`. */
async function dockerfiles(t: TestContext, texts: readonly string[], why: RegExp): Promise<void> {
  const files: Record<string, string> = {};
  for (const [index, text] of texts.entries()) {
    files[`images/i${index}/image.toml`] = 'version = "1"\n';
    files[`images/i${index}/Dockerfile`] = text;
  }
  const { stderr } = await ended(treeOf(t, files), ['list', 'images']);
  for (const index of texts.keys()) {
    const about = stderr.split('\n').filter((line) => line.includes(`/i${index}/Dockerfile:`));
    assert.match(about.join('\n'), why, `image ${index}`);
    assert.match(about[0] ?? '', /Dockerfile:\d+:\d+: error: /);
  }
}

const doubling = (first: string, count: number): string =>
  `ARG A0=${first}\n${lines(count, (index) => `ARG A${index + 1}=\${A${index}}\${A${index}}`)}FROM \${A${count}}\n`;

test('arguments that expand to more and more text', async (t) => {
  const long = 'a'.repeat(50_000);
  await dockerfiles(
    t,
    [
      doubling('a'.repeat(16), 22),
      doubling('a', 60),
      doubling('"a b"', 200).replaceAll('}$', '}"$').replaceAll('"$', '$'),
      `ARG A=${long}\nARG B=\${A//a/${'b'.repeat(10_000)}}\nFROM \${B}\n`,
      `ARG A=${'a'.repeat(60_000)}\nFROM x:${'${N:+${A}}${A#x}'.repeat(400)}\n`,
    ],
    /cannot be expanded: (it has more than 65536 characters|the variables of this Dockerfile)/,
  );
});

test('patterns of arguments with many wildcards', async (t) => {
  const value = `ARG A=${'a'.repeat(200)}\n`;
  const pattern = `${'*a'.repeat(12)}*b`;
  await dockerfiles(
    t,
    [
      `${value}FROM \${A##${pattern}}:/\n`,
      `${value}FROM \${A%%b${'*a'.repeat(12)}*}:/\n`,
      `${value}FROM \${A/${pattern}/x}:/\n`,
      `${value}FROM \${A//${'?*'.repeat(30)}b/x}:/\n`,
      `ARG A=${'a'.repeat(60_000)}\nFROM \${A##${'a'.repeat(1001)}}\n`,
    ],
    /is not a valid image reference|a pattern has more than 1000 characters/,
  );
});

test('arguments nested deep', async (t) => {
  const nested = (before: string, after: string, count: number) =>
    `FROM ${before.repeat(count)}a${after.repeat(count)}\n`;
  await dockerfiles(
    t,
    [
      nested('${X:-', '}', 5000),
      nested('${X-"', '"}', 5000),
      nested('${X:-\\\n', '}', 100_000),
      nested('${X/', '/b}', 5000),
    ],
    /nested more than 200 deep|closing .* is missing|longer than/,
  );
});

test('at most 100 diagnostics of a file, and how many more there are', async (t) => {
  const files = {
    'images/a/image.toml': 'version = "1"\n',
    'images/a/Dockerfile': `FROM scratch\n${lines(20_000, () => ' .')}`,
    'images/b/image.toml': 'version = "1"\n',
    'images/b/Dockerfile': lines(20_000, () => 'FROM a:b:c'),
    'images/c/image.toml': `version = "1"\n[labels]\n${lines(5000, (index) => `k${index} = 1`)}`,
    'images/c/Dockerfile': 'FROM scratch\n',
    'images/d/changelog': changelog('d'),
    'images/d/control': lines(20_000, () => 'junk'),
    'images/d/Dockerfile.template': 'FROM scratch\n',
  };
  const { stderr } = await ended(treeOf(t, files), ['check', 'images']);
  const about = (file: string) => stderr.split('\n').filter((line) => line.startsWith(`${file}:`));
  for (const [file, more] of [
    ['images/a/Dockerfile', 19_900],
    ['images/b/Dockerfile', 19_900],
    ['images/c/image.toml', 4900],
    ['images/d/control', 19_900],
  ] as const) {
    assert.equal(about(file).length, 101, file);
    assert.match(about(file).at(-1) ?? '', new RegExp(`and ${more} more in this file`));
  }
});

function changelog(name: string, trailer = 'A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000') {
  return `${name} (1.0) wikimedia; urgency=low\n\n  * A.\n\n -- ${trailer}\n`;
}

test('changelogs and control files that took quadratic time', async (t) => {
  const files: Record<string, string> = {};
  const blanks = ' '.repeat(200_000);
  const changelogs = [
    changelog('a', `a <b${blanks}`),
    changelog('a', `a <b${'<'.repeat(200_000)}`),
    changelog('a', `a ${'<b> '.repeat(100_000)}x`),
    changelog('a', `a <b> ${'Mon, '.repeat(100_000)}`),
    changelog('a').replace('low', `low,a=${blanks},b`),
    changelog('a').replace('wikimedia', `w${' w'.repeat(100_000)}`),
  ];
  const controls = [
    `Build-Depends: ${'a,'.repeat(100_000)}\n`,
    `Build-Depends: ${','.repeat(300_000)}\n`,
    `Build-Depends: a${'\n x'.repeat(200_000)}\n`,
    `Build-Depends${blanks}x\n`,
    `Build-Depends: a${'('.repeat(300_000)}\n`,
    lines(30_000, () => 'Depends: a\n'),
  ];
  for (const [index, text] of changelogs.entries()) {
    files[`images/i${index}/changelog`] = text.replace(/^a/, `i${index}`);
    files[`images/i${index}/control`] = controls[index] ?? '';
    files[`images/i${index}/Dockerfile.template`] = 'FROM scratch\n';
  }
  await ended(treeOf(t, files), ['list', 'images']);
});

test('settings with many keys, deep nesting or long numbers', async (t) => {
  const many = (count: number, line: (index: number) => string) =>
    `version = "1"\n${lines(count, line)}`;
  const tomls: readonly (readonly [string, RegExp])[] = [
    [
      many(30_000, (index) => `[t${index}]`),
      /:10001:\d+: error: .*more than 10000 keys and tables/,
    ],
    [many(30_000, (index) => `k${index} = 1`), /more than 10000 keys/],
    [`version = "1"\n[labels]\n${lines(30_000, (index) => `k${index} = "1"`)}`, /more than 10000/],
    [`version = "1"\ntags = [${'"t",'.repeat(100_000)}]\n`, /tags has more than 10000 entries/],
    [`version = "1"\nlabels.x = ${'['.repeat(5000)}\n`, /:2:\d+: error: .*values are nested more/],
    [`version = "1"\nx = ${'{a='.repeat(20_000)}1\n`, /values are nested more than 100 deep/],
    [`version = "1"\n${'a.'.repeat(20_000)}a = 1\n`, /more than 100 parts/],
    [`version = "1"\n[${'a.'.repeat(20_000)}a]\n`, /more than 100 parts/],
    ['version = 2024-13-45\n', /image.toml:1:\d+: error: not valid TOML: this date or time does/],
    ['version = 99:99:99\n', /image.toml:1:\d+: error: /],
    ['version = 2024-01-01T99:00:00Z\n', /image.toml:1:\d+: error: /],
    [`version = ${'9'.repeat(500_000)}\n`, /image.toml:1:\d+: error: /],
  ];
  const files: Record<string, string> = {};
  for (const [index, [text]] of tomls.entries()) {
    files[`images/i${index}/image.toml`] = text;
    files[`images/i${index}/Dockerfile`] = 'FROM scratch\n';
  }
  files['images/r/rootfs.toml'] = 'suite = "bookworm"\ntimestamp = 2026-02-32\n';
  const { stderr } = await ended(treeOf(t, files), ['list', 'images']);
  for (const [index, [, why]] of tomls.entries()) {
    const about = stderr.split('\n').filter((line) => line.includes(`/i${index}/image.toml:`));
    assert.match(about.join('\n'), why, `image ${index}`);
  }
  assert.match(stderr, /rootfs.toml:2:\d+: error: /);
});

for (const [what, text, why] of [
  ['50,000 keys', lines(50_000, (index) => `k${index}: v`), /more than 10000 keys/],
  ['20,000 errors', lines(20_000, () => 'k: v'), /and 19899 more/],
  ['a long sexagesimal', `x: 1${':59'.repeat(300_000)}\n`, /a number has at most 4300 digits/],
  ['a long octal', `x: 0${'7'.repeat(900_000)}\n`, /a number has at most 4300 digits/],
  ['a deep list', `x: ${'['.repeat(100_000)}\n`, /nesting exceeded/],
  ['two million lines', '#\n'.repeat(2_000_000), /too large: more than 1 MiB/],
] as const) {
  test(`a configuration of ${what}`, async (t) => {
    const files = {
      'config.yaml': `registry: ""\n${text}`,
      'images/a/image.toml': 'version = "1"\n',
      'images/a/Dockerfile': 'FROM scratch\n',
    };
    const { stderr } = await ended(treeOf(t, files), ['list', 'images']);
    assert.match(stderr, why);
  });
}

for (const [what, vars, why] of [
  ['20,000 assignments', lines(20_000, (index) => `A${index}=x`), /10001:1: error: .*10000 assig/],
  ['values that double', `X0=aa\n${lines(40, (at) => `X${at + 1}=$X${at}$X${at}`)}`, /131072/],
  ['a value that grows', `X=aa\n${lines(40, () => 'X+=$X')}`, /131072 characters/],
  ['deep defaults', `A=${'${A:-'.repeat(3000)}x${'}'.repeat(3000)}\n`, /1:\d+: error: .*100 deep/],
  ['deep quoted defaults', `A=${'"${B:-'.repeat(3000)}x\n`, /error: /],
  ['a long chain of unset', lines(9000, (at) => `X${at}=$X${at + 1}`), /X1 has no value yet/],
] as const) {
  test(`a vars file with ${what}`, async (t) => {
    const files = {
      'generate-bake.toml':
        '[[tree]]\ndirectory = "st"\nkind = "stages"\nprefix = "p-"\nversion = "1"\nvars = ["v.sh"]\n',
      'st/v.sh': vars,
      'st/Dockerfile.a': 'FROM scratch\n',
    };
    const { stderr } = await ended(treeOf(t, files), ['list']);
    assert.match(stderr, why);
    assert.match(stderr, /st\/v\.sh:\d+:\d+: error: /);
  });
}

test('ignore patterns with many wildcards, and many patterns', async (t) => {
  const files: Record<string, string> = {};
  const patterns = [
    `${'*a'.repeat(12)}*b\n`,
    `${'?*'.repeat(30)}b\n`,
    `${'**/a*/'.repeat(30)}b\n`,
    `${'**a'.repeat(30)}b\n`,
    lines(100_000, (index) => `p${index}*`),
    `${'a*'.repeat(100_000)}\n`,
    lines(40_000, () => '['),
  ];
  for (const [index, text] of patterns.entries()) {
    const at = `images/i${index}`;
    files[`${at}/image.toml`] = 'version = "1"\n';
    files[`${at}/Dockerfile`] = 'FROM scratch\n';
    files[`${at}/.dockerignore`] = text;
    files[`${at}/${'a'.repeat(250)}`] = '';
    files[`${at}/${'a/'.repeat(100)}a`] = '';
  }
  const { stderr } = await ended(treeOf(t, files), ['plan', 'images']);
  assert.match(stderr, /i4\/\.dockerignore:2001:1: error: more than 2000 patterns/);
  assert.match(stderr, /i5\/\.dockerignore:1:1: error: .*more than 4096 characters/);
  assert.match(stderr, /i6\/\.dockerignore: error: and 39900 more/);
  assert.doesNotMatch(stderr, /i[0-3]\/\.dockerignore/);
});

for (const key of ['pasword', 'Password', 'passwd', 'pass_word', 'passwort']) {
  test(`a misspelt password is not shown: ${key}`, async (t) => {
    for (const value of [' hunter2', '\n- hunter2', ' !!hunter2', ' [hunter2', ' *hunter2']) {
      const files = {
        'config.yaml': `registry: ""\n${key}:${value}\n`,
        'images/a/image.toml': 'version = "1"\n',
        'images/a/Dockerfile': 'FROM scratch\n',
      };
      const { stdout, stderr } = await ended(treeOf(t, files), ['list', 'images']);
      assert.doesNotMatch(stdout + stderr, /hunter2/);
    }
  });
}

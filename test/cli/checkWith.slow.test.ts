/** `check --with hadolint`, with a double of hadolint: what it is given, and what becomes of its findings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

const changelog =
  'app (1.0) w; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n';
const template = `FROM debian:13.1
# hadolint global ignore=DL3008
{% for name in ["a", "b"] %}
RUN apt-get install {{ name }}
{% endfor %}
MAINTAINER x
`;
const rendered =
  'FROM debian:13.1\n# hadolint global ignore=DL3008\n\nRUN apt-get install a\n\nRUN apt-get install b\n\nMAINTAINER x';

/** Prints what the real one prints (v2.12, --format json), whatever it reads. */
const double = `#!${process.execPath}
// A double of hadolint: it notes how it is called, and prints the findings in $DOUBLE_PRINTS.
const { readFileSync, readdirSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const config = readFileSync(args[args.indexOf('--config') + 1], 'utf8');
const own = Object.keys(process.env).filter((name) => name.startsWith('HADOLINT_'));
const noted = { args, config, own, files: readdirSync('.'), stdin: readFileSync(0, 'utf8') };
writeFileSync(process.env.DOUBLE_NOTES, JSON.stringify(noted));
process.stdout.write(process.env.DOUBLE_PRINTS);
process.exit(Number(process.env.DOUBLE_STATUS ?? 0));
`;

function tree(check: string) {
  const files: Record<string, ScratchFile> = {
    'bin/hadolint': { text: double, mode: 0o755 },
    'work/config.yaml': `registry: r.example\ngenerate-bake:\n  check: {${check}}\n`,
    'work/.hadolint.yaml': 'ignored: [DL4000]\n',
    'work/images/app/Dockerfile.template': template,
    'work/images/app/changelog': changelog,
  };
  return scratchTree(files);
}

const finding = (line: number, code: string, level: string) => ({
  ...{ line, code, level, column: 1, file: '-' },
  message: `${code} of\n::error::line ${line}.`,
});

async function check(
  scratch: ReturnType<typeof tree>,
  prints: unknown,
  more: object = {},
  ...args: string[]
) {
  const env = {
    ...process.env,
    PATH: `${scratch.at('bin')}:${process.env.PATH}`,
    HADOLINT_IGNORE: 'DL4000',
    DOUBLE_NOTES: scratch.at('notes.json'),
    DOUBLE_PRINTS: typeof prints === 'string' ? prints : JSON.stringify(prints),
    ...more,
  };
  const words = ['check', '--with', 'hadolint', ...args, '-c', 'config.yaml', 'images'];
  return runCli(words, { cwd: scratch.at('work'), env });
}

test('hadolint gets the rendered Dockerfile and our configuration alone', async () => {
  const scratch = tree('');
  const { status, stderr, stdout } = await check(scratch, []);
  assert.deepEqual([status, stdout, stderr], [0, '', '1 image: no problems\n']);
  const notes = JSON.parse(readFileSync(scratch.at('notes.json'), 'utf8'));
  const config = notes.args.splice(1, 1)[0];
  assert.doesNotMatch(config, new RegExp(scratch.path));
  assert.deepEqual(notes, {
    args: '--config --no-fail --no-color --disable-ignore-pragma --format json -'.split(' '),
    config: 'ignored: []\n',
    own: [],
    files: ['hadolint.yaml'],
    stdin: rendered,
  });
});

test('its findings are on lines of the template, at the levels of the table check', async () => {
  const scratch = tree('hadolint/DL3008: error, hadolint/SC2086: warning, "hadolint/DL3015": off');
  const { status, stderr } = await check(scratch, [
    finding(4, 'DL3008', 'warning'),
    finding(6, 'DL3008', 'warning'),
    finding(6, 'DL3015', 'warning'),
    finding(4, 'SC2086', 'info'),
    finding(4, 'DL3059', 'info'),
    finding(8, 'DL4000', 'error'),
    finding(99, 'DL9999', 'warning'),
  ]);
  assert.equal(
    stderr,
    `images/app/Dockerfile.template: warning: DL9999 of ::error::line 99 [hadolint/DL9999]
  hint: see https://github.com/hadolint/hadolint/wiki/DL9999
images/app/Dockerfile.template:4:1: error: DL3008 of ::error::line 4 [hadolint/DL3008]
    4 | RUN apt-get install {{ name }}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: see https://github.com/hadolint/hadolint/wiki/DL3008
images/app/Dockerfile.template:4:1: error: DL3008 of ::error::line 6 [hadolint/DL3008]
    4 | RUN apt-get install {{ name }}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: see https://github.com/hadolint/hadolint/wiki/DL3008
images/app/Dockerfile.template:4:1: warning: SC2086 of ::error::line 4 [hadolint/SC2086]
    4 | RUN apt-get install {{ name }}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: see https://www.shellcheck.net/wiki/SC2086
images/app/Dockerfile.template:6:1: error: DL4000 of ::error::line 8 [hadolint/DL4000]
    6 | MAINTAINER x
      | ^^^^^^^^^^^^
  hint: see https://github.com/hadolint/hadolint/wiki/DL4000
3 errors, 2 warnings
`,
  );
  assert.equal(status, 1);
});

test('a Dockerfile that hadolint cannot parse is a warning, whatever status it ends with', async () => {
  const scratch = tree('');
  for (const DOUBLE_STATUS of ['0', '1']) {
    const prints = [finding(1, 'DL1000', 'error')];
    const { status, stderr } = await check(scratch, prints, { DOUBLE_STATUS });
    assert.equal(status, 0);
    assert.match(stderr, /^images.*:1:1: warning: DL1000 of .* \[hadolint\/DL1000\]\n/);
  }
});

test('a hadolint that is not there or is something else ends with 3, after what check found itself', async () => {
  const scratch = tree('');
  const without = await check(scratch, [], { PATH: '/nonexistent' }, '--format', 'json');
  assert.equal(without.status, 3);
  assert.deepEqual(
    JSON.parse(without.stdout).findings.map(({ code, message, hint }: Record<string, string>) => [
      ...[code, message, hint],
    ]),
    [
      [
        'check-with',
        '--with hadolint: hadolint is not installed',
        'install it: https://github.com/hadolint/hadolint/releases has one program for each system',
      ],
    ],
  );
  for (const [prints, more, why] of [
    ['Invalid option', { DOUBLE_STATUS: '1' }, 'hadolint ended with status 1'],
    ['<html>', {}, 'hadolint did not print its findings as JSON'],
    [
      [{ line: 1, code: '::error::', message: 'm' }],
      {},
      'hadolint did not print its findings as JSON',
    ],
  ] as const) {
    const { status, stderr } = await check(scratch, prints, more);
    assert.deepEqual(
      [status, stderr],
      [
        3,
        `error: --with hadolint: ${why} [check-with]\n  hint: hadolint 2.12 or newer is needed\n`,
      ],
    );
  }
});

test('a rule of no linter in the table check is an error', async () => {
  const scratch = tree('hadolint/3008: off');
  const { status, stderr } = await check(scratch, []);
  assert.equal(status, 2);
  assert.match(stderr, /check has no rule "hadolint\/3008"/);
});

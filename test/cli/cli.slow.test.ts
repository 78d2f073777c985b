import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commands } from '#cli/commands.js';
import { root, runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { scratchTree } from '../support/scratch.js';

const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };

test('--version, in each place that is the program’s', async () => {
  for (const args of [
    ['--version'],
    ['-V'],
    ['-v'],
    ['init', '--version', 'x'],
    ['--info', '-V'],
  ]) {
    assert.deepEqual(
      await runCli(args),
      { stdout: `${version}\n`, stderr: '', status: 0 },
      args.join(' '),
    );
  }
});

test('every command answers --help and help, with an example', async () => {
  const all = await runCli(['--help']);
  assert.equal(all.status, 0);
  assert.deepEqual(await runCli(['help']), all);
  for (const name of commands.keys()) {
    assert.match(all.stdout, new RegExp(`^  ${name} .*`, 'm'));
    const help = await runCli([name, '--help']);
    assert.deepEqual([help.status, help.stderr], [0, '']);
    assert.match(help.stdout, new RegExp(`^Usage: generate-bake ${name} `));
    assert.match(help.stdout, /\nExamples:\n {2}\S/);
    assert.deepEqual(await runCli(['help', name]), help);
  }
});

test('a command line that is wrong: one message, a hint, exit 2, nothing on stdout', async () => {
  const cwd = scratchTree({ 'images/': '' }).path;
  const cases: [string[], string][] = [
    [
      ['inti', 'x'],
      'error: "inti" is neither a command nor a directory here [usage]\n  hint: did you mean "init"?\n',
    ],
    [
      ['imagse'],
      'error: "imagse" is neither a command nor a directory here [usage]\n  hint: did you mean "images"?\n',
    ],
    [
      ['init', '--colr', 'x'],
      "error: unknown option '--colr' [usage]\n  hint: did you mean --color?\n",
    ],
    [
      ['new'],
      "error: missing required argument 'NAME' [usage]\n  hint: see: generate-bake new --help\n",
    ],
    [
      ['init', 'a', 'b'],
      'error: too many arguments. Expected 1 argument but got 2 [usage]\n  hint: see: generate-bake init --help\n',
    ],
    [
      ['init', '--info', '--debug', 'x'],
      "error: option '--info' cannot be used with option '--debug' [usage]\n  hint: see: generate-bake init --help\n",
    ],
    [
      ['init', '--color', '--info', 'x'],
      "error: option '--color <WHEN>' argument '--info' is invalid. It is an option itself; for a value of that name write --color=--info [usage]\n  hint: see: generate-bake init --help\n",
    ],
    [
      ['help', 'biuld'],
      'error: unknown command "biuld" [usage]\n  hint: see: generate-bake --help\n',
    ],
    [
      ['a\x1b[2Jb'],
      'error: "a\\x1b[2Jb" is neither a command nor a directory here [usage]\n  hint: see: generate-bake --help\n',
    ],
  ];
  for (const [args, stderr] of cases) {
    assert.deepEqual(
      await runCli(args, { cwd }),
      { stdout: '', stderr, status: 2 },
      args.join(' '),
    );
  }
});

test('colours only where they are wanted', async () => {
  const plain = await runCli(['new']);
  assert.doesNotMatch(plain.stderr, /\x1b/);
  const forced = await runCli(['new'], { env: { ...process.env, FORCE_COLOR: '1' } });
  assert.match(forced.stderr, /^\x1b\[1m\x1b\[31merror:/);
});

test('init makes a repository, and says so on stderr only', async () => {
  const tree = scratchTree();
  const made = await runCli(['init', '--info', 'sample'], { cwd: tree.path });
  assert.deepEqual([made.stdout, made.status], ['', 0]);
  assert.match(made.stderr, /^made \.gitignore\n/);
  assert.match(
    made.stderr,
    /\nmade a repository of \d+ files in sample\nnext: cd sample && generate-bake list images\n$/,
  );
  assert.equal(existsSync(tree.at('sample/config.yaml')), true);
  const again = await runCli(['init', 'sample'], { cwd: tree.path });
  assert.deepEqual(
    [again.stderr, again.status],
    [
      lines(`
        sample: error: sample is not empty: it contains .gitignore, config.yaml, images [init-refused]
          hint: it has docker-pkg images already: cd sample && generate-bake list
      `),
      2,
    ],
  );
});

test('a reader that has gone is no failure', () => {
  // The sleep lets `true` end first, so that the write meets a closed pipe.
  const script = '{ sleep 0.3; node bin/generate-bake.js --help; echo "status $?" >&2; } | true';
  const run = spawnSync('bash', ['-c', script], { cwd: root });
  assert.equal(run.stderr.toString(), 'status 0\n');
});

test('a result that stdout does not take is told', { skip: !existsSync('/dev/full') }, () => {
  const full = openSync('/dev/full', 'w');
  const run = spawnSync(process.execPath, ['bin/generate-bake.js', '--help'], {
    cwd: root,
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  assert.match(
    run.stderr.toString(),
    /^error: stdout cannot be written: it is on a device that has no space left \[stdout\]\n$/,
  );
  assert.equal(run.status, 2);
});

test('a file of --metrics or --report that cannot be written is one error, before anything is done', async () => {
  const tree = scratchTree({ Dockerfile: 'FROM scratch\n' });
  for (const option of ['--metrics', '--report', '--junit']) {
    const { status, stdout, stderr } = await runCli(['build', option, 'nodir/x'], {
      cwd: tree.path,
    });
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(
      stderr,
      /^nodir\/x: error: nodir\/x cannot be written: it would be in .*\/nodir, which does not exist \[unwritable\]\n$/,
    );
  }
});

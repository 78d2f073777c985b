/** Real shells that complete real command lines. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runCli } from '../../support/cli.js';
import { run } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

const hostile = ['$(touch pwned)', '`touch pwned`', "a'b", 'a b', 'c;touch pwned', 'd\u001b[2Je'];
const images = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [`work/${name}/Dockerfile`, 'FROM debian:13\n']));
const tree = scratchTree({
  'home/': '',
  'bin/generate-bake': {
    text: `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/generate-bake.js')}' "$@"\n`,
    mode: 0o755,
  },
  'work/generate-bake.toml': 'version = "1"\n',
  ...images(['golang1.24', 'golang1.25', 'web/api']),
  'hostile/config.yaml': '{}\n',
  ...Object.fromEntries(
    // Of an image whose changelog cannot be read, the directory is all that is known.
    [...hostile, 'good1.0'].flatMap((name) => [
      [`hostile/${name}/Dockerfile.template`, 'FROM debian:13\n'],
      [`hostile/${name}/changelog`, 'none\n'],
    ]),
  ),
  // What is wrong with one image is nothing to the others.
  'work/golang-broken/Dockerfile': 'FRM debian:13\n',
  'broken/generate-bake.toml': 'version = [\n',
  'broken/api/Dockerfile': 'FROM debian:13\n',
});
const env = {
  PATH: `${tree.at('bin')}:${process.env.PATH}`,
  HOME: tree.at('home'),
  TERM: 'dumb',
};
const cwd = tree.at('work');

const bashScript = `
source <(generate-bake completion bash)
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_generate_bake generate-bake "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** The words as bash has split them: also at `=` and `:`. */
async function bash(directory: string, ...words: string[]): Promise<string[]> {
  const args = ['--norc', '--noprofile', '-c', bashScript, 'bash', 'generate-bake', ...words];
  const { stdout, stderr } = await run('bash', args, { cwd: directory, env });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash: commands, options, values and names of images', async () => {
  assert.deepEqual(await bash(cwd, 'comp'), ['completion']);
  assert.deepEqual(await bash(cwd, 'build', '--js'), ['--json']);
  const golangs = ['golang-broken', 'golang1.24', 'golang1.25'];
  assert.deepEqual(await bash(cwd, 'build', '--select', 'gol'), golangs);
  assert.deepEqual(await bash(cwd, 'build', '--select', '=', 'gol'), golangs);
  assert.deepEqual(await bash(cwd, 'build', '--select', '='), [...golangs, 'web/api']);
  assert.deepEqual(await bash(cwd, 'list', '--color', '=', 'al'), ['always']);
  // An open quote is the shell's.
  assert.deepEqual(await bash(cwd, 'build', '--select', "'golang1.24"), ['golang1.24']);
  // Where words are images, directories are offered too.
  assert.deepEqual(await bash(cwd, 'list', 'we'), ['web/api', 'web']);
  assert.deepEqual(await bash(cwd, 'list', '-c', 'gener'), ['generate-bake.toml']);
});

test('what a tree calls its directories is neither offered nor executed', async () => {
  const there = tree.at('hostile');
  assert.deepEqual(await bash(there, 'build', '--select', ''), ['good1.0']);
  for (const typed of ['$(touch pwned)', '`touch pwned`', '*', '"$(touch pwned)']) {
    await bash(there, 'build', '--select', typed);
    await bash(there, 'build', typed);
  }
  assert.ok(!existsSync(join(there, 'pwned')));
  assert.ok(!readdirSync(there).includes('.generate-bake'), 'nothing is written');
});

test('trees that cannot be read: no names, no noise', async () => {
  assert.deepEqual(await bash(tree.at('broken'), 'build', '--select', ''), []);
  assert.deepEqual(await bash(tree.at('broken'), 'build', '--js'), ['--json']);
  const asked = await runCli(['__complete', 'build', '--select', ''], {
    cwd: tree.at('broken'),
    env,
  });
  assert.deepEqual([asked.stdout, asked.stderr, asked.status], ['none\n', '', 0]);
});

test('136 images are named in time', async () => {
  const names = Array.from({ length: 136 }, (_, at) => `image-${at}`);
  const many = scratchTree({ 'work/generate-bake.toml': 'version = "1"\n', ...images(names) });
  const { stdout } = await runCli(['__complete', 'list', 'im'], { cwd: many.at('work'), env });
  assert.deepEqual(
    stdout.split('\n').flatMap((line) => /^(image-.*)\t$/.exec(line)?.[1] ?? []),
    names.toSorted(),
  );
});

async function has(shell: string): Promise<boolean> {
  return await run(shell, ['-c', 'exit 0'], { env }).then(
    ({ status }) => status === 0,
    () => false,
  );
}

test('fish', { skip: !(await has('fish')) && 'fish is not installed' }, async () => {
  const script =
    'generate-bake completion fish | source; for line in $argv; complete -C $line; echo .; end';
  const lines = ['comp', 'build --js', 'build --select golang1.', 'list golang1.24'];
  const args = ['--no-config', '-c', script, ...lines.map((line) => `generate-bake ${line}`)];
  const { stdout } = await run('fish', args, { cwd, env });
  const offered = stdout.split('.\n').map((part) => part.replace(/\t.*/g, '').trim().split('\n'));
  assert.deepEqual(offered.slice(0, 4), [
    ['completion'],
    ['--json'],
    ['golang1.24', 'golang1.25'],
    ['golang1.24', 'golang1.24/'],
  ]);
});

test('zsh', { skip: !(await has('zsh')) && 'zsh is not installed' }, async () => {
  // A terminal of its own, in which keys are pressed; what it shows ends with what was completed.
  const script = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -D; source <(generate-bake completion zsh); echo rea""dy'
zpty -r z out '*ready*'
sleep 1
zpty -w -n z 'generate-bake list --select golang1.2'$'\\t'
all=
repeat 100; do
  sleep 0.2
  zpty -r -t z out && all+=$out
  [[ $all == *golang1.25* ]] && break
done
print -r -- $all
zpty -d z`;
  const args = ['-f', '-c', script];
  const { stdout } = await run('timeout', ['60', 'zsh', ...args], { cwd, env });
  assert.match(stdout, /golang1\.25/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '#cli/commands.js';
import { candidatesFor } from '#cli/completion/candidates.js';
import { completeCommand } from '#cli/completion/request.js';
import type { CommandSpec } from '#cli/line/spec.js';

const specs = new Map<string, CommandSpec<unknown>>();
for (const [name, command] of commands) {
  specs.set(name, await command.spec());
}

/** What is offered at the end of a line: its last word, perhaps empty, is the one that is typed. */
function at(line: string) {
  const { words, ...rest } = candidatesFor(line.split(' '), specs);
  return { ...rest, words: words.map(({ text }) => text) };
}

const plain = { paths: 'none', images: false, before: '', words: [] };

test('a command first, or a directory of plan', () => {
  const { words, paths } = at('');
  assert.deepEqual(words, [...commands.keys(), 'help']);
  assert.equal(paths, 'directories');
  assert.ok(!words.includes(completeCommand));
  assert.deepEqual(at('--info -c config.yaml ').words, words);
  assert.deepEqual(at('help ').words, [...commands.keys()]);
});

test('options of the command, and none twice that may be given once', () => {
  const all = at('build --').words;
  assert.ok(all.includes('--json') && all.includes('-q') && all.includes('--select'));
  const more = at('build --quiet --select a --').words;
  assert.ok(!more.includes('--quiet') && !more.includes('-q'));
  assert.ok(more.includes('--select'), 'it may be repeated');
  assert.ok(at('-').words.includes('--format'), 'of plan, without a command');
});

test('values by what the option takes, after a space or =', () => {
  assert.deepEqual(at('list --color '), { ...plain, words: ['auto', 'always', 'never'] });
  assert.deepEqual(at('list --color=a'), {
    ...plain,
    words: ['auto', 'always', 'never'],
    before: '--color=',
  });
  assert.deepEqual(at('build --select '), { ...plain, images: true });
  assert.deepEqual(at('build --exclude=x'), { ...plain, images: true, before: '--exclude=' });
  assert.deepEqual(at('update x --also '), { ...plain, images: true });
  assert.deepEqual(at('new x --from '), { ...plain, images: true });
  assert.deepEqual(at('list -c '), { ...plain, paths: 'files' });
  assert.deepEqual(at('build --jobs '), plain);
  // The value is in the word before.
  assert.deepEqual(at('build --select=x '), { ...plain, images: true, paths: 'directories' });
});

test('words by what the command takes', () => {
  const images = { ...plain, images: true, paths: 'directories' };
  for (const line of [
    'build ',
    'build a ',
    '-c x build a ',
    'list --select a ',
    'status --json ',
  ]) {
    assert.deepEqual(at(line), images, line);
  }
  assert.deepEqual(at('promote '), { ...plain, images: true });
  assert.deepEqual(at('promote a '), plain);
  assert.deepEqual(at('promote a 1 '), { ...plain, paths: 'directories' });
  assert.deepEqual(at('import '), { ...plain, words: ['bake', 'compose', 'docker-pkg', 'stages'] });
  assert.deepEqual(at('import bake '), { ...plain, paths: 'files' });
  assert.deepEqual(at('completion '), { ...plain, words: ['bash', 'zsh', 'fish'] });
  assert.deepEqual(at('completion bash '), plain);
  assert.deepEqual(at('init '), { ...plain, paths: 'directories' });
  assert.deepEqual(at('init a '), plain);
  assert.deepEqual(at('build -- '), { ...plain, paths: 'files' });
});

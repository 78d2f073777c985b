import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lastWords } from '#cli/lastHandler.js';
import { temporaryDirectory } from '../support/temporary.js';

test('what nothing catches is one line, where to report it, and status 70', () => {
  const cause = new TypeError('no such \u001b[31mthing\nsecond line');
  const { text, code } = lastWords(cause, ['list']);
  assert.equal(code, 70);
  assert.match(
    text,
    /^error: internal error: TypeError: no such \\x1b\[31mthing\nhint: report this .*\n$/,
  );
  const traced = lastWords(cause, ['list', '--debug']).text;
  assert.match(traced, /\n {4}at /);
  assert.doesNotMatch(traced, /\u001b/);
  assert.doesNotMatch(lastWords(cause, ['build', '--', '--debug']).text, /\n {4}at /);
});

test('whatever is thrown has its line', () => {
  for (const cause of [undefined, null, 7, 'text', Object.create(null), new RangeError('deep')]) {
    const { text, code } = lastWords(cause, []);
    assert.equal(code, 70);
    assert.equal(text.split('\n').length, 3, text);
  }
});

for (const thrown of ['throw new TypeError("x y")', 'Promise.reject(new TypeError("x y"))']) {
  test(`a process ends so: ${thrown}`, () => {
    const module = new URL('../../dist/cli/lastHandler.js', import.meta.url).href;
    const script = `import { endOnBugs } from '${module}'; endOnBugs([]); ${thrown}; setTimeout(() => {}, 5000);`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.equal(ended.status, 70, ended.stderr);
    assert.match(ended.stderr, /^error: internal error: TypeError: x y\nhint: .*\n$/);
  });
}

test('a working directory that was removed is an error and no trace', (t) => {
  const directory = join(temporaryDirectory(t), 'gone');
  mkdirSync(directory);
  const bin = new URL('../../bin/generate-bake.js', import.meta.url).pathname;
  const script = 'rmdir "$PWD" && exec "$0" "$1" list';
  const ended = spawnSync('/bin/sh', ['-c', script, process.execPath, bin], {
    cwd: directory,
    encoding: 'utf8',
  });
  assert.equal(ended.status, 2, ended.stderr);
  assert.match(ended.stderr, /^error: the working directory does not exist any more\nhint: .*\n$/);
});

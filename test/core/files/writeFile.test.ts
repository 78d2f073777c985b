import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { whyUnwritable, writeFile } from '#core/files/writeFile.js';
import { root } from '../../support/cli.js';
import { explain } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

function written(path: string, shown: string, content: string): string {
  const problem = writeFile(path, shown, content);
  return problem === undefined ? '' : explain([problem]);
}

test('a new file and an existing one, with its mode, leaving nothing beside', () => {
  const tree = scratchTree({ old: { text: 'old', mode: 0o640 } });
  assert.equal(written(tree.at('new'), 'new', 'text'), '');
  assert.equal(written(tree.at('old'), 'old', 'text'), '');
  assert.equal(readFileSync(tree.at('new'), 'utf8'), 'text');
  assert.equal(readFileSync(tree.at('old'), 'utf8'), 'text');
  assert.equal(statSync(tree.at('old')).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(tree.path).sort(), ['new', 'old']);
});

test('a symlink stays one, and its file is written', () => {
  const tree = scratchTree({ 'dir/file': 'old', link: { symlink: 'dir/file' } });
  assert.equal(written(tree.at('link'), 'link', 'text'), '');
  assert.equal(lstatSync(tree.at('link')).isSymbolicLink(), true);
  assert.equal(readFileSync(tree.at('dir/file'), 'utf8'), 'text');
});

test('what cannot be written is an error, and what is there stays', () => {
  const tree = scratchTree({ 'dir/': '', file: 'old' });
  assert.equal(
    written(tree.at('dir'), 'dir', 'text'),
    'dir: error: dir cannot be written: it is a directory [unwritable]\n',
  );
  assert.equal(
    written(tree.at('nowhere/x'), 'nowhere/x', 'text'),
    `nowhere/x: error: nowhere/x cannot be written: it would be in ${tree.at('nowhere')}, which does not exist [unwritable]\n`,
  );
  assert.equal(
    written(tree.at('file/x'), 'file/x', 'text'),
    'file/x: error: file/x cannot be written: it has a part that is not a directory [unwritable]\n',
  );
  assert.equal(readFileSync(tree.at('file'), 'utf8'), 'old');
  assert.deepEqual(readdirSync(tree.path).sort(), ['dir', 'file']);
});

test('what cannot be written can be told beforehand, and nothing is touched', () => {
  const tree = scratchTree({ 'dir/': '', file: 'old', link: { symlink: 'nothing' } });
  for (const name of ['dir', 'nowhere/x', 'file/x', 'link']) {
    const before = whyUnwritable(tree.at(name), name);
    assert.ok(before !== undefined, name);
    assert.deepEqual(before, writeFile(tree.at(name), name, 'text'), name);
  }
  for (const path of [tree.at('new'), tree.at('file'), '/dev/null']) {
    assert.equal(whyUnwritable(path, path), undefined);
  }
  assert.equal(readFileSync(tree.at('file'), 'utf8'), 'old');
  assert.deepEqual(readdirSync(tree.path).sort(), ['dir', 'file', 'link']);
});

test('a device is written as it stands', () => {
  assert.equal(written('/dev/null', '/dev/null', 'text'), '');
  assert.equal(statSync('/dev/null').isCharacterDevice(), true);
});

test('the file behind /dev/stdout is added to, a pipe too; a symlink to nothing is told', () => {
  const script =
    'import { whyUnwritable, writeFile } from "#core/files/writeFile.js"; console.log(JSON.stringify(writeFile("/dev/stdout", "/dev/stdout", "text\\n") ?? "written"));';
  const run = (to: string) =>
    execFileSync('sh', ['-c', `"$0" --input-type=module -e '${script}' ${to}`, process.execPath], {
      cwd: root,
      encoding: 'utf8',
    });
  const tree = scratchTree({ log: 'old\n', link: { symlink: 'nothing' } });
  assert.equal(run('| cat'), 'text\n"written"\n');
  run(`>> ${tree.at('log')}`);
  assert.equal(readFileSync(tree.at('log'), 'utf8'), 'old\ntext\n"written"\n');
  assert.equal(
    written(tree.at('link'), 'link', 'text'),
    'link: error: link cannot be written: it is a symlink to nothing [unwritable]\n',
  );
  assert.deepEqual(readdirSync(tree.path).sort(), ['link', 'log']);
});

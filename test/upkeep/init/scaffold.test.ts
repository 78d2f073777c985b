import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { scaffold } from '#upkeep/init/scaffold.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'generate-bake-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test('init makes a whole repository, scripts executable, and leaves no draft behind', () => {
  const made = scaffold(join(root, 'a/b'), 'a/b');
  assert.equal(made.kind, 'made');
  assert.ok(made.kind === 'made' && made.files.includes('images/greeter/Dockerfile.template'));
  assert.ok(made.kind === 'made' && made.files.includes('.gitignore'));
  assert.equal(statSync(join(root, 'a/b/images/greeter/test.sh')).mode & 0o777, 0o755);
  assert.equal(statSync(join(root, 'a/b/config.yaml')).mode & 0o777, 0o644);
  assert.deepEqual(readdirSync(join(root, 'a')), ['b']);
});

test('init takes a directory that holds nothing but .git', () => {
  mkdirSync(join(root, 'repo/.git'), { recursive: true });
  assert.equal(scaffold(join(root, 'repo'), 'repo').kind, 'made');
});

test('init refuses a directory with files and touches nothing', () => {
  writeFileSync(join(root, 'mine'), 'x');
  const refused = scaffold(root, 'here');
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.problem.message, 'here is not empty: it contains mine');
  assert.deepEqual(readdirSync(root), ['mine']);
});

test('init refuses a file in the place of the directory', () => {
  writeFileSync(join(root, 'file'), 'x');
  const refused = scaffold(join(root, 'file'), 'file');
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.problem.message, 'file exists and is not a directory');
});

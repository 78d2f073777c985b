import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { writeSummary } from '#cli/stepSummary.js';
import { scratchTree } from '../support/scratch.js';

const facts = {
  started: '2026-11-27T03:00:00.000Z',
  ended: '2026-11-27T03:00:01.000Z',
  exitCode: 0,
  interrupted: false,
  unnamed: [],
};
const text = '## generate-bake build: nothing to do\n\n1.0s, exit status 0\n';

test('in GitHub Actions it is added to the summary of the step; elsewhere nothing is written', () => {
  const tree = scratchTree();
  const path = tree.at('step');
  const write = (env: Record<string, string>, given?: string) =>
    writeSummary(given, [], facts, { cwd: tree.path, env });
  assert.deepEqual(write({ GITHUB_STEP_SUMMARY: path }), []);
  assert.deepEqual(write({ GITHUB_ACTIONS: 'true' }), []);
  assert.deepEqual(write({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: '' }), []);
  assert.ok(!existsSync(path));
  const actions = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: path };
  assert.deepEqual(write(actions), []);
  assert.equal(readFileSync(path, 'utf8'), text);
  assert.deepEqual(write(actions), []);
  assert.deepEqual(write(actions, 'step'), [], 'the same file by its name');
  assert.equal(readFileSync(path, 'utf8'), [text, text, text].join('\n'));
});

test('--summary has it elsewhere, as a whole file', () => {
  const tree = scratchTree({ mine: 'old', step: 'of others' });
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: tree.at('step') };
  assert.deepEqual(writeSummary('mine', [], facts, { cwd: tree.path, env }), []);
  assert.equal(readFileSync(tree.at('mine'), 'utf8'), text);
  assert.equal(readFileSync(tree.at('step'), 'utf8'), 'of others');
});

test('what cannot be written, or has no room, is a warning, and left as it is', () => {
  const tree = scratchTree();
  mkdirSync(tree.at('folder'));
  const at = (given: string | undefined, step = '') => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: step };
    const found = writeSummary(given, [], facts, { cwd: tree.path, env });
    return found.map(({ severity, message }) => `${severity}: ${message}`);
  };
  assert.deepEqual(at('folder'), ['warning: folder cannot be written: it is a directory']);
  assert.match(
    at('no/x')[0] ?? '',
    /^warning: no\/x cannot be written: it would be in .*\/no, which/,
  );
  const folder = tree.at('folder');
  assert.deepEqual(at(undefined, folder), [
    `warning: ${folder} cannot be written: it is a directory`,
  ]);
  const full = tree.at('full');
  writeFileSync(full, 'x'.repeat(1024 * 1024 - 4000));
  assert.match(
    at(undefined, full)[0] ?? '',
    /^warning: .* has no room for the summary of this run/,
  );
  assert.equal(readFileSync(full).length, 1024 * 1024 - 4000);
});

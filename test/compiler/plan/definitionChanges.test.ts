import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesBetween } from '#compiler/plan/definitionChanges.js';
import type { DefinitionParts } from '#compiler/plan/definitionParts.js';
import type { Digest, Reference } from '#core/reference/brands.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const file = (letter: string, kind: 'file' | 'executable' | 'symlink' = 'file') => ({
  kind,
  digest: digest(letter),
});
const parent = (reference: string, letter: string) => ({
  reference: reference as Reference,
  digest: digest(letter),
});

const before: DefinitionParts = {
  digest: digest('0'),
  version: '1',
  dockerfile: 'FROM r/base:1\n',
  files: new Map([
    ['a', file('a')],
    ['b', file('b')],
  ]),
  context: digest('c'),
  parents: new Map([
    ['r/base:1', parent('r/base:1', '1')],
    ['r/tool:1', parent('r/tool:1', '2')],
    ['r/gone:1', parent('r/gone:1', '3')],
  ]),
  args: new Map([['A', '1']]),
  labels: new Map(),
  platforms: [],
  stage: '',
  rebuilds: 0,
  settings: new Map([['tide', '"neap"']]),
};

test('two definitions that are the same have no changes', () => {
  assert.deepEqual(changesBetween(before, { ...before, digest: digest('9') }), {});
});

test('a value of the configuration only counts where the Dockerfile changed with it', () => {
  const settings = new Map([['tide', '"spring"']]);
  assert.deepEqual(changesBetween(before, { ...before, settings }), {});
  const changed = changesBetween(before, { ...before, settings, dockerfile: 'FROM r/base:2\n' });
  assert.deepEqual(changed.settings, ['tide']);
  assert.match(changed.dockerfile ?? '', /^-FROM r\/base:1\n\+FROM r\/base:2$/m);
});

test('parents are compared by their repositories, files by their digests', () => {
  const after: DefinitionParts = {
    ...before,
    files: new Map([
      ['b', file('9')],
      ['c', file('c')],
    ]),
    parents: new Map([
      ['r/base:2', parent('r/base:2', '9')],
      ['r/tool:1', parent('r/tool:1', '9')],
      ['r/new:1', parent('r/new:1', '3')],
    ]),
  };
  assert.deepEqual(changesBetween(before, after), {
    files: { added: ['c'], removed: ['a'], changed: ['b'] },
    parents: [
      { parent: 'r/base:2', change: 'changed', before: 'r/base:1' },
      { parent: 'r/tool:1', change: 'changed' },
      { parent: 'r/new:1', change: 'added' },
      { parent: 'r/gone:1', change: 'removed' },
    ],
  });
});

test('what the definition asks for besides, and a context that is made', () => {
  const { files: _, ...made } = before;
  const after = {
    ...made,
    context: digest('9'),
    args: new Map([['B', '2']]),
    platforms: ['linux/arm64'],
    stage: 'run',
    rebuilds: 1,
  };
  assert.deepEqual(changesBetween(made, after), {
    recipe: true,
    args: [
      { name: 'A', from: '1' },
      { name: 'B', to: '2' },
    ],
    platforms: { from: [], to: ['linux/arm64'] },
    stage: { from: '', to: 'run' },
    rebuilds: { from: 0, to: 1 },
  });
});

test('a file that is of another kind is said to be, whether or not its content is the same', () => {
  const files = new Map([
    ['a', file('a', 'executable')],
    ['b', file('9', 'symlink')],
  ]);
  assert.deepEqual(changesBetween(before, { ...before, files }).files, {
    added: [],
    removed: [],
    changed: ['b'],
    kinds: [
      { path: 'a', from: 'file', to: 'executable' },
      { path: 'b', from: 'file', to: 'symlink' },
    ],
  });
});

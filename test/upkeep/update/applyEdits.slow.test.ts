import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { error } from '#core/diagnostics/diagnostic.js';
import {
  applyEdits,
  takeBack,
  unfinishedEdits,
  type WriteStep,
} from '#upkeep/update/applyEdits.js';
import type { ChangelogEdit } from '#upkeep/update/changelogEdit.js';
import { beginChangelogs } from '#upkeep/update/changelogRun.js';
import { journalFile } from '#upkeep/update/journal.js';
import { planUpdate } from '#upkeep/update/planUpdate.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { context, makeGraph } from './graphs.js';

const specs = [
  { name: 'base', version: '1' },
  { name: 'child', version: '2-1', on: ['base'] },
  { name: 'grandchild', version: '3', on: ['child'] },
];

function planned(root: string): readonly ChangelogEdit[] {
  const { value, diagnostics } = planUpdate(makeGraph(root, specs), ['base'], {
    ...context(),
    reason: 'Grüße 😀',
  });
  assert.deepEqual(diagnostics, []);
  assert.equal(value.length, 3);
  return value;
}

/** For every edit: whether its file has the `old` text, the `new` one, or something else. */
function states(edits: readonly ChangelogEdit[]): string[] {
  return edits.map((edit) => {
    const text = readFileSync(edit.file, 'utf8');
    return text === edit.before ? 'old' : text === edit.after ? 'new' : 'else';
  });
}

function assertClean(root: string, edits: readonly ChangelogEdit[]): void {
  assert.equal(existsSync(journalFile(root)), false);
  for (const edit of edits) {
    assert.deepEqual(readdirSync(dirname(edit.file)), ['changelog']);
  }
}

test('all files are written, with their modes, and nothing else is left', (t) => {
  const root = temporaryDirectory(t);
  const edits = planned(root);
  const [first] = edits;
  assert.ok(first !== undefined);
  chmodSync(first.file, 0o640);
  assert.equal(applyEdits(edits, journalFile(root)), undefined);
  assert.deepEqual(states(edits), ['new', 'new', 'new']);
  assert.equal(statSync(first.file).mode & 0o7777, 0o640);
  assertClean(root, edits);
  assert.equal(readFileSync(join(root, '.generate-bake/.gitignore'), 'utf8'), '*\n');
});

test('a changelog that is a symlink stays one', (t) => {
  const root = temporaryDirectory(t);
  const edits = planned(root);
  const [first] = edits;
  assert.ok(first !== undefined);
  renameSync(first.file, join(root, 'elsewhere'));
  symlinkSync(join(root, 'elsewhere'), first.file);
  assert.equal(applyEdits(edits, journalFile(root)), undefined);
  assert.ok(lstatSync(first.file).isSymbolicLink());
  assert.equal(readFileSync(join(root, 'elsewhere'), 'utf8'), first.after);
});

test('a changelog that two images link to gets one block, or none where they differ', (t) => {
  const root = temporaryDirectory(t);
  const [first, second] = planned(root);
  assert.ok(first !== undefined && second !== undefined);
  rmSync(second.file);
  symlinkSync(first.file, second.file);
  const shared = { ...first, file: second.file, shownFile: second.shownFile };
  const other = { ...shared, after: `${first.after}\n` };
  const refused = applyEdits([first, other], journalFile(root));
  assert.match(refused?.message ?? '', /two images share/);
  assert.deepEqual(states([first]), ['old']);
  assert.equal(applyEdits([first, shared], journalFile(root)), undefined);
  assert.deepEqual(states([first]), ['new']);
});

const steps: readonly WriteStep[] = [
  { step: 'journal' },
  ...[0, 1, 2].map((index) => ({ step: 'temporary' as const, index })),
  ...[0, 1, 2].map((index) => ({ step: 'rename' as const, index })),
  { step: 'finish' },
];

test('whatever fails, every file is as it was', (t) => {
  for (const fault of steps) {
    const root = temporaryDirectory(t);
    const edits = planned(root);
    const problem = applyEdits(edits, journalFile(root), {
      before(step) {
        if (JSON.stringify(step) === JSON.stringify(fault)) {
          throw new Error('disk on fire');
        }
      },
    });
    assert.match(problem?.message ?? '', /disk on fire/, JSON.stringify(fault));
    assert.equal(problem?.hint, 'every changelog is as it was');
    assert.deepEqual(states(edits), ['old', 'old', 'old'], JSON.stringify(fault));
    assertClean(root, edits);
  }
});

test('a rename that the system refuses is taken back too', (t) => {
  const root = temporaryDirectory(t);
  const edits = planned(root);
  const last = edits[2];
  assert.ok(last !== undefined);
  const problem = applyEdits(edits, journalFile(root), {
    before(step) {
      if (step.step !== 'rename' || step.index !== 2) {
        return;
      }
      renameSync(last.file, `${last.file}.aside`);
      mkdirSync(last.file);
    },
  });
  assert.match(problem?.message ?? '', /could not replace images\/grandchild\/changelog/);
  assert.match(problem?.hint ?? '', /not as they were: images\/grandchild\/changelog/);
  assert.deepEqual(states(edits.slice(0, 2)), ['old', 'old']);
});

test('when what belongs to the writing fails, every file is as it was', (t) => {
  const root = temporaryDirectory(t);
  const edits = planned(root);
  const problem = error('usage', 'refused');
  const follow = () => {
    assert.deepEqual(states(edits), ['new', 'new', 'new']);
    return problem;
  };
  assert.equal(applyEdits(edits, journalFile(root), { follow }), problem);
  assert.deepEqual(states(edits), ['old', 'old', 'old']);
  assertClean(root, edits);
});

test('a file changed between planning and writing stops the run', (t) => {
  const root = temporaryDirectory(t);
  const edits = planned(root);
  writeFileSync(edits[1]?.file ?? '', 'mine');
  const problem = applyEdits(edits, journalFile(root));
  assert.equal(problem?.place?.file, 'images/child/changelog');
  assert.deepEqual(states(edits), ['old', 'else', 'old']);
  assertClean(root, edits.slice(0, 1));
});

test('killed at any step: old or new files, and the next run says which and takes them back', (t) => {
  for (const [number, fault] of steps.entries()) {
    const root = temporaryDirectory(t);
    const edits = planned(root);
    const script = join(root, 'run.mjs');
    const module = new URL('../../../dist/upkeep/update/applyEdits.js', import.meta.url).href;
    writeFileSync(join(root, 'edits.json'), JSON.stringify(edits.map(plain)));
    writeFileSync(
      script,
      `import { readFileSync } from 'node:fs';
import { applyEdits } from ${JSON.stringify(module)};
const edits = JSON.parse(readFileSync(${JSON.stringify(join(root, 'edits.json'))}, 'utf8'));
applyEdits(edits, ${JSON.stringify(journalFile(root))}, { before(step) {
  if (JSON.stringify(step) === ${JSON.stringify(JSON.stringify(fault))}) process.kill(process.pid, 'SIGKILL');
} });`,
    );
    assert.equal(spawnSync(process.execPath, [script]).signal, 'SIGKILL');

    const renamed = Math.max(0, number - 4);
    const expected = [0, 1, 2].map((index) => (index < renamed ? 'new' : 'old'));
    assert.deepEqual(states(edits), expected, JSON.stringify(fault));
    const unfinished = unfinishedEdits(journalFile(root), [root]);
    if (number === 0) {
      assert.equal(unfinished.kind, 'nothing');
      continue;
    }
    assert.ok(unfinished.kind === 'interrupted');
    const found = unfinished.problem;
    assert.match(found.message, new RegExp(`after writing ${renamed} of 3 `));
    assert.deepEqual(
      found.related?.map(({ message }) => (message.includes('not') ? 'old' : 'new')),
      expected,
    );
    if (expected[2] === 'old') {
      assert.match(
        applyEdits(edits.slice(2), journalFile(root))?.message ?? '',
        /another run is writing/,
      );
      assert.deepEqual(states(edits), expected, 'a run beside a journal writes nothing');
    }

    assert.deepEqual(takeBack(journalFile(root), unfinished.journal), []);
    assert.deepEqual(states(edits), ['old', 'old', 'old']);
    assertClean(root, edits);
  }
});

test('what was changed after an interrupted run is not taken back', (t) => {
  const root = temporaryDirectory(t);
  const edits = planned(root);
  const journal = journalFile(root);
  const kept = join(root, 'kept');
  applyEdits(edits, journal, {
    before(step) {
      if (step.step === 'finish') {
        writeFileSync(kept, readFileSync(journal));
      }
    },
  });
  writeFileSync(journal, readFileSync(kept));
  writeFileSync(edits[0]?.file ?? '', 'mine');
  const found = unfinishedEdits(journal, [root]);
  assert.ok(found.kind === 'interrupted');
  assert.equal(found.problem.related?.[0]?.message, 'was changed since');
  assert.deepEqual(takeBack(journal, found.journal), ['images/base/changelog']);
  assert.deepEqual(states(edits), ['else', 'old', 'old']);
});

test('a journal that is not ours is refused, and nothing is touched', (t) => {
  const hash = 'a'.repeat(64);
  const entryOf = (root: string) => ({
    file: join(root, 'images/base/changelog'),
    shownFile: 'images/base/changelog',
    temporary: join(root, 'images/base/.changelog.generate-bake-7'),
    offset: 0,
    length: 0,
    before: hash,
    after: hash,
  });
  const bad: Record<string, (root: string) => unknown> = {
    object: () => ({}),
    null: () => null,
    'list of null': () => ({ entries: [null] }),
    list: () => [1],
    text: () => 'x',
    'temporary elsewhere': (root) => ({
      entries: [{ ...entryOf(root), temporary: join(root, 'precious') }],
    }),
    'temporary through ..': (root) => ({
      entries: [
        {
          ...entryOf(root),
          temporary: `${join(root, 'images/base')}/.changelog.generate-bake-/../../../p-1`,
        },
      ],
    }),
    'file elsewhere': (root) => ({
      entries: [
        {
          ...entryOf(root),
          file: '/etc/hostname',
          temporary: '/etc/.hostname.generate-bake-1',
        },
      ],
    }),
    'negative place': (root) => ({ entries: [{ ...entryOf(root), offset: 0.5 }] }),
    'no hash': (root) => ({ entries: [{ ...entryOf(root), before: 'x' }] }),
  };
  for (const [name, make] of Object.entries(bad)) {
    const root = temporaryDirectory(t);
    planned(root);
    mkdirSync(join(root, '.generate-bake'));
    writeFileSync(journalFile(root), JSON.stringify(make(root)));
    assert.equal(unfinishedEdits(journalFile(root), [root]).kind, 'unusable', name);
    assert.ok(existsSync(journalFile(root)), name);
  }
  const root = temporaryDirectory(t);
  mkdirSync(journalFile(root), { recursive: true });
  const found = unfinishedEdits(journalFile(root), [root]);
  assert.ok(found.kind === 'unusable');
  assert.match(found.problem.message, /is a directory/);
  rmSync(journalFile(root), { recursive: true });
  symlinkSync('/dev/zero', journalFile(root));
  assert.equal(unfinishedEdits(journalFile(root), [root]).kind, 'unusable');
});

test('a journal that was cut short blocks nothing: no file had been touched', (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, '.generate-bake'));
  writeFileSync(journalFile(root), '');
  const options = { recover: false, dryRun: false, directories: () => [root] };
  const host = { cwd: root, env: {}, now: () => new Date(0) };
  assert.deepEqual(beginChangelogs(host, options), { kind: 'clear' });
  assert.equal(existsSync(journalFile(root)), false);
});

test('a run that ends between another one’s look and its journal loses nothing', (t) => {
  const root = temporaryDirectory(t);
  const edits = planned(root);
  const problem = applyEdits(edits, journalFile(root), {
    before(step) {
      if (step.step === 'journal') {
        writeFileSync(edits[0]?.file ?? '', 'of the other run');
      }
    },
  });
  assert.match(problem?.message ?? '', /was changed while/);
  assert.deepEqual(states(edits), ['else', 'old', 'old']);
  assertClean(root, edits);
});

/** What applyEdits needs of an edit, for another process. */
function plain({ file, shownFile, before, after }: ChangelogEdit) {
  return { file, shownFile, before, after };
}

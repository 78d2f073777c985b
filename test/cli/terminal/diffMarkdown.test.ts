import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffMarkdown } from '#cli/terminal/diffMarkdown.js';
import type { DiffRows, Section } from '#cli/terminal/diffRows.js';
import { diffText } from '#cli/terminal/diffText.js';

const none: Section = { summary: 'none', head: [], rows: [] };
const rowsOf = (files: readonly (readonly string[])[]): DiffRows => ({
  from: 'r/a:1',
  to: 'r/a:2',
  packages: none,
  settings: none,
  layers: none,
  files: { summary: `${files.length} differ`, head: ['change', 'what', 'file'], rows: files },
  verdict: 'more than upgraded packages differs',
});

test('nothing of a name is markup in Markdown, or moves the cursor in either form', () => {
  const rows = rowsOf([
    ['added', 'x', '/a|b'],
    ['added', 'x', '/`code` @user #1 <b>'],
    ['added', 'x', '/``two``'],
    ['added', 'x', '/line\nbreak\u001b[2J\u202e'],
  ]);
  assert.deepEqual(
    diffMarkdown('a', rows)
      .split('\n')
      .filter((line) => line.startsWith('| `added`')),
    [
      '| `added` | `x` | `/a\\|b` |',
      '| `added` | `x` | `` /`code` @user #1 <b> `` |',
      '| `added` | `x` | ``` /``two`` ``` |',
      '| `added` | `x` | `/line break\\x1b[2J\\u202e` |',
    ],
  );
  assert.deepEqual(
    diffText('a', rows, { all: false, width: undefined })
      .split('\n')
      .filter((line) => line.startsWith('  added')),
    [
      '  added  x  /a|b',
      '  added  x  /`code` @user #1 <b>',
      '  added  x  /``two``',
      '  added  x  /line\\x0abreak\\x1b[2J\\u202e',
    ],
  );
});

test('many rows are folded in Markdown and cut in both forms, unless all are asked for', () => {
  const rows = rowsOf(Array.from({ length: 300 }, (_, at) => ['added', 'x', `/${at}`]));
  const markdown = diffMarkdown('a', rows);
  assert.match(markdown, /<details><summary><b>Files<\/b>: 300 differ<\/summary>\n\n\| change \|/);
  assert.match(markdown, /\| `\/199` \|\n\nand 100 more \(`--json` has all\)\n\n<\/details>/);
  const short = diffText('a', rows, { all: false, width: undefined });
  assert.match(short, /\/199\n {2}and 100 more \(--files lists all\)\nmore than/);
  assert.match(diffText('a', rows, { all: true, width: undefined }), /\/299\nmore than/);
});

test('the text fits the terminal: of a path the end is kept', () => {
  const path = `/${'directory/'.repeat(12)}file`;
  const text = diffText('a', rowsOf([['changed', '-rw-r--r-- → -rw-------, 0:0 → 7:8', path]]), {
    all: false,
    width: 60,
  });
  const line = text.split('\n').find((each) => each.includes('changed')) ?? '';
  assert.ok([...line].length <= 60, line);
  assert.match(line, /^ {2}changed {2}-rw-r--r-- .*…directory\/file$|^ {2}changed .*\/file$/);
});

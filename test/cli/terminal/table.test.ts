/** Tables: whole in a pipe, cut to a terminal, names never. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fit } from '#cli/terminal/fit.js';
import { shownNames } from '#cli/terminal/shownNames.js';
import { type Column, table } from '#cli/terminal/table.js';
import { displayWidth } from '#core/text/printable.js';

const columns: readonly Column[] = [
  { head: 'NAME', wraps: true },
  { head: 'PATH', least: 8, leaves: 1, cuts: 'start' },
  { head: 'VERSION' },
  { head: 'WHY', least: 8 },
];
const rows = [
  ['base', 'images/of/base', '1.0', 'not in the registry'],
  ['istio/pilot', 'istio/pilot', '1.29.4-1', 'its parent is to be built'],
];

const lines = (text: string) => text.split('\n').slice(0, -1);

test('without a width nothing is cut, and the last column ends each line', () => {
  assert.deepEqual(lines(table(columns, rows)), [
    'NAME         PATH            VERSION   WHY',
    'base         images/of/base  1.0       not in the registry',
    'istio/pilot  istio/pilot     1.29.4-1  its parent is to be built',
  ]);
  assert.equal(table(columns, rows, 64), table(columns, rows));
  assert.deepEqual(lines(table([{}, {}], [['a', 'b']])), ['a  b']);
});

test('on a terminal cells are cut evenly, then columns are left out', () => {
  // 6 of 64 are missing: the two that may be cut have 33 of 39 between them.
  assert.deepEqual(lines(table(columns, rows, 58)), [
    'NAME         PATH            VERSION   WHY',
    'base         images/of/base  1.0       not in the registry',
    'istio/pilot  istio/pilot     1.29.4-1  its parent is to b…',
  ]);
  assert.deepEqual(lines(table(columns, rows, 44)), [
    'NAME         PATH        VERSION   WHY',
    'base         …s/of/base  1.0       not in t…',
    'istio/pilot  …tio/pilot  1.29.4-1  its pare…',
  ]);
  assert.deepEqual(lines(table(columns, rows, 38)), [
    'NAME         VERSION   WHY',
    'base         1.0       not in the reg…',
    'istio/pilot  1.29.4-1  its parent is …',
  ]);
});

test('a name is whole on any terminal: one that is too wide has a line of its own', () => {
  assert.deepEqual(lines(table(columns, rows, 30)), [
    'NAME  VERSION   WHY',
    'base  1.0       not in the re…',
    'istio/pilot',
    '      1.29.4-1  its parent is…',
  ]);
  for (let width = 1; width < 70; width++) {
    const text = table(columns, rows, width);
    for (const [name = '', , version = ''] of rows) {
      assert.ok(text.includes(name) && text.includes(version), `${width}\n${text}`);
    }
    // Wide enough for a name and what is never cut.
    if (width > 28) {
      assert.ok(
        lines(text).every((line) => line.length <= width),
        `${width}\n${text}`,
      );
    }
  }
});

test('characters that take two columns, or none, do not move what is behind them', () => {
  const wide = [
    ['a', '日本語/道', '1', 'x'],
    ['b', 'cafe\u0301', '1', 'x'],
    ['c', 'plain', '1', 'x'],
  ];
  const whole = lines(table(columns, wide));
  assert.deepEqual(
    whole.map((line) => displayWidth(line.slice(0, line.lastIndexOf(' ') + 1))),
    [26, 26, 26, 26].map(() => displayWidth('NAME  日本語/道  VERSION  ')),
  );
  for (let width = 10; width < 40; width++) {
    const cut = table(columns, [['a', '日本語日本語日本語', '1', '道道道道道道道道']], width);
    assert.ok(
      width < 21 || lines(cut).every((line) => displayWidth(line) <= width),
      `${width}\n${cut}`,
    );
  }
  assert.equal(fit('日本語', 5), '日本…');
  assert.equal(fit('日本語', 4), '日…');
  assert.equal(fit('日本語', 6), '日本語');
});

test('what could forge a row or colour it is escaped', () => {
  assert.equal(table([{}, {}], [['a\nb', '\u001b[31mred']]), 'a\\x0ab  \\x1b[31mred\n');
});

test('names are short on a terminal, and what they begin with is told once', () => {
  const all = ['r.example/ns/a:1', 'r.example/ns/b/c:2'];
  const { short, heading } = shownNames(all, 80);
  assert.equal(heading, 'All names begin with r.example/ns/\n');
  assert.equal(short('r.example/ns/b/c:2'), 'b/c:2');
  assert.equal(
    short('blocked by r.example/ns/a:1, see xr.example/ns/a'),
    'blocked by a:1, see xr.example/ns/a',
  );
  assert.deepEqual(shownNames(all, undefined).heading, '');
  assert.equal(shownNames(all, undefined).short('r.example/ns/a:1'), 'r.example/ns/a:1');
  assert.equal(shownNames(['r/a:1', 's/b:1'], 80).heading, '');
});

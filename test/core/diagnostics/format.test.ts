import assert from 'node:assert/strict';
import { test } from 'node:test';
import { error, placeAt, warning } from '#core/diagnostics/diagnostic.js';
import { countDiagnostics, formatDiagnostic, sortDiagnostics } from '#core/diagnostics/format.js';
import { displayWidth, printable } from '#core/text/printable.js';
import { explain, lines } from '../../support/explain.js';

test('a diagnostic shows place, message, code, excerpt, hint and related places', () => {
  const text = 'one: 1\ntwo: 2\n';
  const place = placeAt('f.yaml', text, text.indexOf('2'), 1);
  const related = [{ message: 'first here', place: placeAt('f.yaml', text, 0, 3) }];
  assert.equal(
    formatDiagnostic(error('cycle', 'it is wrong', { place, hint: 'mend it', related })),
    lines(`
      f.yaml:2:6: error: it is wrong [cycle]
          2 | two: 2
            |      ^
        hint: mend it
        f.yaml:1:1: first here
            1 | one: 1
              | ^^^
    `),
  );
  assert.equal(formatDiagnostic(warning('usage', 'odd')), 'warning: odd [usage]\n');
  assert.equal(
    formatDiagnostic(error('usage', 'odd', { place: { file: 'f' } })),
    'f: error: odd [usage]\n',
  );
});

test('the marker stands under the text whatever is before it', () => {
  const at = (text: string, word: string) =>
    formatDiagnostic(
      error('usage', 'm', { place: placeAt('f', text, text.indexOf(word), word.length) }),
    );
  assert.equal(at('\tx: y', 'y'), 'f:1:5: error: m [usage]\n    1 |  x: y\n      |     ^\n');
  assert.equal(at('日本 y', 'y'), 'f:1:4: error: m [usage]\n    1 | 日本 y\n      |      ^\n');
  assert.equal(at('e\u0301 y', 'y'), 'f:1:4: error: m [usage]\n    1 | e\u0301 y\n      |   ^\n');
  assert.equal(
    at('a\x1b[2J y\r', 'y'),
    'f:1:7: error: m [usage]\n    1 | a\\x1b[2J y\n      |          ^\n',
  );
  assert.equal(at('', ''), 'f:1:1: error: m [usage]\n    1 | \n      | ^\n');
});

test('a long line is cut around the marker', () => {
  const text = `${'a'.repeat(500)}X${'b'.repeat(500)}`;
  const [, shown = '', marker = ''] = formatDiagnostic(
    error('usage', 'm', { place: placeAt('f', text, 500, 400) }),
  ).split('\n');
  assert.equal(shown, `    1 | …${'a'.repeat(40)}X${'b'.repeat(119)}…`);
  assert.equal(marker, `      | ${' '.repeat(41)}${'^'.repeat(120)}`);
});

test('a password in an address of the excerpt is starred, and the marker stays under its text', () => {
  const lineText = 'RUN curl https://me:hunter2@a.example/x https://me:$TOKEN@b.example/y';
  const place = { file: 'f', line: 1, column: 41, length: 28, lineText };
  assert.equal(
    formatDiagnostic({ severity: 'warning', code: 'download-unchecked', message: 'm', place }),
    `f:1:41: warning: m [download-unchecked]
    1 | RUN curl https://me:*******@a.example/x https://me:$TOKEN@b.example/y
      |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
`,
  );
});

test('nothing in a message reaches the terminal as a control', () => {
  const hostile = error('usage', 'a\x1b]0;x\x07b\nc', {
    place: { file: 'x\x1b[31m\n' },
    hint: '\u202egnp\u2028',
  });
  assert.equal(
    formatDiagnostic(hostile),
    'x\\x1b[31m\\x0a: error: a\\x1b]0;x\\x07b\\x0ac [usage]\n  hint: \\u202egnp\\u2028\n',
  );
  assert.equal(printable('a\ud800b 😀'), 'a\\ud800b 😀');
  assert.equal(displayWidth('a😀é'), 4);
});

test('sorted by file, line and column; the same one only once', () => {
  const at = (file: string, line: number, column: number, message: string) =>
    error('usage', message, { place: { file, line, column } });
  const sorted = sortDiagnostics([
    at('b', 1, 1, 'd'),
    at('a', 10, 1, 'c'),
    at('a', 2, 9, 'b'),
    at('a', 2, 1, 'a'),
    at('a', 2, 1, 'a'),
    error('usage', 'without a place'),
  ]);
  assert.deepEqual(
    sorted.map((diagnostic) => diagnostic.message),
    ['without a place', 'a', 'b', 'c', 'd'],
  );
  assert.equal(countDiagnostics(sorted), '5 errors');
  assert.equal(
    countDiagnostics([warning('usage', 'm'), error('usage', 'm')]),
    '1 error, 1 warning',
  );
  assert.equal(explain([]), '');
});

test('the name of a file begins no workflow command', () => {
  const found = warning('unused-depends', 'x', { place: { file: '::error::x/control', line: 1 } });
  assert.equal(formatDiagnostic(found), './::error::x/control:1: warning: x [unused-depends]\n');
});

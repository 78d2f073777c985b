import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readChangelog, readNewestBlock } from '#formats/debian/changelog.js';
import { toRfc3339 } from '#formats/debian/date.js';
import { noParseChangelog, noPythonDebian, pythonProgram } from './oracles.js';

const trailerLine = ' -- Ann Åkesson <ann@example.org>  Sun, 16 Aug 2026 06:00:34 +0000';

function block(name: string, version: string, change = '  * Weekly rebuild.'): string {
  return `${name} (${version}) wikimedia; urgency=medium\n\n${change}\n\n${trailerLine}\n`;
}

test('the newest block is read whole, with its places', () => {
  const text = `\n${block('py-3.11', '1.2-3', '  * one\n    two')}\n${block('old', '1.2-2')}`;
  const { value, diagnostics } = readNewestBlock('i/changelog', text);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(value, {
    package: 'py-3.11',
    version: '1.2-3',
    distributions: 'wikimedia',
    metadata: new Map([['urgency', 'medium']]),
    changes: ['', '  * one', '    two', ''],
    author: 'Ann Åkesson <ann@example.org>',
    date: 'Sun, 16 Aug 2026 06:00:34 +0000',
    created: '2026-08-16T06:00:34Z',
    isClosed: true,
    place: {
      file: 'i/changelog',
      line: 2,
      column: 1,
      length: 7,
      lineText: 'py-3.11 (1.2-3) wikimedia; urgency=medium',
    },
    versionPlace: {
      file: 'i/changelog',
      line: 2,
      column: 10,
      length: 5,
      lineText: 'py-3.11 (1.2-3) wikimedia; urgency=medium',
    },
  });
});

test('dates become RFC 3339, and impossible ones nothing', () => {
  assert.equal(toRfc3339('Wed,  5 Apr 2023 1:46:00 -0530 '), '2023-04-05T01:46:00-05:30');
  assert.equal(toRfc3339('29 February 2024 00:00:00 +0000'), '2024-02-29T00:00:00Z');
  for (const bad of [
    'Mon, Feb 2 2026 18:21:00 +0000',
    'Sat, 29 Feb 2025 00:00:00 +0000',
    'Sat, 01 Foo 2025 00:00:00 +0000',
    'Sat, 01 Mar 2025 24:00:00 +0000',
    'Sat, 01 Mar 2025 00:00:00 +2400',
    'Sat, 01 Mar 2025 00:00:00 UTC',
  ]) {
    assert.equal(toRfc3339(bad), undefined, bad);
  }
});

test('CRLF, a missing final newline, comments and modelines are no problem', () => {
  const crlf = block('a', '1').replaceAll('\n', '\r\n');
  assert.deepEqual(readNewestBlock('f', crlf).diagnostics, []);
  assert.deepEqual(readNewestBlock('f', crlf).value?.changes, ['', '  * Weekly rebuild.', '']);
  const odd = `vim: et\n# a comment\n/* another */\n$Id: x $\n${block('a', '1').trimEnd()}`;
  assert.deepEqual(readNewestBlock('f', odd).diagnostics, []);
  assert.equal(readNewestBlock('f', odd).value?.place.line, 5);
});

test('a changelog without a block, or with a malformed first one, is an error with its place', () => {
  const cases: [string, string, string, number, number][] = [
    ['', 'changelog-empty', 'no block', 1, 1],
    [' \n\t\n', 'changelog-empty', 'no block', 1, 1],
    ['\ufeffa (1) x; urgency=low\n', 'changelog-heading', 'byte order mark', 1, 1],
    ['\n a (1) x; urgency=low\n', 'changelog-heading', 'is indented', 2, 1],
    ['hello\n', 'changelog-heading', 'no version in parentheses', 1, 1],
    ['a_b (1) x; urgency=low\n', 'changelog-heading', '"_" in the name', 1, 2],
    ['a/b (1) x; urgency=low\n', 'changelog-heading', '"/" in the name', 1, 2],
    ['a  (1) x; urgency=low\n', 'changelog-heading', 'exactly one space', 1, 2],
    ['a(1) x; urgency=low\n', 'changelog-heading', 'exactly one space', 1, 2],
    ['a () x; urgency=low\n', 'changelog-heading', 'no version directly after', 1, 3],
    ['a (1 2) x; urgency=low\n', 'changelog-heading', 'no ")"', 1, 5],
    ['a (1) x urgency=low\n', 'changelog-heading', 'no ";"', 1, 20],
    ['a (1); urgency=low\n', 'changelog-heading', 'no distribution', 1, 6],
    ['a (1) x_y; urgency=low\n', 'changelog-heading', 'not a single word', 1, 6],
    [block('a', '1.0_2'), 'changelog-version', 'no Debian version may have', 1, 7],
    ['<<<<<<< HEAD\na (1) x; urgency=low\n', 'changelog-heading', 'no version', 1, 1],
    [
      `a (2) x; urgency=low\n\n<<<<<<< HEAD\n  * y\n=======\n${block('a', '1')}`,
      'changelog-trailer',
      'merge conflict',
      3,
      1,
    ],
  ];
  for (const [text, code, message, line, column] of cases) {
    const { value, diagnostics } = readNewestBlock('f', text);
    const [first] = diagnostics;
    const shown = JSON.stringify(text);
    assert.equal(value, undefined, shown);
    assert.equal(first?.severity, 'error', shown);
    assert.equal(first?.code, code, shown);
    assert.ok(first?.message.includes(message), `${shown}: ${first?.message}`);
    assert.deepEqual([first?.place?.line, first?.place?.column], [line, column], shown);
    assert.ok(first?.hint !== undefined, shown);
    assert.deepEqual(readChangelog('f', text).value, [], shown);
  }
});

test('a newest block without a trailer, or with an indented one, is read, with a warning', () => {
  const cases: [string, string, number][] = [
    ['a (1) x; urgency=low\n\n  * y\n', 'the file ends', 1],
    ['a (1) x; urgency=low\n\n  * y\n\n  -- A <a@x>  Sun, 16 Aug 2026 06:00:34 +0000\n', 'ends', 1],
    [`a (1) x; urgency=low\n\n  * y\n${block('a', '0')}`, 'the next block starts', 4],
  ];
  for (const [text, message, line] of cases) {
    const { value, diagnostics } = readNewestBlock('f', text);
    assert.deepEqual([value?.package, value?.version, value?.isClosed], ['a', '1', false], text);
    const [found, ...more] = diagnostics;
    assert.deepEqual(more, [], text);
    assert.deepEqual([found?.severity, found?.code], ['warning', 'changelog-trailer'], text);
    assert.ok(found?.message.includes(message), text);
    assert.equal(found?.place?.line, line, text);
  }
});

test('a newest block with an odd trailer, line or field is read, with a warning', () => {
  const withTrailer = (trailer: string) => block('a', '1').replace(trailerLine, trailer);
  const trailer = (text: string) => {
    const { value, diagnostics } = readNewestBlock('f', withTrailer(text));
    assert.equal(value?.version, '1', text);
    assert.deepEqual(
      diagnostics.map((found) => [found.severity, found.code, found.place?.line]),
      [['warning', 'changelog-trailer', 5]],
      text,
    );
    return [value?.author, value?.created];
  };
  const at = '2026-08-16T06:00:34Z';
  assert.deepEqual(trailer(' -- A <a@x>  Mon, Feb 2 2026 18:21:00 +0000'), ['A <a@x>', undefined]);
  assert.deepEqual(trailer('-- A <a@x>  Sun, 16 Aug 2026 06:00:34 +0000'), ['A <a@x>', at]);
  assert.deepEqual(trailer(' -- A <a@x> Sun, 16 Aug 2026 06:00:34 +0000'), ['A <a@x>', at]);
  assert.deepEqual(trailer(' -- A <a@x>   Sun, 16 Aug 2026 06:00:34 +0000'), ['A <a@x>', at]);
  assert.deepEqual(trailer(' -- a@x  Sun, 16 Aug 2026 06:00:34 +0000'), [undefined, undefined]);
  assert.deepEqual(trailer(' --'), [undefined, undefined]);

  const unindented = readNewestBlock('f', block('a', '1', '* fix'));
  assert.deepEqual(
    unindented.diagnostics.map((found) => [found.code, found.place?.line]),
    [['changelog-line', 3]],
  );
  assert.deepEqual(unindented.value?.changes, ['', '* fix', '']);
  const field = readNewestBlock('f', block('a', '1').replace('urgency=medium', 'urgency medium'));
  assert.deepEqual(
    field.diagnostics.map((found) => [found.code, found.place?.column]),
    [['changelog-metadata', 18]],
  );
});

const history = [
  block('new-name', '2.0-1'),
  block('new-name', '2.0-1', '  * the same version again'),
  'junk between\n',
  block('old-name', '1.0-2').replace('Sun, 16', 'Sunday, the 16'),
  block('old-name', '1.0-1').replace(trailerLine, '-- no trailer at all'),
  block('old-name', '0.9'),
  '\nLocal variables:\nmode: debian-changelog\nEnd:\n',
].join('\n');

test('history is passed over in silence, whatever is in it', () => {
  const { value, diagnostics } = readChangelog('f', history);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    value.map((entry) => [entry.package, entry.version, entry.created]),
    [
      ['new-name', '2.0-1', '2026-08-16T06:00:34Z'],
      ['new-name', '2.0-1', '2026-08-16T06:00:34Z'],
      ['old-name', '1.0-2', undefined],
      ['old-name', '1.0-1', undefined],
      ['old-name', '0.9', '2026-08-16T06:00:34Z'],
    ],
  );
  const unclosed = `${block('a', '2')}\na (1) x; urgency=low\n\n  * no end\n\n${block('a', '0')}`;
  assert.deepEqual(
    readChangelog('f', unclosed).value.map((entry) => entry.version),
    ['2', '1', '0'],
    'a block without a trailer hides no older one',
  );
});

test('dpkg-parsechangelog reads the same newest block', { skip: noParseChangelog }, () => {
  const field = (name: string) =>
    spawnSync('dpkg-parsechangelog', ['-l', '-', '-S', name], {
      input: history,
      encoding: 'utf8',
    }).stdout.trim();
  const newest = readNewestBlock('f', history).value;
  assert.equal(newest?.package, field('Source'));
  assert.equal(newest?.version, field('Version'));
  assert.equal(newest?.distributions, field('Distribution'));
  assert.equal(newest?.metadata.get('urgency'), field('Urgency'));
  assert.equal(newest?.author, field('Maintainer'));
  assert.equal(newest?.date, field('Date'));
});

test('python-debian reads the same blocks', { skip: noPythonDebian }, () => {
  const program = `
import json, sys
from debian.changelog import Changelog
blocks = Changelog(sys.stdin.buffer)
print(json.dumps([[b.package, str(b.version), b.author, b.date, b.changes()] for b in blocks]))`;
  const texts = [
    `${block('a', '2')}\n${block('b', '1', '  * x\n\n  * y')}\nvim: et\n`,
    block('a', 'v1').replaceAll('\n', '\r\n').replaceAll('\r\n\r\n', '\r\n  \r\n'),
    `# note\n\n${block('K.x+y-z', '1:2~rc1-1').replace('wikimedia;', 'one  two;')}`,
  ];
  for (const text of texts) {
    const result = spawnSync(pythonProgram, ['-c', program], { input: text, encoding: 'utf8' });
    const theirs = (JSON.parse(result.stdout) as unknown[][]).map((entry) => entry.slice(0, 4));
    const ours = readChangelog('f', text).value.map((entry) => [
      entry.package,
      entry.version,
      entry.author,
      entry.date,
    ]);
    assert.deepEqual(ours, trimmed(theirs), text);
  }
});

/** python-debian keeps the \r of CRLF at the end of a date. */
function trimmed(entries: unknown[][]): unknown[][] {
  return entries.map((entry) =>
    entry.map((value) => (typeof value === 'string' ? value.trimEnd() : value)),
  );
}

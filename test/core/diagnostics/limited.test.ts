import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Diagnostic,
  error,
  placeAt,
  placeOfLine,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { countDiagnostics, sortDiagnostics } from '#core/diagnostics/format.js';
import { limited } from '#core/diagnostics/limited.js';

const of = (file: string, count: number, make = warning): Diagnostic[] =>
  Array.from({ length: count }, (_, at) =>
    make('options', `number ${at}`, { place: { file, line: at + 1 } }),
  );

test('a hundred of a file are kept, and the others are counted', () => {
  const some = of('a', 100);
  assert.deepEqual(limited(some), some);
  const result = limited([...of('a', 150), ...of('b', 3)]);
  assert.equal(result.length, 104);
  assert.deepEqual(result.at(-1), {
    ...warning('more', 'and 50 more in this file', { place: { file: 'a' } }),
    more: 50,
  });
  assert.equal(limited([...of('a', 100), ...of('a', 1, error)]).at(-1)?.severity, 'error');
});

test('what has been counted stays counted when it is limited again', () => {
  const once = limited(of('a', 250));
  const twice = limited([...once, ...of('a', 5), ...of('b', 1)]);
  assert.equal(twice.find(({ more }) => more !== undefined)?.more, 155);
  assert.equal(countDiagnostics(twice), '256 warnings');
  const sorted = sortDiagnostics(twice.toReversed());
  assert.equal(sorted[100]?.more, 155);
});

test('places are those that counting line feeds gives', () => {
  const text = 'one\n\ntwo three\nlast';
  for (let offset = 0; offset <= text.length; offset++) {
    const before = text.slice(0, offset).split('\n');
    const place = placeAt('f', text, offset);
    assert.equal(place.line, before.length);
    assert.equal(place.column, (before.at(-1)?.length ?? 0) + 1);
    assert.equal(place.lineText, text.split('\n')[before.length - 1]);
  }
  assert.equal(placeOfLine('f', text, 3).lineText, 'two three');
  assert.equal(placeOfLine('f', text, 9).lineText, '');
});

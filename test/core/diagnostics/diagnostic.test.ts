import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeAt } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';

test('placeAt finds line, column and the line around an offset', () => {
  const text = 'one\ntwo three\nfour';
  assert.deepEqual(placeAt('f', text, text.indexOf('three'), 5), {
    file: 'f',
    line: 2,
    column: 5,
    length: 5,
    lineText: 'two three',
  });
  assert.deepEqual(placeAt('f', text, 0).line, 1);
  assert.deepEqual(placeAt('f', text, text.length).line, 3);
});

test('didYouMean names near words only', () => {
  assert.equal(didYouMean('golnag', ['golang', 'python']), 'did you mean "golang"?');
  assert.equal(didYouMean('zzzzzz', ['golang', 'python']), undefined);
});

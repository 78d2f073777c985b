import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hclHeredoc, hclString, jsonTemplate } from '#compiler/emit/escape.js';

// That bake reads these as they are meant is shown by test/engine/bakePrint.test.ts.

test('the start of an expression is doubled, and nothing else is touched', () => {
  assert.equal(jsonTemplate('a ${b} %{c} $d %e {f} $'), 'a $${b} %%{c} $d %e {f} $');
  assert.equal(hclString('a ${b} %{c} $d %e {f} $'), '"a $${b} %%{c} $d %e {f} $"');
  assert.equal(jsonTemplate('"\n\\\t'), '"\n\\\t');
  assert.equal(hclString('"\n\\\t'), '"\\"\\n\\\\\\t"');
});

test('in JSON a lone CR goes into an expression with the $ and % before it', () => {
  assert.equal(jsonTemplate('a$%\rb'), 'a${"$%\\r"}b');
  assert.equal(jsonTemplate('a\r\nb'), 'a\r\nb');
});

test('in JSON a leading U+FEFF is doubled', () => {
  assert.equal(jsonTemplate('\ufeffa\ufeff'), '\ufeff\ufeffa\ufeff');
});

test('HCL strings keep to one line of visible characters', () => {
  assert.equal(hclString('\0\r\x7f\u2028\ufeff'), '"\\u0000\\r\\u007f\\u2028\\ufeff"');
  assert.equal(hclString('é😀'), '"é😀"');
});

test('heredocs for readable text, with a word of which the text holds nothing', () => {
  assert.equal(hclHeredoc('FROM a\nRUN "\\n${b}"\n', 'EOT'), '<<EOT\nFROM a\nRUN "\\n$${b}"\nEOT');
  assert.equal(hclHeredoc('RUN <<EOT\nEOT_\nEOT\n', 'EOT'), '<<EOT__\nRUN <<EOT\nEOT_\nEOT\nEOT__');
  assert.equal(hclHeredoc('FROM a', 'EOT'), 'chomp(<<EOT\nFROM a\nEOT\n  )');
  assert.equal(hclHeredoc('FROM a\r\n', 'EOT'), undefined);
});

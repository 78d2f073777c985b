import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8 } from '#core/files/utf8.js';

test('text that is UTF-8 comes back as it is, a byte order mark included', () => {
  for (const text of ['', 'plain', 'zwölf 😀\r\n', '\ufeffx']) {
    assert.deepEqual(decodeUtf8('f', Buffer.from(text)), { value: text, diagnostics: [] });
  }
});

test('the first byte that is not UTF-8 is pointed at', () => {
  const bytes = Buffer.concat([Buffer.from('one\nzwölf 😀 caf'), Buffer.from([0xe9, 0x0a, 0xff])]);
  const [diagnostic, ...more] = decodeUtf8('d/changelog', bytes).diagnostics;
  assert.equal(more.length, 0);
  assert.equal(diagnostic?.code, 'not-utf8');
  assert.match(diagnostic?.message ?? '', /0xe9 .*number 20 /);
  assert.equal(diagnostic?.place?.line, 2);
  assert.equal(diagnostic?.place?.column, 'zwölf 😀 caf'.length + 1);
  assert.equal(diagnostic?.place?.lineText, 'zwölf 😀 caf\ufffd');
});

test('sequences cut short and a literal U+FFFD before the bad byte do not mislead', () => {
  const place = (bytes: number[]) => decodeUtf8('f', Buffer.from(bytes)).diagnostics[0]?.place;
  assert.equal(place([0x61, 0xef, 0xbf])?.column, 2, 'cut short at the end');
  assert.equal(place([0x61, 0xef, 0xbf, 0xbd, 0x80])?.column, 3, 'after a real U+FFFD');
  assert.equal(place([0xe2, 0x82, 0x0a, 0x61])?.line, 1, 'cut short by a newline');
  assert.equal(place([0xc0, 0x80])?.column, 1, 'overlong');
  assert.equal(place([0xed, 0xa0, 0x80])?.column, 1, 'a surrogate');
});

test('a view into a larger buffer is read within its bounds', () => {
  const bytes = new Uint8Array([0xff, 0x61, 0x62, 0xff]).subarray(1, 3);
  assert.deepEqual(decodeUtf8('f', bytes), { value: 'ab', diagnostics: [] });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareVersions, parseVersion, versionProblem } from '#formats/debian/version.js';
import { compareByDpkg, noDpkg } from './oracles.js';

test('a version splits at the first colon and the last hyphen', () => {
  assert.deepEqual(parseVersion('1.2'), { epoch: '0', upstream: '1.2', revision: '' });
  assert.deepEqual(parseVersion('3:1.2-4-s1'), { epoch: '3', upstream: '1.2-4', revision: 's1' });
});

const sign = (difference: number) => (difference < 0 ? '<' : difference > 0 ? '>' : '=');

/** Pieces that real versions are made of, dense enough that equal prefixes are frequent. */
const version = fc
  .array(
    fc.constantFrom('1', '0', '00', '9', '10', '2026', '.', '.', '-', '-', '~', '+', 'a', 's', 'Z'),
    { maxLength: 7 },
  )
  .map((parts) => `1${parts.join('')}`)
  .filter((text) => versionProblem(text) === undefined);
const withEpoch = fc
  .tuple(fc.constantFrom('', '', '', '0:', '1:', '010:'), version)
  .map((parts) => parts.join(''));

test('versions are ordered as dpkg orders them', { skip: noDpkg }, () => {
  const pairs = fc.sample(fc.tuple(withEpoch, withEpoch), { numRuns: 300, seed: 5 });
  const real: [string, string][] = [
    ['1.2-20260823-s1', '1.2-20260830'],
    ['1.2-20260823', '1.2-20260823-s1'],
    ['2.5.1rocm6.1-1-20260816', '2.5.1rocm6.1-1'],
    ['v20220915-3', 'v20220915-4'],
    ['1.0~rc1', '1.0'],
    ['1.0', '1.0-0'],
    ['99999999999999999999', '100000000000000000000'],
  ];
  const all = [...real, ...pairs];
  const expected = compareByDpkg(all);
  assert.equal(expected.length, all.length);
  const found = new Set(expected);
  assert.deepEqual([...found].sort(), ['<', '=', '>'], 'the sample shows all three');
  for (const [index, [a, b]] of all.entries()) {
    assert.equal(sign(compareVersions(a, b)), expected[index], `${a} against ${b}`);
    assert.equal(sign(compareVersions(b, a)), sign(-compareVersions(a, b)), `${b} against ${a}`);
  }
});

test('what is no version is pointed at', () => {
  for (const good of ['1', '1.2-3', 'v20220915-3', '1:2~rc1+x-1', '0.0.4-20250727-s1-20260816']) {
    assert.equal(versionProblem(good), undefined, good);
  }
  assert.equal(versionProblem('1.0_2')?.index, 3);
  assert.equal(versionProblem('1.ö')?.index, 2);
  assert.equal(versionProblem('x:1')?.length, 2);
  assert.equal(versionProblem('99999999999:1')?.index, 0);
  assert.equal(versionProblem('1.0-')?.index, 3);
  for (const bad of ['', '1:', '1:-2', '-']) {
    assert.notEqual(versionProblem(bad), undefined, bad);
  }
});

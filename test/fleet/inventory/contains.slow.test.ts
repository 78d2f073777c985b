/** `--contains` against `dpkg --compare-versions`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { containedBy } from '#fleet/inventory/contains.js';
import { readRelations } from '#formats/debian/relation.js';
import { versionProblem } from '#formats/debian/version.js';
import { noDpkg } from '../../formats/debian/oracles.js';
import { isLong } from '../../support/long.js';

const operators = ['<<', '<=', '=', '>=', '>>'] as const;

/** Dense, so that versions are often alike in their first parts, or equal and written otherwise. */
const version = fc
  .tuple(
    fc.constantFrom('', '', '', '0:', '1:', '01:'),
    fc.array(
      fc.constantFrom('1', '0', '00', '10', '.', '-', '~', '+', 'a', 'Z', '~rc', '+b1', '-0'),
      {
        maxLength: 6,
      },
    ),
  )
  .map(([epoch, parts]) => `${epoch}1${parts.join('')}`)
  .filter((text) => versionProblem(text) === undefined);

const space = fc.constantFrom('', ' ', '  ', '\t');

test('what a relation names is what dpkg says it is', { skip: noDpkg }, () => {
  const count = isLong ? 5000 : 500;
  const cases = fc.sample(
    fc.tuple(
      version,
      fc.constantFrom(...operators),
      version,
      fc.array(space, { minLength: 4, maxLength: 4 }),
    ),
    { numRuns: count, seed: 18 },
  );
  const script =
    'while read -r a op b; do dpkg --compare-versions "$a" "$op" "$b" && echo 1 || echo 0; done';
  const input = cases.map(([a, operator, b]) => `${a} ${operator} ${b}\n`).join('');
  const { stdout } = spawnSync('sh', ['-c', script], { input, encoding: 'utf8' });
  const expected = stdout.trim().split('\n');
  assert.equal(expected.length, count);
  assert.ok(
    ['0', '1'].every((each) => expected.filter((found) => found === each).length > count / 5),
  );
  for (const [at, [installed, operator, wanted, [a, b, c, d]]] of cases.entries()) {
    const text = `${a}lib${b}(${operator}${c}${wanted}${d})`;
    const reading = readRelations(text);
    assert.ok(reading.kind === 'read', text);
    const has = {
      name: 'lib',
      version: installed,
      architecture: 'amd64',
      source: 'lib',
      sourceVersion: '1',
    };
    const other = { ...has, name: 'lib2' };
    const found = containedBy({ packages: [other, has] }, reading.relations);
    assert.deepEqual(found, expected[at] === '1' ? [has] : undefined, `${installed} and ${text}`);
  }
});

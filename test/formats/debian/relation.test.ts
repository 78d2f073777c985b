import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fitsRelation, type RelationOperator, readRelations } from '#formats/debian/relation.js';

const relationsOf = (text: string) => {
  const reading = readRelations(text);
  assert.ok(reading.kind === 'read', text);
  return reading.relations;
};

test('relations are read as Debian policy 7.1 writes them', () => {
  assert.deepEqual(relationsOf('liblzma5 (<< 5.6.2)'), [
    [{ name: 'liblzma5', version: { operator: '<<', version: '5.6.2' } }],
  ]);
  assert.deepEqual(relationsOf(' a(>=1:2-3) | b , c ( = 4~ )'), [
    [{ name: 'a', version: { operator: '>=', version: '1:2-3' } }, { name: 'b' }],
    [{ name: 'c', version: { operator: '=', version: '4~' } }],
  ]);
  assert.deepEqual(relationsOf('libstdc++6\t(<= 1)'), [
    [{ name: 'libstdc++6', version: { operator: '<=', version: '1' } }],
  ]);
});

test('what they are not is refused, with the part that is wrong', () => {
  const refused = (text: string) => {
    const reading = readRelations(text);
    assert.ok(reading.kind === 'wrong', text);
    const { message, index, length } = reading.problem;
    return [message, text.slice(index, index + length), reading.hint];
  };
  const everyArchitecture = 'leave it out: packages of every architecture are looked at';
  const example = "write it as 'liblzma5 (<< 5.6.2)'";
  const architecture = 'has an architecture or a build profile';
  assert.deepEqual(refused('a, b:amd64'), [architecture, 'b:amd64', everyArchitecture]);
  assert.deepEqual(refused('a [amd64]'), [architecture, '[amd64]', everyArchitecture]);
  assert.deepEqual(refused('a (>= 1) <!nocheck>'), [
    architecture,
    '(>= 1) <!nocheck>',
    everyArchitecture,
  ]);
  assert.deepEqual(refused('x, a (< 1)'), [
    'has <, which Debian reads as <=',
    '(< 1)',
    'write << for lower, or <=',
  ]);
  assert.deepEqual(refused('a (1)'), [
    'has no operator before the version',
    '(1)',
    'the operators are <<, <=, =, >= and >>',
  ]);
  assert.deepEqual(refused('a (== 1)').slice(0, 2), ['has "==" before the version', '(== 1)']);
  assert.deepEqual(refused('a (>= 1_2)').slice(0, 2), [
    'has a version that has "_", which no Debian version may have',
    '1_2',
  ]);
  assert.deepEqual(refused('a,, b').slice(0, 1), ['has no package where one is expected']);
  assert.deepEqual(refused('').slice(0, 1), ['has no package where one is expected']);
  assert.deepEqual(refused('a b'), ['has "b" after a', 'b', example]);
  assert.deepEqual(refused('_a (= 1)').slice(0, 1), [
    'has "_a", which is not the name of a package',
  ]);
  assert.deepEqual(refused('a'.repeat(10_001)).slice(0, 1), ['has more than 10000 characters']);
});

const dpkg = spawnSync('dpkg', ['--version']).status === 0;

test('versions fit as dpkg compares them', { skip: !dpkg && 'no dpkg on this machine' }, () => {
  const versions = ['5.6.2', '5.6.2~rc1', '5.6.2-1', '5.6.10', '1:0', '5.6.2+b1', '0:5.6.2'];
  const operators: readonly RelationOperator[] = ['<<', '<=', '=', '>=', '>>'];
  for (const installed of versions) {
    for (const version of versions.slice(0, 5)) {
      for (const operator of operators) {
        // dpkg(1) has these operators as control files write them.
        const { status } = spawnSync('dpkg', ['--compare-versions', installed, operator, version]);
        const fits = fitsRelation({ name: 'a', version: { operator, version } }, installed);
        assert.equal(fits, status === 0, `${installed} ${operator} ${version}`);
      }
    }
  }
  assert.equal(fitsRelation({ name: 'a' }, '0'), true);
});

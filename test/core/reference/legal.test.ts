import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinLabel } from '#core/reference/label.js';
import { repositoryProblem, tagProblem } from '#core/reference/legal.js';
import { parseReference } from '#core/reference/reference.js';

test('legal tags', () => {
  const legal = ['1', '1.24.1-3-20260816', '_x', 'v1.0-s3', 'A.B_c-', '1'.repeat(128)];
  for (const tag of legal) {
    assert.equal(tagProblem(tag), undefined, tag);
  }
});

test('an illegal tag: where, and why', () => {
  const what = (tag: string) => {
    const problem = tagProblem(tag);
    return problem && [problem.at, problem.length, problem.message];
  };
  assert.deepEqual(what('1.0~rc1'), [
    3,
    1,
    '"1.0~rc1" is not a valid tag: it contains "~", which Debian sorts before the end of a version',
  ]);
  assert.deepEqual(what('1.0+deb12u1'), [
    3,
    1,
    '"1.0+deb12u1" is not a valid tag: it contains "+", which Debian versions use for what is added to a release',
  ]);
  assert.deepEqual(what('2:1.0'), [
    1,
    1,
    '"2:1.0" is not a valid tag: it contains ":", which ends a Debian epoch',
  ]);
  assert.deepEqual(what('a:1'), [1, 1, '"a:1" is not a valid tag: it contains ":"']);
  assert.deepEqual(what('1 0'), [1, 1, '"1 0" is not a valid tag: it contains " "']);
  assert.deepEqual(what('1😀'), [1, 2, '"1😀" is not a valid tag: it contains "😀"']);
  assert.deepEqual(what('.1'), [0, 1, '".1" is not a valid tag: it begins with "."']);
  assert.deepEqual(what('-1'), [0, 1, '"-1" is not a valid tag: it begins with "-"']);
  assert.deepEqual(what(''), [0, 0, 'the tag is empty']);
  assert.deepEqual(what('1'.repeat(130)), [
    128,
    2,
    'the tag has 130 characters, and a tag at most 128',
  ]);
});

test('legal repositories', () => {
  const legal = ['x', 'r.example:5000/n/x', 'a.b__c-d---e', 'localhost/x', 'Host/x'];
  for (const repository of legal) {
    assert.equal(repositoryProblem(repository), undefined);
  }
});

test('an illegal repository: where', () => {
  const at = (repository: string) => {
    const problem = repositoryProblem(repository);
    return problem && [problem.at, problem.length];
  };
  assert.deepEqual(at('r.example/n/Upper'), [12, 1]);
  assert.deepEqual(at('r.example/n//x'), [12, 1]);
  assert.deepEqual(at('/x'), [0, 1]);
  assert.deepEqual(at('x+y'), [1, 1]);
  assert.deepEqual(at('n/a..b'), [3, 2]);
  assert.deepEqual(at('n/a-'), [3, 1]);
  assert.deepEqual(at('n/a_-b'), [3, 2]);
  assert.deepEqual(at('n/x:1'), [3, 1]);
  assert.deepEqual(at('r.example:port/x'), [0, 14]);
  assert.deepEqual(at('a'.repeat(300)), [0, 300]);
  assert.deepEqual(at('ab'.repeat(32)), [0, 64]);
});

test('the checks agree with how references are read', () => {
  const chars = fc.constantFrom(...'ab1A._-:/@+~ é');
  fc.assert(
    fc.property(fc.string({ unit: chars, maxLength: 12 }), (text) => {
      const asTag = parseReference(`x:${text}`);
      const isTag = asTag.kind === 'reference' && asTag.tag === text;
      assert.equal(tagProblem(text) === undefined, isTag);
      const parsed = parseReference(text);
      const isBare = parsed.kind === 'reference' && !parsed.tag && !parsed.digest;
      const problem = repositoryProblem(text);
      assert.equal(problem === undefined, isBare);
      if (problem !== undefined) {
        assert.ok(problem.at <= text.length, JSON.stringify(problem));
      }
    }),
    { numRuns: 2000 },
  );
});

test('a label is joined from what is not empty', () => {
  const join = (registry: string, namespace: string, name: string) =>
    joinLabel({ registry, namespace, name, version: '1' });
  assert.deepEqual(join('r.example', 'n', 'x'), {
    repository: 'r.example/n/x',
    reference: 'r.example/n/x:1',
  });
  assert.equal(join('', '', 'x').reference, 'x:1');
  assert.equal(join('', 'n', 'x').reference, 'n/x:1');
  assert.equal(join('r.example:5000', '', 'x').reference, 'r.example:5000/x:1');
  assert.equal(join('r.example/', 'n/', 'x').reference, 'r.example/n/x:1');
  // As os.path.join has it.
  assert.equal(join('r.example', '/n', 'x').reference, '/n/x:1');
});

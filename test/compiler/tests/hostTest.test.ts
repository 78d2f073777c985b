import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { verification } from '#compiler/tests/hostTest.js';
import { splitWords } from '#compiler/tests/words.js';
import { noPython, pythonWith } from '../../support/python.js';

const standard = { verifyCommand: '/bin/bash', verifyArgs: ['-c', '{path}/test.sh {image}'] };
const yes = () => true;

test('the default runs test.sh with the image, where there is one', () => {
  assert.deepEqual(verification(standard, '/t/a', 'r/a:1', yes), {
    kind: 'run',
    command: '/bin/bash',
    args: ['-c', '/t/a/test.sh r/a:1'],
  });
  assert.deepEqual(
    verification(standard, '/t/a', 'r/a:1', () => false),
    { kind: 'none', missing: '/t/a/test.sh' },
  );
});

test('braces are filled as Python fills them, unknown names refused', () => {
  const args = (text: string) =>
    verification({ verifyCommand: 'x', verifyArgs: [text] }, '/p', 'i:1', yes);
  assert.deepEqual(args('{{{image}}} {{}}'), { kind: 'run', command: 'x', args: ['{i:1} {}'] });
  assert.equal(args('{nosuch}').kind, 'refused');
  assert.equal(args('{').kind, 'refused');
  assert.equal(args('"{path}').kind, 'refused');
});

test('an argument that cannot be filled in is refused before a missing file counts as no test', () => {
  const config = { verifyCommand: 'x', verifyArgs: ['{path}/{nosuch} {path}/test.sh'] };
  assert.equal(verification(config, '/p', 'i:1', () => false).kind, 'refused');
});

test('splitWords agrees with shlex.split', { skip: noPython('shlex', 'python3') }, () => {
  const texts = fc.sample(
    fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '\n', '{', 'é', '\t') }),
    { numRuns: 2000, seed: 7 },
  );
  const program = `
import json, shlex, sys
def split(text):
    try: return shlex.split(text)
    except ValueError: return None
print(json.dumps([split(t) for t in json.load(sys.stdin)]))`;
  const output = execFileSync(pythonWith('shlex') ?? '', ['-c', program], {
    input: JSON.stringify(texts),
  });
  const expected = JSON.parse(output.toString()) as (string[] | null)[];
  for (const [at, text] of texts.entries()) {
    assert.deepEqual(splitWords(text) ?? null, expected[at], JSON.stringify(text));
  }
});

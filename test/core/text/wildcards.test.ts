import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfMatch, matchesAll, type Piece, startsOfMatches } from '#core/text/wildcards.js';

const one = (wanted: string): Piece => ({ kind: 'one', takes: (other) => other === wanted });
const notNewline = (character: string) => character !== '\n';
const pieceOf = {
  '*': { kind: 'many', takes: notNewline },
  '?': { kind: 'one', takes: notNewline },
  '>': { kind: 'through', takes: notNewline, last: '/' },
} as const satisfies Record<string, Piece>;

const isWildcard = (character: string): character is keyof typeof pieceOf => character in pieceOf;
const piecesOf = (pattern: string): Piece[] =>
  [...pattern].map((character) => (isWildcard(character) ? pieceOf[character] : one(character)));

/** The same as a regular expression: right, and slow. */
const sourceOf = (pattern: string, many: string): string =>
  [...pattern]
    .map((character) =>
      character === '*'
        ? many
        : character === '?'
          ? '[^\\n]'
          : character === '>'
            ? '(?:[^\\n]*/)?'
            : character,
    )
    .join('');

const letters = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet), { maxLength }).map((characters) => characters.join(''));
const text = letters('ab/\n', 10);

test('whole texts match as with a regular expression', () => {
  fc.assert(
    fc.property(letters('ab/*?>', 7), text, (pattern, value) => {
      const expected = new RegExp(`^${sourceOf(pattern, '[^\\n]*')}$`).test(value);
      assert.equal(matchesAll(piecesOf(pattern), [...value]), expected);
    }),
    { numRuns: 2000 },
  );
});

test('the shortest and the longest match end as with a regular expression', () => {
  fc.assert(
    fc.property(letters('ab*?', 7), text, fc.boolean(), (pattern, value, isLongest) => {
      const many = isLongest ? '[^\\n]*' : '[^\\n]*?';
      const expected = new RegExp(`^${sourceOf(pattern, many)}`).exec(value)?.[0].length;
      assert.equal(endOfMatch(piecesOf(pattern), [...value], 0, isLongest), expected);
    }),
    { numRuns: 2000 },
  );
});

test('matches begin where a regular expression finds one', () => {
  fc.assert(
    fc.property(letters('ab*?', 7), text, (pattern, value) => {
      const starts = startsOfMatches(piecesOf(pattern), [...value]);
      for (let at = 0; at <= value.length; at++) {
        const expression = new RegExp(sourceOf(pattern, '[^\\n]*'), 'y');
        expression.lastIndex = at;
        assert.equal(starts[at] === 1, expression.test(value), `${at}`);
      }
    }),
    { numRuns: 2000 },
  );
});

test('many wildcards take no more than the text times the pattern', () => {
  const pattern = piecesOf(`${'*a'.repeat(500)}*b`);
  assert.equal(matchesAll(pattern, [...'a'.repeat(5000)]), false);
});

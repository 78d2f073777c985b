/** Reading JSON value by value: what JSON.parse takes is taken, what it refuses is refused, and nothing is quoted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonProblem, JsonPull } from '#formats/json/pull.js';

/** The whole value, through the methods that read. */
function readAll(reader: JsonPull): unknown {
  switch (reader.kind) {
    case 'object': {
      const entries: [string, unknown][] = [];
      reader.enterObject();
      for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
        entries.push([key, readAll(reader)]);
      }
      return Object.fromEntries(entries);
    }
    case 'array': {
      const items: unknown[] = [];
      reader.enterArray();
      while (reader.nextItem()) {
        items.push(readAll(reader));
      }
      return items;
    }
    case 'text':
      return reader.text();
    case 'number':
      return reader.number();
    case 'boolean':
      return reader.boolean();
    case 'null':
      reader.skip();
      return null;
  }
}

function readText(text: string): unknown {
  const reader = new JsonPull(Buffer.from(text));
  const value = readAll(reader);
  assert.ok(reader.isAtEnd, 'something is behind the value');
  return value;
}

function skipText(text: string): boolean {
  const reader = new JsonPull(Buffer.from(text));
  reader.skip();
  return reader.isAtEnd;
}

test('any value that JSON.stringify writes is read, and skipped to its end', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(readText(text), JSON.parse(text));
      assert.ok(skipText(text));
    }),
  );
});

test('texts near JSON are refused where JSON.parse refuses them', () => {
  const pieces = '{}[],:"a1-.eE+ \\u0041\ntruefalsn'.split('');
  const arbitrary = fc.array(fc.constantFrom(...pieces, '{"a":', '[1,', 'null', '"x"'));
  const takes = (work: () => unknown): boolean => {
    try {
      work();
      return true;
    } catch (cause) {
      if (cause instanceof JsonProblem || cause instanceof SyntaxError) {
        return false;
      }
      throw cause;
    }
  };
  const isTaken = (text: string) =>
    takes(() => {
      if (!skipText(text)) {
        throw new SyntaxError('more behind it');
      }
    });
  fc.assert(
    fc.property(arbitrary, (words) => {
      const text = words.join('');
      assert.equal(
        isTaken(text),
        takes(() => JSON.parse(text)),
        JSON.stringify(text),
      );
    }),
    { numRuns: 3000 },
  );
});

const problemOf = (work: () => unknown): [string, number] => {
  try {
    work();
  } catch (cause) {
    assert.ok(cause instanceof JsonProblem, String(cause));
    return [cause.message, cause.offset];
  }
  assert.fail('no problem');
};

test('a problem has its path and place, and none of the values', () => {
  assert.deepEqual(
    problemOf(() => readText('{"items":[{"a":1},{"a":{"b":"secret","b":2}}]}')),
    ['items[1].a.b: the key is there twice', 37],
  );
  assert.deepEqual(
    problemOf(() => readText('{"a":{"b":[1,secret]}}')),
    ['a.b[1]: not JSON: expected a value', 13],
  );
  assert.deepEqual(
    problemOf(() => readText('{"a":["secret')),
    ['a[0]: the text has no end', 6],
  );
  assert.deepEqual(
    problemOf(() => readText('')),
    ['the file ends where JSON has a value', 0],
  );
  const [message] = problemOf(() => {
    const reader = new JsonPull(Buffer.from('{"\\u001b[2J":{"x":1,"x":2}}'));
    readAll(reader);
  });
  assert.equal(message, '["\\u001b[2J"].x: the key is there twice');
});

test('what is nested too deep is refused, not overflowed', () => {
  const deep = '['.repeat(100_000);
  assert.match(problemOf(() => skipText(deep))[0], /nested more than 1000 deep$/);
  assert.match(problemOf(() => readText(deep))[0], /nested more than 1000 deep$/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAge } from '#upkeep/prune/age.js';
import { judge, type Rules, ruleText, type Tagged } from '#upkeep/prune/judge.js';
import { readKeepFile } from '#upkeep/prune/keepFile.js';

const day = 86_400_000;
const rules: Rules = {
  repository: 'r.example/ns/app',
  current: '3',
  keepLatest: true,
  newest: 0,
  keepLines: [],
};

/** Version n was made on day n. */
function tags(...names: string[]): Tagged[] {
  return names.map((name) => ({ tag: name, identity: `id-${name}`, created: Number(name) * day }));
}

function verdicts(tagged: readonly Tagged[], more: Partial<Rules> = {}): string[] {
  return judge(tagged, { ...rules, ...more }).map(({ tag, rule }) => `${tag} ${rule.kind}`);
}

test('all but the current version is outdated', () => {
  assert.deepEqual(verdicts(tags('1', '2', '3', '4')), [
    '4 outdated',
    '3 current',
    '2 outdated',
    '1 outdated',
  ]);
});

test('the newest stay beside the current one, by the time they were made', () => {
  const tagged = [
    ...tags('1', '2', '3'),
    { tag: '0.9-patched', identity: 'id-patched', created: 2.5 * day },
  ];
  assert.deepEqual(verdicts(tagged, { newest: 2 }), [
    '3 current',
    '0.9-patched newest',
    '2 newest',
    '1 outdated',
  ]);
});

test('of one time, or of none, the higher version is newer', () => {
  const tagged = ['1.9', '1.10', '1.9-s2'].map((tag) => ({ tag, identity: tag }));
  assert.deepEqual(verdicts(tagged, { newest: 1 }), [
    '1.10 newest',
    '1.9-s2 outdated',
    '1.9 outdated',
  ]);
});

test('latest stays with what it names, as does every image with a tag that stays', () => {
  const tagged = [
    ...tags('1', '2', '3', '4'),
    { tag: 'latest', identity: 'id-1', created: day },
    { tag: 'blue', identity: 'id-3', created: 3 * day },
  ];
  const rest = ['4 outdated', 'blue same-image', '3 current', '2 outdated'];
  assert.deepEqual(verdicts(tagged), [...rest, 'latest latest', '1 same-image']);
  assert.deepEqual(verdicts(tagged, { newest: 1 }).slice(0, 1), ['4 newest']);
  // On an engine an older latest goes with the image.
  const local = verdicts(tagged, { keepLatest: false });
  assert.deepEqual(local, [...rest, 'latest outdated', '1 outdated']);
});

test('the young, those in use and those in the keep file stay', () => {
  const kept = readKeepFile('keep', '# release\napp:1  # for ever\n\nr.example/ns/other:*\n');
  assert.deepEqual(kept.diagnostics, []);
  const tagged = [...tags('1', '2', '3', '4', '5')];
  const used = tagged.map((each) => (each.tag === '2' ? { ...each, inUse: true } : each));
  assert.deepEqual(verdicts(used, { madeAfter: 4.5 * day, keepLines: kept.value }), [
    '5 young',
    '4 outdated',
    '3 current',
    '2 in-use',
    '1 keep-file',
  ]);
  const line = judge(tagged, { ...rules, keepLines: kept.value }).at(-1);
  assert.equal(line && ruleText(line.rule), 'line 2 of the keep file: app:1');
});

test('what cannot be read is never outdated', () => {
  assert.deepEqual(verdicts([{ tag: '1' }, ...tags('2')]), ['2 outdated', '1 unreadable']);
});

test('a keep file must name tags', () => {
  const { value, diagnostics } = readKeepFile('keep', 'app\nhost:5000/app\na b:1\napp:[12]\n');
  assert.deepEqual(
    diagnostics.map(({ place }) => place?.line),
    [1, 2, 3],
  );
  assert.deepEqual(
    value.map(({ text }) => text),
    ['app:[12]'],
  );
  assert.equal(value[0]?.matches('host:5000/ns/app:2'), true);
  assert.equal(value[0]?.matches('host:5000/ns/myapp:2'), false);
});

test('ages', () => {
  assert.equal(parseAge('90m'), 5_400_000);
  assert.equal(parseAge('12h'), 43_200_000);
  assert.equal(parseAge('30d'), 30 * day);
  assert.equal(parseAge('2w'), 14 * day);
  for (const text of ['', '0d', '1', 'd', '1y', '-1d', '1 d', '1.5d']) {
    assert.equal(parseAge(text), undefined, text);
  }
});

test('any repository: every tag is judged once, and nothing goes that names what stays', () => {
  const tagged = fc.uniqueArray(
    fc.record(
      {
        tag: fc.constantFrom('latest', ...Array.from({ length: 12 }, (_, at) => `${at}`)),
        identity: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        created: fc.integer({ min: 0, max: 5 }),
        inUse: fc.boolean(),
      },
      { requiredKeys: ['tag'] },
    ),
    { selector: ({ tag }) => tag },
  );
  const options = fc.record({
    keepLatest: fc.boolean(),
    newest: fc.integer({ min: 0, max: 3 }),
    madeAfter: fc.integer({ min: 0, max: 6 }),
  });
  fc.assert(
    fc.property(tagged, options, (all, more) => {
      const judged = judge(all, { ...rules, ...more });
      assert.deepEqual(judged.map(({ tag }) => tag).sort(), all.map(({ tag }) => tag).sort());
      const identity = new Map(all.map((each) => [each.tag, each.identity]));
      const gone = judged.filter(({ rule }) => rule.kind === 'outdated');
      const stays = new Set(
        judged.filter(({ rule }) => rule.kind !== 'outdated').map(({ tag }) => identity.get(tag)),
      );
      for (const { tag } of gone) {
        assert.notEqual(tag, '3');
        assert.ok(identity.get(tag) !== undefined && !stays.has(identity.get(tag)));
        assert.ok(!all.find((each) => each.tag === tag)?.inUse);
      }
      const images = new Set(all.flatMap((each) => each.identity ?? []));
      assert.ok(stays.size >= Math.min(more.newest, images.size));
    }),
    { numRuns: 2000 },
  );
});

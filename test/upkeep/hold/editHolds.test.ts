/** Holds written into workspace files, and taken out again: nothing else changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holdStops } from '#compiler/workspace/holdKeys.js';
import { parseToml } from '#formats/settings/toml.js';
import { withHold, withoutHold } from '#upkeep/hold/editHolds.js';

const hold = { image: 'app', reason: 'audit', stops: holdStops };

/** Where the holds of a text begin, as the reader of the file says. */
function places(text: string) {
  return text
    .split('\n')
    .flatMap((line, at) =>
      /^\[\[hold\]\]/.test(line) ? [{ place: { file: 'f', line: at + 1 } }] : [],
    );
}

test('a hold comes to the end, and all before it stays byte for byte', () => {
  const before = '# trees\n[[tree]]   # first\ndirectory = "images"\nconfig = []';
  assert.equal(
    withHold(before, { ...hold, stops: ['latest', 'publish'], until: '2026-12-31' }),
    `${before}\n\n[[hold]]\nimages = ["app"]\nstops = ["latest", "publish"]\nuntil = "2026-12-31"\nreason = "audit"\n`,
  );
  assert.equal(withHold('', hold), '[[hold]]\nimages = ["app"]\nreason = "audit"\n');
  const windows = withHold('a = 1\r\n', { ...hold, unless: 'security', from: '2026-12-01' });
  assert.equal(
    windows,
    'a = 1\r\n\r\n[[hold]]\r\nimages = ["app"]\r\nfrom = "2026-12-01"\r\nreason = "audit"\r\nunless = "security"\r\n',
  );
});

test('what would become something else is not written', () => {
  assert.equal(withHold('a = \n', hold), undefined);
  assert.equal(withHold('hold = 3\n', hold), undefined);
  assert.equal(withHold('hold = [{ images = ["a"], reason = "b" }]\n', hold), undefined);
});

test('a hold is taken out with what is in it; the comments around it stay', () => {
  const text = `# of the file
[[tree]]
directory = "images"

# why there is a hold
[[hold]]
images = [
  "app", # in it
]
reason = """
[[hold]]
not a heading"""

# of the next one
[[hold]]
images = ["b"]
reason = "c"
# at the end
`;
  const [first, , second] = places(text);
  assert.ok(first && second);
  assert.equal(
    withoutHold(text, first),
    `# of the file
[[tree]]
directory = "images"

# why there is a hold
# of the next one
[[hold]]
images = ["b"]
reason = "c"
# at the end
`.replace('# why there is a hold\n# of', '# why there is a hold\n\n# of'),
  );
  assert.equal(
    withoutHold(text, second),
    text.replace('[[hold]]\nimages = ["b"]\nreason = "c"\n', ''),
  );
  assert.equal(withoutHold(text, { place: { file: 'f', line: 2 } }), undefined);
  assert.equal(withoutHold(text, { place: { file: 'f' } }), undefined);
});

test('whatever is said, it is read back, and taking it out gives the text of before', () => {
  const texts = [
    '',
    '# only this\n',
    'latest = "auto"\n',
    '[[tree]]\ndirectory = "a"\nconfig = []\n',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.string({ minLength: 1 }),
      fc.string({ minLength: 1 }),
      fc.uniqueArray(fc.constantFrom(...holdStops), { minLength: 1 }),
      (text, image, reason, stops) => {
        const after = withHold(text, { image, reason, stops });
        assert.ok(after !== undefined);
        assert.equal(after.startsWith(text), true);
        const { value, diagnostics } = parseToml('f', after);
        assert.deepEqual(diagnostics, []);
        const [written] = value.data.get('hold') as readonly ReadonlyMap<string, unknown>[];
        assert.deepEqual(written?.get('images'), [image]);
        assert.equal(written?.get('reason'), reason);
        const [place] = places(after);
        assert.ok(place);
        const back = withoutHold(after, place);
        assert.equal(back?.trimEnd(), text.trimEnd());
      },
    ),
  );
});

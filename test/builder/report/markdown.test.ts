import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownSummary } from '#builder/report/markdown.js';
import type { ImageRecord } from '#builder/report/record.js';
import type { Digest, Reference } from '#core/reference/brands.js';

const facts = {
  started: '2026-11-27T03:00:00.000Z',
  ended: '2026-11-27T03:04:10.000Z',
  exitCode: 1,
  interrupted: false,
  unnamed: [],
};
const mebibyte = 1024 * 1024;

function record(name: string, more: Partial<ImageRecord>): ImageRecord {
  return {
    reference: `r/${name}:1` as Reference,
    state: 'absent',
    why: 'it is not published',
    parents: [],
    ending: 'untouched',
    attempts: 1,
    ...more,
  };
}

const digest = `sha256:${'0123456789abcdef'.repeat(4)}` as Digest;

test('a run: what failed first, then what was published, built, skipped, and what is not known', () => {
  const records = [
    record('a', { ending: 'published', buildMs: 61_000, verifyMs: 2_000, publishMs: 500, digest }),
    record('b', { ending: 'built', buildMs: 900, reason: 'not published: frozen' }),
    record('c', {
      ending: 'failed',
      during: 'build',
      reason: 'exit code: 100',
      place: 'images/c/Dockerfile.template:3',
      tail: Array.from({ length: 25 }, (_, at) => `line ${at + 1}`),
    }),
    record('d', { ending: 'skipped', reason: 'parent r/c:1 failed' }),
    record('e', { state: 'published' }),
    record('f', { state: 'unknown', why: 'the registry cannot be asked' }),
    record('g', { ending: 'unfinished' }),
  ];
  const unnamed = [{ tree: 'images', path: 'images/h', reason: 'changelog: line 1' }];
  assert.equal(
    markdownSummary(records, { ...facts, unnamed, interrupted: true }, mebibyte),
    [
      '## generate-bake build: 2 failed, 1 published, 1 built, not published, 1 skipped, 1 not finished, 1 unknown',
      '',
      '4m10s, exit status 1, interrupted, 1 left as they are',
      '',
      '### Failed',
      '',
      '#### `r/c:1`',
      '',
      'Build, `images/c/Dockerfile.template:3`: `exit code: 100`',
      '',
      '```text',
      ...Array.from({ length: 20 }, (_, at) => `line ${at + 6}`),
      '```',
      '',
      '#### `images/h`',
      '',
      'Its definition is broken: `changelog: line 1`',
      '',
      '',
      '### Published',
      '',
      '| Image | Why | Time | Digest |',
      '|---|---|---|---|',
      '| `r/a:1` | `it is not published` | 1m04s | `sha256:0123456789ab` |',
      '',
      '### Built, not published',
      '',
      '| Image | Why | Time | Not published because |',
      '|---|---|---|---|',
      '| `r/b:1` | `it is not published` | 0.9s | `not published: frozen` |',
      '',
      '### Skipped',
      '',
      '| Image | Because |',
      '|---|---|',
      '| `r/d:1` | `parent r/c:1 failed` |',
      '',
      '### Not finished',
      '',
      '| Image | Why it was to be built |',
      '|---|---|',
      '| `r/g:1` | `it is not published` |',
      '',
      '### Unknown',
      '',
      '| Image | Because |',
      '|---|---|',
      '| `r/f:1` | `the registry cannot be asked` |',
      '',
    ].join('\n'),
  );
});

test('nothing was to be done', () => {
  const records = [record('a', { state: 'published' }), record('b', { state: 'published' })];
  assert.equal(
    markdownSummary(records, { ...facts, exitCode: 0 }, mebibyte),
    '## generate-bake build: nothing to do\n\n4m10s, exit status 0, 2 left as they are\n',
  );
});

test('nothing of a name, a reason or a log is Markdown or HTML', () => {
  const hostile =
    'a|b <script>alert(1)</script> </details> ``` @team #1 [x](javascript:1)\nnew\u001b[31m\u202e';
  const text = markdownSummary(
    [
      record('a', {
        ending: 'failed',
        during: 'verify',
        reason: hostile,
        tail: ['````', '</code></pre>', hostile],
      }),
      record('b', { ending: 'skipped', reason: hostile }),
    ],
    facts,
    mebibyte,
  );
  const shown =
    'b <script>alert(1)</script> </details> ``` @team #1 [x](javascript:1)\\x0anew\\u202e';
  assert.equal(
    text,
    [
      '## generate-bake build: 1 failed, 1 skipped',
      '',
      '4m10s, exit status 1',
      '',
      '### Failed',
      '',
      '#### `r/a:1`',
      '',
      `Test: \`a\`&#124;\`\`\`\`${shown}\`\`\`\``,
      '',
      '`````text',
      '````',
      '</code></pre>',
      `a|${shown}`,
      '`````',
      '',
      '',
      '### Skipped',
      '',
      '| Image | Because |',
      '|---|---|',
      `| \`r/b:1\` | \`a\`&#124;\`\`\`\`${shown}\`\`\`\` |`,
      '',
    ].join('\n'),
  );
});

test('what does not fit is left out by whole rows, and counted; failures are kept longest', () => {
  const tail = Array.from({ length: 60 }, () => 'é'.repeat(4_000));
  const many = Array.from({ length: 10_000 }, (_, at) => [
    record(`ok${at}`, { ending: 'published', buildMs: 1, digest }),
    record(`bad${at}`, { ending: 'failed', during: 'build', reason: 'x', tail }),
    record(`not${at}`, { ending: 'skipped', reason: 'y'.repeat(9_000) }),
  ]).flat();
  for (const most of [mebibyte, 100_000, 4_096]) {
    const text = markdownSummary(many, facts, most);
    const failed = text.match(/^#### /gm)?.length ?? 0;
    assert.ok(Buffer.byteLength(text) <= most);
    assert.ok(failed > 0 || most === 4_096);
    assert.match(text, new RegExp(`^${10_000 - failed} more failed$`, 'm'));
    assert.match(text, /^10000 more published$/m);
    assert.match(text, /^10000 more skipped$/m);
    const fences = text.match(/^```/gm)?.length ?? 0;
    assert.equal(fences, 2 * failed, 'each block is closed');
  }
  const published = many.filter(({ ending }) => ending === 'published');
  const text = markdownSummary([...published, ...published], facts, 100_000);
  const rows = text.match(/^\| `r\/ok\d+:1` \| .* \|$/gm)?.length ?? 0;
  assert.ok(rows > 900, `${rows}`);
  assert.match(text, new RegExp(`\\|\n\n${20_000 - rows} more published\n$`));
});

test('private images have no names where there are public ones', () => {
  const secret = record('secret', {
    private: true,
    ending: 'failed',
    during: 'build',
    reason: 'embargo',
    place: 'secret/Dockerfile:1',
    tail: ['embargo'],
    why: 'embargo',
  });
  const unnamed = [{ private: true as const, tree: 't', path: 'secret/x', reason: 'embargo' }];
  const text = markdownSummary([secret, record('a', {})], { ...facts, unnamed }, mebibyte);
  assert.doesNotMatch(text, /secret|embargo/);
  assert.match(text, /^#### `private image 1`\n\nBuild: `see the log of the run/m);
  assert.match(text, /^#### `private image without a name 1`$/m);
  assert.match(markdownSummary([secret], facts, mebibyte), /^#### `r\/secret:1`$/m);
});

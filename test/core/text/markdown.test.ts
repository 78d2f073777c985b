import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeBlock, codeSpan } from '#core/text/markdown.js';

test('a line as code', () => {
  const cases = [
    ['registry/a:1', '`registry/a:1`'],
    ['', '-'],
    ['a `b` c', '``a `b` c``'],
    ['`', '`` ` ``'],
    [' a ', '`  a  `'],
    ['  ', '`  `'],
    ['a|b', '`a`&#124;`b`'],
    ['a\\|b', '`a\\`&#124;`b`'],
    ['|', '&#124;'],
    ['<script>&amp;@user', '`<script>&amp;@user`'],
  ] as const;
  for (const [text, expected] of cases) {
    assert.equal(codeSpan(text), expected);
  }
});

test('a block is closed by its own fence alone', () => {
  assert.equal(codeBlock(['a', '```', 'b ````']), '`````text\na\n```\nb ````\n`````');
  assert.equal(codeBlock([]), '```text\n```');
});

const cmark = 'cmark-gfm';
const skip =
  spawnSync(cmark, ['--version']).status === 0 ? false : `no ${cmark} (apt-get install ${cmark})`;

/** GitHub's own renderer: the HTML of a text, with raw HTML as it is. */
function html(markdown: string): string {
  const extensions = ['table', 'autolink', 'strikethrough', 'tagfilter'].flatMap((each) => [
    '-e',
    each,
  ]);
  const run = spawnSync(cmark, ['--unsafe', ...extensions], { input: markdown, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (character) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[character]};`,
  );

test('any line in a cell of a table renders as itself, by GitHub’s renderer', { skip }, () => {
  const piece = fc.constantFrom(
    '`',
    '``',
    '\\',
    '|',
    '<b>',
    '&lt;',
    '@user',
    '[x](javascript:1)',
    'www.x.example',
    'https://x.example/',
    'a@b.example',
    '#1',
    '*',
    '_',
    '~~',
    ' ',
    'a',
    '</details>',
    '<!--',
  );
  const line = fc.array(piece, { minLength: 1, maxLength: 8 }).map((all) => all.join(''));
  const rows = fc.sample(line, 400).filter((text) => text.trim() !== '');
  const table = ['| a | b |', '|---|---|', ...rows.map((text) => `| ${codeSpan(text)} | x |`)];
  const cells = [...html(table.join('\n')).matchAll(/<tr>\n<td>(.*)<\/td>\n<td>x<\/td>/g)];
  assert.equal(cells.length, rows.length);
  for (const [at, [, cell = '']] of cells.entries()) {
    const shown = cell
      .replaceAll('</code>|<code>', '|')
      .replaceAll('<code>', '')
      .replaceAll('</code>', '');
    assert.equal(shown, escaped(rows[at] ?? ''), rows[at]);
  }
});

test('any lines in a block render as themselves, by GitHub’s renderer', { skip }, () => {
  const lines = [
    '```',
    '````text',
    '  </code></pre><script>',
    '@user #1',
    '~~~',
    '`````` x',
    '\\',
    '',
  ];
  assert.equal(
    html(codeBlock(lines)),
    `<pre><code class="language-text">${escaped(lines.join('\n'))}\n</code></pre>\n`,
  );
});

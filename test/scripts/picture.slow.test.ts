import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { root } from '../support/cli.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

/** An asciicast: what was printed, and when. */
function castOf(events: readonly (readonly [seconds: number, text: string])[]): string {
  const header = { version: 2, width: 30, height: 3, command: 'generate-bake build' };
  const lines = events.map(([seconds, text]) => [seconds, 'o', text]);
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

test('a recording is drawn as the screens that a terminal shows, without any script', async () => {
  const scratch = scratchTree({
    'build.cast': castOf([
      [5, 'a <b>\r\n'],
      // The line above is replaced, as the live view does.
      [6, '\u001b[1A\u001b[2K\u001b[1m\u001b[31mFAILED\u001b[39m\u001b[22m it\r\n'],
      [7, 'one\r\n'],
      // Scrolls: the prompt is above the screen.
      [8, 'two\r\n'],
    ]),
  });
  const cast = scratch.at('build.cast');
  const svg = scratch.at('build.svg');
  await must(process.execPath, ['scripts/picture.js', '--replay', cast, svg], { cwd: root });
  const text = readFileSync(svg, 'utf8');

  // A second for the prompt, six for the last screen: 10 seconds. A screen is 3 lines of 18.
  assert.match(
    text,
    /@keyframes f\{0%\{transform:translateY\(0px\)\}10%\{transform:translateY\(-54px\)\}20%\{/,
  );
  assert.match(text, /#f\{transform:translateY\(-216px\);animation:f 10s step-end infinite\}/);
  const rows = new Map(
    Array.from(text.matchAll(/^<g id="(r\d)">(.*)<\/g>$/gm), ([, id, drawn]) => [id, drawn]),
  );
  const strip = Array.from(text.matchAll(/<use href="#(r\d)" y="(\d+)"\/>/g), ([, id, y]) => [
    // Text stands 14 below the top of its row.
    Number(y) - 14,
    rows.get(id)?.replaceAll(/ (x|textLength)="[\d.]*"/g, ''),
  ]);
  const prompt = '<text class="c2">$</text><text>generate-bake build</text>';
  const failed = '<text class="b c1">FAILED</text><text>it</text>';
  assert.deepEqual(strip, [
    [0, prompt],
    [54, prompt],
    [72, '<text>a &lt;b></text>'],
    [108, prompt],
    [126, failed],
    [162, failed],
    [180, '<text>one</text>'],
    [216, '<text>one</text>'],
    [234, '<text>two</text>'],
  ]);
  // 7 columns of 8.4 before the second piece.
  assert.match(text, /<text x="58.8" textLength="16.8">it<\/text>/);
});

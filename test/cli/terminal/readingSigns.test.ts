import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Io } from '#cli/terminal/io.js';
import { readingSigns } from '#cli/terminal/readingSigns.js';

function heard(terminal: boolean) {
  const lines: string[] = [];
  const io = {
    terminal,
    say: (line: string) => lines.push(`say ${line}`),
    inPlace: (line: string) => lines.push(`in place ${line}`),
  };
  return { io: io as unknown as Io, lines };
}

test('what is read is said in place on a terminal, and every ten seconds in a pipe', (context) => {
  let now = 0;
  mock.method(performance, 'now', () => now);
  context.after(() => mock.restoreAll());
  for (const [terminal, step, expected] of [
    [true, 150, ['in place reading x:1, layer 1 of 2: 2.0 MB of 4.0 MB', 'in place ']],
    [false, 6_000, ['say reading x:1, layer 1 of 2: 2.0 MB of 4.0 MB', 'in place ']],
  ] as const) {
    const { io, lines } = heard(terminal);
    const signs = readingSigns(io);
    now += step;
    signs.progress('x:1, layer 1 of 2', 1e6, 4e6);
    now += step;
    signs.progress('x:1, layer 1 of 2', 2e6, 4e6);
    signs.end();
    assert.deepEqual(lines, expected);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildInput } from '#cli/commands/build.command.js';
import { Reporting } from '#cli/commands/buildReporting.js';
import { exit } from '#cli/exit.js';
import type { Io } from '#cli/terminal/io.js';

test('a build that is interrupted before it began says so', async () => {
  const lines: string[] = [];
  const io = { say: (line: string) => lines.push(line) } as unknown as Io;
  const { signal } = new AbortController();
  const reporting = new Reporting({} as BuildInput, [], io, { signal, stream: undefined });
  assert.equal(await reporting.end({ kind: 'cancelled' }), exit.interrupted);
  assert.deepEqual(lines, ['interrupted: nothing was built']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayNext } from '#cli/nextStep.js';
import type { Io } from '#cli/terminal/io.js';

test('the next step has the trees of this one, as a shell takes them', () => {
  const said: string[] = [];
  const io = { say: (line: string) => said.push(line) } as unknown as Io;
  sayNext(io, 'status', { directories: [] });
  sayNext(
    io,
    'build --select app',
    { configFile: 'config.yaml', directories: ['images'] },
    'edit, ',
  );
  sayNext(io, 'status', { workspaceFile: "it's a/x.toml", directories: ['$(touch x)'] });
  assert.deepEqual(said, [
    'next: generate-bake status',
    'next: edit, generate-bake build --select app -c config.yaml images',
    "next: generate-bake status --workspace 'it'\\''s a/x.toml' '$(touch x)'",
  ]);
});

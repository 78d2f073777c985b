/** `build --json` where the run ends before anything is built. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { readEvents } from '../support/events.js';
import { scratchTree } from '../support/scratch.js';

const tree = scratchTree({
  'good/generate-bake.toml': 'version = "1"\n',
  'good/api/Dockerfile': 'FROM debian:13\n',
  'bad/generate-bake.toml': 'version = "1"\nregisty = 3\n',
  'bad/api/Dockerfile': 'FROM debian:13\n',
});
const env = { PATH: process.env.PATH, HOME: tree.at('home'), DOCKER_HOST: 'tcp://127.0.0.1:9' };

test('what is wrong is in the stream, which has its result', async () => {
  const bad = await runCli(['build', '--json'], { cwd: tree.at('bad'), env });
  assert.equal(bad.status, 2);
  const [begin, ...events] = readEvents(bad.stdout);
  assert.equal(begin?.kind, 'begin');
  const told = events.filter(({ kind }) => kind === 'diagnostic');
  assert.ok(
    told.some(({ severity, place }) => {
      const { file } = (place ?? {}) as { file?: string };
      return severity === 'error' && file === 'generate-bake.toml';
    }),
    bad.stdout,
  );
  assert.equal(events.at(-1)?.exitCode, 2);
  assert.match(bad.stderr, /registy/);
});

test('an engine that does not answer is in the stream', async () => {
  const gone = await runCli(['build', '--json', '--quiet'], { cwd: tree.at('good'), env });
  assert.equal(gone.status, 3, gone.stderr);
  const events = readEvents(gone.stdout);
  assert.ok(events.some(({ kind, severity }) => kind === 'diagnostic' && severity === 'error'));
  assert.equal(events.at(-1)?.exitCode, 3);
  // A problem is on stderr as well, whatever --quiet leaves out.
  assert.match(gone.stderr, /^error: /m);
});

test('with --dry-run, --json prints no events: without an engine nothing', async () => {
  const both = await runCli(['build', '--json', '--dry-run'], { cwd: tree.at('good'), env });
  assert.deepEqual([both.status, both.stdout], [3, '']);
});

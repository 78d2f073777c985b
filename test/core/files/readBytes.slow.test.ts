/** Files that the user names: pipes end, and nobody waits for one without a writer. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { whyNot } from '#core/files/paths.js';
import { readBytes, readText } from '#core/files/readBytes.js';
import { must } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

async function fifo(): Promise<string> {
  const file = scratchTree().at('pipe');
  await must('mkfifo', [file]);
  return file;
}

const script = (text: string, file: string): void => {
  spawn('sh', ['-c', text, 'sh', file], { stdio: 'ignore' });
};

test('what is written to a pipe is read whole, however slowly and whenever it begins', async () => {
  const late = await fifo();
  script('sleep 0.3; (printf one; sleep 0.3; printf two) >"$1"', late);
  assert.equal(readText(late), 'onetwo');

  const large = await fifo();
  script('head -c 300000 /dev/zero >"$1"', large);
  assert.equal(readBytes(large).length, 300_000);
  const cut = await fifo();
  script('head -c 300000 /dev/zero >"$1"', cut);
  assert.equal(readBytes(cut, 1_000).length, 1_000);
});

test('a pipe that nobody writes to is given up', async () => {
  const file = await fifo();
  const begun = performance.now();
  assert.throws(
    () => readText(file),
    (cause: unknown) => whyNot(cause) === 'is a pipe that nobody writes to',
  );
  assert.ok(performance.now() - begun < 30_000);
});

test('the shell gives a command what another one writes, also nothing', async () => {
  const module = new URL('../../../dist/core/files/readBytes.js', import.meta.url).pathname;
  const read = `import { readText } from ${JSON.stringify(module)}; process.stdout.write(JSON.stringify(readText(process.argv[1])));`;
  for (const [words, found] of [
    ['(sleep 0.3; echo x)', '"x\\n"'],
    ['true', '""'],
  ] as const) {
    const line = `node --input-type=module -e '${read}' <(${words})`;
    assert.equal(await must('bash', ['-c', line]), found);
  }
});

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { confirm } from '#cli/terminal/confirm.js';

/** Asks with a terminal, or without one, on which this is typed; undefined: stdin ends. */
async function asked(typed: string | undefined, isTTY = true, terminal = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  let said = '';
  const io = { terminal, raw: (text: string) => (said += text) };
  const answer = confirm(io, 'Move it?', new AbortController().signal, input);
  if (typed === undefined) {
    input.end();
  } else {
    input.write(`${typed}\n`);
  }
  return { answer: await answer, said };
}

test('only y and yes are a yes', async () => {
  for (const typed of ['y', 'Y', 'yes', ' yes ']) {
    assert.deepEqual(await asked(typed), { answer: true, said: 'Move it? [y/N] ' }, typed);
  }
  for (const typed of ['', 'n', 'yep', 'yes!', 'y n']) {
    assert.equal((await asked(typed)).answer, false, typed);
  }
  assert.deepEqual(await asked(undefined), { answer: false, said: 'Move it? [y/N] \n' });
});

test('nobody is asked who cannot answer', async () => {
  assert.deepEqual(await asked('n', false), { answer: true, said: '' });
  assert.deepEqual(await asked('n', true, false), { answer: true, said: '' });
});

test('Ctrl-C ends the question with a no', async () => {
  const controller = new AbortController();
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const io = { terminal: true, raw: () => {} };
  const answer = confirm(io, 'Move it?', controller.signal, input);
  controller.abort();
  assert.equal(await answer, false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takesOf } from '#formats/blubber/frontendTakes.js';

test('what the label of a frontend says that it takes', () => {
  const label = 'moby.buildkit.frontend.inputs, moby.buildkit.frontend.subrequests';
  assert.deepEqual(takesOf(undefined), { contexts: false, inputs: false });
  assert.deepEqual(takesOf(''), { contexts: false, inputs: false });
  assert.deepEqual(takesOf(label), { contexts: false, inputs: true });
  assert.deepEqual(takesOf('moby.buildkit.frontend.contexts'), { contexts: true, inputs: false });
  assert.deepEqual(takesOf(`moby.buildkit.frontend.contexts,${label}`), {
    contexts: true,
    inputs: true,
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintLines } from '#cli/terminal/hints.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';

test('what drifted with its parent has no hint beside that of the parent', () => {
  const [base, app] = ['r/base:1' as Reference, 'r/app:1' as Reference];
  const drifted = { state: 'drifted', action: 'skip', why: 'changed', parents: [] } as const;
  const reasons = [{ kind: 'parent-changed', parent: base }] as const;
  const child: Decision = { ...drifted, reference: app, hint: 'update app', reasons };
  const parent: Decision = { ...drifted, reference: base, hint: 'update base' };
  assert.deepEqual(hintLines([parent, child]), ['r/base:1: update base']);
  // A parent that has its new version already is not the way.
  assert.deepEqual(hintLines([{ ...parent, state: 'absent' }, child]), [
    'r/base:1: update base',
    'r/app:1: update app',
  ]);
});

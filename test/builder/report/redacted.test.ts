import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '#adapters/registry/secret.js';
import type { BuildEvent } from '#builder/report/event.js';
import { redacted } from '#builder/report/redacted.js';
import type { Reference } from '#core/reference/brands.js';

const reference = 'r/one:1' as Reference;
const secret = 'hunter2/ü+x';
const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];

function heard(events: readonly BuildEvent[], secrets = [new Secret(secret)]): BuildEvent[] {
  const got: BuildEvent[] = [];
  const listen = redacted(
    (event) => got.push(event),
    () => secrets,
  );
  events.forEach(listen);
  return got;
}

test('no event has a secret in any text, in any form', () => {
  for (const form of forms) {
    const text = `before ${form} after`;
    const events: BuildEvent[] = [
      { kind: 'image-failed', reference, during: 'publish', reason: text, tail: [text, 'x'] },
      { kind: 'image-retried', reference, reason: text, attempt: 2 },
      { kind: 'image-skipped', reference, reason: text },
      { kind: 'withheld', reference, reason: text },
      { kind: 'warning', message: text },
      { kind: 'output', reference, text },
      { kind: 'step-started', reference, step: text },
      { kind: 'step-ended', reference, step: text, cached: true },
    ];
    const written = JSON.stringify(heard(events));
    assert.ok(!written.includes(form), written);
    assert.equal(written.match(/before \[secret\] after/g)?.length, events.length + 1);
  }
});

test('headers that are repeated are taken out, words and short secrets are left', () => {
  const warning = (message: string): BuildEvent => ({ kind: 'warning', message });
  const said = (message: string) => heard([warning(message)], [new Secret('thing')])[0];
  assert.deepEqual(said('you sent Bearer abc.def-123'), warning('you sent Bearer [secret]'));
  assert.deepEqual(said('Basic dXNlcjpw=='), warning('Basic [secret]'));
  // Of so short a password nobody could tell what was a word.
  assert.deepEqual(said('nothing: Basic idea'), warning('nothing: Basic idea'));
});

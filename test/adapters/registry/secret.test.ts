import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { redact, Secret } from '#adapters/registry/secret.js';

test('a secret shows itself in no text', () => {
  const secret = new Secret('hunter2');
  const texts = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
  ];
  for (const text of texts) {
    assert.ok(!text.includes('hunter2'), text);
    assert.ok(text.includes('[secret]'), text);
  }
  assert.equal(secret.reveal(), 'hunter2');
});

test('redact finds a secret in every form in which it travels', () => {
  const secret = new Secret('pä:s s"/');
  const forms = [
    'pä:s s"/',
    encodeURIComponent('pä:s s"/'),
    'pä:s s\\"/',
    Buffer.from('pä:s s"/').toString('base64'),
  ];
  for (const form of forms) {
    assert.equal(redact(`<${form}>`, [secret]), '<[secret]>');
  }
  assert.equal(redact('nothing', [new Secret('')]), 'nothing');
});

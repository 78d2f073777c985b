import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Credentials, noCredentials } from '#adapters/registry/credentials.js';
import { Keyring } from '#adapters/registry/keyring.js';
import { Secret } from '#adapters/registry/secret.js';

function login(password: string, username = 'amy', source = 'docker-credential-x'): Credentials {
  const secret = new Secret(password);
  return { kind: 'password', username, password: secret, source, mayPublish: false };
}

/** A keyring whose source gives these, one after another, and the last one for ever. */
function keyring(first: Credentials, ...next: Credentials[]) {
  const clock = { now: 0 };
  let asked = 0;
  const find = async () => {
    asked++;
    return (next.length > 1 ? next.shift() : next[0]) ?? first;
  };
  return { clock, ring: new Keyring(first, find, () => clock.now), asked: () => asked };
}

const revealed = (one: Credentials) =>
  one.kind === 'password' ? `${one.username}:${one.password.reveal()}` : one.kind;

test('refused credentials are found anew, once for all who were refused with them', async () => {
  const first = login('1');
  const { ring, clock, asked } = keyring(first, login('2'));
  clock.now = 5_000;
  assert.deepEqual(await Promise.all([ring.renew(first), ring.renew(first)]), [true, true]);
  assert.equal(asked(), 1);
  assert.equal(revealed(ring.current), 'amy:2');
  // Refused later with what another has replaced meanwhile: nothing is asked.
  assert.equal(await ring.renew(first), true);
  assert.equal(asked(), 1);
});

test('young credentials that are refused have not died, nor those that stay the same', async () => {
  const first = login('1');
  const { ring, clock, asked } = keyring(first, login('1'));
  clock.now = 1_000;
  assert.equal(await ring.renew(first), false);
  assert.equal(asked(), 0);
  clock.now = 5_000;
  assert.equal(await ring.renew(first), false);
  assert.equal(ring.current, first);
  // A thousand absent images are no thousand questions to a helper.
  assert.equal(await ring.renew(first), false);
  assert.equal(asked(), 1);
});

test('another login is never used in place of the one that was there', async () => {
  const others = [
    noCredentials,
    login('2', 'bob'),
    login('2', 'amy', '/home/amy/.docker/config.json'),
    { kind: 'identity', token: new Secret('2'), source: 'docker-credential-x', mayPublish: false },
  ] as const;
  for (const other of others) {
    const first = login('1');
    const { ring, clock } = keyring(first, other);
    clock.now = 5_000;
    assert.equal(await ring.renew(first), false);
    assert.equal(revealed(await ring.fresh()), 'amy:1');
  }
});

test('who asked without a login never gets one: the connection was chosen without', async () => {
  const { ring, clock, asked } = keyring(noCredentials, login('2'));
  clock.now = 5_000;
  assert.equal(await ring.renew(noCredentials), false);
  assert.equal(asked(), 0);
});

/** Which credentials a registry of several names gets, and by whose word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryAccess } from '#adapters/registry/access.js';
import { nameAt } from '#adapters/registry/registry.js';
import type { RegistrySettings } from '#adapters/registry/settings.js';
import { RegistryNames } from '#core/reference/registryNames.js';
import { scratchTree } from '../../support/scratch.js';

const basic = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') });

/** A repository, and beside it what its builder keeps outside: a configuration, docker's logins. */
const machine = scratchTree({
  'tree/.git/HEAD': '',
  'tree/config.yaml': '',
  'outside.yaml': '',
  'home/.docker/config.json': JSON.stringify({ auths: { 'pub.example': basic('amy:geheim') } }),
});
const inside = { file: machine.at('tree/config.yaml') };
const outside = { file: machine.at('outside.yaml') };

function settings(more: Partial<RegistrySettings>): RegistrySettings {
  return {
    registry: 'in.example',
    insecureRegistries: [],
    scanWorkers: 1,
    places: new Map([['registry', inside]]),
    files: ['config.yaml'],
    ...more,
  };
}

const aliases = (place: { readonly file: string }) =>
  new RegistryNames([{ alias: 'in.example', canonical: 'pub.example', place }]);

async function access(more: Partial<RegistrySettings>, environment: Record<string, string> = {}) {
  const sources = { environment, home: machine.at('home') };
  const { value, diagnostics } = await registryAccess(settings(more), sources, machine.at('tree'));
  const who = (of: typeof value) =>
    of === undefined
      ? undefined
      : of.credentials.kind === 'password'
        ? of.credentials.username
        : 'nobody';
  return {
    value,
    who: who(value),
    pushes: who(value?.push),
    codes: diagnostics.map(({ code }) => code),
  };
}

test("docker's login for one name is used for the other, if the machine says that they are one", async () => {
  const found = await access({ registryNames: aliases(outside) });
  assert.deepEqual([found.who, found.codes], ['amy', []]);
  // Docker would look under the name that is used, and find nothing there.
  const { credentials } = found.value ?? {};
  assert.ok(credentials?.kind === 'password' && credentials.docker === undefined);
});

test('a tree cannot have the login of another host by calling its own an alias of it', async () => {
  assert.equal((await access({ registryNames: aliases(inside) })).who, 'nobody');
});

test('a password for the environment’s registry goes to each of its names, said outside of the tree', async () => {
  const environment = {
    GENERATE_BAKE_REGISTRY: 'PUB.example',
    GENERATE_BAKE_USERNAME: 'robot',
    GENERATE_BAKE_PASSWORD: 'p',
  };
  assert.equal((await access({ registryNames: aliases(outside) }, environment)).who, 'robot');
  assert.equal((await access({ registryNames: aliases(inside) }, environment)).who, 'nobody');
});

test('push_registry has credentials of its own, bound to who names it', async () => {
  const keys = {
    registry: 'pub.example',
    pushRegistry: 'in.example/team',
    username: 'robot',
    password: 'p',
    registryNames: aliases(inside),
  };
  const named = (push: { readonly file: string }) =>
    new Map([
      ['registry', outside],
      ['password', outside],
      ['push_registry', push],
    ]);
  const own = await access({ ...keys, places: named(outside) });
  assert.deepEqual([own.who, own.pushes, own.codes], ['robot', 'robot', []]);
  assert.equal(own.value?.push?.host, 'in.example');
  assert.equal(own.value?.host, 'pub.example');
  const push = own.value?.push;
  assert.ok(push !== undefined);
  assert.equal(nameAt(push, 'pub.example/a/b:1'), 'in.example/team/a/b:1');
  assert.equal(nameAt(push, 'pub.example.org/a:1'), 'pub.example.org/a:1');
  // The tree may not send somebody's password to a host that it alone names.
  const strange = await access({ ...keys, places: named(inside) });
  assert.deepEqual([strange.who, strange.pushes], ['robot', 'nobody']);
  assert.deepEqual(strange.codes, ['credentials-unbound']);
});

test('a push_registry that is the registry is nothing further', async () => {
  const same = await access({ registry: 'pub.example', pushRegistry: 'pub.example' });
  assert.equal(same.value?.push, undefined);
});

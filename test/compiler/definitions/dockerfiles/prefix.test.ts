import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usedPrefix } from '#compiler/definitions/dockerfiles/prefix.js';

/** `NAME: Dockerfile`. */
function prefix(images: Readonly<Record<string, string>>, registry = ''): string | undefined {
  const siblings = Object.entries(images).map(([name, text]) => ({ name, text }));
  return usedPrefix(siblings, registry);
}

const scratch = 'FROM scratch\n';

test('what most references have before the name of an image here', () => {
  assert.equal(prefix({ base: scratch, api: 'FROM company/base:latest\n' }), 'company');
  assert.equal(
    prefix({
      base: scratch,
      tools: 'FROM ghcr.io/company/base@sha256:'.concat('0'.repeat(64), '\n'),
      api: 'FROM other/base\nCOPY --from=ghcr.io/company/tools:1 /a /a\n',
    }),
    'ghcr.io/company',
  );
  assert.equal(
    prefix({ 'docker/base': scratch, api: 'ARG B=company/x/docker/base\nFROM $B\n' }),
    'company/x',
  );
});

test('nobody says one: bare names, names of other images, an image and its own name, a draw', () => {
  assert.equal(prefix({ base: scratch, api: 'FROM base\n' }), undefined);
  assert.equal(prefix({ base: scratch, api: 'FROM company/bse\n' }), undefined);
  assert.equal(prefix({ redis: 'FROM bitnami/redis\n' }), undefined);
  assert.equal(prefix({ a: 'FROM x/b\n', b: 'FROM y/a\n' }), undefined);
  assert.equal(prefix({ base: scratch, api: 'FROM ${NOTHING}/base\n' }), undefined);
});

test('with a registry: only its own references count, and those without a host', () => {
  const images = {
    base: scratch,
    api: 'FROM r.example/team/base\n',
    web: 'FROM o.example/x/base\n',
  };
  assert.equal(prefix(images, 'r.example'), 'team');
  assert.equal(prefix({ base: scratch, api: 'FROM team/base\n' }, 'r.example'), 'team');
  assert.equal(prefix({ base: scratch, api: 'FROM o.example/x/base\n' }, 'r.example'), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayPushWith } from '#adapters/registry/tokenAccess.js';

function jwt(payload: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(payload)}.c2lnbmVk`;
}

const repository = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions });

test('a token says what it is good for, or nothing', () => {
  const cases: [string, boolean | undefined][] = [
    [jwt({ access: [repository('a/b', 'pull', 'push')] }), true],
    [jwt({ access: [repository('a/b', '*')] }), true],
    [jwt({ access: [repository('x', 'push'), repository('a/b', 'push')] }), true],
    [jwt({ access: [repository('a/b', 'pull')] }), false],
    [jwt({ access: [repository('a/bc', 'push')] }), false],
    [jwt({ access: [{ type: 'registry', name: 'a/b', actions: ['push'] }] }), false],
    [jwt({ access: [] }), false],
    [jwt({ access: [null, 7, { type: 'repository', name: 'a/b', actions: 'push' }] }), false],
    [jwt({ access: 'push' }), undefined],
    [jwt({}), undefined],
    [jwt(null), undefined],
    [jwt([]), undefined],
    ['opaque', undefined],
    ['a.b.c', undefined],
    ['a.b', undefined],
    ['', undefined],
    ['..', undefined],
    [`${'a.'.repeat(10_000)}`, undefined],
  ];
  for (const [token, expected] of cases) {
    assert.equal(mayPushWith(token, 'a/b'), expected, token.slice(0, 80));
  }
});

/** Keys and refusals checked with BuildKit 0.32 (distribution/reference 0.6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canonicalRepository,
  contextKey,
  familiarRepository,
  parseReference,
  repositoryOf,
} from '#core/reference/reference.js';

const digest = `sha256:${'ab'.repeat(32)}`;

const read: readonly {
  readonly text: string;
  readonly key: string;
  readonly canonical: string;
}[] = [
  { text: 'nginx', key: 'nginx', canonical: 'docker.io/library/nginx' },
  { text: 'nginx:latest', key: 'nginx', canonical: 'docker.io/library/nginx' },
  { text: 'library/nginx', key: 'nginx', canonical: 'docker.io/library/nginx' },
  { text: 'docker.io/nginx', key: 'nginx', canonical: 'docker.io/library/nginx' },
  { text: 'docker.io/library/nginx:1', key: 'nginx:1', canonical: 'docker.io/library/nginx' },
  { text: 'index.docker.io/nginx', key: 'nginx', canonical: 'docker.io/library/nginx' },
  { text: 'user/x:1', key: 'user/x:1', canonical: 'docker.io/user/x' },
  { text: 'library/a/b', key: 'library/a/b', canonical: 'docker.io/library/a/b' },
  { text: 'r.example/x', key: 'r.example/x', canonical: 'r.example/x' },
  { text: 'r.example/x:latest', key: 'r.example/x', canonical: 'r.example/x' },
  { text: 'r.example:5000/n/x:1', key: 'r.example:5000/n/x:1', canonical: 'r.example:5000/n/x' },
  { text: 'localhost/x', key: 'localhost/x', canonical: 'localhost/x' },
  { text: 'Host/x', key: 'Host/x', canonical: 'Host/x' },
  { text: '[::1]:5000/x', key: '[::1]:5000/x', canonical: '[::1]:5000/x' },
  { text: 'a_b.c/x', key: 'a_b.c/x', canonical: 'a_b.c/x' },
  { text: `x@${digest}`, key: `x@${digest}`, canonical: 'docker.io/library/x' },
  { text: `x:1@${digest}`, key: `x:1@${digest}`, canonical: 'docker.io/library/x' },
  { text: `x:latest@${digest}`, key: `x:latest@${digest}`, canonical: 'docker.io/library/x' },
  { text: 'x:Tag_1.0-a', key: 'x:Tag_1.0-a', canonical: 'docker.io/library/x' },
];

for (const { text, key, canonical } of read) {
  test(`${text} is looked up as ${key}`, () => {
    const reference = parseReference(text);
    assert.equal(reference.kind, 'reference');
    if (reference.kind !== 'reference') {
      return;
    }
    assert.equal(contextKey(reference), key);
    assert.equal(canonicalRepository(reference), canonical);
  });
}

const refused = [
  '',
  'Upper',
  'a/Upper/b',
  'x:',
  'x:-1',
  'x@sha256:12',
  `x@sha512:${'ab'.repeat(32)}`,
  `x@sha256:${'AB'.repeat(32)}`,
  `x@md5:${'ab'.repeat(32)}`,
  'x y',
  'a//b',
  '/a',
  'a/',
  'a..b',
  'a.-b',
  'a___b',
  '-a',
  'é',
  'r.example:x/y',
  `${'a'.repeat(256)}`,
  'ab'.repeat(32),
  `x:${'1'.repeat(129)}`,
];

for (const text of refused) {
  test(`${JSON.stringify(text.slice(0, 40))} is refused`, () => {
    assert.equal(parseReference(text).kind, 'problem');
  });
}

test('the parts of a reference', () => {
  assert.deepEqual(parseReference(`r.example:5000/n/x:1@${digest}`), {
    kind: 'reference',
    domain: 'r.example:5000',
    path: 'n/x',
    tag: '1',
    digest,
  });
});

test('the familiar repository', () => {
  const familiar = (text: string) => {
    const reference = parseReference(text);
    return reference.kind === 'reference' ? familiarRepository(reference) : undefined;
  };
  assert.equal(familiar('docker.io/library/nginx:1'), 'nginx');
  assert.equal(familiar('r.example/library/nginx:1'), 'r.example/library/nginx');
});

test('repositoryOf cuts tag and digest off, and no port', () => {
  assert.equal(repositoryOf('r.example:5000/x'), 'r.example:5000/x');
  assert.equal(repositoryOf('r.example:5000/x:1'), 'r.example:5000/x');
  assert.equal(repositoryOf(`x:1@${digest}`), 'x');
  assert.equal(repositoryOf('x'), 'x');
});

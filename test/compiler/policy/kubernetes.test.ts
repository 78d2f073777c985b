/** Patterns of a policy as regular expressions for Kubernetes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anchoredNames, isAnchoredMatch } from '#compiler/policy/anchored.js';
import { anchoredRegex, patternRegex } from '#compiler/policy/kubernetes.js';
import { isMatched } from '#compiler/select/matchImages.js';
import type { ImageName, Reference, Repository } from '#core/reference/brands.js';

const part = fc.stringMatching(/^[ab.]{1,3}$/);

test('a pattern says the same of an image as --select does', () => {
  const pattern = fc.stringMatching(/^[ab.*?/:]{1,6}$/);
  const image = fc.tuple(fc.array(part, { minLength: 2, maxLength: 4 }), part);
  let matched = 0;
  fc.assert(
    fc.property(pattern, image, (written, [parts, tag]) => {
      const repository = parts.join('/');
      const reference = `${repository}:${tag}`;
      const found = isMatched(
        {
          name: parts.at(-1) as ImageName,
          repository: repository as Repository,
          reference: reference as Reference,
        },
        written,
      );
      matched += found ? 1 : 0;
      assert.equal(new RegExp(patternRegex(written), 'u').test(reference), found);
    }),
    { numRuns: 5000 },
  );
  assert.ok(matched > 100, `${matched}`);
});

test('an exception says the same of what no tree defines as `running --policy` does, and names its registry', () => {
  const host = fc.constantFrom('a.b', 'docker.io', 'a.b', 'docker.io', 'ab', '*.b', 'a.*', '*');
  const pattern = fc
    .tuple(host, fc.stringMatching(/^[ab*?/:]{1,5}$/))
    .map(([first, rest]) => `${first}/${rest}`);
  const image = fc.tuple(
    fc.constantFrom('a.b', 'a.ab', 'docker.io'),
    fc.array(fc.stringMatching(/^[ab]{1,2}$/), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('a', 'b'),
  );
  let matched = 0;
  fc.assert(
    fc.property(pattern, image, (written, [registry, parts, tag]) => {
      const path = registry === 'docker.io' && parts.length === 1 ? ['library', ...parts] : parts;
      const reference = `${registry}/${path.join('/')}:${tag}`;
      const found = isAnchoredMatch(written, reference);
      matched += found ? 1 : 0;
      const byRegex = anchoredNames(written).some((name) =>
        new RegExp(anchoredRegex(name), 'u').test(reference),
      );
      assert.equal(byRegex, found, `${written} ${reference}`);
      assert.ok(!found || written.split('/')[0] === registry, `${written} ${reference}`);
    }),
    { numRuns: 15_000 },
  );
  assert.ok(matched > 100, `${matched}`);
});

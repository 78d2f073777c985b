/** Patterns of a policy as regular expressions for Kubernetes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { patternRegex } from '#compiler/policy/kubernetes.js';
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment, type Filter, fail, type RenderResult, str, typeOf } from '#jinja/index.js';
import { type Expected, noJinja2, renderWithJinja2 } from '../support/jinja2/oracle.js';
import { randomCase } from '../support/jinja2/templates.js';

const seeds = Number(process.env.GENERATE_BAKE_RANDOM_TEMPLATES ?? 5000);
const firstSeed = Number(process.env.GENERATE_BAKE_RANDOM_SEED ?? 1);

const filters: ReadonlyMap<string, Filter> = new Map([
  [
    'shout',
    {
      apply(text) {
        const type = typeOf(text);
        if (type !== 'str' && type !== 'Markup') {
          throw fail('AttributeError', `'${type}' object has no attribute 'upper'`);
        }
        return `${str(text).toUpperCase()}!`;
      },
    },
  ],
]);

/** Nothing is silently wrong: an output is Jinja2's, and what is refused says so. */
function complaint(expected: Expected, result: RenderResult): string | undefined {
  if (result.ok) {
    if ('output' in expected && expected.output === result.output) {
      return undefined;
    }
    return `silently wrong: ${JSON.stringify(result.output)}`;
  }
  const { kind, message } = result.error;
  if (!('output' in expected)) {
    return undefined;
  }
  if (kind === 'NotSupported' || kind === 'LimitExceeded') {
    return undefined;
  }
  // In `true or x|nosuch` Jinja2 drops the filter before it looks for it; we say that there is none.
  if (kind === 'TemplateAssertionError' && /^No (filter|test) named/.test(message)) {
    return undefined;
  }
  return `not Jinja2’s error: ${kind}: ${message}`;
}

test(`${seeds} random templates: none is silently wrong`, { skip: noJinja2 }, (t) => {
  const environment = new Environment();
  const cases = Array.from({ length: seeds }, (_, index) => randomCase(firstSeed + index));
  const complaints: string[] = [];
  let rendered = 0;
  let sameErrors = 0;
  let errors = 0;
  let refused = 0;
  for (const [index, expected] of renderWithJinja2(cases).entries()) {
    const one = cases[index];
    if (one === undefined) {
      continue;
    }
    const result = environment.render(one.template, one.context, {
      name: 'main',
      files: one.files,
      filters,
    });
    const found = complaint(expected, result);
    if (found !== undefined) {
      complaints.push(
        `seed ${firstSeed + index}: ${JSON.stringify(one.template)}\n  Jinja2: ${JSON.stringify(expected)}\n  ${found}`,
      );
    }
    if (result.ok) {
      rendered++;
    } else if ('output' in expected) {
      refused++;
    } else {
      errors++;
      if (expected.type === result.error.kind && expected.message === result.error.message) {
        sameErrors++;
      }
    }
  }
  t.diagnostic(
    `${rendered} rendered alike, ${errors} errors in both (${sameErrors} in the same words), ${refused} refused`,
  );
  assert.equal(complaints.length, 0, complaints.slice(0, 20).join('\n'));
  assert.ok(rendered > seeds / 4, 'most templates should render');
  assert.ok(refused < seeds / 10, 'few templates should be refused');
});

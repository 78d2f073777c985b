import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment } from '#jinja/index.js';
import { corners } from '../support/jinja2/corners.js';
import { noJinja2, renderWithJinja2 } from '../support/jinja2/oracle.js';
import { randomCase } from '../support/jinja2/templates.js';

test('the corners of the language are as in Jinja2, errors by their kind', {
  skip: noJinja2,
}, (t) => {
  const { context, files } = randomCase(1);
  const environment = new Environment();
  const expected = renderWithJinja2(corners.map((template) => ({ template, context, files })));
  const complaints: string[] = [];
  let rendered = 0;
  let refused = 0;
  for (const [index, template] of corners.entries()) {
    const result = environment.render(template, context, { name: 'main', files });
    const theirs = expected[index];
    if (theirs === undefined) {
      continue;
    }
    if (result.ok) {
      rendered++;
    } else if (result.error.kind === 'NotSupported' || result.error.kind === 'LimitExceeded') {
      refused++;
      continue;
    }
    const agrees = result.ok
      ? 'output' in theirs && theirs.output === result.output
      : 'type' in theirs && theirs.type === result.error.kind;
    if (!agrees) {
      complaints.push(
        `${template}\n  Jinja2: ${JSON.stringify(theirs)}\n  ours: ${JSON.stringify(result.ok ? result.output : `${result.error.kind}: ${result.error.message}`)}`,
      );
    }
  }
  t.diagnostic(`${corners.length} corners, ${rendered} rendered, ${refused} refused`);
  assert.equal(complaints.length, 0, complaints.join('\n'));
  assert.ok(rendered > 200);
});

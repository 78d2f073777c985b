/** Whatever a Dockerfile or a label holds comes back byte for byte from the real `bake --print`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { emitHcl } from '#compiler/emit/hcl.js';
import { emitJson } from '#compiler/emit/json.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import type { Plan, PlannedTarget } from '#compiler/plan/plan.js';
import { unrepresentable } from '#compiler/plan/representable.js';
import type { Digest } from '#core/reference/brands.js';
import { engines } from '../../support/engine/engine.js';
import { type PrintedTarget, printedTargets } from '../../support/engine/printed.js';
import { graphOf, printed } from '../../support/graph.js';
import { scratchTree } from '../../support/scratch.js';

const pieces = fc.constantFrom(
  ...['$', '%', '{', '}', '${', '%{', '~', '$$', '%%', '\r', '\n', '\r\n', '\\', '"', '\t', ' '],
  ...['\ufeff', '\0', '\x01', '\x1b', '\x7f', '\x85', '\u2028', '\ufffd', '\uffff', '😀', 'é'],
  ...[
    'e\u0301',
    '<<EOT',
    'EOT\n',
    '<<DOCKERFILE\n',
    'DOCKERFILE\n',
    '\nDOCKERFILE',
    '#',
    '/*',
    '//',
  ],
  ...['FROM a\n', 'RUN ', '${a}', '%{ if x }', '$${', 'join("', "'", '`', 'a', '\\u0041', '\\n'],
);
const text = fc.oneof(
  fc.array(pieces, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(pieces, { minLength: 1, maxLength: 12 }).map((parts) => `${parts.join('')}\n`),
  fc.string({ unit: 'binary', minLength: 1 }),
);
const name = text.filter((value) => unrepresentable(value) === undefined);

const seed = Date.now() % 2 ** 31;
const samples = fc.sample(fc.tuple(text, name, name, name, name), { numRuns: 1000, seed });

/** One image for each sample, its texts wherever a text may stand. */
function samplePlan(): Plan {
  const graph = graphOf(
    samples.map(([dockerfile, argument, argumentValue, label, labelValue], index) => ({
      name: `image${index}`,
      dockerfile,
      definition: {
        args: new Map([[argument, argumentValue]]),
        labels: new Map([[label, labelValue]]),
        description: labelValue,
      },
    })),
  );
  const { value, diagnostics } = makePlan(graph, new Set(graph.byReference.keys()), {
    ...printed,
    context: (image) => ({
      // bake tidies paths up, so one without separators.
      path: `${image.rendered.definition.description}`.replaceAll('/', '-'),
      digest: `sha256:${'0'.repeat(64)}` as Digest,
      files: [],
    }),
  });
  assert.deepEqual(
    diagnostics.filter((each) => each.severity === 'error'),
    [],
  );
  return value;
}

for (const engine of await engines()) {
  for (const [format, emit] of [
    ['JSON', emitJson],
    ['HCL', emitHcl],
  ] as const) {
    test(`buildx ${engine.buildxVersion} gives back ${samples.length} random texts in ${format}`, async (t) => {
      t.diagnostic(`seed ${seed}`);
      const plan = samplePlan();
      const file = `plan.${format.toLowerCase()}`;
      const tree = scratchTree({ [file]: emit(plan) });
      const target = await printedTargets(engine, tree.path, file, 'all');
      for (const expected of plan.targets) {
        const given = target[expected.name];
        assert.ok(given !== undefined, expected.name);
        compare(expected, given);
      }
    });
  }
}

function compare(expected: PlannedTarget, given: PrintedTarget): void {
  if (expected.dockerfile.kind === 'inline') {
    assert.equal(given['dockerfile-inline'], expected.dockerfile.text);
  } else {
    assert.equal(given.dockerfile, `cwd://${expected.dockerfile.path}`);
    assert.equal(given['dockerfile-inline'], undefined);
  }
  assert.equal(given.context, expected.context);
  for (const attribute of ['args', 'labels'] as const) {
    assert.deepEqual(sorted(Object.entries(given[attribute])), sorted([...expected[attribute]]));
  }
}

function sorted(entries: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...entries].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

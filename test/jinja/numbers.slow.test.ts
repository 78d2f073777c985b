import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Data, Environment, Float } from '#jinja/index.js';
import { type Case, noJinja2, renderWithJinja2 } from '../support/jinja2/oracle.js';
import { Chance } from '../support/jinja2/random.js';

/** Floats of all sizes: plain decimals, ties, random bits. */
function randomFloat(chance: Chance): number {
  const kind = chance.below(5);
  if (kind === 0) {
    return (chance.below(2_000_001) - 1_000_000) / 10 ** chance.below(8);
  }
  if (kind === 1) {
    return (chance.below(2001) - 1000) / 2 ** chance.below(6);
  }
  if (kind === 2) {
    return chance.below(1000) * 10 ** (chance.below(60) - 30);
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, Math.floor(chance.next() * 2 ** 32));
  view.setUint32(4, Math.floor(chance.next() * 2 ** 32));
  const value = view.getFloat64(0);
  return Number.isFinite(value) ? value : 0.5;
}

const template = [
  '{{ x }} {{ -x }} {{ x|string }} {{ x|abs }}',
  "{{ '%f|%.0f|%.1f|%.3f|%e|%.2e|%g|%.3g|%G' % (x, x, x, x, x, x, x, x, x) }}",
  "{{ '{:f}|{:.0f}|{:.2f}|{:e}|{:g}|{:.5g}|{:.1%}|{:,.2f}|{:.3}|{:+.1f}|{:10.1f}|{:<8}|{:08.2f}'.format(x, x, x, x, x, x, x, x, x, x, x, x, x) }}",
  "{{ x|round }} {{ x|round(2) }} {{ x|round(1, 'floor') }} {{ x|round(1, 'ceil') }} {{ x|round(-1) }}",
  '{{ x + y }} {{ x - y }} {{ x * y }} {{ x < y }} {{ x == y }}',
  '{% if y %}{{ x / y }} {{ x // y }} {{ x % y }}{% endif %}',
  '{{ n + m }} {{ n - m }} {{ n * m }} {{ n < m }} {{ n == m }} {{ n + x }} {{ n * x }} {{ n == x }} {{ n < x }}',
  '{% if m %}{{ n / m }} {{ n // m }} {{ n % m }} {{ n / y if y else 0 }}{% endif %}',
  "{{ '%d|%5d|%-5d|%05d|%+d|%x|%o|%#x' % (n, n, n, n, n, n, n, n) }}{{ '{:d}|{:,}|{:_}|{:x}|{:#b}|{:>9}|{:^9}|{:<9}|{:=+9}|{:09}'.format(n, n, n, n, n, n, n, n, n, n) }}",
  '{{ n|float }} {{ n|abs }} {{ n|round(-2) }} {{ [n, m, 2]|sum }} {{ [n, m]|max }}',
].join('\n');

test('floats and integers calculate and print as in Python, to the last digit', {
  skip: noJinja2,
}, () => {
  const chance = new Chance(7);
  const integer = () => {
    const size = 2 ** chance.below(53);
    return Math.floor(chance.next() * size) * (chance.is(0.5) ? 1 : -1) + 0;
  };
  const cases: Case[] = Array.from({ length: 1000 }, () => ({
    template,
    context: new Map<string, Data>([
      ['x', new Float(randomFloat(chance))],
      ['y', new Float(randomFloat(chance))],
      ['n', integer()],
      ['m', integer()],
    ]),
    files: {},
  }));
  const environment = new Environment();
  let rendered = 0;
  for (const [index, expected] of renderWithJinja2(cases).entries()) {
    const context = cases[index]?.context ?? new Map();
    const result = environment.render(template, context);
    const given = JSON.stringify([...context]);
    if (!result.ok) {
      assert.ok(
        !('output' in expected) || result.error.kind === 'NotSupported',
        `${given}: ${result.error.kind}: ${result.error.message}`,
      );
      continue;
    }
    rendered++;
    assert.ok('output' in expected, `${given}: ${JSON.stringify(expected)}`);
    assert.equal(result.output, expected.output, given);
  }
  assert.ok(rendered > 300, `only ${rendered} rendered`);
});

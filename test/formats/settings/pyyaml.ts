import { spawnSync } from 'node:child_process';
import { type Data, Float } from '#core/data/data.js';
import { noPython, pythonWith } from '../../support/python.js';

/**
 * The oracle: what PyYAML's `safe_load` (Debian's python3-yaml) makes of YAML texts, in a notation
 * that keeps types, order and the difference between 2 and 2.0. Null where PyYAML refuses the text.
 */
const program = `
import datetime, json, math, sys, yaml
def show(v, seen=()):
    if id(v) in seen: raise ValueError('recursive')
    if v is None: return ['null']
    if isinstance(v, bool): return ['bool', v]
    if isinstance(v, int): return ['int', str(v)]
    if isinstance(v, float): return ['float', v.hex()]
    if isinstance(v, str): return ['str', v]
    if isinstance(v, list): return ['list', [show(x, seen + (id(v),)) for x in v]]
    if isinstance(v, dict): return ['dict', [[show(k), show(x, seen + (id(v),))] for k, x in v.items()]]
    # A template prints it so.
    if type(v) is datetime.date: return ['str', str(v)]
    return ['other', type(v).__name__]
answers = []
for text in json.load(sys.stdin):
    try:
        answers.append(show(yaml.safe_load(text.encode())))
    except Exception as e:
        answers.append(None)
json.dump(answers, sys.stdout)
`;

export type Shown = readonly unknown[] | null;

export const noPyYaml = noPython('yaml', 'python3-yaml');
const python = pythonWith('yaml') ?? '';

export function pyYaml(texts: readonly string[]): Shown[] {
  const run = spawnSync(python, ['-c', program], {
    input: JSON.stringify(texts),
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) {
    throw new Error(run.stderr.toString());
  }
  return JSON.parse(run.stdout.toString()) as Shown[];
}

/** Our value in the oracle's notation. */
export function show(value: Data): Shown {
  if (value === null) {
    return ['null'];
  }
  if (typeof value === 'boolean') {
    return ['bool', value];
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    return ['int', String(value)];
  }
  if (typeof value === 'string') {
    return ['str', value];
  }
  if (value instanceof Float) {
    return ['float', hex(value.value)];
  }
  if (value instanceof Map) {
    return ['dict', [...value].map(([key, item]) => [show(key), show(item)])];
  }
  return ['list', (value as readonly Data[]).map(show)];
}

/** Python's float.hex(). */
function hex(value: number): string {
  if (Number.isNaN(value)) {
    return 'nan';
  }
  if (!Number.isFinite(value)) {
    return value < 0 ? '-inf' : 'inf';
  }
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const sign = high >>> 31 === 1 ? '-' : '';
  const exponent = (high >>> 20) & 0x7ff;
  const mantissa =
    (high & 0xfffff).toString(16).padStart(5, '0') +
    bits.getUint32(4).toString(16).padStart(8, '0');
  if (value === 0) {
    return `${sign}0x0.0p+0`;
  }
  const power = exponent === 0 ? -1022 : exponent - 1023;
  return `${sign}0x${exponent === 0 ? 0 : 1}.${mantissa}p${power < 0 ? '' : '+'}${power}`;
}

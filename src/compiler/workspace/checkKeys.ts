import {
  isLinterCode,
  isRule,
  type LinterCode,
  type RuleCode,
  type RuleLevel,
  ruleLevels,
  rules,
} from '#core/diagnostics/rules.js';
import { didYouMean } from '#core/text/suggest.js';
import type { TableReader } from '#formats/settings/tableReader.js';
import { entryIn } from './inLanguage.js';

/** What a configuration says of the rules of `check`: those that it does not name keep their level. */
export interface CheckKeys {
  readonly levels: ReadonlyMap<RuleCode | LinterCode, RuleLevel>;
  /** Bytes: files of a context that are larger are reported; absent: as `largestFile` says. */
  readonly largestFile?: number;
}

/** Unless the configuration says another: 10 MB. */
export const largestFile = 10_000_000;

const sizeKey = 'large_file_size';
const units: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 };

/** The table `check`: a level for each rule, and what the rules go by. */
export function readCheck(table: TableReader): CheckKeys | undefined {
  const inner = table.table('check');
  if (inner === undefined) {
    return undefined;
  }
  const levels = new Map<RuleCode | LinterCode, RuleLevel>();
  for (const name of inner.data.keys()) {
    if (name === sizeKey) {
      continue;
    }
    if (typeof name === 'string' && (isRule(name) || isLinterCode(name))) {
      const level = levelOf(inner, name);
      if (level !== undefined) {
        levels.set(name, level);
      }
      continue;
    }
    const hint =
      didYouMean(String(name), [...Object.keys(rules), sizeKey]) ??
      'doc/check.md has a table of the rules';
    table.complain(`check has no rule "${String(name)}"`, placeOf(inner, name), hint);
  }
  const size = readSize(inner);
  return { levels, ...(size === undefined ? {} : { largestFile: size }) };
}

/** YAML reads `off` without quotes as false. */
function levelOf(inner: TableReader, name: string): RuleLevel | undefined {
  return inner.raw(name) === false ? 'off' : inner.choice(name, ruleLevels);
}

function placeOf(inner: TableReader, name: unknown) {
  return typeof name === 'string' ? inner.keyPlace(name) : inner.place;
}

function readSize(inner: TableReader): number | undefined {
  const text = inner.string(sizeKey);
  if (text === undefined) {
    return undefined;
  }
  const [, number = '', unit = ''] = /^(\d{1,9}) ?(kB|MB|GB)$/.exec(text) ?? [];
  const bytes = Number(number) * (units[unit] ?? 0);
  if (bytes > 0) {
    return bytes;
  }
  const place = inner.valuePlace(sizeKey);
  const hint = `write ${entryIn(place, sizeKey, '50MB')}: a whole number of kB, MB or GB`;
  inner.complain(`${sizeKey}: ${JSON.stringify(text)} is not a size`, place, hint);
  return undefined;
}

/** What is nearer to the images comes before what is wider, rule by rule. */
export function withNearer(
  wider: CheckKeys | undefined,
  nearer: CheckKeys | undefined,
): CheckKeys | undefined {
  if (wider === undefined || nearer === undefined) {
    return nearer ?? wider;
  }
  return { ...wider, ...nearer, levels: new Map([...wider.levels, ...nearer.levels]) };
}

/** The level of a rule in a tree. */
export function levelIn(check: CheckKeys | undefined, rule: RuleCode): RuleLevel {
  return check?.levels.get(rule) ?? rules[rule];
}

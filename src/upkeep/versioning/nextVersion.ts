import { longestTag, tagProblem } from '#core/reference/legal.js';
import { compareVersions, versionProblem } from '#formats/debian/version.js';

/** What a rule makes of a version. */
export type VersionStep =
  /** Greater than the old one by dpkg's order, and a legal tag. */
  | { readonly kind: 'version'; readonly version: string }
  /** Nothing to do. */
  | { readonly kind: 'unchanged' }
  /** No rule fits. The reason is a clause that follows the version. */
  | { readonly kind: 'impossible'; readonly reason: string };

export interface StepOptions {
  /** docker-pkg's `update_id`: what is before the number of an update, usually `s`. */
  readonly updateId: string;
  /** Versions that exist already, of which none may come out again: their tags are taken. */
  readonly taken?: ReadonlySet<string>;
}

/** A calendar date as versions carry it: `-20260816`. */
const dateSuffix = /-((?:19|20|21)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;

/**
 * The version of an update. docker-pkg's rule is to count `-sN` up, or to append `-s1` to digits,
 * dots and hyphens; here it holds for every version, and the number is also found in front of the
 * date of a weekly rebuild, which stays:
 *
 *     1.2-3                   →  1.2-3-s1
 *     1.2-s4                  →  1.2-s5
 *     8.1.33-1-s4-20260816    →  8.1.33-1-s5-20260816
 *     2.5.1rocm6.1-1-20260816 →  2.5.1rocm6.1-1-20260816-s1
 */
export function nextVersion(version: string, options: StepOptions): VersionStep {
  const id = `-${options.updateId}`;
  const date = dateSuffix.exec(version)?.[0] ?? '';
  return firstThatFits(version, options.taken, [
    ...countUp(version, id, ''),
    ...(date === '' ? [] : countUp(version.slice(0, -date.length), id, date)),
    ...following(version, id, 1n, ''),
  ]);
}

/**
 * The version of a rebuild on `today` (`20260816`): the date at its end replaced, or else appended.
 * An update's number after the date keeps the date where it is, since dpkg sorts `1-20260823-s1`
 * above `1-20260830`. Unchanged when it is today's already.
 */
export function refreshedVersion(
  version: string,
  today: string,
  options: StepOptions,
): VersionStep {
  const update = lastNumber(version, `-${options.updateId}`);
  if ([version, update?.stem].some((dated) => dated?.endsWith(`-${today}`))) {
    return { kind: 'unchanged' };
  }
  const suffix = dateSuffix.exec(version)?.[0];
  if (suffix === undefined) {
    return firstThatFits(version, options.taken, [`${version}-${today}`]);
  }
  if (suffix.slice(1) > today) {
    return { kind: 'impossible', reason: `is dated after today, ${today}` };
  }
  const stem = version.slice(0, -suffix.length);
  return firstThatFits(version, options.taken, [`${stem}-${today}`]);
}

/** Why a version that a person chose cannot follow `old`, as a clause, or undefined. */
export function chosenVersionProblem(
  old: string,
  chosen: string,
  taken?: ReadonlySet<string>,
): string | undefined {
  const illegal = versionProblem(chosen)?.message ?? tagProblem(chosen)?.clause;
  if (illegal !== undefined) {
    return illegal;
  }
  if (chosen === old) {
    return 'is the current version, so nothing would be built';
  }
  if (taken?.has(chosen) === true) {
    return 'is in the changelog already, so its tag may be published and nothing would be built';
  }
  return undefined;
}

/** `stem-idN suffix` counted up, for a version that ends like that. */
function countUp(version: string, id: string, suffix: string): Iterable<string> {
  const last = lastNumber(version, id);
  return last === undefined ? [] : following(last.stem, id, last.number + 1n, suffix);
}

function lastNumber(version: string, id: string): { stem: string; number: bigint } | undefined {
  const digits = /\d+$/.exec(version)?.[0] ?? '';
  // The id may itself end with digits, so the last place where it stands counts, not the digits.
  const at = version.lastIndexOf(id);
  if (at <= 0 || digits === '') {
    return undefined;
  }
  const number = version.slice(at + id.length);
  return /^\d+$/.test(number) ? { stem: version.slice(0, at), number: BigInt(number) } : undefined;
}

/** A few in a row, for when the first is taken. */
function* following(stem: string, id: string, from: bigint, suffix: string): Iterable<string> {
  for (let number = from; number < from + 100n; number++) {
    yield `${stem}${id}${number}${suffix}`;
  }
}

function firstThatFits(
  old: string,
  taken: ReadonlySet<string> | undefined,
  candidates: Iterable<string>,
): VersionStep {
  let reason: string | undefined;
  for (const version of candidates) {
    const problem = versionProblem(version)?.message ?? tagProblem(version)?.clause;
    if (problem !== undefined) {
      reason ??=
        version.length > longestTag
          ? `has no room for a suffix: a tag has at most ${longestTag} characters`
          : `would become "${version}", which ${problem}`;
    } else if (compareVersions(version, old) <= 0) {
      reason ??= `would become "${version}", which dpkg does not sort above it`;
    } else if (taken?.has(version) === true) {
      reason ??= `would become "${version}", which is in the changelog already`;
    } else {
      return { kind: 'version', version };
    }
  }
  return { kind: 'impossible', reason: reason ?? 'has no following version' };
}

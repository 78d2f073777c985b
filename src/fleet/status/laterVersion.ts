import { compareVersions, versionProblem } from '#formats/debian/version.js';

/**
 * Whether a tag is a version of the same scheme as another version.
 * A repository has tags of many kinds (`latest`, `2.x`, `20261127`, `sha256-….sig`, `1.0-alpine`, nightly
 * builds), and dpkg's order would put most of them after `1.0-2`. So a tag only counts with the words
 * that the version has too, or `words` allows (the update identifier), with no more dates than
 * it, and not as one number where the version has several.
 */
export function isOfScheme(tag: string, version: string, words: readonly string[]): boolean {
  return (
    versionProblem(tag) === undefined &&
    !computed.test(tag) &&
    isAlike(tag, version, words) &&
    countOf(tag, dates) <= countOf(version, dates)
  );
}

/** Whether a tag is a version of the same scheme as another version, and comes after it in dpkg's order. */
export function isLaterVersion(tag: string, version: string, words: readonly string[]): boolean {
  return isOfScheme(tag, version, words) && compareVersions(tag, version) > 0;
}

/**
 * A version without the count and the date of a refresh, which dpkg's order would put after the next version
 * (`1.0-1-s2-20261101` after `1.0-2`).
 */
export function releaseOf(version: string, words: readonly string[]): string {
  const undated = withoutDate(version);
  const [counted = '', word = ''] = /-([A-Za-z]+)\d+$/.exec(undated) ?? [];
  return words.includes(word) ? undated.slice(0, -counted.length) : undated;
}

/** A version without the date of a nightly build, or the date and time of a snapshot, behind it. */
export function withoutDate(version: string): string {
  return version.replace(lastDate, '');
}

/**
 * The newest of the tags that are versions of the same scheme and come before another one. They may have
 * the count and the date of a refresh behind them (`1.0-1-s2-20261101`, which dpkg's order would put after `1.0-2`).
 */
export function newestBefore(
  tags: readonly string[],
  version: string,
  words: readonly string[],
): string | undefined {
  const isDated = countOf(version, dates) > 0;
  const keyOf = (tag: string): string => (isDated ? tag : releaseOf(tag, words));
  return tags
    .filter(
      (tag) =>
        versionProblem(tag) === undefined &&
        !computed.test(tag) &&
        isAlike(tag, version, words) &&
        compareVersions(keyOf(tag), version) < 0,
    )
    .sort((a, b) => compareVersions(keyOf(a), keyOf(b)) || compareVersions(a, b))
    .at(-1);
}

const lastDate = /-(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:-\d{6})?$/;

/** The same prefix, no other words, and not one number where the version has several. */
function isAlike(tag: string, version: string, words: readonly string[]): boolean {
  const allowed = new Set([...wordsOf(version), ...words]);
  return (
    prefixOf(tag) === prefixOf(version) &&
    wordsOf(tag).every((word) => allowed.has(word)) &&
    // The count of an update makes no second number: `1-s2` comes after `1`.
    (/\d\D+\d/.test(tag) || !/\d\D+\d/.test(releaseOf(version, words)))
  );
}

/** A version that follows from a digest or a commit: it has no order. */
const computed = /^[0-9a-f]{12}(?:-|$)/;

/** A day, as a number or with separators, perhaps with a time behind it. */
const dates = /(?<!\d)(?:19|20)\d\d([-.]?)(?:0[1-9]|1[0-2])\1(?:[0-2]\d|3[01])(?!\d)/g;

function countOf(text: string, of: RegExp): number {
  return [...text.matchAll(of)].length;
}

function wordsOf(version: string): string[] {
  return version.match(/[A-Za-z]+/g) ?? [];
}

/** What is before the first digit: `v` of `v1.2`. */
function prefixOf(version: string): string {
  return /^\D*/.exec(version)?.[0] ?? '';
}

import { compareVersions, versionProblem } from '#formats/debian/version.js';

/**
 * Whether a tag is a version of the same scheme as another version, and comes after it in dpkg's order.
 * A repository has tags of many kinds (`latest`, `2.x`, `20261127`, `sha256-….sig`, `1.0-alpine`, nightly
 * builds), and dpkg's order would put most of them after `1.0-2`. So a tag only counts with the words
 * that the version has too, or `words` allows (the update identifier), with no more dates than
 * it, and not as one number where the version has several.
 */
export function isLaterVersion(tag: string, version: string, words: readonly string[]): boolean {
  if (versionProblem(tag) !== undefined || computed.test(tag)) {
    return false;
  }
  const allowed = new Set([...wordsOf(version), ...words]);
  return (
    prefixOf(tag) === prefixOf(version) &&
    wordsOf(tag).every((word) => allowed.has(word)) &&
    countOf(tag, dates) <= countOf(version, dates) &&
    (/\d\D+\d/.test(tag) || !/\d\D+\d/.test(version)) &&
    compareVersions(tag, version) > 0
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

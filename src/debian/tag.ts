import type { StringProblem } from './version.js';

/** The most characters that an image's tag may have. */
export const LONGEST_TAG = 128;

/**
 * Why a version cannot be an image's tag, or undefined. The rule is the OCI distribution
 * specification's: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
 */
export function tagProblem(version: string): StringProblem | undefined {
  if (version === '') return { index: 0, length: 1, message: 'is empty' };
  const bad = /^[^A-Za-z0-9_]|[^A-Za-z0-9_.-]/u.exec(version);
  if (bad !== null) return { index: bad.index, length: bad[0].length, message: whyNot(bad[0]) };
  if (version.length > LONGEST_TAG) {
    return {
      index: LONGEST_TAG,
      length: version.length - LONGEST_TAG,
      message: `has ${version.length} characters, and a tag at most ${LONGEST_TAG}`,
    };
  }
  return undefined;
}

function whyNot(character: string): string {
  switch (character) {
    case ':':
      return 'has an epoch: ":" separates name and tag, so a tag cannot have one';
    case '~':
    case '+':
      return `has "${character}", which Debian allows but an image's tag does not`;
    case '.':
    case '-':
      return `starts with "${character}": a tag starts with a letter, a digit or "_"`;
    default:
      return `has ${JSON.stringify(character)}: a tag has only letters, digits, "_", "." and "-"`;
  }
}

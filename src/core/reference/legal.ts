import { parseReference } from './reference.js';

/** Why Docker does not take a name or tag, and where in it. */
export interface IllegalText {
  /** The first UTF-16 unit that is wrong, and how many are. */
  readonly at: number;
  readonly length: number;
  /** One sentence, without a full stop. */
  readonly message: string;
  readonly hint: string;
}

/** The most characters that a tag may have. */
export const longestTag = 128;
const tagRule = 'a tag is made of letters, digits, "_", "." and "-", and begins with none of ".-"';

/** The same of a tag, whose reason is of use inside other sentences too. */
export interface IllegalTag extends IllegalText {
  /** What is said of the tag: `holds "~", which Debian sorts before the end of a version`. */
  readonly clause: string;
}

/**
 * Why `tag` cannot be the tag of an image; undefined where it can
 * (`[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`). Versions of Debian packages are the usual source of
 * tags, and not all of them are legal ones.
 */
export function tagProblem(tag: string): IllegalTag | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) {
    return undefined;
  }
  const illegal = (at: number, length: number, clause: string): IllegalTag => ({
    at,
    length,
    clause,
    // An empty tag, or one of pages, is not worth repeating.
    message:
      tag === '' || tag.length > longestTag
        ? `the tag ${clause}`
        : `${JSON.stringify(tag)} is not a valid tag: it ${clause}`,
    hint: tagRule,
  });
  if (tag === '') {
    return illegal(0, 0, 'is empty');
  }
  const at = tag.search(/[^A-Za-z0-9_.-]/);
  if (at !== -1) {
    const char = String.fromCodePoint(tag.codePointAt(at) ?? 0);
    return illegal(at, char.length, `contains ${JSON.stringify(char)}${meaning(tag, char, at)}`);
  }
  if (tag.startsWith('.') || tag.startsWith('-')) {
    return illegal(0, 1, `begins with ${JSON.stringify(tag.charAt(0))}`);
  }
  const clause = `has ${tag.length} characters, and a tag at most ${longestTag}`;
  return illegal(longestTag, tag.length - longestTag, clause);
}

/** What a character means in a Debian version, since that is why it is there. */
function meaning(tag: string, char: string, at: number): string {
  if (char === '~') {
    return ', which Debian sorts before the end of a version';
  }
  if (char === '+') {
    return ', which Debian versions use for what is added to a release';
  }
  if (char === ':' && /^\d+$/.test(tag.slice(0, at))) {
    return ', which ends a Debian epoch';
  }
  return '';
}

const repositoryRule =
  'parts between "/" are lower-case letters and digits, with ".", "_", "__" or "-" between them';

/**
 * Why `repository` (`registry/namespace/name`) cannot name an image; undefined where it can. The
 * rule is that of distribution/reference.
 */
export function repositoryProblem(repository: string): IllegalText | undefined {
  const parsed = parseReference(repository);
  const isBare =
    parsed.kind === 'reference' && parsed.tag === undefined && parsed.digest === undefined;
  if (isBare) {
    return undefined;
  }
  const illegal = (at: number, length: number, what: string): IllegalText => ({
    at,
    length,
    message: `${JSON.stringify(repository)} cannot name an image: ${what}`,
    hint: repositoryRule,
  });
  if (parsed.kind === 'problem' && /^[a-f0-9]{64}$/.test(repository)) {
    return illegal(0, repository.length, parsed.message);
  }
  let start = 0;
  for (const part of repository.split('/')) {
    const isHost = start === 0 && /[.:]|^localhost$/.test(part) && repository.includes('/');
    if (!isHost) {
      const wrong = partProblem(part);
      if (wrong !== undefined) {
        return illegal(start + wrong.at, wrong.length, wrong.what);
      }
    }
    start += part.length + 1;
  }
  const first = repository.split('/', 1)[0] ?? '';
  if (parsed.kind === 'problem' && repository.length <= 255) {
    return illegal(0, first.length, `${JSON.stringify(first)} is not a host`);
  }
  return illegal(0, repository.length, 'it is too long');
}

function partProblem(part: string): { at: number; length: number; what: string } | undefined {
  if (part === '') {
    return { at: 0, length: 1, what: 'a part is empty' };
  }
  const at = part.search(/[^a-z0-9._-]/);
  if (at !== -1) {
    const char = String.fromCodePoint(part.codePointAt(at) ?? 0);
    const isUpper = char !== char.toLowerCase();
    const what = `it contains ${isUpper ? 'the upper-case ' : ''}${JSON.stringify(char)}`;
    return { at, length: char.length, what };
  }
  const edge = /^[._-]+|[._-]+$/.exec(part);
  if (edge !== null) {
    const what = `a part begins or ends with ${JSON.stringify(edge[0])}`;
    return { at: edge.index, length: edge[0].length, what };
  }
  const run = /[._-]{2,}/g;
  for (const { 0: separators, index } of part.matchAll(run)) {
    if (separators === '__' || /^-+$/.test(separators)) {
      continue;
    }
    const what = `${JSON.stringify(separators)} stands between letters`;
    return { at: index, length: separators.length, what };
  }
  return undefined;
}

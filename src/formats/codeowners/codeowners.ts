import { type Diagnostic, placeAt, warning } from '#core/diagnostics/diagnostic.js';
import { limited } from '#core/diagnostics/limited.js';
import { type PathMatcher, pathMatcher } from './pattern.js';

/** GitHub reads no file that is larger: 3 MB. */
export const longestCodeowners: number = 3 * 1024 * 1024;

/** What a CODEOWNERS file says. */
export interface Codeowners {
  /** The owners of a file (relative to the repository): `@user`, `@org/team`, addresses; none: nobody. */
  of(path: string): readonly string[];
}

interface Rule {
  readonly matches: PathMatcher;
  readonly owners: readonly string[];
  /** Of GitLab: what matches belongs to nobody of its section, whatever else it has. */
  readonly isExclusion: boolean;
}

/** The lines below one heading of GitLab; those of GitHub are all of one section. */
interface Section {
  readonly rules: Rule[];
}

/** A word: `\ ` is a space of it. */
const word = /(?:\\.|[^\s\\])+/g;

/** `[Name]`, `^[Name]`, `[Name][2] @default`: what begins a section of GitLab. */
const heading = /^\s*\^?\[([^\]]+)\](?:\[\d+\])?(?=\s|$)/;

const owner =
  /^(?:@@?[\p{L}\p{N}_][\p{L}\p{N}_.-]*(?:\/[\p{L}\p{N}_][\p{L}\p{N}_.-]*)*|[^\s@<>]+@[^\s@<>]+)$/u;

/**
 * Reads a CODEOWNERS file by the rules of GitHub: of the patterns that match, the last one counts, and one
 * without owners takes them away. In sections, which GitLab has, the last one of each counts. A line that
 * GitHub does not understand is passed over, with the warning `codeowners-line`.
 */
export function readCodeowners(
  text: string,
  file: string,
): { readonly value: Codeowners; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const sections = new Map<string, Section>([['', { rules: [] }]]);
  const isGitLab = text.split('\n').some((line) => heading.test(line));
  let name = '';
  let defaults: readonly string[] = [];
  let at = 0;
  for (const whole of text.split('\n')) {
    const start = at;
    at += whole.length + 1;
    const line = start === 0 ? whole.replace(/^\ufeff/, ' ') : whole;
    const complain = (what: string, index: number, length: number, hint: string) => {
      const place = placeAt(file, text, start + index, length);
      const message = `the line is not used: ${what}`;
      diagnostics.push(warning('codeowners-line', message, { place, hint }));
    };
    const head = heading.exec(line);
    const from = head === null ? 0 : head[0].length;
    const words = wordsOf(line, from);
    const [first] = words;
    if (head === null && first === undefined) {
      continue;
    }
    const owners = head === null ? words.slice(1) : words;
    const odd = owners.find(({ written }) => !owner.test(written));
    if (odd !== undefined) {
      const hint = 'write @user, @org/team or an e-mail address; a space in a path is "\\ "';
      complain(`"${odd.written}" is not an owner`, odd.index, odd.written.length, hint);
    }
    const written = odd === undefined ? owners.map((each) => each.written) : [];
    if (head !== null) {
      // GitLab takes sections of one name together, in whatever case it is written.
      name = (head[1] ?? '').toLowerCase();
      defaults = written;
      continue;
    }
    if (odd !== undefined || first === undefined) {
      continue;
    }
    const isExclusion = isGitLab && first.written.startsWith('!');
    const matches = pathMatcher(isExclusion ? first.written.slice(1) : first.written);
    if (typeof matches !== 'function') {
      const hint = 'see the rules for CODEOWNERS in the documentation of GitHub or GitLab';
      complain(matches.problem, first.index, first.written.length, hint);
      continue;
    }
    const section = sections.get(name) ?? { rules: [] };
    sections.set(name, section);
    section.rules.push({ matches, owners: written.length === 0 ? defaults : written, isExclusion });
  }
  const all = [...sections.values()];
  return {
    value: { of: (path) => [...new Set(all.flatMap((section) => ownersIn(section, path)))] },
    diagnostics: limited(diagnostics),
  };
}

function ownersIn({ rules }: Section, path: string): readonly string[] {
  if (rules.some(({ isExclusion, matches }) => isExclusion && matches(path))) {
    return [];
  }
  return rules.findLast(({ matches }) => matches(path))?.owners ?? [];
}

/** Up to the comment: a `#` at the start of a word begins it. */
function wordsOf(
  line: string,
  from: number,
): readonly { readonly written: string; readonly index: number }[] {
  const words: { written: string; index: number }[] = [];
  for (const { 0: written, index } of line.slice(from).matchAll(word)) {
    if (written.startsWith('#')) {
      break;
    }
    words.push({ written, index: from + index });
  }
  return words;
}

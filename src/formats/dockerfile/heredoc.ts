import { lexWords } from './expand.js';

/** A `<<WORD` in an instruction: the text up to a line that is WORD belongs to it. */
export interface Heredoc {
  readonly word: string;
  /** `<<-`: tabs before the closing word do not count. */
  readonly stripTabs: boolean;
  /** Blanks between `<<` and the word, which frontends before Dockerfile 1.16 do not take. */
  readonly spaced: boolean;
}

const pattern = /^\d*<<(-?)([\t\n\f\r ]*)([^<]*)$/;

/** The heredocs that a RUN, COPY or ADD opens, in order; undefined where a word cannot be read. */
export function heredocsOf(line: string): readonly Heredoc[] | undefined {
  const found: Heredoc[] = [];
  for (const word of lexWords(line, true) ?? []) {
    const heredoc = parseHeredoc(word);
    if (heredoc === undefined) {
      return undefined;
    }
    if (heredoc !== 'none') {
      found.push(heredoc);
    }
  }
  return found;
}

/** What a single word opens. */
export function parseHeredoc(word: string): Heredoc | 'none' | undefined {
  const match = pattern.exec(word);
  const name = match?.[3] ?? '';
  if (name === '') {
    return 'none';
  }
  const words = lexWords(name, false);
  if (words === undefined) {
    return undefined;
  }
  const [only] = words;
  if (only === undefined || words.length > 1) {
    return 'none';
  }
  return { word: only, stripTabs: match?.[1] === '-', spaced: match?.[2] !== '' };
}

export function closes(heredoc: Heredoc, line: string): boolean {
  return (heredoc.stripTabs ? line.replace(/^\t+/, '') : line) === heredoc.word;
}

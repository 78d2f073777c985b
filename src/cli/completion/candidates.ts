import { takesValue, valuesTaken } from '../line/parse.js';
import type { CommandSpec, OptionSpec } from '../line/spec.js';

/** What may be where the cursor is. */
export interface Candidates {
  readonly words: readonly Candidate[];
  /** What the shell adds from the disk. */
  readonly paths: 'files' | 'directories' | 'none';
  /** Whether names of images are among what may be there. */
  readonly images: boolean;
  /** What is before each word and name: `--select=`. */
  readonly before: string;
}

interface Candidate {
  readonly text: string;
  readonly help: string;
}

type Specs = ReadonlyMap<string, CommandSpec<unknown>>;

const nothing: Candidates = { words: [], paths: 'none', images: false, before: '' };

/**
 * What may be in place of the last of `line`, the words after the program's name. Nothing is left out for
 * not beginning as that word does: each shell has its own way to compare.
 */
export function candidatesFor(line: readonly string[], specs: Specs): Candidates {
  const words = line.slice(0, -1);
  const current = line.at(-1) ?? '';
  const plan = specs.get('plan');
  const at = firstWord(words, plan?.options ?? []);
  const name = at === undefined ? undefined : words[at];
  if (name === 'help') {
    return { ...nothing, words: commandWords(specs) };
  }
  const spec = (name === undefined ? undefined : specs.get(name)) ?? plan;
  if (spec === undefined) {
    return nothing;
  }
  const own = words.filter((_, index) => index !== at || !specs.has(name ?? ''));
  if (spec.rest !== undefined && own.includes('--')) {
    return { ...nothing, paths: 'files' };
  }
  const value = valueAt(own, current, spec.options);
  if (value !== undefined) {
    return value;
  }
  if (current.startsWith('-')) {
    return { ...nothing, words: optionWords(spec.options, own) };
  }
  if (at === undefined) {
    // A word that is no command is a directory (of `plan`).
    const help = { text: 'help', help: 'show help' };
    return { ...nothing, words: [...commandWords(specs), help], paths: 'directories' };
  }
  return wordAt(spec, own);
}

/** The index of the first word that is no option, nor the value of one. */
function firstWord(words: readonly string[], options: readonly OptionSpec[]): number | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      return at;
    }
    at += valuesTaken(options, word, words[at + 1]);
  }
  return undefined;
}

function commandWords(specs: Specs): Candidate[] {
  return [...specs.values()].map(({ name, summary }) => ({ text: name, help: summary }));
}

function optionWords(options: readonly OptionSpec[], given: readonly string[]): Candidate[] {
  const words = options.flatMap(({ flags, help, repeatable }) => {
    const names = namesOf(flags);
    const isGiven = names.some((name) => given.includes(name));
    return isGiven && repeatable !== true ? [] : names.map((text) => ({ text, help }));
  });
  return [...words, { text: '--help', help: 'show help' }];
}

/** `-o, --output <FILE>`: `-o` and `--output`. */
function namesOf(flags: string): string[] {
  return flags.replace(/ ?[<[].*/, '').split(', ');
}

/** The values of the option that the word belongs to; undefined where it belongs to none. */
function valueAt(
  words: readonly string[],
  current: string,
  options: readonly OptionSpec[],
): Candidates | undefined {
  const before = words.at(-1) ?? '';
  const [name, isJoined] =
    current.startsWith('--') && current.includes('=')
      ? [current.slice(0, current.indexOf('=')), true]
      : [before, false];
  const option = options.find((each) => takesValue(each) && namesOf(each.flags).includes(name));
  if (option === undefined || (!isJoined && valuesTaken(options, before, current) === 0)) {
    return undefined;
  }
  return { ...valuesOf(option), before: isJoined ? `${name}=` : '' };
}

function valuesOf({ flags, choices }: OptionSpec): Candidates {
  if (choices !== undefined) {
    return { ...nothing, words: choices.map((text) => ({ text, help: '' })) };
  }
  const kind = /<([A-Z]+)/.exec(flags)?.[1] ?? '';
  if (/^(?:GLOB|PARENT|IMAGE)$/.test(kind) || flags.startsWith('--also ')) {
    return { ...nothing, images: true };
  }
  if (/^(?:FILE|DIR|OUT|REPORT|PATH)$/.test(kind)) {
    // DIR alone: where it may be something else too, that may be a file.
    const isDirectory = kind === 'OUT' || flags.endsWith('<DIR>');
    return { ...nothing, paths: isDirectory ? 'directories' : 'files' };
  }
  return nothing;
}

/** What the next word of a command that is no option may be. */
function wordAt(spec: CommandSpec<unknown>, given: readonly string[]): Candidates {
  let count = 0;
  for (let at = 0; at < given.length; at++) {
    const word = given[at] ?? '';
    if (word.startsWith('-') && word !== '-') {
      at += valuesTaken(spec.options, word, given[at + 1]);
    } else {
      count++;
    }
  }
  const last = spec.words.at(-1);
  const notation = spec.words[count] ?? (last?.[0].includes('...') === true ? last : undefined);
  if (notation === undefined) {
    return nothing;
  }
  const [name, , completes] = notation;
  if (completes === 'images') {
    return { ...nothing, images: true, paths: name.includes('...') ? 'directories' : 'none' };
  }
  if (completes !== undefined) {
    return { ...nothing, words: completes.map((text) => ({ text, help: '' })) };
  }
  const paths = /DIR/.test(name) ? 'directories' : /PATH|FILE/.test(name) ? 'files' : 'none';
  return { ...nothing, paths };
}

/** Which trees the line is about, as far as its options say. */
export function treesIn(words: readonly string[]): {
  readonly configFile?: string;
  readonly workspaceFile?: string;
} {
  const valueAfter = (short: string | undefined, long: string): string | undefined => {
    for (const [at, word] of words.entries()) {
      if (word === short || word === long) {
        return words[at + 1];
      }
      if (word.startsWith(`${long}=`)) {
        return word.slice(long.length + 1);
      }
    }
    return undefined;
  };
  const configFile = valueAfter('-c', '--configfile');
  const workspaceFile = valueAfter(undefined, '--workspace');
  return {
    ...(configFile ? { configFile } : {}),
    ...(workspaceFile ? { workspaceFile } : {}),
  };
}

import { type ShellCommand, type ShellWord, shellCommands } from './commands.js';

/** A program that a shell command runs, whatever starts it (`sudo`, `env`, `sh -c`). */
export interface ShellProgram {
  /** Without its directory: `/usr/bin/pip3.11` is `pip`. */
  readonly name: string;
  readonly args: readonly ShellWord[];
  /** Where it is in the script, in UTF-16 units: of one in the script of `sh -c`, where that is. */
  readonly at: number;
}

/** Options with a value, before the words of a program or after a program that starts another. */
const valued: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['git', new Set(['-C', '-c', '--git-dir', '--work-tree'])],
  ['npm', new Set(['--prefix', '-C'])],
  ['yarn', new Set(['--cwd'])],
  ['go', new Set(['-C'])],
  ['sudo', new Set(['-u', '-g', '-C', '-h'])],
  ['env', new Set(['-u', '-C'])],
  ['nice', new Set(['-n'])],
  ['timeout', new Set(['-k', '-s'])],
  ['xargs', new Set(['-n', '-I', '-P', '-L', '-d', '-a', '-s'])],
  ['runuser', new Set(['-u', '-g'])],
]);

/** Programs that start another, and how many words are before it. */
const starting: ReadonlyMap<string, number> = new Map([
  ['builtin', 0],
  ['busybox', 0],
  ['chroot', 1],
  ['command', 0],
  ['eatmydata', 0],
  ['env', 0],
  ['exec', 0],
  ['fakeroot', 0],
  ['flock', 1],
  ['gosu', 1],
  ['ionice', 0],
  ['nice', 0],
  ['nohup', 0],
  ['runuser', 0],
  ['setpriv', 0],
  ['stdbuf', 0],
  ['su-exec', 1],
  ['sudo', 0],
  ['time', 0],
  ['timeout', 1],
  ['unshare', 0],
  ['xargs', 0],
]);

const reserved: ReadonlySet<string> = new Set([
  '!',
  '{',
  '}',
  'if',
  'then',
  'else',
  'elif',
  'while',
  'until',
  'do',
  'coproc',
]);
const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'su']);
/** Scripts in scripts. */
const deepest = 10;

/** The programs that a shell script runs, as far as it says so itself. */
export function shellPrograms(script: string): readonly ShellProgram[] {
  return shellCommands(script).flatMap((command) => programsOf(command));
}

/** The same of a program and its arguments (the exec form): `at` of the words is kept. */
export function programsOf(command: ShellCommand, depth = 0): readonly ShellProgram[] {
  let words = command;
  for (;;) {
    const [first, ...rest] = words;
    if (first === undefined || depth > deepest) {
      return [];
    }
    const isAssignment = /^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(first.text);
    if (isAssignment || reserved.has(first.text)) {
      words = rest;
      continue;
    }
    const name = nameOf(first.text);
    const script = shells.has(name) ? scriptOf(rest) : undefined;
    if (script !== undefined) {
      const inside = shellCommands(script.text).flatMap((inner) => programsOf(inner, depth + 1));
      return inside.map((program) => ({ ...program, at: script.at }));
    }
    const skipped = starting.get(name);
    if (skipped !== undefined) {
      words = withoutOptions(name, rest).slice(skipped);
      continue;
    }
    // `python3 -m pip`
    const module = /^python[0-9.]*$/.test(name) && rest[0]?.text === '-m' ? rest[1] : undefined;
    if (module !== undefined) {
      words = [module, ...rest.slice(2)];
      continue;
    }
    return [{ name, args: rest, at: first.at }];
  }
}

/** `/usr/bin/pip3.11` is `pip`. */
function nameOf(word: string): string {
  const name = word.slice(word.lastIndexOf('/') + 1);
  return /^pip[0-9.]+$/.test(name) ? 'pip' : /^gem[0-9.]+$/.test(name) ? 'gem' : name;
}

/** `cargo +nightly install` has its toolchain before all else. */
export function isOption(word: string): boolean {
  return /^[-+]/.test(word);
}

/** The words from the first one that is not an option. */
export function withoutOptions(program: string, words: readonly ShellWord[]): readonly ShellWord[] {
  const withValue = valued.get(program);
  let at = 0;
  for (let text = words[at]?.text; text?.startsWith('-'); text = words[at]?.text) {
    at += withValue?.has(text) ? 2 : 1;
    if (text === '--') {
      break;
    }
  }
  return words.slice(at);
}

/** `sh -c SCRIPT`, `bash -euxc SCRIPT`, `su USER -c SCRIPT`. */
function scriptOf(words: readonly ShellWord[]): ShellWord | undefined {
  const option = words.findIndex(({ text }) => /^-[a-z]*c$/.test(text));
  return option === -1 ? undefined : words.slice(option + 1).find(({ text }) => !/^-/.test(text));
}

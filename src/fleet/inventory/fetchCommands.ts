import { type ShellCommand, type ShellWord, shellCommands } from '#formats/shell/commands.js';

/** A command that brings software beside the packages of apt. */
export interface FetchCommand {
  /** As a person would name it: `curl`, `pip install`. */
  readonly tool: string;
  /** Where it is in the script, in UTF-16 units. */
  readonly at: number;
}

/** Programs that fetch whatever they are called with; or only with one of these as their first words. */
const fetching: ReadonlyMap<string, true | readonly string[]> = new Map<
  string,
  true | readonly string[]
>([
  ['aria2c', true],
  ['bun', ['install', 'i', 'add', 'update', 'x']],
  ['bundle', ['install', 'update']],
  ['cabal', ['install', 'update', 'fetch']],
  ['cargo', ['install', 'fetch', 'update']],
  ['composer', ['install', 'update', 'require', 'create-project', 'global']],
  ['conda', ['install', 'create', 'update']],
  ['cpan', true],
  ['cpanm', true],
  ['curl', true],
  ['dotnet', ['restore', 'tool install', 'add']],
  ['gem', ['install', 'update', 'fetch']],
  ['git', ['clone', 'fetch', 'pull', 'submodule', 'lfs pull', 'lfs fetch']],
  ['go', ['install', 'get', 'mod download', 'mod tidy', 'mod vendor']],
  ['gradle', true],
  ['gradlew', true],
  ['helm', ['pull', 'fetch']],
  ['hg', ['clone', 'pull']],
  ['lein', true],
  ['luarocks', ['install']],
  ['mamba', ['install', 'create', 'update']],
  ['micromamba', ['install', 'create', 'update']],
  ['mix', ['deps.get', 'archive.install', 'local.hex', 'local.rebar']],
  ['mvn', true],
  ['mvnw', true],
  ['npm', ['install', 'i', 'ci', 'add', 'update', 'exec', 'install-clean']],
  ['npx', true],
  ['opam', ['install', 'update', 'init']],
  ['oras', ['pull']],
  ['pdm', ['install', 'add', 'sync', 'update']],
  ['pear', ['install']],
  ['pecl', ['install']],
  ['pip', ['install', 'download', 'wheel']],
  ['pipenv', ['install', 'sync', 'update']],
  ['pipx', ['install', 'run']],
  ['pnpm', ['install', 'i', 'add', 'dlx', 'update']],
  ['poetry', ['install', 'add', 'update', 'sync']],
  ['rustup', true],
  ['sbt', true],
  ['skopeo', ['copy', 'sync']],
  ['svn', ['checkout', 'co', 'export', 'update']],
  ['uv', ['pip install', 'pip sync', 'tool install', 'sync', 'add', 'run']],
  ['uvx', true],
  ['wget', true],
  ['yarn', ['install', 'add', 'global', 'dlx', 'up']],
]);

/** Those that fetch when they are called without a word. */
const fetchingAlone: ReadonlySet<string> = new Set(['bundle', 'yarn']);

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

/** The commands of a shell script that bring software beside the packages of apt. */
export function fetchCommands(script: string): readonly FetchCommand[] {
  return shellCommands(script).flatMap((command) => fetchesOf(command, 0));
}

/** The same of a program and its arguments (the exec form): `at` of the words is kept. */
export function fetchesOf(command: ShellCommand, depth: number): readonly FetchCommand[] {
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
    const program = nameOf(first.text);
    const script = shells.has(program) ? scriptOf(rest) : undefined;
    if (script !== undefined) {
      const inside = shellCommands(script.text).flatMap((inner) => fetchesOf(inner, depth + 1));
      return inside.map(({ tool }) => ({ tool, at: script.at }));
    }
    const skipped = starting.get(program);
    if (skipped !== undefined) {
      words = withoutOptions(program, rest).slice(skipped);
      continue;
    }
    // `python3 -m pip`
    const module = /^python[0-9.]*$/.test(program) && rest[0]?.text === '-m' ? rest[1] : undefined;
    if (module !== undefined) {
      words = [module, ...rest.slice(2)];
      continue;
    }
    return fetchOf(first, rest);
  }
}

/** `/usr/bin/pip3.11` is `pip`. */
function nameOf(word: string): string {
  const name = word.slice(word.lastIndexOf('/') + 1);
  return /^pip[0-9.]+$/.test(name) ? 'pip' : /^gem[0-9.]+$/.test(name) ? 'gem' : name;
}

function fetchOf(program: ShellWord, all: readonly ShellWord[]): FetchCommand[] {
  const name = nameOf(program.text);
  const how = fetching.get(name);
  const { at } = program;
  if (how === undefined) {
    return [];
  }
  if (how === true) {
    return [{ tool: name, at }];
  }
  const words = withoutOptions(name, all);
  const skipped = all.length - words.length;
  const plain = words.flatMap(({ text }, index) =>
    isOption(text) ? [] : [{ text, mayBeValue: isOption(all[skipped + index - 1]?.text ?? '') }],
  );
  if (plain.length === 0) {
    return fetchingAlone.has(name) ? [{ tool: name, at }] : [];
  }
  for (const [index, { text, mayBeValue }] of plain.entries()) {
    const sub = how.find((each) => each === text || each === `${text} ${plain[index + 1]?.text}`);
    if (sub !== undefined) {
      return [{ tool: `${name} ${sub}`, at }];
    }
    // `yarn --network-timeout 100000 install`: which options have a value is another table for each program.
    if (!mayBeValue) {
      break;
    }
  }
  return [];
}

/** `cargo +nightly install` has its toolchain before all else. */
function isOption(word: string): boolean {
  return /^[-+]/.test(word);
}

/** The words from the first one that is not an option. */
function withoutOptions(program: string, words: readonly ShellWord[]): readonly ShellWord[] {
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

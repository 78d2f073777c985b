import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { whyNot } from '#core/files/paths.js';
import { runProgram } from '../process/process.js';

/** What git gave. Paths are absolute, or relative to root. */
export type GitResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** What git said, or that there is no git, as a clause. */
  | { readonly kind: 'failed'; readonly reason: string };

/** How far a call may run programs that the repository's own configuration names. */
type Trust =
  /** It runs nothing but git: no hook, no filter, no monitor, no transport. */
  | 'asks'
  /** As `asks`, and objects that a partial clone lacks may be fetched from where it came from. */
  | 'fetches'
  /** As the user's own `git commit`: hooks, filters and signing run. */
  | 'commits'
  /** Files of the work tree are written as the user's own `git switch` does, with filters; no hook runs. */
  | 'checks-out';

interface Options {
  readonly trust?: Trust;
  readonly input?: string;
  /** The index to use in place of the repository's own. */
  readonly index?: string;
  /** `bytes`: each character of the output is one byte, where sizes are told in bytes. Absent: UTF-8. */
  readonly output?: 'bytes';
  /** It fails where git warns of something like this, and would go on. */
  readonly unlessWarned?: RegExp;
}

/**
 * Runs git in a directory. A folder that somebody committed can look like a bare repository, and
 * git believes the configuration in it, which names programs: so a repository must have a `.git`
 * (`safe.bareRepository`), and it must be the work tree that the directory is in.
 */
export function git(
  directory: string,
  words: readonly string[],
  { trust = 'asks', input = '', index, output, unlessWarned }: Options = {},
): GitResult<string> {
  const stray = strayRepository(directory);
  if (stray !== undefined) {
    return { kind: 'failed', reason: stray };
  }
  const runsNoFilter =
    trust === 'commits' || trust === 'checks-out' || withoutFilters.has(words[0] ?? '');
  const off = runsNoFilter ? { kind: 'done' as const, value: [] } : filtersOff(directory);
  if (off.kind === 'failed') {
    return off;
  }
  const done = start(directory, words, {
    input,
    settings: trust === 'commits' ? [] : [...asksOnly, ...off.value],
    env: {
      ...(trust === 'asks' ? { GIT_ALLOW_PROTOCOL: 'none', GIT_NO_LAZY_FETCH: '1' } : {}),
      ...(trust === 'commits' || trust === 'checks-out' ? {} : { GIT_OPTIONAL_LOCKS: '0' }),
      ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
    },
    ...(output === undefined ? {} : { output }),
    ...(unlessWarned === undefined ? {} : { unlessWarned }),
  });
  return done.kind === 'done' ? done : { kind: 'failed', reason: done.reason };
}

/** How long a remote may say nothing at all, in milliseconds: a push may have much to send. */
const longestRemote = 600_000;

/** Runs git with a remote of the repository, by the user's own transport and credentials; no hook runs, and nobody is asked. */
export async function gitRemote(
  directory: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<GitResult<string>> {
  const stray = strayRepository(directory);
  if (stray !== undefined) {
    return { kind: 'failed', reason: stray };
  }
  const ended = await runProgram({
    program: 'git',
    args: [...safe, '-C', directory, ...words],
    env: { ...environment(asksOnly), ...quietly },
    signal,
    timeoutMs: longestRemote,
  });
  switch (ended.kind) {
    case 'not-started':
      return { kind: 'failed', reason: 'the program "git" is not installed' };
    case 'cancelled':
      return { kind: 'failed', reason: 'stopped' };
    case 'timed-out':
      return { kind: 'failed', reason: `git ${words[0]} did not end` };
    case 'killed':
      return { kind: 'failed', reason: `git ${words[0]} was ended by ${ended.signal}` };
    case 'exited': {
      if (ended.status === 0) {
        return { kind: 'done', value: ended.stdout };
      }
      const said = ended.stderr.trim().replace(/^(?:fatal|error): /, '');
      const reason = said || `git ${words[0]} ended with status ${ended.status}`;
      return { kind: 'failed', reason };
    }
  }
}

const asksOnly: readonly Setting[] = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.untrackedCache', 'false'],
  ['diff.external', ''],
  ['core.warnAmbiguousRefs', 'true'],
];

/** What looks at no content of the work tree, so that no filter could run. */
const withoutFilters: ReadonlySet<string> = new Set(['rev-parse', 'ls-files', 'cat-file', 'log']);

type Setting = readonly [key: string, value: string];

/**
 * Which filters are in force the tree says in .gitattributes, and what they run the configuration:
 * a stranger's tree would so choose among the user's programs.
 */
function filtersOff(directory: string): GitResult<readonly Setting[]> {
  const words = ['config', '-z', '--name-only', '--get-regexp', '^filter\\.'];
  const found = start(directory, words, { settings: asksOnly });
  if (found.kind === 'failed') {
    // Status 1 with nothing said: there is none.
    return found.status === 1 ? { kind: 'done', value: [] } : found;
  }
  const drivers = new Set(
    found.value
      .split('\0')
      .filter((key) => key !== '')
      .map((key) => key.slice(0, key.lastIndexOf('.'))),
  );
  const value = [...drivers].flatMap((driver): Setting[] => [
    [`${driver}.clean`, ''],
    [`${driver}.smudge`, ''],
    [`${driver}.process`, ''],
    [`${driver}.required`, 'false'],
  ]);
  return { kind: 'done', value };
}

/** Why git's answer would be about another repository than the one that the directory is in. */
function strayRepository(directory: string): string | undefined {
  let nearest: string | undefined;
  try {
    nearest = nearestWorkTree(realpathSync(directory));
  } catch (cause) {
    return `${directory} ${whyNot(cause)}`;
  }
  const found = start(directory, ['rev-parse', '--show-toplevel'], { settings: asksOnly });
  if (found.kind === 'failed') {
    return found.reason;
  }
  const top = found.value.replace(/\n$/, '');
  if (nearest !== undefined && top === nearest) {
    return undefined;
  }
  return `its repository has another work tree: ${top}`;
}

/** The nearest directory, this one or above, that has a `.git`; the directory is without links. */
export function nearestWorkTree(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) {
      return at;
    }
    if (dirname(at) === at) {
      return undefined;
    }
  }
}

interface Start {
  readonly input?: string;
  readonly settings: readonly Setting[];
  readonly env?: Readonly<Record<string, string>>;
  readonly output?: 'bytes';
  readonly unlessWarned?: RegExp;
}

type Started =
  | { readonly kind: 'done'; readonly value: string }
  /** `status` is absent where git did not start or was ended by a signal. */
  | { readonly kind: 'failed'; readonly reason: string; readonly status?: number };

const safe = ['-c', 'safe.bareRepository=explicit', '--no-pager', '--literal-pathspecs'];
/** Replaced objects (`refs/replace`) would be other files than the commit has that is named. */
const quietly = { LC_ALL: 'C.UTF-8', GIT_TERMINAL_PROMPT: '0', GIT_NO_REPLACE_OBJECTS: '1' };

/** Runs git as it is told, wherever that leads. */
export function start(directory: string, words: readonly string[], options: Start): Started {
  const { input = '', settings, env = {}, output, unlessWarned } = options;
  const result = spawnSync('git', [...safe, '-C', directory, ...words], {
    // As text it would have the encoding of the output.
    input: Buffer.from(input),
    encoding: output === 'bytes' ? 'latin1' : 'utf8',
    env: { ...environment(settings), ...quietly, ...env },
    maxBuffer: 1 << 30,
  });
  if (result.error !== undefined) {
    const missing = 'code' in result.error && result.error.code === 'ENOENT';
    return {
      kind: 'failed',
      reason: missing ? 'the program "git" is not installed' : result.error.message,
    };
  }
  if (result.status === 0 && unlessWarned?.test(result.stderr) !== true) {
    return { kind: 'done', value: result.stdout };
  }
  const said = (result.stderr.trim() || result.stdout.trim()).replace(/^fatal: /, '');
  return {
    kind: 'failed',
    reason: said || `git ${words[0]} ended with status ${result.status}`,
    ...(result.status === null ? {} : { status: result.status }),
  };
}

/** Who commits, and the user's own configuration; not which repository, index or program. */
const kept =
  /^GIT_(?:(?:AUTHOR|COMMITTER)_\w+|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH)$/;
const pair = /^GIT_CONFIG_(?:COUNT|KEY_\d+|VALUE_\d+)$/;

/** The environment for git, with these settings behind those that the user's environment has. */
function environment(settings: readonly Setting[]): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith('GIT_') || kept.test(name) || pair.test(name)) {
      env[name] = value;
    }
  }
  let count = Number.parseInt(process.env.GIT_CONFIG_COUNT ?? '', 10) || 0;
  for (const [key, value] of settings) {
    env[`GIT_CONFIG_KEY_${count}`] = key;
    env[`GIT_CONFIG_VALUE_${count}`] = value;
    count++;
  }
  env.GIT_CONFIG_COUNT = String(count);
  return env;
}

/** What pages show of a terminal: commands behind `$ ` in their code blocks, with what they print. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { root } from './cli.js';
import { run } from './process.js';
import { scratchTree } from './scratch.js';

export interface Step {
  /** `README.md:41`, for messages. */
  readonly place: string;
  readonly command: string;
  /** The lines below it; `...` is any number of lines. */
  readonly output: readonly string[];
}

/** The commands of a page, by the heading that they are below, in order. */
export function sessionsOf(page: string): ReadonlyMap<string, readonly Step[]> {
  const sessions = new Map<string, { place: string; command: string; output: string[] }[]>();
  let heading = '';
  let isSession = false;
  let blank = 0;
  for (const [index, line] of readFileSync(`${root}/${page}`, 'utf8').split('\n').entries()) {
    const code = /^ {4}(.*)$/.exec(line)?.[1];
    const steps = sessions.get(heading) ?? [];
    if (code === undefined) {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
      isSession &&= line === '';
      blank = isSession ? blank + 1 : 0;
    } else if (code.startsWith('$ ')) {
      isSession = true;
      steps.push({ place: `${page}:${index + 1}`, command: code.slice(2), output: [] });
      sessions.set(heading, steps);
    } else if (isSession) {
      steps.at(-1)?.output.push(...Array<string>(blank).fill(''), code);
    }
    blank = code === undefined ? blank : 0;
  }
  return sessions;
}

/** The files that a page shows: in its code blocks, each below a line `# path/of/file`. */
export function filesOf(page: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  let path: string | undefined;
  for (const line of readFileSync(`${root}/${page}`, 'utf8').split('\n')) {
    const code = /^ {4}(.*)$/.exec(line)?.[1];
    const named = /^# ([\w.-]+(?:\/[\w.-]+)+)$/.exec(code ?? '')?.[1];
    path = code === undefined ? undefined : (named ?? path);
    if (path !== undefined && named === undefined) {
      files[path] = `${files[path] ?? ''}${code}\n`;
    }
  }
  return files;
}

/** Runs them one after the other in a shell that has the real command line; each prints what its page says, and fails only where that has an error. */
export async function runSteps(
  steps: readonly Step[],
  { cwd, env, shown = (text) => text }: Surroundings,
): Promise<void> {
  const bin = { symlink: `${root}/bin/generate-bake.js` };
  const home = scratchTree({ 'bin/generate-bake': bin, 'bin/gbake': bin, 'state/': '' });
  const environment = {
    ...env,
    PATH: [home.at('bin'), env.PATH].join(delimiter),
    HOME: home.path,
    XDG_STATE_HOME: home.at('state'),
    GENERATE_BAKE_LOCK_DIRECTORY: home.at('locks'),
  };
  for (const { place, command, output } of steps) {
    const { stdout, status } = await run('sh', ['-c', `{ ${command}\n} 2>&1`], {
      cwd,
      env: environment,
    });
    const printed = byShape(shown(stdout)).split('\n');
    const expected = output.map(byShape);
    if (!matches(expected, printed.slice(0, printed.at(-1) === '' ? -1 : undefined))) {
      assert.equal(printed.join('\n'), `${expected.join('\n')}\n`, `${place}: ${command}`);
    }
    const shouldFail = output.some((line) => /(?:^|: )error: |^FAILED /.test(line));
    assert.equal(status !== 0, shouldFail, `${place}: ${command} ended with ${status}`);
  }
}

interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What is another one in each run, such as the port of a registry, as the page has it. */
  readonly shown?: (printed: string) => string;
}

/** Times differ from run to run, the chain that took longest, what the cache has, and the width of columns with the name of a host. */
function byShape(text: string): string {
  return text
    .replace(/(?<=\S) {2,}/g, '  ')
    .replace(/\b(?:\d+m)?\d+(?:\.\d+)?s\b/g, '<time>')
    .replace(/ \(longest chain: [^)]*\)/g, '')
    .replace(/ \(\d+ of \d+ steps? cached\)/g, '');
}

function matches(expected: readonly string[], printed: readonly string[]): boolean {
  const [first, ...others] = expected;
  if (first === undefined) {
    return printed.length === 0;
  }
  if (first.trim() === '...') {
    return Array.from(printed.keys(), (from) => from)
      .concat(printed.length)
      .some((from) => matches(others, printed.slice(from)));
  }
  return first === printed[0] && matches(others, printed.slice(1));
}

/** The only module that runs hadolint. */
import { isRecord } from '#core/data/record.js';
import { type Environment, runProgram } from '../process/process.js';
import { type Linted, type LintFinding, lineIn, oneLine, parsed } from './finding.js';

export interface Hadolint {
  readonly env: Environment;
  /** A directory of ours: what it would look for there by itself is not there. */
  readonly cwd: string;
  /** A configuration of ours: then it looks for no other. */
  readonly config: string;
}

/** As a configuration of ours says it: which rules count is for the levels of `check` to say. */
export const hadolintConfig = 'ignored: []\n';

/** A Dockerfile takes a fraction of this. */
const timeoutMs = 60_000;

const install =
  'install it: https://github.com/hadolint/hadolint/releases has one program for each system';

/**
 * Has hadolint read a Dockerfile, which it gets on its stdin. Neither comments of the Dockerfile nor variables of the
 * environment take rules out: nobody but the levels of `check` does.
 */
export async function runHadolint(
  dockerfile: string,
  { env, cwd, config }: Hadolint,
  signal: AbortSignal,
): Promise<Linted> {
  const own = Object.entries(env).filter(([name]) => !name.startsWith('HADOLINT_'));
  const ended = await runProgram({
    program: 'hadolint',
    args: [
      ...['--config', config, '--no-fail', '--no-color', '--disable-ignore-pragma'],
      ...['--format', 'json', '-'],
    ],
    env: Object.fromEntries(own),
    cwd,
    input: dockerfile,
    signal,
    timeoutMs,
  });
  switch (ended.kind) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'not-started':
      return unusable(
        ended.reason === 'not-found' ? 'hadolint is not installed' : `hadolint: ${ended.message}`,
        install,
      );
    case 'timed-out':
      return unusable('hadolint did not end within a minute', 'run it by hand to see why');
    case 'killed':
      return unusable(`hadolint was ended by ${ended.signal}`, 'run it by hand to see why');
    case 'exited': {
      // 1 may still be one for a Dockerfile that it cannot read, which is a finding.
      const findings = ended.status <= 1 ? findingsIn(ended.stdout) : undefined;
      const said = oneLine(ended.stderr.trim().split('\n')[0] ?? '');
      return findings === undefined
        ? unusable(
            ended.status === 0
              ? 'hadolint did not print its findings as JSON'
              : `hadolint ended with status ${ended.status}${said === '' ? '' : `: ${said}`}`,
            'hadolint 2.12 or newer is needed',
          )
        : { kind: 'done', findings };
    }
  }
}

function unusable(message: string, hint: string): Linted {
  return { kind: 'unusable', message, hint };
}

/** Undefined where it is something else. */
function findingsIn(text: string): readonly LintFinding[] | undefined {
  const value = parsed(text);
  if (!Array.isArray(value)) {
    return undefined;
  }
  const found: LintFinding[] = [];
  for (const one of value as readonly unknown[]) {
    if (!isRecord(one)) {
      return undefined;
    }
    const { code, message, level } = one;
    if (
      typeof code !== 'string' ||
      !/^(?:DL|SC)\d{1,6}$/.test(code) ||
      typeof message !== 'string'
    ) {
      return undefined;
    }
    const line = lineIn(one.line);
    found.push({
      rule: code,
      message: oneLine(message),
      level: level === 'error' || level === 'warning' ? level : 'remark',
      ...(line === undefined ? {} : { line }),
      page: code.startsWith('SC')
        ? `https://www.shellcheck.net/wiki/${code}`
        : `https://github.com/hadolint/hadolint/wiki/${code}`,
    });
  }
  return found;
}

import { spawnSync } from 'node:child_process';
import { noPython, pythonWith } from '../../support/python.js';

/** Whether a program of Debian's that a test takes as its oracle is installed here. */
function hasProgram(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** A skip reason for node:test, or false. */
function unless(installed: boolean, what: string): string | false {
  return installed ? false : `${what} is not installed`;
}

export const noDpkg = unless(hasProgram('dpkg', '--version'), 'dpkg');
export const noParseChangelog = unless(
  hasProgram('dpkg-parsechangelog', '--version'),
  'dpkg-parsechangelog (dpkg-dev)',
);
export const pythonProgram = pythonWith('debian.changelog') ?? '';
export const noPythonDebian = noPython('debian.changelog', 'python3-debian');

/** How dpkg orders each pair, by one shell for all of them: `<`, `=` or `>`. */
export function compareByDpkg(pairs: readonly (readonly [string, string])[]): string[] {
  const script = `while IFS=' ' read -r a b; do
    if dpkg --compare-versions "$a" lt "$b"; then echo '<'
    elif dpkg --compare-versions "$a" eq "$b"; then echo '='
    else echo '>'; fi
  done`;
  const input = pairs.map(([a, b]) => `${a} ${b}\n`).join('');
  const result = spawnSync('sh', ['-c', script], { input, encoding: 'utf8' });
  return result.stdout.trim().split('\n');
}

import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#core/files/packageRoot.js';
import { readText } from '#core/files/readBytes.js';
import { printable } from '#core/text/printable.js';
import { exit } from './exit.js';

/**
 * Ends the program on what nothing else catches, an exception or a rejection: a line that says what
 * happened, where to report it, and status 70. The stack trace is for `--debug`.
 */
export function endOnBugs(argv: readonly string[]): void {
  const end = (cause: unknown): void => {
    const { text, code } = lastWords(cause, argv);
    try {
      // Synchronous: the process ends with the next line.
      writeSync(2, text);
    } catch {
      // stderr is closed: the status still says it.
    }
    process.exit(code);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/** What is said of an exception that nothing has caught, and the exit status. */
export function lastWords(
  cause: unknown,
  argv: readonly string[],
): { readonly text: string; readonly code: number } {
  if (isGoneDirectory(cause)) {
    const text =
      'error: the working directory does not exist any more\nhint: change to another directory\n';
    return { text, code: exit.wrong };
  }
  const dashes = argv.indexOf('--');
  const debug = argv.slice(0, dashes === -1 ? argv.length : dashes).includes('--debug');
  const [first = ''] = describe(cause).split('\n');
  const hint = `report this ${reportPlace()}${debug ? '' : ', with what --debug adds'}`;
  const trace = debug && cause instanceof Error && cause.stack ? traceLines(cause.stack) : '';
  const text = `error: internal error: ${printable(first)}\nhint: ${printable(hint)}\n${trace}`;
  return { text, code: exit.bug };
}

function describe(cause: unknown): string {
  try {
    return String(cause);
  } catch {
    return 'a value that has no text was thrown';
  }
}

function traceLines(stack: string): string {
  return `${stack.split('\n').map(printable).join('\n')}\n`;
}

function isGoneDirectory(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    'code' in cause &&
    cause.code === 'ENOENT' &&
    'syscall' in cause &&
    cause.syscall === 'uv_cwd'
  );
}

/** Where the package says that its bugs are reported. */
function reportPlace(): string {
  try {
    const { bugs, repository } = JSON.parse(readText(join(packageRoot(), 'package.json'))) as {
      bugs?: { url?: string };
      repository?: { url?: string };
    };
    const url = bugs?.url ?? repository?.url;
    return url === undefined ? 'to the maintainers of generate-bake' : `at ${url}`;
  } catch {
    return 'to the maintainers of generate-bake';
  }
}

import { homedir } from 'node:os';
import { styleText } from 'node:util';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import type { Paint } from '#core/diagnostics/format.js';
import { printable } from '#core/text/printable.js';
import { fitSign } from './fit.js';

/** All that a command has of the outside: what it may read of the process, and where it may write. */
export interface Io {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Absent where the system has no such ids. */
  readonly uid?: number;
  readonly now: () => Date;
  /** Results on stdout: nothing else ever goes there. */
  write(text: string): void;
  /** A line on stderr. */
  say(line: string): void;
  /** A line on stderr with --info or --debug. */
  info(line: string): void;
  /** A line on stderr with --debug. */
  debug(line: string): void;
  /** Text on stderr as it is, its control characters escaped already. */
  raw(text: string): void;
  /**
   * On a terminal, a line on stderr that the next one replaces and that anything else written ends;
   * empty: none. Elsewhere nothing.
   */
  inPlace(line: string): void;
  /** Hears of every diagnostic that is reported; absent: nobody does. */
  readonly hear?: (found: readonly Diagnostic[]) => void;
  readonly level: Level;
  /** Decorates what goes to stderr. */
  readonly paint: Paint;
  /** Whether stderr is a terminal that understands escapes, colours wanted or not. */
  readonly terminal: boolean;
  /** How wide stdout is, where it is a terminal; undefined elsewhere: nothing is cut there. */
  readonly outWidth: () => number | undefined;
  /** How wide stderr is, where it is a terminal; undefined elsewhere. */
  readonly errWidth: () => number | undefined;
  /** The terminal's size as it is now; 80 by 24 elsewhere. */
  readonly size: () => { readonly columns: number; readonly rows: number };
}

type Level = 'normal' | 'info' | 'debug';
export type ColorWish = 'auto' | 'always' | 'never';

export interface IoOptions {
  readonly level: Level;
  readonly color: ColorWish;
}

/** The process as a command sees it. `failure` tells at the end whether stdout took everything. */
export interface ProcessIo extends Io {
  /** Waits until stdout has taken everything, and says why it did not. */
  flush(): Promise<Error | undefined>;
}

export function processIo({ level, color }: IoOptions): ProcessIo {
  const { env, stdout, stderr } = process;
  const uid = process.getuid?.();
  const terminal = stderr.isTTY === true && env.TERM !== 'dumb';
  let failure: Error | undefined;
  let closed = false;
  stdout.on('error', (cause: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`) is not a failure, and no reason to stop a build.
    if (cause.code === 'EPIPE') {
      closed = true;
    } else {
      failure ??= cause;
    }
  });
  stderr.on('error', () => {});
  let isLineShown = false;
  const clear = (): void => {
    if (isLineShown) {
      stderr.write(clearLine);
      isLineShown = false;
    }
  };
  const raw = (text: string): void => {
    clear();
    stderr.write(text);
  };
  const say = (line: string): void => raw(`${printable(line)}\n`);
  return {
    cwd: process.cwd(),
    env,
    home: homeOf(env),
    ...(uid === undefined ? {} : { uid }),
    now: () => new Date(),
    write(text) {
      clear();
      if (!closed && failure === undefined) {
        stdout.write(text);
      }
    },
    say,
    info: (line) => (level === 'normal' ? undefined : say(line)),
    debug: (line) => (level === 'debug' ? say(line) : undefined),
    raw,
    inPlace(line) {
      if (!terminal) {
        return;
      }
      clear();
      if (line !== '') {
        // A line that is wider than the terminal could not be cleared.
        stderr.write(fitSign(printable(line), Math.max(1, (stderr.columns || 80) - 1)));
        isLineShown = true;
      }
    },
    level,
    paint: painter(colored(color, env, terminal)),
    terminal,
    outWidth: () => widthOf(stdout, env),
    errWidth: () => widthOf(stderr, env),
    size: () => ({ columns: widthOf(stderr, env) ?? 80, rows: stderr.rows || 24 }),
    flush: () =>
      new Promise((resolve) => {
        clear();
        if (closed || failure !== undefined) {
          resolve(failure);
        } else {
          stdout.write('', () => setImmediate(() => resolve(failure)));
        }
      }),
  };
}

/** As in git and others, COLUMNS says how wide a terminal is meant to be. */
function widthOf(
  { isTTY, columns }: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): number | undefined {
  if (isTTY !== true) {
    return undefined;
  }
  const wanted = /^[1-9]\d{0,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : undefined;
  return wanted ?? (columns || 80);
}

/** Back to the first column, and away with what is in the line. */
const clearLine = '\r\u001b[2K';

/** https://no-color.org and https://force-color.org; --color comes before both. */
export function colored(
  wish: ColorWish,
  env: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): boolean {
  if (wish !== 'auto') {
    return wish === 'always';
  }
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') {
    return false;
  }
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') {
    return env.FORCE_COLOR !== '0';
  }
  return terminal;
}

const styles = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  hint: ['cyan'],
  place: ['bold'],
  marker: ['green'],
} as const;

function painter(on: boolean): Paint {
  // Whether to colour is settled here, so styleText need not look at a stream again.
  if (on) {
    return (part, text) => styleText([...styles[part]], text, { validateStream: false });
  }
  return (_part, text) => text;
}

function homeOf(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return homedir();
  } catch {
    // No HOME and no entry for the user: a container that runs as some number.
    return env.HOME ?? '/';
  }
}

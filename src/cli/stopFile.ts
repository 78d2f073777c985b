import { resolve } from 'node:path';
import { openWorkspace } from '#compiler/workspace/open.js';
import { error, warning } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { shownPath, whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import { type Door, readInside } from '#core/files/readInside.js';
import { printable } from '#core/text/printable.js';
import type { TreesInput } from './line/options.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** Names a file, relative to the working directory. */
const stopVariable = 'GENERATE_BAKE_STOP';

/**
 * Whether a run that nobody watches must not begin: a stop file is there, named by the environment or by
 * the workspace file. It is reported with its text. Somebody at a terminal is only warned.
 */
export function isStopped(trees: TreesInput, io: Io): boolean {
  const file = stopFilesOf(trees, io).find(({ path }) => isThere(path));
  if (file === undefined) {
    return false;
  }
  const isWatched = io.terminal && !isSet(io.env.CI);
  const shown = shownPath(io.cwd, file.path);
  const text = textOf(file);
  const told = text === '' ? '' : `: ${text}`;
  if (isWatched) {
    report(io, [warning('stopped', `${shown} stops runs without a terminal${told}`)]);
    return false;
  }
  const hint = `nothing was done; remove ${shown}, or run it at a terminal`;
  report(io, [error('stopped', `stopped by ${shown}${told}`, { hint })]);
  return true;
}

interface StopFile {
  /** Absolute. */
  readonly path: string;
  /** What a workspace file may have read; absent: the user names it. */
  readonly door?: Door;
}

function stopFilesOf(trees: TreesInput, io: Io): readonly StopFile[] {
  const { cwd, env, home, uid } = io;
  const named = env[stopVariable];
  const place = { cwd, env, home, ...(uid === undefined ? {} : { uid }) };
  // What is wrong with the workspace is told by the command itself.
  const { stopFile } = openWorkspace({ ...place, ...trees, takesNames: true }).value;
  return [
    ...(named === undefined || named === '' ? [] : [{ path: resolve(cwd, named) }]),
    ...(stopFile === undefined ? [] : [stopFile]),
  ];
}

/** Whether something is there, be it unreadable. */
function isThere(file: string): boolean {
  try {
    return lookAt(file) !== undefined;
  } catch {
    return true;
  }
}

/** So much of a stop file is shown: bytes, and lines. */
const mostBytes = 4_096;
const mostLines = 5;

/** Its first lines, in one. */
function textOf({ path, door }: StopFile): string {
  try {
    const bytes =
      door === undefined ? readBytes(path, mostBytes) : readInside(path, door, mostBytes);
    const lines = bytes.subarray(0, mostBytes).toString('utf8').split('\n');
    const told = lines.map((line) => printable(line).trim()).filter((line) => line !== '');
    return told.slice(0, mostLines).join(' ');
  } catch (cause) {
    return `it ${whyNot(cause)}`;
  }
}

/** Whether a CI system says that it is one. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}

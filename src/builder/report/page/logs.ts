import { isAbsolute, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readEnd } from '#core/files/readEnd.js';
import { printable, withoutColours } from '#core/text/printable.js';
import { inPageOrder } from './model.js';
import type { PageReport } from './readReport.js';

/** An image's log as a page has it. */
export interface PageLog {
  /** As the report names it. */
  readonly path: string;
  /** The text, compressed with gzip, in base64; absent: the page has only the path. */
  readonly data?: string;
  /** Whether `data` is all of it; else its last lines. */
  readonly whole: boolean;
  /** There is no such file, or it is not one of the logs. */
  readonly absent?: true;
}

export interface LogPlace {
  /** The directory of logs, absolute: nothing elsewhere is read, whatever a report names. */
  readonly directory: string;
  /** The logs were moved there: `<tree>/<name>.log` of the report's paths is looked for. */
  readonly moved: boolean;
}

/** How many lines of a log are on the page where not all of it is. */
const lastLines = 200;

/** The bytes that these lines are looked for in: no line is longer. */
const endBytes = 128 * 1024;

/** A longer log is only in the page with its end. */
const longest = 64 * 1024 * 1024;

/** What whole logs may take in a page, and what ends of logs may, in characters. */
const room = { whole: 20 * 1024 * 1024, ends: 10 * 1024 * 1024 };

/** After as many that did not fit, no other whole log is tried. */
const misfits = 20;

/** The logs of a run, by reference: failed images first get the room that there is. Private ones are left out before. */
export function readLogs(report: PageReport, place: LogPlace): ReadonlyMap<string, PageLog> {
  const logs = new Map<string, PageLog>();
  let whole = room.whole;
  let ends = room.ends;
  let misses = 0;
  for (const { reference, log: path } of inPageOrder(report.images)) {
    if (path === undefined) {
      continue;
    }
    const file = placeOf(path, place);
    const read = endOf(file, place.directory, misses < misfits ? longest : endBytes);
    if (read === undefined) {
      logs.set(reference, { path, whole: false, absent: true });
      continue;
    }
    const isAll = read.bytes.length === read.size && misses < misfits;
    const data = isAll ? packed(logLines(read.bytes)) : undefined;
    if (data !== undefined && data.length <= whole) {
      whole -= data.length;
      logs.set(reference, { path, data, whole: true });
      continue;
    }
    misses += isAll ? 1 : 0;
    const end = packed(logLines(read.bytes.subarray(-endBytes)).slice(-lastLines));
    const fits = end.length <= ends;
    ends -= fits ? end.length : 0;
    logs.set(reference, { path, whole: false, ...(fits ? { data: end } : {}) });
  }
  return logs;
}

function placeOf(path: string, { directory, moved }: LogPlace): string {
  if (!moved && isAbsolute(path)) {
    return path;
  }
  return join(directory, ...path.split(sep).slice(-2));
}

function endOf(
  file: string,
  directory: string,
  most: number,
): ReturnType<typeof readEnd> | undefined {
  try {
    return readEnd(file, directory, most);
  } catch {
    // It was removed, or is not a log: the page has its path.
    return undefined;
  }
}

function packed(lines: readonly string[]): string {
  return gzipSync(lines.join('\n')).toString('base64');
}

/** Lines as a page shows them: without colours, what was written over left out, other controls as escapes. */
export function logLines(bytes: Buffer): readonly string[] {
  const lines = bytes.toString('utf8').split('\n').map(logLine);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

export function logLine(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') {
    end--;
  }
  const begin = end === 0 ? 0 : line.lastIndexOf('\r', end - 1) + 1;
  return printable(withoutColours(line.slice(begin, end)));
}

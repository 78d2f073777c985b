import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Diagnostic, error, warning } from '#core/diagnostics/diagnostic.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { codeOf, whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import { writeFile } from '#core/files/writeFile.js';
import { type Durations, durationsText, mergedDurations, readDurations } from './durations.js';

/** Where durations are kept from one run to the next. */
export interface DurationsFile {
  /** Absolute. */
  readonly path: string;
  /** As the user named it. */
  readonly shown: string;
  /** Whether the user named it (`--timings`), so that what is wrong with it is an error. */
  readonly isNamed: boolean;
}

/** In bytes: no file of ours is longer. */
const longest = 32 * 1024 * 1024;

const hint = 'name a file that build --timings wrote, or one that does not exist';

/** What the file says; nothing where there is none, or where it is damaged. Problems: as diagnostics. */
export function openDurations({ path, shown, isNamed }: DurationsFile): {
  readonly durations: Durations;
  readonly problems: readonly Diagnostic[];
} {
  const none = new Map();
  const place = { file: shown };
  let bytes: Buffer;
  try {
    bytes = readBytes(path, longest + 1);
  } catch (cause) {
    const message = `the durations of earlier runs cannot be read: ${shown} ${whyNot(cause)}`;
    const isMissing = codeOf(cause) === 'ENOENT';
    return {
      durations: none,
      problems: isMissing ? [] : [(isNamed ? error : warning)('durations', message, { place })],
    };
  }
  const reading =
    bytes.length > longest ? ({ kind: 'other' } as const) : readDurations(bytes.toString('utf8'));
  if (reading.kind === 'other') {
    const message = 'not a file of durations that this version reads';
    return {
      durations: none,
      problems: isNamed
        ? [error('durations', message, { place, hint })]
        : [warning('durations', `${message}: it is begun anew`, { place })],
    };
  }
  const { durations, damaged } = reading;
  const [line] = damaged;
  if (line === undefined) {
    return { durations, problems: [] };
  }
  const lines = damaged.length === 1 ? '1 line is' : `${damaged.length} lines are`;
  const message = `${lines} damaged and left out: the durations of earlier runs`;
  return { durations, problems: [warning('durations', message, { place: { ...place, line } })] };
}

/** How long another run may take to add what it measured, in milliseconds, and how often it is looked at. */
const patienceMs = 5_000;
const periodMs = 20;

/** The lock of a file, as far as it is had. */
type Lock = { readonly kind: 'held'; release(): void } | { readonly kind: 'taken' | 'impossible' };

/**
 * Adds what a run measured to what the file says now: another run may have added to it meanwhile.
 * Gives why that cannot be done.
 *
 * @param take tries to lock the file, so that two runs do not overwrite each other's
 */
export async function addDurations(
  file: DurationsFile,
  measured: Durations,
  take: () => Lock,
): Promise<Diagnostic | undefined> {
  const since = performance.now();
  let locking = take();
  while (locking.kind === 'taken' && performance.now() - since < patienceMs) {
    await pause(periodMs);
    locking = take();
  }
  try {
    const { durations, problems } = openDurations(file);
    const wrong = problems.find(({ severity }) => severity === 'error');
    if (wrong !== undefined) {
      return wrong;
    }
    if (!file.isNamed) {
      makeDirectory(dirname(file.path));
    }
    const text = durationsText(mergedDurations(durations, measured));
    const problem = writeFile(file.path, file.shown, text);
    return file.isNamed ? problem : undefined;
  } catch {
    // A state directory that cannot be made: durations only save time.
    return undefined;
  } finally {
    if (locking.kind === 'held') {
      locking.release();
    }
  }
}

import { closeSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { OwnDirectory } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import { Refused } from '#core/files/refused.js';
import { makeInside, openToWrite } from '#core/files/writeInside.js';
import type { BuildEvent, Listener } from './event.js';
import { lineListener, printable } from './lines.js';

export interface LogPlaces {
  /** Where the logs are kept, absolute. */
  readonly directory: string;
  /** Ours in the user's tree, where `directory` is in that. */
  readonly own?: OwnDirectory;
  /** The path of an image's log, below `directory`. */
  readonly fileOf: (reference: string) => string;
}

/** At most this many at a time: a process may have few files open, and a fleet has thousands of images. */
const openLogs = 200;

/**
 * Writes a log file for every image that something happens to, anew in each run: its steps with
 * their output as they come, its test, its end. Where that fails (a full disk) the build continues
 * without: `onProblem` is reported, once.
 */
export class ImageLogs {
  readonly #places: LogPlaces;
  readonly #onProblem: (cause: unknown) => void;
  /** In the order of their opening. */
  readonly #open = new Map<string, number>();
  readonly #begun = new Set<string>();
  #broken = false;

  constructor(places: LogPlaces, onProblem: (cause: unknown) => void) {
    this.#places = places;
    this.#onProblem = onProblem;
  }

  /** The path of an image's log. */
  pathOf(reference: string): string {
    return join(this.#places.directory, this.#places.fileOf(reference));
  }

  /** Whether there is a log of this image, whole as far as it goes. */
  has(reference: string): boolean {
    return this.#begun.has(reference) && !this.#broken;
  }

  readonly listen: Listener = (event) => {
    if (!('reference' in event) || event.kind === 'base-refreshed' || this.#broken) {
      return;
    }
    try {
      this.#write(event.reference, event);
    } catch (cause) {
      this.#broken = true;
      this.#onProblem(cause);
    }
  };

  close(): void {
    for (const log of this.#open.values()) {
      closeSync(log);
    }
  }

  #write(reference: string, event: BuildEvent): void {
    const log = this.#log(reference);
    if (event.kind === 'output') {
      writeSync(log, event.text);
    } else {
      for (const line of linesOf(event)) {
        writeSync(log, `== ${line}\n`);
      }
    }
  }

  #closeOldest(): void {
    const [oldest] = this.#open;
    if (this.#open.size <= openLogs || oldest === undefined) {
      return;
    }
    closeSync(oldest[1]);
    this.#open.delete(oldest[0]);
  }

  #log(reference: string): number {
    let log = this.#open.get(reference);
    if (log === undefined) {
      const { own, directory, fileOf } = this.#places;
      const file = fileOf(reference);
      if (this.#begun.size === 0) {
        own?.make(basename(directory));
      }
      const folder = makeInside(directory, dirname(file));
      log = openLog(folder, file, this.#begun.has(reference));
      this.#begun.add(reference);
      this.#open.set(reference, log);
      this.#closeOldest();
    }
    return log;
  }
}

function openLog(folder: string, file: string, append: boolean): number {
  try {
    return openToWrite(folder, basename(file), append);
  } catch (cause) {
    throw new Refused(`has ${file}, which ${whyNot(cause)}`);
  }
}

function linesOf(event: BuildEvent): string[] {
  const lines: string[] = [];
  lineListener((line) => lines.push(printable(line)), 'info')(event);
  if (event.kind === 'image-failed' && event.during !== 'build' && event.during !== 'verify') {
    // Of a step or a test that failed the whole output is there.
    lines.push(...event.tail.map((line) => `| ${printable(line)}`));
  }
  return lines;
}

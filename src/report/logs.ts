import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeIgnoredDirectory } from '../files/ignoreInGit.js';
import type { BuildEvent, Listener } from './event.js';
import { lineListener, printable } from './lines.js';

export interface LogPlaces {
  /** Where the logs are kept, absolute. */
  readonly directory: string;
  /** A folder above, in the user's tree, that git is not to see; absent where there is none. */
  readonly ignored?: string;
  /** The path of an image's log, below `directory`. */
  readonly fileOf: (reference: string) => string;
}

/**
 * Writes a log file for every image that something happens to, anew in each run: its steps with
 * their output as they come, its test, its end. Where that fails (a full disk) the build goes on
 * without: `onProblem` is told, once.
 */
export class ImageLogs {
  readonly #places: LogPlaces;
  readonly #onProblem: (cause: unknown) => void;
  readonly #open = new Map<string, number>();
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
    return this.#open.has(reference) && !this.#broken;
  }

  readonly listen: Listener = (event) => {
    if (!('reference' in event) || event.kind === 'base-refreshed' || this.#broken) return;
    try {
      this.#write(event.reference, event);
    } catch (cause) {
      this.#broken = true;
      this.#onProblem(cause);
    }
  };

  close(): void {
    for (const log of this.#open.values()) closeSync(log);
  }

  #write(reference: string, event: BuildEvent): void {
    const log = this.#log(reference);
    if (event.kind === 'output') writeSync(log, event.text);
    else for (const line of linesOf(event)) writeSync(log, `== ${line}\n`);
  }

  #log(reference: string): number {
    let log = this.#open.get(reference);
    if (log === undefined) {
      const path = this.pathOf(reference);
      if (this.#places.ignored !== undefined) makeIgnoredDirectory(this.#places.ignored);
      mkdirSync(dirname(path), { recursive: true });
      log = openSync(path, 'w');
      this.#open.set(reference, log);
    }
    return log;
  }
}

function linesOf(event: BuildEvent): string[] {
  const lines: string[] = [];
  lineListener((line) => lines.push(printable(line)), 'info')(event);
  return lines;
}

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuildEvent, Listener } from './event.js';
import { lineListener, printable } from './lines.js';

/**
 * Writes a log file for every image that something happens to, anew in each run: its steps with
 * their output as they come, its test, its end.
 *
 * @param fileOf the path of an image's log, below `directory`
 */
export class ImageLogs {
  readonly #directory: string;
  readonly #fileOf: (reference: string) => string;
  readonly #open = new Map<string, number>();

  constructor(directory: string, fileOf: (reference: string) => string) {
    this.#directory = directory;
    this.#fileOf = fileOf;
  }

  /** The path of an image's log. */
  pathOf(reference: string): string {
    return join(this.#directory, this.#fileOf(reference));
  }

  readonly listen: Listener = (event) => {
    if (!('reference' in event) || event.kind === 'base-refreshed') return;
    const log = this.#log(event.reference);
    if (event.kind === 'output') writeSync(log, event.text);
    else for (const line of linesOf(event)) writeSync(log, `== ${line}\n`);
  };

  close(): void {
    for (const log of this.#open.values()) closeSync(log);
    this.#open.clear();
  }

  #log(reference: string): number {
    let log = this.#open.get(reference);
    if (log === undefined) {
      const path = this.pathOf(reference);
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

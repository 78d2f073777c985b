/**
 * A run of the tests owns a folder below /var/tmp (on disk, and short enough for a socket's path)
 * with everything that it starts. It is removed when the run ends, or by a later run when this one
 * was killed.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { removeDockerd } from './dockerd.js';
import { end, isAlive, processMark } from './owner.js';

const parent = '/var/tmp';
const prefix = 'gbtest-';

/** The folder of the run is passed to the test files' processes in this variable. */
export const runVariable = 'GENERATE_BAKE_TEST_RUN';

export function createRun(): string {
  const folder = mkdtempSync(join(parent, prefix));
  writeFileSync(join(folder, 'owner'), processMark(process.pid) ?? '');
  return folder;
}

/** A run that lasts until it is removed by name: an engine to work with by hand. */
export function keptRun(name: string): string {
  const folder = join(parent, `${prefix}kept-${name}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Notes a process that the run has started, to be ended with it. */
export function noteProcess(folder: string, pid: number): void {
  mkdirSync(join(folder, 'processes'), { recursive: true });
  writeFileSync(join(folder, 'processes', String(pid)), processMark(pid) ?? '');
}

/** Stops and removes everything that a run has started. */
export async function removeRun(folder: string): Promise<void> {
  if (existsSync(join(folder, 'processes'))) {
    for (const pid of readdirSync(join(folder, 'processes'))) {
      const mark = readFileSync(join(folder, 'processes', pid), 'utf8');
      if (mark !== '') {
        await end(mark, 3_000);
      }
    }
  }
  const engines = join(folder, 'engines');
  if (existsSync(engines)) {
    await Promise.all(readdirSync(engines).map((name) => removeDockerd(join(engines, name))));
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Removes what runs have left whose process is gone. */
export async function removeDeadRuns(): Promise<void> {
  const folders = readdirSync(parent)
    .filter((name) => name.startsWith(prefix) && !name.startsWith(`${prefix}kept-`))
    .map((name) => join(parent, name));
  for (const folder of folders) {
    const owner = join(folder, 'owner');
    // Without an owner yet: a run that is being created this moment.
    if (!existsSync(owner) || isAlive(readFileSync(owner, 'utf8'))) {
      continue;
    }
    await removeRun(folder);
  }
}

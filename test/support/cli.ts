import { fileURLToPath } from 'node:url';
import { type Finished, type RunOptions, run } from './process.js';

/** The repository's root (this file runs from `.test-build/support`). */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

const bin = fileURLToPath(new URL('../../bin/generate-bake.js', import.meta.url));

/** Runs the real command line, `bin/generate-bake.js`, as a user would. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [bin, ...args], options);
}

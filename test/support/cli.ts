import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Finished, type RunOptions, run } from './process.js';
import { scratchTree } from './scratch.js';

/** The repository's root (this file runs from `.test-build/support`). */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

const bin = fileURLToPath(new URL('../../bin/generate-bake.js', import.meta.url));

let temporary: string | undefined;

/**
 * A temporary directory for each test file: builds of two files that share an engine would else
 * find each other's lock.
 */
function ownTemporary(): string {
  if (temporary === undefined) {
    temporary = scratchTree().path;
    chmodSync(temporary, 0o1777);
  }
  return temporary;
}

/** Runs the real command line, `bin/generate-bake.js`, as a user would. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const env = options.env ?? process.env;
  const isShared = env.TMPDIR === undefined || env.TMPDIR === process.env.TMPDIR;
  return run(process.execPath, [bin, ...args], {
    ...options,
    env: isShared ? { ...env, TMPDIR: ownTemporary() } : env,
  });
}

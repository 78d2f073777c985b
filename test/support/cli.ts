import { fileURLToPath } from 'node:url';
import { type Finished, type RunOptions, run } from './process.js';
import { scratchTree } from './scratch.js';

/** The repository's root (this file runs from `.test-build/support`). */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

const bin = fileURLToPath(new URL('../../bin/generate-bake.js', import.meta.url));

let locks: string | undefined;
let state: string | undefined;

/** Locks for each test file: builds of two files that share an engine would else find each other. */
function ownLocks(): string {
  locks ??= scratchTree().path;
  return locks;
}

/**
 * A state directory for each test file that has the home of whoever runs it: what one saw in a registry on
 * some port is not what another sees there.
 */
function ownState(): string {
  state ??= scratchTree().path;
  return state;
}

/** Runs the real command line, `bin/generate-bake.js`, as a user would. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const env = options.env ?? process.env;
  return run(process.execPath, [bin, ...args], {
    ...options,
    env: {
      GENERATE_BAKE_LOCK_DIRECTORY: ownLocks(),
      ...(env.HOME === process.env.HOME ? { XDG_STATE_HOME: ownState() } : {}),
      ...env,
    },
  });
}

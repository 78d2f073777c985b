import type { ExitCode } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { promote } from './promote.js';
import type { RollbackInput } from './rollback.command.js';

/** Moves `latest` back to an earlier version, and holds it there. */
export function run(input: RollbackInput, io: Io): Promise<ExitCode> {
  return promote({ ...input, isRollback: true }, io);
}

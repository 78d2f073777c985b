import { scripts } from '../completion/scripts.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import type { CompletionInput } from './completion.command.js';

/** Prints the script for a shell. */
export async function run({ shell }: CompletionInput, io: Io): Promise<ExitCode> {
  io.write(scripts[shell]);
  return exit.done;
}

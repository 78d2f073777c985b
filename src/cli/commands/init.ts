import { resolve } from 'node:path';
import { scaffold } from '#upkeep/init/scaffold.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { InitInput } from './init.command.js';

export async function run({ directory }: InitInput, io: Io): Promise<ExitCode> {
  const made = scaffold(resolve(io.cwd, directory), directory);
  if (made.kind === 'refused') {
    report(io, [made.problem]);
    return exit.wrong;
  }
  for (const file of made.files) {
    io.info(`made ${file}`);
  }
  io.say(`made a repository of ${made.files.length} files in ${directory}`);
  return exit.done;
}

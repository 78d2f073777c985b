import { Worker } from 'node:worker_threads';
import { type ExitCode, exit } from '../exit.js';
import type { Command } from '../line/spec.js';
import type { Io } from '../terminal/io.js';
import { candidatesFor, treesIn } from './candidates.js';
import { imageNames } from './names.js';

/** Nobody waits longer for a key. */
const patienceMs = 1_000;

/**
 * Answers a shell: first a line that says which paths may be there too (`files`, `directories`,
 * `none`), then a candidate a line, and after a tab what it is. Where the trees take longer than
 * a second, nothing at all.
 */
export async function complete(
  line: readonly string[],
  commands: ReadonlyMap<string, Command>,
  io: Io,
): Promise<ExitCode> {
  const specs = await Promise.all([...commands.values()].map((command) => command.spec()));
  const found = candidatesFor(line, new Map(specs.map((spec) => [spec.name, spec])));
  const names = found.images ? namesInTime(line, io) : [];
  const lines = [
    found.paths,
    ...found.words.map(({ text, help }) => `${found.before}${text}\t${help}`),
    ...names.map((name) => `${found.before}${name}\t`),
  ];
  io.write(lines.map((each) => `${each}\n`).join(''));
  return exit.done;
}

function namesInTime(line: readonly string[], io: Io): readonly string[] {
  // Reading is one piece of work that no timer of this thread can interrupt.
  const guard = new Worker(
    `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${patienceMs})`,
    { eval: true },
  );
  guard.unref();
  const names = imageNames(treesIn(line), io);
  guard.terminate();
  return names;
}

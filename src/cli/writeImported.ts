import { join } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { OutputDirectory } from '#core/files/writeInside.js';
import type { Imported } from '#upkeep/import/importStages.js';
import { type ExitCode, exit } from './exit.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** Where an import writes: a directory, absolute and as shown. */
interface ImportedTo {
  readonly root: string;
  readonly shown: string;
}

/** Writes what an import made, and says what it recognised and what it left. */
export function writeImported(
  imported: Imported,
  { root, shown }: ImportedTo,
  force: boolean,
  io: Io,
): ExitCode {
  const problems = force ? [] : inTheWay(imported, root, shown);
  const link = trackedLink(root, shown);
  if (report(io, link === undefined ? problems : [...problems, link])) {
    return exit.wrong;
  }
  const output = new OutputDirectory(root, shown);
  for (const { path, text } of imported.files) {
    const problem = output.write(path, text);
    if (problem !== undefined) {
      report(io, [problem]);
      return exit.wrong;
    }
    io.say(`wrote ${join(shown, path)}`);
  }
  for (const line of imported.carried) {
    io.say(`carried over: ${line}`);
  }
  for (const line of imported.said ?? []) {
    io.say(line);
  }
  report(io, imported.left);
  const change = shown === '.' ? '' : `cd ${shown} && `;
  io.say(`next: ${change}generate-bake list`);
  return exit.done;
}

function inTheWay(imported: Imported, root: string, shown: string): readonly Diagnostic[] {
  return imported.files
    .filter(({ path }) => lookAt(join(root, path)) !== undefined)
    .map(({ path }) =>
      error('file-exists', `${join(shown, path)} exists already`, {
        hint: 'remove it, or replace it with --force',
      }),
    );
}

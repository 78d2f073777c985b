import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { readText } from '#compiler/definitions/readText.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { Boundary } from '#core/files/boundary.js';
import { lookAt } from '#core/files/lookAt.js';
import { ownName } from '#core/files/ownDirectory.js';
import { shownPath, whyNot } from '#core/files/paths.js';
import type { Door } from '#core/files/readInside.js';
import { OutputDirectory } from '#core/files/writeInside.js';
import { type Imported, importStages } from '#upkeep/import/importStages.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { ImportInput } from './import.command.js';

export async function run({ directory, force }: ImportInput, io: Io): Promise<ExitCode> {
  const root = resolve(io.cwd, directory);
  const shown = shownPath(io.cwd, root);
  let files: readonly string[];
  try {
    files = filesBelow(root, root);
  } catch (cause) {
    report(io, [error('directory', `the directory ${directory} ${whyNot(cause)}`)]);
    return exit.wrong;
  }
  if (!files.some((file) => /^Dockerfile\.[^/]+$/.test(file))) {
    const hint = 'a stage is a file named Dockerfile.<stage> in the directory itself';
    report(io, [error('import-none', `no stages in ${shown}`, { hint })]);
    return exit.wrong;
  }
  const door: Door = { own: root, boundary: new Boundary(root, gitWorkTrees()) };
  const unread = new Map<string, readonly Diagnostic[]>();
  const read = (file: string): string | undefined => {
    const text = readText(join(root, file), join(shown, file), door);
    unread.set(file, text.diagnostics);
    return text.value;
  };
  const imported = importStages({ shown, files, read }, io.now());
  const problems = force ? [] : inTheWay(imported, root, shown);
  if (report(io, problems)) {
    return exit.wrong;
  }
  const link = trackedLink(root, shown);
  if (link !== undefined) {
    report(io, [link]);
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
  report(io, [...[...unread.values()].flat().map(asLeft), ...imported.left]);
  const change = shown === '.' ? '' : `cd ${shown} && `;
  io.say(`see what it makes: ${change}generate-bake list`);
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

const skipped = new Set(['.git', ownName, 'node_modules']);

function filesBelow(root: string, directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        return skipped.has(entry.name) ? [] : filesBelow(root, path);
      }
      return [relative(root, path)];
    });
}

/** A file of which nothing is carried over: the rest is, so that it is a warning. */
function asLeft(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: 'warning' };
}

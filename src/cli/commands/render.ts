import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { outputFiles } from '#compiler/emit/outputFiles.js';
import { dockerfilesIn, type Wanted } from '#compiler/render/dockerfilesIn.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { OutputDirectory } from '#core/files/writeInside.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { RenderInput } from './render.command.js';

export async function run(input: RenderInput, io: Io): Promise<ExitCode> {
  const compiled = compileTrees(input, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const files = outputFiles(compiled.graph, compiled.selected);
  if (report(io, [...compiled.diagnostics, ...files.diagnostics])) {
    return exit.wrong;
  }
  // Compared before anything is written: it may be the same directory.
  const isAll = compiled.selected.size === compiled.graph.images.length;
  const compared =
    input.diff === undefined ? exit.done : await compare(files.value, isAll, input.diff, input, io);
  if (input.output !== undefined && compared !== exit.wrong) {
    const problems = writeAll(files.value, input.output, io);
    if (report(io, problems)) {
      return exit.wrong;
    }
    io.say(`${files.value.size} Dockerfiles in ${input.output}`);
  }
  return compared;
}

function writeAll(files: ReadonlyMap<string, string>, output: string, io: Io): Diagnostic[] {
  const root = resolve(io.cwd, output);
  const link = trackedLink(root, output);
  if (link !== undefined) {
    return [link];
  }
  const directory = new OutputDirectory(root, output);
  for (const [file, dockerfile] of files) {
    const problem = directory.write(file, dockerfile);
    if (problem !== undefined) {
      return [problem];
    }
  }
  return [];
}

/** Prints what `--diff` found: against a directory where there is one of that name, else a revision. */
async function compare(
  files: ReadonlyMap<string, string>,
  isAll: boolean,
  other: string,
  input: RenderInput,
  io: Io,
): Promise<ExitCode> {
  const { unifiedDiff } = await import('#compiler/render/diff.js');
  const directory = resolve(io.cwd, other);
  const inDirectory = other !== '' && isDirectory(directory);
  const before = inDirectory
    ? read(directory, other, { names: [...files.keys()], all: isAll }, io)
    : await renderRevision(other, input, io);
  if (before === undefined) {
    return exit.wrong;
  }
  let differing = 0;
  for (const file of [...new Set([...files.keys(), ...before.keys()])].sort()) {
    const diff = unifiedDiff(file, before.get(file), files.get(file));
    if (diff === '') {
      continue;
    }
    differing++;
    io.write(diff);
  }
  const total = new Set([...files.keys(), ...before.keys()]).size;
  io.say(`${differing} of ${total} Dockerfiles differ from ${other}`);
  return differing === 0 ? exit.done : exit.failed;
}

function read(
  directory: string,
  shown: string,
  wanted: Wanted,
  io: Io,
): ReadonlyMap<string, string> | undefined {
  const { value, diagnostics } = dockerfilesIn(directory, shown, wanted);
  return report(io, diagnostics) ? undefined : value;
}

async function renderRevision(
  revision: string,
  input: RenderInput,
  io: Io,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { atRevision } = await import('../atRevision.js');
  return atRevision(revision, input.trees, io, (trees, there) => {
    const compiled = compileTrees({ ...input, trees }, there);
    if (compiled !== undefined) {
      return outputFiles(compiled.graph, compiled.selected).value;
    }
    const message = `${revision} cannot be rendered (errors above); your work tree is not the problem`;
    report(io, [error('diff', message)]);
    return undefined;
  });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

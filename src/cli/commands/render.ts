import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import type { Compiled } from '#compiler/compile.js';
import { outputFile, outputFiles } from '#compiler/emit/outputFiles.js';
import { dockerfilesIn, type Wanted } from '#compiler/render/dockerfilesIn.js';
import { type Diagnostic, error, hasErrors } from '#core/diagnostics/diagnostic.js';
import { lookBehind } from '#core/files/lookAt.js';
import { OutputDirectory } from '#core/files/writeInside.js';
import { brokenReport } from '../broken.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import type { RenderInput } from './render.command.js';

export async function run(input: RenderInput, io: Io): Promise<ExitCode> {
  const compiled = compileTrees({ ...input, words: 'images' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const files = outputFiles(compiled.graph, compiled.selected);
  const broken = brokenReport(compiled, io.now());
  const found = [...compiled.diagnostics, ...files.diagnostics];
  reportFolded(io, [...found, ...broken.diagnostics]);
  if (hasErrors(found) || (broken.isPartial && input.strict)) {
    return exit.wrong;
  }
  // Compared before anything is written: it may be the same directory.
  const isAll = compiled.broken.others.length === 0 && isWhole(compiled);
  const rendered = { files: files.value, without: brokenFiles(compiled) };
  const gone = compiled.since?.removed.flatMap(({ tree, name }) =>
    name === undefined ? [] : [outputFile(tree.name, name)],
  );
  const only = gone && new Set([...files.value.keys(), ...gone]);
  const here = { ...compiled, isAll, ...(only === undefined ? {} : { only }) };
  const compared =
    input.diff === undefined ? exit.done : await compare(rendered, here, input.diff, input, io);
  if (input.output !== undefined && compared !== exit.wrong) {
    const problems = writeAll(files.value, input.output, io);
    if (report(io, problems)) {
      return exit.wrong;
    }
    const { size } = files.value;
    io.say(`${size} Dockerfile${size === 1 ? '' : 's'} in ${input.output}`);
  }
  return compared === exit.done && broken.isPartial ? exit.failed : compared;
}

interface Rendered {
  readonly files: ReadonlyMap<string, string>;
  /** The files of broken images: there is nothing to compare. */
  readonly without: ReadonlySet<string>;
  /** What is said of those that are not compared. */
  readonly note?: string;
}

/** What is rendered here. */
interface Here extends Pick<Compiled, 'graph' | 'selected'> {
  /** Whether these are all images. */
  readonly isAll: boolean;
  /** The files that `--since` is about, of images that are gone too; absent: it is not given. */
  readonly only?: ReadonlySet<string>;
}

function isWhole({ graph, selected }: Compiled): boolean {
  return graph.images.every(({ reference }) => selected.has(reference));
}

function brokenFiles({ graph }: Compiled): ReadonlySet<string> {
  const files = graph.broken.flatMap(({ image: { tree, name } }) =>
    name === undefined ? [] : [outputFile(tree.name, name)],
  );
  return new Set(files);
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

/**
 * Prints what `--diff` found: against a directory or a log where there is one of that name, else a
 * revision.
 */
async function compare(
  { files, without }: Rendered,
  here: Here,
  other: string,
  input: RenderInput,
  io: Io,
): Promise<ExitCode> {
  const { unifiedDiff } = await import('#compiler/render/diff.js');
  const before = await othersOf({ files, without }, here, other, input, io);
  if (before === undefined) {
    return exit.wrong;
  }
  const names = [...new Set([...files.keys(), ...before.files.keys()])]
    .filter((file) => !without.has(file) && !before.without.has(file))
    .filter((file) => here.only?.has(file) !== false)
    .sort();
  let differing = 0;
  for (const file of names) {
    const diff = unifiedDiff(file, before.files.get(file), files.get(file));
    if (diff === '') {
      io.info(`${file}: the same`);
      continue;
    }
    differing++;
    io.write(diff);
  }
  const differ = differing === 1 ? 'differs' : 'differ';
  io.say(`${differing} of ${names.length} Dockerfiles ${differ} from ${other}`);
  if (before.note !== undefined) {
    io.say(before.note);
  }
  return differing === 0 ? exit.done : exit.failed;
}

/** What it is compared with. Undefined, and reported, where that cannot be had. */
async function othersOf(
  { files }: Rendered,
  { graph, selected, isAll }: Here,
  other: string,
  input: RenderInput,
  io: Io,
): Promise<Rendered | undefined> {
  const path = resolve(io.cwd, other);
  const stat = other === '' ? undefined : lookBehind(path);
  if (stat?.isDirectory() === true) {
    return read(path, other, { names: [...files.keys()], all: isAll }, io);
  }
  if (stat?.isFile() !== true) {
    return renderRevision(other, input, io);
  }
  const { dockerfilesInLog, missingText } = await import('../dockerfilesInLog.js');
  const { value, diagnostics } = dockerfilesInLog(path, other, graph, selected);
  if (report(io, diagnostics)) {
    return undefined;
  }
  const { missing } = value;
  return missing.length === 0 ? value : { ...value, note: missingText(missing) };
}

function read(directory: string, shown: string, wanted: Wanted, io: Io): Rendered | undefined {
  const { value, diagnostics } = dockerfilesIn(directory, shown, wanted);
  return report(io, diagnostics) ? undefined : { files: value, without: new Set() };
}

async function renderRevision(
  revision: string,
  input: RenderInput,
  io: Io,
): Promise<Rendered | undefined> {
  const { atRevision } = await import('../atRevision.js');
  const { since: _, ...selection } = input.selection;
  const options = { ...input, selection, words: 'images', named: 'shown' } as const;
  return atRevision(revision, input.trees, io, (trees, there) => {
    const compiled = compileTrees({ ...options, trees }, there);
    if (compiled !== undefined) {
      const files = outputFiles(compiled.graph, compiled.selected).value;
      return { files, without: brokenFiles(compiled) };
    }
    const message = `${revision} cannot be rendered (errors above); your work tree is not the problem`;
    report(io, [error('diff', message)]);
    return undefined;
  });
}

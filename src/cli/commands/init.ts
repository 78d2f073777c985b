import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { workspaceFileNames } from '#compiler/workspace/findWorkspace.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { shownPath } from '#core/files/paths.js';
import { OutputDirectory } from '#core/files/writeInside.js';
import { type LookedAround, linksOf, lookAround } from '#upkeep/init/lookAround.js';
import { scaffold } from '#upkeep/init/scaffold.js';
import { workspaceText } from '#upkeep/init/workspaceText.js';
import { type ExitCode, exit } from '../exit.js';
import { initPipeline } from '../initPipeline.js';
import { listTree } from '../terminal/imageTree.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { InitInput } from './init.command.js';

export async function run({ directory, ci, isPrinted }: InitInput, io: Io): Promise<ExitCode> {
  const target = resolve(io.cwd, directory);
  if (ci !== undefined) {
    return initPipeline(target, { ci, isPrinted }, io);
  }
  if (isFilled(target)) {
    return describe(target, directory, io);
  }
  const made = scaffold(target, directory);
  if (made.kind === 'refused') {
    report(io, [made.problem]);
    return exit.wrong;
  }
  for (const file of made.files) {
    io.info(`made ${file}`);
  }
  io.say(`made a repository of ${made.files.length} files in ${directory}`);
  io.say(`next: ${changeTo(directory)}generate-bake list images`);
  return exit.done;
}

function isFilled(directory: string): boolean {
  try {
    return readdirSync(directory).some((name) => name !== '.git');
  } catch {
    // Absent, or no directory: the other way says which.
    return false;
  }
}

/** Says what a repository has, and writes the file that says what the conventions do not. */
function describe(target: string, written: string, io: Io): ExitCode {
  const shown = shownPath(io.cwd, target);
  const present = workspaceFileNames.find((name) => existsSync(join(target, name)));
  if (present !== undefined) {
    const message = `${join(shown, present)} exists already`;
    const hint = `see what it makes: ${changeTo(shown)}generate-bake list`;
    report(io, [error('init-refused', message, { hint })]);
    return exit.wrong;
  }
  const { cwd, env, home, uid } = io;
  const input = { cwd, env, home, directories: [], ...(uid === undefined ? {} : { uid }) };
  const found = lookAround(input, target);
  if (found.dockerfiles.length === 0) {
    return refuse(target, written, found, io);
  }
  io.say(`found ${counts(found).join(', ')}`);
  const { graph } = found.compiled;
  io.write(listTree(graph.images, graph.broken));
  const link = trackedLink(target, shown);
  const problem =
    link ?? new OutputDirectory(target, shown).write('generate-bake.toml', workspaceText(found));
  if (problem !== undefined) {
    report(io, [problem]);
    return exit.wrong;
  }
  io.say(
    `${count(graph.images.length, 'image')}, ${count(linksOf(found.compiled), 'link')} to parents` +
      (graph.broken.length === 0 ? '' : `, ${count(graph.broken.length, 'broken image')}`),
  );
  io.say(`wrote ${join(shown, 'generate-bake.toml')}`);
  if (found.trees !== undefined) {
    report(io, found.trees.left);
  }
  for (const [kind, files] of [
    ['compose', found.composeFiles],
    ['bake', found.bakeFiles],
  ] as const) {
    if (files.length > 0) {
      io.say(
        `to take over what ${files[0]} says: ${changeTo(shown)}generate-bake import ${kind} ${files[0]} --force`,
      );
    }
  }
  io.say(
    `next: ${changeTo(shown)}generate-bake ${graph.broken.length === 0 && found.trees === undefined ? 'build' : 'list'}`,
  );
  return exit.done;
}

function refuse(target: string, written: string, { dockerPkg }: LookedAround, io: Io): ExitCode {
  const made = scaffold(target, written);
  if (made.kind === 'refused') {
    const { problem } = made;
    const hint = `it has docker-pkg images already: ${changeTo(written)}generate-bake list`;
    report(io, [dockerPkg.length === 0 ? problem : { ...problem, hint }]);
  }
  return exit.wrong;
}

function changeTo(directory: string): string {
  return directory === '.' ? '' : `cd ${directory} && `;
}

function counts({
  dockerfiles,
  searched,
  composeFiles,
  bakeFiles,
  dockerPkg,
  trees,
}: LookedAround): readonly string[] {
  const directories = new Set(dockerfiles.map((path) => path.slice(0, path.lastIndexOf('/') + 1)));
  const outside = dockerfiles.filter((path) => !path.startsWith(`${searched}/`)).length;
  const where = directories.size === 1 ? '1 directory' : `${directories.size} directories`;
  return [
    `${count(dockerfiles.length, 'Dockerfile')} in ${where}` +
      (searched === '.' || outside === 0 ? '' : ` (${outside} outside of ${searched})`),
    ...(composeFiles.length === 0 ? [] : [listed(composeFiles, 'compose file')]),
    ...(bakeFiles.length === 0 ? [] : [listed(bakeFiles, 'bake file')]),
    ...(dockerPkg.length === 0
      ? []
      : [
          `${count(dockerPkg.length, 'docker-pkg image')}${trees === undefined ? ' without a configuration, left out' : ''}`,
        ]),
  ];
}

function listed(files: readonly string[], noun: string): string {
  return `${count(files.length, noun)} (${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''})`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

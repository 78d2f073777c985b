import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { readText } from '#compiler/definitions/readText.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { Boundary } from '#core/files/boundary.js';
import { ownName } from '#core/files/ownDirectory.js';
import { shownPath, whyNot } from '#core/files/paths.js';
import type { Door } from '#core/files/readInside.js';
import { importDockerPkg } from '#upkeep/import/importDockerPkg.js';
import { type Imported, importStages } from '#upkeep/import/importStages.js';
import { besideTrees } from '#upkeep/init/besideTrees.js';
import { lookAround } from '#upkeep/init/lookAround.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { writeImported } from '../writeImported.js';
import type { ImportInput } from './import.command.js';

export async function run(input: ImportInput, io: Io): Promise<ExitCode> {
  switch (input.kind) {
    case 'stages':
      return runStages(input, io);
    case 'docker-pkg':
      return runDockerPkg(input, io);
    case 'bake':
    case 'compose': {
      const { runBake } = await import('../importBake.js');
      return runBake(input, io);
    }
  }
}

function runStages({ directory, force }: OfDirectory, io: Io): ExitCode {
  const repository = openRepository(directory, io);
  if (repository === undefined) {
    return exit.wrong;
  }
  const { root, shown, files } = repository;
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
  const left = [...[...unread.values()].flat().map(asLeft), ...imported.left];
  return writeImported({ ...imported, left }, repository, force, io);
}

function runDockerPkg({ directory, force }: OfDirectory, io: Io): ExitCode {
  const repository = openRepository(directory, io);
  if (repository === undefined) {
    return exit.wrong;
  }
  const imported = importDockerPkg(repository);
  if (imported === undefined) {
    const message = `no configuration (config.yaml, config-*.yaml) with images in ${repository.shown}`;
    const hint = 'an image is a directory with a Dockerfile.template and a changelog';
    report(io, [error('import-none', message, { hint })]);
    return exit.wrong;
  }
  return writeImported(withDockerfiles(imported, repository.root, io), repository, force, io);
}

/** Beside trees of docker-pkg, plain Dockerfiles are only found with a tree of their own. */
function withDockerfiles(imported: Imported, root: string, io: Io): Imported {
  const { cwd, env, home, uid } = io;
  const input = { cwd, env, home, directories: [], ...(uid === undefined ? {} : { uid }) };
  return besideTrees(imported, { ...lookAround(input, root), searched: '.' });
}

type OfDirectory = Extract<ImportInput, { readonly directory: string }>;

/** A repository that is imported. */
interface OpenedRepository {
  /** Absolute. */
  readonly root: string;
  readonly shown: string;
  /** Relative to the root, sorted. */
  readonly files: readonly string[];
}

function openRepository(directory: string, io: Io): OpenedRepository | undefined {
  const root = resolve(io.cwd, directory);
  try {
    return { root, shown: shownPath(io.cwd, root), files: filesBelow(root, root) };
  } catch (cause) {
    report(io, [error('directory', `the directory ${directory} ${whyNot(cause)}`)]);
    return undefined;
  }
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

import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { missingSecret, type PrintedBake, printBake } from '#adapters/docker/bakePrint.js';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { readUserConfiguration } from '#adapters/user/configuration.js';
import { findDockerfiles } from '#compiler/definitions/dockerfiles/findDockerfiles.js';
import { readText } from '#compiler/definitions/readText.js';
import { readConfig } from '#compiler/workspace/config.js';
import { conventional } from '#compiler/workspace/dockerfileTree.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, hasErrors, warning } from '#core/diagnostics/diagnostic.js';
import { Boundary } from '#core/files/boundary.js';
import { lookBehind } from '#core/files/lookAt.js';
import { shownPath } from '#core/files/paths.js';
import { readText as readBytesAsText } from '#core/files/readBytes.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { type BakeTarget, readBakeTargets } from '#upkeep/import/bakeTargets.js';
import { placeOfComplaint, refusedBuilds } from '#upkeep/import/composeBuilds.js';
import { importBake } from '#upkeep/import/importBake.js';
import { presentLinks } from '#upkeep/import/presentLinks.js';
import { variablesIn } from '#upkeep/import/variablesIn.js';
import { dockerOf } from './dockerOf.js';
import { type ExitCode, exit } from './exit.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { writeImported } from './writeImported.js';

interface Input {
  readonly kind: 'bake' | 'compose';
  /** As written; none: those that bake or compose take by themselves. */
  readonly files: readonly string[];
  readonly force: boolean;
  /** Names of environment variables that the files may read. */
  readonly allowed: readonly string[];
}

/** What docker itself needs to run; what a file reads of it is nobody's secret. */
const ofDocker =
  /^(?:PATH|HOME|USER|LANG|LC_\w+|TMPDIR|XDG_\w+|SSL_CERT_\w+|BUILDX_\w+|DOCKER_(?!AUTH_CONFIG$)\w+)$/;

/** As docker compose looks for them. */
const composeNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const bakeNames = [
  'docker-bake.json',
  'docker-bake.override.json',
  'docker-bake.hcl',
  'docker-bake.override.hcl',
];

/**
 * Imports a bake or compose file as bake itself reads it. Paths of a compose file are relative to its
 * directory, those of a bake file to the working directory: there generate-bake.toml is written.
 */
export async function runBake(input: Input, io: Io): Promise<ExitCode> {
  const files = namedFiles(input, io);
  if (files === undefined) {
    return exit.wrong;
  }
  const [first = ''] = files;
  const root = input.kind === 'compose' ? dirname(resolve(io.cwd, first)) : io.cwd;
  const shown = shownPath(io.cwd, root);
  if (input.kind === 'compose' && report(io, refusedIn(resolve(io.cwd, first), first))) {
    return exit.wrong;
  }
  const paths = files.map((file) => relative(root, resolve(io.cwd, file)));
  const env = variablesFor(input, io);
  if (env === undefined) {
    return exit.wrong;
  }
  const printed = await printBake({ ...dockerOf(io), cwd: root, env }, paths);
  if (printed.kind === 'failed') {
    const isDocker =
      printed.reason === 'not-started' ||
      /unknown command|not a docker command|^Usage:/.test(printed.message);
    const text = readNamed(resolve(io.cwd, first));
    const place =
      input.kind === 'compose' ? placeOfComplaint(printed.message, first, text) : { file: first };
    report(io, [
      isDocker
        ? error('import-bake', `docker buildx bake cannot be run: ${printed.message}`, {
            hint: 'install Docker with buildx: no engine has to run',
          })
        : error('import-bake', `bake refuses the file: ${printed.message}`, {
            place,
            hint: 'docker buildx bake --print must work first',
          }),
    ]);
    return isDocker ? exit.unusable : exit.wrong;
  }
  const targets = (readBakeTargets(printed.value.text) ?? []).map(withoutMissing);
  if (targets.length === 0) {
    const hint = 'a target of a bake file, or a service with build in a compose file, is an image';
    report(io, [error('import-none', `nothing in ${files.join(', ')} is built`, { hint })]);
    return exit.wrong;
  }
  const boundary = new Boundary(root, gitWorkTrees());
  const read = (file: string): string | undefined =>
    readText(join(root, file), join(shown, file), { own: root, boundary }).value;
  const { cwd, home, uid } = io;
  const imported = importBake({
    file: files.join(', '),
    targets,
    found: foundIn(root, shown, boundary),
    read,
    linksOf: presentLinks(
      { cwd, env: io.env, home, directories: [], ...(uid === undefined ? {} : { uid }) },
      root,
    ),
  });
  const notes = notesOf(
    printed.value,
    files.flatMap((file) => variablesIn(file, readNamed(resolve(io.cwd, file)))),
    env,
    io.env,
  );
  return writeImported(
    {
      ...imported,
      carried: [...imported.carried, ...notes.fixed],
      left: [...notes.left, ...imported.left],
    },
    { root, shown },
    input.force,
    io,
  );
}

/**
 * The environment that the files see: whatever they read of it is written into generate-bake.toml, so
 * they get what the user allows, as trees do. Undefined, with the reason told, where that is not known.
 */
function variablesFor({ allowed }: Input, io: Io): Io['env'] | undefined {
  const user = readUserConfiguration({ environment: io.env, home: io.home });
  if (report(io, user.diagnostics)) {
    return undefined;
  }
  const names = new Set([...user.value.environment, ...allowed]);
  const kept = Object.entries(io.env).filter(([name]) => names.has(name) || ofDocker.test(name));
  return Object.fromEntries(kept);
}

function withoutMissing(target: BakeTarget): BakeTarget {
  return { ...target, others: target.others.filter((other) => !other.includes(missingSecret)) };
}

/** The files that are meant: bake's and compose's own default ones, where none is named. */
function namedFiles({ kind, files }: Input, io: Io): readonly string[] | undefined {
  const isThere = (file: string): boolean => existsSync(resolve(io.cwd, file));
  const wrong = files.flatMap((file) => whyNotFile(kind, file, resolve(io.cwd, file)) ?? []);
  if (report(io, wrong)) {
    return undefined;
  }
  if (files.length > 0) {
    return files;
  }
  const usual =
    kind === 'compose' ? composeNames.filter(isThere).slice(0, 1) : bakeNames.filter(isThere);
  if (usual.length > 0) {
    return usual;
  }
  const what = kind === 'compose' ? 'compose.yaml' : 'docker-bake.hcl or docker-bake.json';
  report(io, [
    error('import-none', `no ${what} here`, {
      hint: `name the file: generate-bake import ${kind} FILE`,
    }),
  ]);
  return undefined;
}

function whyNotFile(kind: Input['kind'], file: string, path: string): Diagnostic | undefined {
  const stat = lookBehind(path);
  if (stat?.isDirectory() === true) {
    return error('import-none', `${file} is a directory`, {
      hint: `go there, and run: generate-bake import ${kind}`,
    });
  }
  const [usual = ''] = kind === 'compose' ? composeNames : ['docker-bake.hcl'];
  return stat === undefined
    ? error('import-none', `no file ${file}`, {
        hint: `for example: generate-bake import ${kind} ${usual}`,
      })
    : undefined;
}

function refusedIn(path: string, shown: string) {
  const settings = readSettings('compose file', path, shown);
  // What this reader does not take, bake may: it has the last word.
  return hasErrors(settings.diagnostics) ? [] : refusedBuilds(settings.value);
}

/** The text of a file that the user named; what cannot be read, bake has said. */
function readNamed(path: string): string {
  try {
    return readBytesAsText(path);
  } catch {
    return '';
  }
}

/** The Dockerfiles that are found by convention once the new file is there. */
function foundIn(root: string, shown: string, boundary: Boundary): ReadonlySet<string> {
  const dockerfiles = conventional(root, shown);
  const tree: Tree = {
    name: 'import',
    directory: root,
    shownDirectory: shown,
    config: readConfig([]).value,
    boundary,
    refresh: true,
    dockerfiles,
  };
  const { value } = findDockerfiles(tree, dockerfiles);
  return new Set(value.map(({ path, file }) => join(path, file)));
}

interface Notes {
  readonly fixed: readonly string[];
  readonly left: ReturnType<typeof warning>[];
}

/** What was decided by the environment of this moment, and what is missing. */
function notesOf(
  printed: PrintedBake,
  inFiles: readonly string[],
  env: Io['env'],
  all: Io['env'],
): Notes {
  const { variables, isAll, withoutSecrets } = printed;
  const names = variables?.map(({ name, value }) => `${name} = ${JSON.stringify(value)}`);
  const written = new Set(inFiles);
  const seen = [...written].map((name) => {
    const value = env[name];
    return value === undefined ? `${name} (by its default)` : `${name} = ${JSON.stringify(value)}`;
  });
  const fixed = names === undefined || names.length === 0 ? seen : names;
  const unread = [...written].filter((name) => all[name] !== undefined && env[name] === undefined);
  const left = [];
  if (!isAll) {
    left.push(
      warning(
        'not-carried-over',
        'this buildx cannot list targets: only the default group is imported',
        {
          hint: 'upgrade buildx to 0.22 or newer',
        },
      ),
    );
  }
  if (withoutSecrets) {
    left.push(
      warning('not-carried-over', 'secrets are left out: a file of one is not there', {
        hint: 'write their ids into the images, secrets = ["ID"], and say where they are: build --secret id=ID,src=FILE',
      }),
    );
  }
  for (const name of unread) {
    left.push(
      warning('not-carried-over', `the file may not read your environment variable ${name}`, {
        hint: `to have its value in generate-bake.toml, add --env ${name}`,
      }),
    );
  }
  return { fixed: fixed.map((one) => `fixed variable ${one}`), left };
}

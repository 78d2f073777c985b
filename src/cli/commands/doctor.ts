import { type Check, isLacking, missing, ok } from '#builder/doctor/check.js';
import { doctorDocument } from '#builder/doctor/document.js';
import { examine } from '#builder/doctor/examine.js';
import { readRootfsImages } from '#compiler/definitions/rootfsImages.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import { lockDirectory } from '../places.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import { signsOfLife } from '../terminal/signs.js';
import { type Column, table } from '../terminal/table.js';
import { version } from '../version.js';
import type { DoctorInput } from './doctor.command.js';

const columns: readonly Column[] = [{ head: 'CHECK' }, { head: 'STATE' }, { head: 'DETAIL' }];

const words = { ok: 'ok', missing: 'missing', 'not-needed': 'not needed' } as const;

/** Shows what this machine has of what builds need. Ends with 1 where a tree lacks something. */
export function run(input: DoctorInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => doctor(input, io, signal));
}

async function doctor(input: DoctorInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const { cwd, env, home, now, uid } = io;
  const place = { cwd, env, home, ...(uid === undefined ? {} : { uid }) };
  const { compiled, nothing } = compileSome(input, io);
  const trees = compiled?.workspace.trees ?? [];
  const { builders: written = [], staging } = compiled?.workspace.building ?? {};
  const builders = input.builders.length > 0 ? input.builders : written.map(({ value }) => value);
  const waits = signsOfLife(io);
  const found = await examine({
    docker: dockerOf(io, ''),
    builders: builders.length === 0 && env.BUILDX_BUILDER ? [env.BUILDX_BUILDER] : builders,
    ...(staging === undefined
      ? {}
      : { staging: { repository: staging.value, place: staging.place } }),
    host: { ...place, now },
    versions: { program: version(), node: process.versions.node },
    trees,
    ...(compiled === undefined ? {} : { graph: compiled.graph }),
    recipes: readRootfsImages(trees, now()).value.map(({ definition }) => definition.tree),
    holds: compiled?.workspace.holds ?? [],
    ...(compiled?.workspace.policy && { policy: compiled.workspace.policy }),
    lockDirectory: lockDirectory(io),
    sources: { environment: env, home, use: input.credentials, waits, signal },
    contacts: input.registry,
    signal,
  });
  if (signal.aborted) {
    return exit.interrupted;
  }
  const checks = [
    nothing === undefined ? treesCheck(compiled) : { ...unneeded, detail: nothing },
    ...found.checks,
  ];
  if (input.json) {
    io.write(`${JSON.stringify(doctorDocument({ ...found, checks }), null, 2)}\n`);
  } else {
    io.write(doctorTable(checks, io.outWidth()));
    for (const line of hintLines(checks)) {
      io.say(line);
    }
  }
  return checks.some(isLacking) ? exit.failed : exit.done;
}

/**
 * The trees, or why there is none: that no definition is where nobody said that there is one is no fault.
 * Everything else that is wrong is reported.
 */
function compileSome(
  { trees }: DoctorInput,
  io: Io,
): { readonly compiled?: CompiledTrees; readonly nothing?: string } {
  const found: Diagnostic[] = [];
  const hear = (more: readonly Diagnostic[]) => found.push(...more);
  const notes: string[] = [];
  const say = (line: string) => notes.push(line);
  const compiled = compileTrees({ trees, named: 'shown' }, { ...io, raw: () => {}, say, hear });
  if (compiled !== undefined) {
    for (const note of notes) {
      io.say(note);
    }
    return { compiled };
  }
  const isMeant = trees.directories.length > 0 || trees.configFile !== undefined;
  const errors = found.filter(({ severity }) => severity === 'error');
  const isEmpty = errors.every(({ code }) => code === 'tree-empty');
  if (!isMeant && isEmpty && errors[0] !== undefined) {
    return { nothing: errors[0].message };
  }
  report(io, found);
  return {};
}

const unneeded: Check = { name: 'trees', state: 'not-needed', detail: '', trees: [] };

/** What cannot be read is on stderr, as of every command. */
function treesCheck(compiled: CompiledTrees | undefined): Check {
  if (compiled === undefined) {
    const hint = 'fix the errors above: what the trees need is not known';
    return missing('trees', 'they cannot be read', { hint, trees: ['*'] });
  }
  const { workspace, graph } = compiled;
  const images = graph.images.length + graph.broken.length;
  const broken =
    graph.broken.length === 0 ? '' : `, ${graph.broken.length} broken: see generate-bake check`;
  const names = workspace.trees.map(({ name }) => name);
  return ok('trees', `${count(images, 'image')} in ${count(names.length, 'tree')}${broken}`, names);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function doctorTable(checks: readonly Check[], width: number | undefined): string {
  const rows = checks.map(({ name, state, detail }) => [name, words[state], detail]);
  return table(columns, rows, width);
}

function hintLines(checks: readonly Check[]): readonly string[] {
  return checks
    .filter(({ state }) => state === 'missing')
    .map(({ name, hint, trees }) => {
      const needed =
        trees.length === 0 || trees.includes('*') ? '' : ` (needed by ${trees.join(', ')})`;
      return `${name}${needed}: ${hint ?? 'see above'}`;
    });
}

import { totalOf, typicalOf } from '#builder/durations/durations.js';
import { openDurations } from '#builder/durations/store.js';
import { duration } from '#builder/report/time.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import { builtOn, type Impact, impactOf } from '#fleet/impact/impact.js';
import { findNamed } from '#upkeep/update/names.js';
import { askFleet } from '../askFleet.js';
import { type ExitCode, exit } from '../exit.js';
import { isPatterned } from '../line/options.js';
import { durationsFile } from '../places.js';
import { readRuns } from '../readRuns.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import { shortNames } from '../terminal/shortNames.js';
import { shownNames } from '../terminal/shownNames.js';
import { withSignals } from '../terminal/signals.js';
import { type Column, table } from '../terminal/table.js';
import type { ImpactInput } from './impact.command.js';

const columns: readonly Column[] = [
  { head: 'LEVEL' },
  { head: 'IMAGE', wraps: true },
  { head: 'STATE' },
  { head: 'LAST' },
  { head: 'OWNER', least: 16, leaves: 1 },
];

/** As many of the asked images are named. */
const mostNames = 3;

/** Shows what is built on the selected images. Ends with 3 where the state of one of those is not known. */
export function run(input: ImpactInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => impact(input, io, signal));
}

async function impact(input: ImpactInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const runs = readRuns(input.reports, io);
  if (runs === undefined) {
    return exit.wrong;
  }
  // What the words mean is only known then; it is a little more than is shown.
  const widen = (graph: Graph, selected: ReadonlySet<Reference>) =>
    new Set([
      ...builtOn(graph, selected),
      ...builtOn(graph, new Set(), startingFrom(graph, input.bases).value),
    ]);
  const question = { ...input, pull: true, asks: 'versions', widen } as const;
  const fleet = await askFleet(question, io, signal);
  if (typeof fleet === 'number') {
    return fleet;
  }
  const { compiled, graph, prepared } = fleet;
  // Beside a base, words that are directories name no images.
  const isNamed =
    input.bases.length === 0 ||
    isPatterned(input.selection) ||
    (compiled.workspace.words?.names.length ?? 0) > 0;
  const selected: ReadonlySet<Reference> = isNamed ? compiled.selected : new Set();
  const { value: first, diagnostics } = startingFrom(graph, input.bases);
  if (report(io, diagnostics)) {
    return exit.wrong;
  }
  const { owners } = compiled;
  const { durations, problems } = openDurations(durationsFile(io));
  const usually = (reference: Reference) => totalOf(typicalOf(durations, reference));
  const found = impactOf(graph, selected, prepared.decisions, { runs, usually, owners, first });
  const warnings = [...compiled.diagnostics, ...prepared.untold, ...owners.takeWarnings()];
  reportFolded(io, [...warnings, ...problems]);
  const all = graph.images.map(({ reference }) => reference);
  if (input.json) {
    const asked = [...selected, ...input.bases].sort();
    const document = { schema: 1, asked, ...found };
    io.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    io.write(impactTable(found, all, io.outWidth()));
  }
  const nameOf = shortNames(all);
  io.say(impactLine(found, [...[...selected].sort().map(nameOf), ...input.bases]));
  return found.images.some(({ state }) => state === 'unknown') ? exit.unusable : exit.done;
}

/** The images that start from, or copy from, these images from outside the trees. */
function startingFrom(graph: Graph, bases: readonly string[]): Outcome<ReadonlySet<Reference>> {
  const first = new Set<Reference>();
  const diagnostics: Diagnostic[] = [];
  for (const base of bases) {
    const named = findNamed(graph, base, undefined);
    if (named.kind === 'external') {
      for (const { reference } of named.children) {
        first.add(reference);
      }
    } else if (named.kind === 'unknown') {
      diagnostics.push(named.problem);
    } else {
      const hint = `ask for the image: generate-bake impact ${base}`;
      diagnostics.push(error('usage', `--base ${base}: it is an image of the trees`, { hint }));
    }
  }
  return { value: first, diagnostics };
}

function impactTable(
  { images }: Impact,
  references: readonly string[],
  width: number | undefined,
): string {
  if (images.length === 0) {
    return '';
  }
  const { short, heading } = shownNames(references, width);
  const rows = images.map(({ level, reference, state, milliseconds, owner }) => [
    String(level),
    short(reference),
    state,
    milliseconds === undefined ? '-' : duration(milliseconds),
    owner ?? '-',
  ]);
  return heading + table(columns, rows, width);
}

function impactLine({ images, total, longest }: Impact, asked: readonly string[]): string {
  const names = some(asked, mostNames);
  if (images.length === 0) {
    return `nothing is built on ${names}`;
  }
  const levels = Math.max(...images.map(({ level }) => level));
  const published = images.filter(({ digest }) => digest !== undefined).length;
  const times =
    total === 0
      ? ''
      : `; they took ${duration(total)} last time, the longest chain ${duration(longest)}`;
  return `${count(images.length, 'image')} in ${count(levels, 'level')} built on ${names}, ${published} published${times}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

import { totalOf, typicalOf } from '#builder/durations/durations.js';
import { openDurations } from '#builder/durations/store.js';
import { duration } from '#builder/report/time.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import { builtOn, type Impact, impactOf } from '#fleet/impact/impact.js';
import { askFleet } from '../askFleet.js';
import { type ExitCode, exit } from '../exit.js';
import type { ImagesQuestion } from '../line/imagesQuestion.js';
import { durationsFile } from '../places.js';
import { readRuns } from '../readRuns.js';
import type { Io } from '../terminal/io.js';
import { reportFolded } from '../terminal/report.js';
import { shortNames } from '../terminal/shortNames.js';
import { shownNames } from '../terminal/shownNames.js';
import { withSignals } from '../terminal/signals.js';
import { type Column, table } from '../terminal/table.js';

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
export function run(input: ImagesQuestion, io: Io): Promise<ExitCode> {
  return withSignals((signal) => impact(input, io, signal));
}

async function impact(input: ImagesQuestion, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const runs = readRuns(input.reports, io);
  if (runs === undefined) {
    return exit.wrong;
  }
  const question = { ...input, pull: true, asks: 'versions', widen: builtOn } as const;
  const fleet = await askFleet(question, io, signal);
  if (typeof fleet === 'number') {
    return fleet;
  }
  const { compiled, graph, prepared } = fleet;
  const { selected } = compiled;
  const { owners } = compiled;
  const { durations, problems } = openDurations(durationsFile(io));
  const usually = (reference: Reference) => totalOf(typicalOf(durations, reference));
  const found = impactOf(graph, selected, prepared.decisions, { runs, usually, owners });
  const warnings = [...compiled.diagnostics, ...prepared.untold, ...owners.takeWarnings()];
  reportFolded(io, [...warnings, ...problems]);
  const all = graph.images.map(({ reference }) => reference);
  if (input.json) {
    const document = { schema: 1, asked: [...selected].sort(), ...found };
    io.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    io.write(impactTable(found, all, io.outWidth()));
  }
  io.say(impactLine(found, selected, shortNames(all)));
  return found.images.some(({ state }) => state === 'unknown') ? exit.unusable : exit.done;
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

function impactLine(
  { images, total, longest }: Impact,
  asked: ReadonlySet<Reference>,
  nameOf: (reference: string) => string,
): string {
  const names = some([...asked].sort().map(nameOf), mostNames);
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

import { arch } from 'node:os';
import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { writeFile } from '#core/files/writeFile.js';
import { askInventories, type Looked } from '#fleet/inventory/askInventories.js';
import { containedBy } from '#fleet/inventory/contains.js';
import { type InventoryRow, packagesDocument } from '#fleet/inventory/document.js';
import { otherSoftware } from '#fleet/inventory/otherSoftware.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import { type AskedFleet, askFleet } from '../askFleet.js';
import { withoutHeld } from '../broken.js';
import { compileTrees } from '../compileTrees.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import { layerCache } from '../places.js';
import { runningRows } from '../runningRows.js';
import { sendToDebMonitor } from '../sendToDebMonitor.js';
import type { Io } from '../terminal/io.js';
import { packagesLines, packagesTable } from '../terminal/packagesTable.js';
import { readingSigns } from '../terminal/readingSigns.js';
import { report, reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { PackagesInput } from './packages.command.js';

/**
 * Lists the Debian packages of the selected images. Ends with 3 where those of one could not be read, and with
 * 1, where `--exit-code` asks for it, if one has what --contains names.
 */
export function run(input: PackagesInput, io: Io): Promise<ExitCode> {
  const { output } = input;
  const problem = output === undefined ? undefined : trackedLink(resolve(io.cwd, output), output);
  if (problem !== undefined) {
    report(io, [problem]);
    return Promise.resolve(exit.wrong);
  }
  return withSignals((signal) => packages(input, io, signal));
}

async function packages(input: PackagesInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  if (input.looked === 'running') {
    return packagesOfRunning(input, io, signal);
  }
  const fleet = await askFleet({ ...input, pull: true, asks: 'versions' }, io, signal);
  if (typeof fleet === 'number') {
    return fleet;
  }
  const { compiled, graph } = fleet;
  const { others: broken } = withoutHeld(compiled.broken.selected, io.now());
  reportFolded(io, [...compiled.diagnostics, ...tellBroken(graph, broken)]);
  const rows = await rowsOf(fleet, input, input.looked, io, signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  if (input.debmonitor !== undefined) {
    return sendToDebMonitor(rows, input.debmonitor, io, signal);
  }
  return ending(rows, graph, input, io);
}

async function packagesOfRunning(
  input: PackagesInput,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const compiled = compileTrees({ ...input, words: 'images', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { graph } = compiled;
  const { others: broken } = withoutHeld(compiled.broken.selected, io.now());
  reportFolded(io, [...compiled.diagnostics, ...tellBroken(graph, broken)]);
  const found = await runningRows(compiled, input, io, signal);
  if (typeof found === 'number') {
    return found;
  }
  return ending(withContained(found, graph, input), graph, input, io);
}

async function ending(
  rows: readonly InventoryRow[],
  graph: Graph,
  input: PackagesInput,
  io: Io,
): Promise<ExitCode> {
  const references = graph.images.map(({ reference }) => reference);
  const failed = await print(rows, references, input, io);
  if (failed !== undefined) {
    report(io, [failed]);
    return exit.wrong;
  }
  for (const line of packagesLines(rows, references, input.contains?.text, input.looked)) {
    io.say(line);
  }
  return exitCodeOf(rows, input);
}

async function rowsOf(
  { compiled, graph, prepared, registries }: AskedFleet,
  input: PackagesInput,
  looked: Looked['kind'],
  io: Io,
  signal: AbortSignal,
): Promise<readonly InventoryRow[]> {
  const signs = readingSigns(io);
  const found = await askInventories({
    graph,
    selected: compiled.selected,
    facts: prepared.facts,
    looked: lookedOf(looked, input, io),
    accesses: registries.accesses,
    docker: dockerOf(io),
    platform: {
      name: input.platform ?? platformOfMachine(arch()),
      isRequired: input.platform !== undefined,
    },
    cache: layerCache(io),
    progress: signs.progress,
    signal,
  });
  signs.end();
  return withContained(found, graph, input);
}

function withContained(
  found: readonly Omit<InventoryRow, 'otherSoftware'>[],
  graph: Graph,
  input: PackagesInput,
): readonly InventoryRow[] {
  const others = otherSoftware(graph);
  return found.map((each) => {
    const evidence = { otherSoftware: others.get(each.reference) ?? [] };
    if (input.contains === undefined || each.found.kind !== 'read') {
      return { ...each, ...evidence };
    }
    const contained = containedBy(each.found.inventory, input.contains.relations) ?? 'none';
    return { ...each, ...evidence, contained };
  });
}

function lookedOf(looked: Looked['kind'], { youngerMs }: PackagesInput, io: Io): Looked {
  return looked !== 'all-tags' || youngerMs === undefined
    ? { kind: looked }
    : { kind: looked, since: io.now().getTime() - youngerMs };
}

async function print(
  rows: readonly InventoryRow[],
  references: readonly string[],
  input: PackagesInput,
  io: Io,
): Promise<Diagnostic | undefined> {
  switch (input.form) {
    case 'text':
      io.write(packagesTable(rows, references, input.contains?.text, io.outWidth()));
      return undefined;
    case 'json': {
      const document = packagesDocument(rows, input.looked, input.contains?.text);
      io.write(`${JSON.stringify(document, null, 2)}\n`);
      return undefined;
    }
    case 'cyclonedx':
      return await printBill(rows, input.output, io);
    case 'debmonitor':
      return undefined;
  }
}

async function printBill(
  rows: readonly InventoryRow[],
  output: string | undefined,
  io: Io,
): Promise<Diagnostic | undefined> {
  const [row] = rows;
  if (row === undefined || rows.length > 1) {
    const hint = 'name one image';
    return error('usage', `--cyclonedx is of one image, not of ${rows.length}`, { hint });
  }
  if (row.found.kind !== 'read') {
    // That is said below.
    return undefined;
  }
  const { cyclonedxOf } = await import('#fleet/inventory/cyclonedx.js');
  const text = cyclonedxOf({
    ...row,
    ...row.found,
    hasOtherSoftware: row.otherSoftware.length > 0,
  });
  if (output !== undefined) {
    return writeFile(resolve(io.cwd, output), output, text);
  }
  io.write(text);
  return undefined;
}

function exitCodeOf(rows: readonly InventoryRow[], { exitCode, form }: PackagesInput): ExitCode {
  if (rows.some(({ found }) => found.kind === 'failed')) {
    return exit.unusable;
  }
  if (form === 'cyclonedx' && rows.some(({ found }) => found.kind === 'absent')) {
    return exit.failed;
  }
  const has = rows.some(({ contained }) => contained !== undefined && contained !== 'none');
  return exitCode && has ? exit.failed : exit.done;
}

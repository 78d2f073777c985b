import { gitHistories } from '#adapters/git/history.js';
import { askKept } from '#builder/run/keptNames.js';
import { unpublishedFor } from '#builder/unpublished.js';
import { withGraph } from '#compiler/compile.js';
import { imageFacts } from '#compiler/facts/imageFacts.js';
import { inOrder } from '#compiler/resolve/graph.js';
import { tellBroken } from '#compiler/tellBroken.js';
import type { Reference } from '#core/reference/brands.js';
import { lastBuilt, type RunReport } from '#fleet/reports/readRun.js';
import { builtFacts, builtIn } from '#fleet/sizes/built.js';
import type { Decision } from '#fleet/status/decide.js';
import { statusDocument } from '#fleet/status/document.js';
import { overview } from '#fleet/status/overview.js';
import { shown, statusLine } from '#fleet/status/summary.js';
import { withLastRun } from '#fleet/why/lastRun.js';
import { type AskedFleet, askFleet } from '../askFleet.js';
import { withoutHeld } from '../broken.js';
import { factColumns, hasColumn } from '../columns.js';
import type { CompiledTrees } from '../compileTrees.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import { readRuns } from '../readRuns.js';
import type { KnownFacts } from '../terminal/factCells.js';
import { hintLines, unpublishedLines } from '../terminal/hints.js';
import type { Io } from '../terminal/io.js';
import { keptNames } from '../terminal/keptNames.js';
import { reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import { statusTable } from '../terminal/statusTable.js';
import { lackingCount } from '../terminal/stopped.js';
import type { StatusInput } from './status.command.js';

/**
 * Shows what `build` would do. Ends with 1 where a definition that was asked for is broken or
 * a registry has lost what they need, with 3 where a state that was asked for is not known, and with
 * --exit-code with 1 where something is to be done or has drifted.
 */
export function run(input: StatusInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => status(input, io, signal));
}

async function status(input: StatusInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const runs = readRuns(input.reports, io);
  if (runs === undefined) {
    return exit.wrong;
  }
  const asked = await askFleet(
    { ...input, asks: 'all', sizes: hasColumn(input, ['size', 'own']) },
    io,
    signal,
  );
  if (typeof asked === 'number') {
    return asked;
  }
  const { compiled, graph, contexts, prepared } = asked;
  const { selected } = compiled;
  const { untold, unlisted } = prepared;
  const decisions = shown(withLastRun(prepared.decisions, runs), selected);
  // What is published of a broken definition is left alone, and its fault is reported all the same.
  const { others: broken } = withoutHeld(withGraph(compiled, graph).broken.selected, io.now());
  const factsOf = factsFor(input, asked, decisions, runs);
  reportFolded(io, [
    ...compiled.diagnostics,
    ...compiled.owners.takeWarnings(),
    ...contexts.diagnostics,
    ...tellBroken(graph, broken),
    ...untold,
  ]);
  for (const line of unlisted) {
    io.info(line);
  }
  if (input.json) {
    io.write(
      `${JSON.stringify(
        statusDocument(graph, decisions, broken, compiled.excluded, ({ reference }) =>
          factsOf(reference),
        ),
        null,
        2,
      )}\n`,
    );
    io.say(statusLine(decisions));
  } else {
    const named = namedOnes(compiled);
    const { rows, unknown, hidden } = overview(graph, decisions, {
      named,
      everything: input.everything,
    });
    const references = graph.images.map(({ reference }) => reference);
    io.write(statusTable(rows, references, io.outWidth(), { ...input, factsOf }));
    for (const [why, images] of unknown) {
      io.say(`the state of ${images.length} images is not known: ${why}`);
    }
    const told = [...rows.map(({ decision }) => decision), ...[...unknown.values()].flat()];
    io.say(statusLine(told, hidden));
  }
  if (input.dating === 'none') {
    const kept = await askKept(dockerOf(io), graph, prepared, { signal });
    for (const line of keptNames(kept)) {
      io.say(line);
    }
  }
  const run = { request: { graph, publish: 'configured' as const }, registries: asked.registries };
  const there = decisions.filter(
    ({ action, state }) => (action === 'skip' || action === 'use') && state === 'local',
  );
  const unpublished = unpublishedFor(
    run,
    there.map(({ reference }) => reference),
  );
  for (const line of [...unpublishedLines(unpublished), ...hintLines(decisions)]) {
    io.say(line);
  }
  if (broken.length > 0 || lackingCount(decisions) > 0) {
    return exit.failed;
  }
  const isUnread = [...prepared.facts.values()].some(({ owed }) => owed?.unread !== undefined);
  return isUnread ? exit.unusable : exitCodeOf(decisions, input);
}

/** What is known of each image, where somebody wants to see it; no further request. */
function factsFor(
  input: StatusInput,
  { compiled, graph, prepared }: AskedFleet,
  decisions: readonly Decision[],
  runs: readonly RunReport[],
): (reference: Reference) => KnownFacts {
  if (!input.json && !hasColumn(input, factColumns)) {
    return () => ({});
  }
  const wanted = new Set(decisions.map(({ reference }) => reference));
  const nodes = inOrder(graph).filter(({ reference }) => wanted.has(reference));
  const known = imageFacts(
    graph,
    nodes.flatMap(({ sound, broken }) => sound ?? broken ?? []),
    { owners: compiled.owners, histories: gitHistories() },
  );
  const byReference = new Map(nodes.map((node) => [node.reference, node]));
  const builtOf = builtIn(prepared);
  return (reference) => {
    const node = byReference.get(reference);
    const image = node?.sound ?? node?.broken;
    if (node === undefined || image === undefined) {
      return {};
    }
    const ended = lastBuilt(reference, runs);
    return {
      ...known(image),
      ...(ended === undefined ? {} : { lastBuilt: ended }),
      ...builtFacts(graph, node, builtOf),
    };
  };
}

/** The images that are shown whatever there is to say: those with a name on the command line, and a single one. */
function namedOnes({ graph, named, selected }: CompiledTrees): ReadonlySet<Reference> {
  const isOneOfMany = selected.size === 1 && graph.images.length > 1;
  return isOneOfMany ? selected : named;
}

function exitCodeOf(decisions: readonly Decision[], { exitCode }: StatusInput): ExitCode {
  if (
    decisions.some(
      ({ state, action, isUnasked }) => state === 'unknown' || action === 'stop' || isUnasked,
    )
  ) {
    return exit.unusable;
  }
  const open = decisions.some(
    ({ state, action, owed = [] }) =>
      action === 'build' || action === 'finish' || state === 'drifted' || owed.length > 0,
  );
  return exitCode && open ? exit.failed : exit.done;
}

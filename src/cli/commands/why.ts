import { withGraph } from '#compiler/compile.js';
import { definitionParts } from '#compiler/plan/definitionParts.js';
import { tellBroken } from '#compiler/tellBroken.js';
import type { Reference } from '#core/reference/brands.js';
import type { RunReport } from '#fleet/reports/readRun.js';
import type { Decision } from '#fleet/status/decide.js';
import { withMovedBases } from '#fleet/why/bases.js';
import { chainOf } from '#fleet/why/chain.js';
import { whyDocument } from '#fleet/why/document.js';
import { earlierVersions } from '#fleet/why/earlier.js';
import { evidenceOf, soughtOnes } from '#fleet/why/evidence.js';
import { withLastRun } from '#fleet/why/lastRun.js';
import { type AskedFleet, askFleet } from '../askFleet.js';
import { type ExitCode, exit } from '../exit.js';
import { findPublished } from '../findPublished.js';
import type { ImagesQuestion } from '../line/imagesQuestion.js';
import { registryCache } from '../places.js';
import { readRuns } from '../readRuns.js';
import type { Io } from '../terminal/io.js';
import { reportFolded } from '../terminal/report.js';
import { shortNames } from '../terminal/shortNames.js';
import { withSignals } from '../terminal/signals.js';
import { whyText } from '../terminal/whyText.js';

/**
 * Explains the selected images. Ends with 3 where the state of one of them is not known; what is drifted or
 * broken is explained, and no failure.
 */
export function run(input: ImagesQuestion, io: Io): Promise<ExitCode> {
  return withSignals((signal) => why(input, io, signal));
}

async function why(input: ImagesQuestion, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const runs = readRuns(input.reports, io);
  if (runs === undefined) {
    return exit.wrong;
  }
  const asked = await askFleet({ ...input, pull: true, asks: 'all' }, io, signal);
  if (typeof asked === 'number') {
    return asked;
  }
  const { compiled, contexts, graph, prepared } = asked;
  const { selected } = compiled;
  const broken = withGraph(compiled, graph).broken.selected;
  reportFolded(io, [
    ...compiled.diagnostics,
    ...contexts.diagnostics,
    ...tellBroken(graph, broken),
    ...prepared.untold,
  ]);
  const decisions = withLastRun(prepared.decisions, runs);
  const { facts } = prepared;
  const { accesses } = asked.registries;
  const ask = { signal, cache: registryCache(io) };
  const around = { graph, facts, accesses, ask };
  const chain = await withMovedBases(chainOf(selected, decisions), around);
  const evidence = await evidenceFor(chain, asked, { input, runs }, io, signal);
  if (evidence === undefined) {
    return exit.interrupted;
  }
  const own = chain.filter(({ reference }) => selected.has(reference));
  if (input.json) {
    io.write(`${JSON.stringify(whyDocument(chain, selected, evidence), null, 2)}\n`);
  } else {
    const nameOf = shortNames(prepared.decisions.map(({ reference }) => reference));
    io.write(whyText({ asked: own, chain, evidence, nameOf }));
  }
  return own.some(isUnknown) ? exit.unusable : exit.done;
}

function isUnknown({ state, blocked }: Decision): boolean {
  return state === 'unknown' || blocked?.by === 'unknown';
}

/** What changed in those that drifted, or have a new version; undefined where a signal ended the search. */
async function evidenceFor(
  chain: readonly Decision[],
  { compiled, contexts, graph, registries, prepared }: AskedFleet,
  { input, runs }: { readonly input: ImagesQuestion; readonly runs: readonly RunReport[] },
  io: Io,
  signal: AbortSignal,
): Promise<ReturnType<typeof evidenceOf> | undefined> {
  const { definitions, facts } = prepared;
  const { accesses } = registries;
  const ask = { signal, cache: registryCache(io) };
  const sought = [
    ...soughtOnes(graph, chain, facts),
    ...(await earlierVersions(chain, { graph, definitions, accesses, ask })),
  ];
  if (sought.length === 0) {
    return new Map();
  }
  const { workspace } = compiled;
  const revisions = runs.flatMap(({ commit }) => commit ?? []);
  const around = { graph, workspace, trees: input.trees, revisions, signal };
  const found = await findPublished(sought, around, io);
  const partsOf = (reference: Reference) => {
    const image = graph.byReference.get(reference);
    return image && definitionParts(image, contexts.of(image), definitions);
  };
  return signal.aborted ? undefined : evidenceOf(sought, found, partsOf);
}

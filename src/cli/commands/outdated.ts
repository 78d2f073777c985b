import { arch } from 'node:os';
import { resolve } from 'node:path';
import { answerCache } from '#adapters/apt/answerCache.js';
import { openApt } from '#adapters/apt/apt.js';
import { ListStore } from '#adapters/apt/listStore.js';
import { withAncestors } from '#compiler/plan/definitionDigest.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { error, warning } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readText } from '#core/files/readBytes.js';
import type { Reference } from '#core/reference/brands.js';
import { askInventories } from '#fleet/inventory/askInventories.js';
import { otherSoftware } from '#fleet/inventory/otherSoftware.js';
import { askApt } from '#fleet/outdated/askApt.js';
import { askBases } from '#fleet/outdated/askBases.js';
import { outdatedDocument } from '#fleet/outdated/document.js';
import { type Outdated, outdatedOf, type WantedPackages } from '#fleet/outdated/outdated.js';
import { SeenCandidates } from '#fleet/outdated/seen.js';
import { readTracker, type Tracker } from '#fleet/outdated/tracker.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import { type AskedFleet, askFleet } from '../askFleet.js';
import { withoutHeld } from '../broken.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import { aptCaches, layerCache, stateDirectory } from '../places.js';
import type { Io } from '../terminal/io.js';
import { outdatedLine, outdatedText } from '../terminal/outdatedText.js';
import { readingSigns } from '../terminal/readingSigns.js';
import { report, reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { OutdatedLine } from './outdated.command.js';

/**
 * Shows which of the selected images have packages with newer versions in their own sources. Ends with 3 where
 * one of them could not be read, and, where `--exit-code` asks for it, with 1 if one is outdated and with 3 if
 * of one nobody knows.
 */
export function run(input: OutdatedLine, io: Io): Promise<ExitCode> {
  return withSignals((signal) => outdated(input, io, signal));
}

async function outdated(input: OutdatedLine, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const auth = input.aptAuth === undefined ? undefined : readAuth(input.aptAuth, io);
  if (auth === 'unreadable') {
    return exit.wrong;
  }
  const tracker =
    input.cve === undefined ? undefined : readTracker(resolve(io.cwd, input.cve), input.cve);
  if (tracker?.kind === 'wrong') {
    report(io, [tracker.problem]);
    return exit.wrong;
  }
  const wanted = wantedOf(input, tracker?.tracker);
  const question = { ...input, pull: true, asks: 'images', widen: withAllAncestors } as const;
  const fleet = await askFleet(question, io, signal);
  if (typeof fleet === 'number') {
    return fleet;
  }
  const { compiled, graph } = fleet;
  const { others: broken } = withoutHeld(compiled.broken.selected, io.now());
  reportFolded(io, [...compiled.diagnostics, ...tellBroken(graph, broken)]);
  const found = await look(
    fleet,
    input,
    { wanted, ...(auth === undefined ? {} : { auth }) },
    io,
    signal,
  );
  if (found === undefined || signal.aborted) {
    return exit.interrupted;
  }
  const { result, hasFailed } = found;
  const since = new SeenCandidates(stateDirectory(io)).note(result.updates, io.now());
  const references = graph.images.map(({ reference }) => reference);
  if (input.json) {
    io.write(`${JSON.stringify(outdatedDocument(result, since, wanted), null, 2)}\n`);
  } else {
    const shown = { outdated: result, since, references, now: io.now() };
    io.write(outdatedText(shown, io.outWidth()));
  }
  io.say(
    outdatedLine(result, input.security || input.cve !== undefined || wanted.names !== undefined),
  );
  return exitCodeOf(result, hasFailed, input);
}

/** What an image is built on says where its packages come in. */
function withAllAncestors(graph: Graph, selected: ReadonlySet<Reference>): ReadonlySet<Reference> {
  return new Set([...selected, ...withAncestors(graph, selected).map((image) => image.reference)]);
}

async function look(
  { compiled, graph, prepared, registries }: AskedFleet,
  input: OutdatedLine,
  { wanted, auth }: { readonly wanted: WantedPackages; readonly auth?: string },
  io: Io,
  signal: AbortSignal,
): Promise<{ readonly result: Outdated; readonly hasFailed: boolean } | undefined> {
  const { selected } = compiled;
  const signs = readingSigns(io);
  const request = {
    graph,
    selected: withAllAncestors(graph, selected),
    facts: prepared.facts,
    looked: { kind: 'current' },
    accesses: registries.accesses,
    docker: dockerOf(io),
    platform: {
      name: input.platform ?? platformOfMachine(arch()),
      isRequired: input.platform !== undefined,
    },
    cache: layerCache(io),
    progress: signs.progress,
    signal,
  } as const;
  const inventories = await askInventories(request);
  const bases = await askBases(request);
  signs.end();
  if (signal.aborted) {
    return undefined;
  }
  const caches = aptCaches(io);
  const opened = await openApt({
    env: io.env,
    lists: new ListStore(caches.lists),
    answers: answerCache(caches.answers),
    ...(auth === undefined ? {} : { auth }),
    signal,
    onUpdate: (uris) => {
      const line = `fetching what ${[...new Set(uris)].join(', ')} has`;
      io.inPlace(line);
      io.info(line);
    },
  });
  if (opened.kind === 'cancelled') {
    return undefined;
  }
  if (opened.kind === 'unusable') {
    report(io, [warning('apt', opened.reason, { hint: opened.hint })]);
  }
  try {
    const looked = await askApt(inventories, graph, opened, (done) =>
      io.inPlace(`asking apt: ${done} of ${inventories.length} images`),
    );
    const others = new Set(otherSoftware(graph).keys());
    const result = outdatedOf({ graph, selected, looked, bases, otherSoftware: others, wanted });
    const hasFailed = result.images.some(
      ({ reference }) => looked.get(reference)?.kind === 'failed',
    );
    return { result, hasFailed };
  } finally {
    io.inPlace('');
    if (opened.kind === 'opened') {
      opened.apt.close();
    }
  }
}

function wantedOf(
  { security, packages }: OutdatedLine,
  tracker: Tracker | undefined,
): WantedPackages {
  return {
    security,
    ...(packages.length === 0 ? {} : { names: new Set(packages) }),
    ...(tracker === undefined ? {} : { tracker }),
  };
}

function readAuth(file: string, io: Io): string | 'unreadable' {
  try {
    return readText(resolve(io.cwd, file));
  } catch (cause) {
    report(io, [error('apt', `${file} cannot be read: it ${whyNot(cause)}`, { place: { file } })]);
    return 'unreadable';
  }
}

function exitCodeOf({ images }: Outdated, hasFailed: boolean, input: OutdatedLine): ExitCode {
  if (input.exitCode && images.some(({ verdict }) => verdict === 'outdated')) {
    return exit.failed;
  }
  const isUnknown = input.exitCode && images.some(({ verdict }) => verdict === 'unknown');
  return hasFailed || isUnknown ? exit.unusable : exit.done;
}

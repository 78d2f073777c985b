import { referencesDocument } from '#fleet/references/document.js';
import type { FoundReference } from '#fleet/references/find.js';
import type { TreeImage } from '#fleet/references/names.js';
import type { Published } from '#fleet/references/published.js';
import { stateOf, summaryOf } from '#fleet/references/summary.js';
import { applyReferences, mayApply } from '../applyReferences.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { type FoundReferences, findReferences } from '../findReferences.js';
import { isUnknown, publishedOf } from '../publishedOf.js';
import { isStopped } from '../stopFile.js';
import type { Io } from '../terminal/io.js';
import { referencesTable } from '../terminal/referencesTable.js';
import { reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { ReferencesInput } from './references.command.js';

/**
 * Shows which versions of the images other files refer to. Ends with 1 where something cannot be searched, and
 * with --exit-code where a reference is behind.
 */
export function run(input: ReferencesInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => references(input, io, signal));
}

async function references(input: ReferencesInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const { selection, paths, apply } = input;
  if (apply !== undefined && !apply.dryRun && isStopped(input.trees, io)) {
    return exit.failed;
  }
  if (apply !== undefined && !mayApply(apply, paths, io)) {
    return exit.wrong;
  }
  const compiled = compileTrees({ ...input, cycles: 'shown', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  reportFolded(io, compiled.diagnostics);
  const isSelected = selection.select.length > 0 || selection.exclude.length > 0;
  const found = await findReferences(paths, compiled, isSelected, io, signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  if (apply !== undefined) {
    if (found.isPartial) {
      return exit.wrong;
    }
    return applyReferences({ apply, credentials: input.credentials }, compiled, found, io, signal);
  }
  const shown = input.behind
    ? found.references.filter((reference) => stateOf(reference) === 'behind')
    : found.references;
  const published = input.published
    ? await publishedOf(imagesOf(shown), compiled.workspace.trees, input.credentials, io, signal)
    : undefined;
  if (typeof published === 'number') {
    return published;
  }
  if (input.json) {
    const document = referencesDocument(compiled.graph, paths, found.result, shown, published);
    io.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const rows = { references: shown, images: found.names.images, isWhole: input.all };
    const known = published === undefined ? {} : { published };
    io.write(referencesTable({ ...rows, ...known }, io.outWidth()));
  }
  tellSummary(found, io);
  return endingOf(input, found, published);
}

function endingOf(
  { exitCode }: ReferencesInput,
  { references: found, isPartial }: FoundReferences,
  published: ReadonlyMap<string, Published> | undefined,
): ExitCode {
  if (isPartial) {
    return exit.wrong;
  }
  if (isUnknown(published)) {
    return exit.unusable;
  }
  const isBehind = found.some((reference) => stateOf(reference) === 'behind');
  return exitCode && isBehind ? exit.failed : exit.done;
}

function tellSummary({ references: found, result }: FoundReferences, io: Io): void {
  io.say(summaryOf(found, result));
  const unsure = found.filter(({ about }) => about.kind === 'image' && !about.isCertain).length;
  if (unsure > 0) {
    io.say(
      `?: ${unsure} of them without a registry, and of no version that is known: an image from elsewhere may be meant`,
    );
  }
}

function imagesOf(references: readonly FoundReference[]): ReadonlySet<TreeImage> {
  return new Set(references.flatMap(({ about }) => (about.kind === 'image' ? [about.image] : [])));
}
